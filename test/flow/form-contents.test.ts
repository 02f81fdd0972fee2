import { describe, expect, test } from 'vitest';
import { displayName } from '../../src/flow/views/display-name.ts';
import { de } from '../../src/flow/views/texts/de.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { Visitor } from '../support/visitor.ts';
import { authorised, fields, formStep, scriptedLine, secondFactor } from './scripted-line.ts';

const line = scriptedLine();
const bank = displayName('Scripted Bank');

describe('the picture to scan', () => {
  const png = Buffer.from('89504e470d0a1a0a0000000d494844520000000700000003', 'hex');
  const gif = Buffer.from('GIF89a\u0007\u0000\u0003\u0000', 'latin1');
  // JFIF, a table and a byte that fills; then a progressive frame.
  const jpeg = Buffer.from(
    'ffd8ffe000104a46494600010100000100010000ffdb0004aabbffffc2001108000300070301110002110103110100',
    'hex',
  );
  const asked = (mediaType: 'image/png' | 'image/jpeg' | 'image/gif', bytes: Buffer) =>
    formStep('second-factor', [fields.code], {
      challenge: { image: { mediaType, base64: bytes.toString('base64') }, data: ['Start 4711'] },
    });

  test.each([
    ['image/png', png],
    ['image/gif', gif],
    ['image/jpeg', jpeg],
  ] as const)('%s is given to the holder, from our own address, and cached nowhere', async (type, bytes) => {
    line.bankAnswers(asked(type, bytes), authorised);
    const { visitor, go, home } = await line.start();
    const seen = await go();
    const src = /<img[^>]*class="scan"[^>]*src="([^"]*)"[^>]*alt="([^"]+)"/.exec(seen.html);
    expect(src?.[2]).toBe(en.form.picture(bank));
    expect(seen.html).toContain('Start 4711');
    expect(seen.html).toMatch(/<img[^>]* width="7" height="3"/);
    const url = new URL(src?.[1] ?? '', seen.url).href;
    const picture = await visitor.send(url);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, type]);
    expect(picture.headers.get('cache-control')).toBe('no-store');
    expect(picture.headers.get('x-content-type-options')).toBe('nosniff');
    expect(seen.headers.get('content-security-policy')).toContain("img-src 'self';");
    for (const stranger of [new Visitor(), new Visitor()])
      expect((await stranger.send(url)).status).toBe(404);
    await visitor.submit(seen, 'answer', { 'field-0': '1' });
    expect((await visitor.send(`${home}/picture`)).status).toBe(404);
  });

  /** The same with these bytes from a place on. */
  const changed = (bytes: Buffer, at: number, hex: string) =>
    Buffer.concat([bytes.subarray(0, at), Buffer.from(hex, 'hex'), bytes.subarray(at + hex.length / 2)]);
  const sizeInJpeg = jpeg.indexOf('00030007', 0, 'hex');

  test.each([
    ['what is no picture', 'image/png', Buffer.from('<svg onload=alert(1)>')],
    ['what is another kind than it says', 'image/png', gif],
    ['what is too large', 'image/png', Buffer.concat([png, Buffer.alloc(300_000)])],
    ['nothing', 'image/png', Buffer.alloc(0)],
    ['a PNG that unfolds to gigabytes', 'image/png', changed(png, 16, '0000ffff0000ffff')],
    ['a GIF that does', 'image/gif', changed(gif, 6, 'ffffffff')],
    ['a JPEG that does', 'image/jpeg', changed(jpeg, sizeInJpeg, 'ffffffff')],
    ['a JPEG of no height', 'image/jpeg', changed(jpeg, sizeInJpeg, '0000')],
    ['a JPEG without a frame', 'image/jpeg', changed(jpeg, sizeInJpeg - 4, 'da')],
    ['a JPEG that ends before it', 'image/jpeg', jpeg.subarray(0, sizeInJpeg)],
  ] as const)('%s is left out, and the code asked for all the same', async (_name, type, bytes) => {
    line.bankAnswers(asked(type, bytes));
    const { visitor, go, home } = await line.start();
    const seen = await go();
    expect(seen.page).toBe('form-second-factor');
    expect(seen.html).not.toContain('<img');
    expect((await visitor.send(`${home}/picture`)).status).toBe(404);
  });
});

test.each([
  ['no field', formStep('credentials', [])],
  ['nothing to choose from', formStep('choose-method', [{ ...fields.method, options: [] }])],
  ['more fields than anybody fills in', formStep('credentials', Array(9).fill(fields.userName))],
])('a form with %s is not shown', async (_name, step) => {
  line.bankAnswers(step);
  const { go } = await line.start();
  expect((await go()).html).toContain(en.failed.internal.title(bank));
});

test('whatever a bank writes is text, and no longer than a phone shows', async () => {
  const hostile = `"><img src=x onerror=alert(1)><script>alert(1)</script>\u202e${'long '.repeat(2_000)}`;
  line.bankAnswers(
    formStep(
      'choose-method',
      [{ ...fields.method, hint: hostile, options: [{ value: hostile, text: hostile }] }],
      {
        challenge: { text: hostile, data: [hostile] },
      },
    ),
  );
  const seen = await (await line.start()).go();
  expect(seen.page).toBe('form-choose-method');
  expect(seen.html).not.toMatch(/<img|<script>|\u202e/);
  expect(seen.html.length).toBeLessThan(8_000);
});

test('how long the bank waits is told where the bank says it', async () => {
  const expiresAt = new Date(line.app.clock.now().getTime() + 170_000);
  line.bankAnswers({ ...secondFactor, expiresAt });
  expect((await (await line.start()).go()).html).toContain(en.approve.waits({ bank, duration: '3 minutes' }));
  line.bankAnswers(secondFactor);
  expect((await (await line.start()).go()).html).not.toContain('waits another');
});

test('the form speaks the reader’s language, and tells phones what keyboard it wants', async () => {
  line.bankAnswers(secondFactor);
  const { go } = await line.start({ 'accept-language': 'de' });
  const { html } = await go();
  expect(html).toContain(de.form.purposes['second-factor'].title(bank));
  expect(html).toMatch(/<input[^>]*inputmode="numeric"[^>]*autocomplete="one-time-code"/);
});
