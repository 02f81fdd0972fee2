import { crc32, deflateSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { accessibilityFaults } from '../support/accessibility.ts';
import { openBrowser } from '../support/browser.ts';
import { statusOf } from '../support/visitor.ts';
import {
  appStep,
  authorised,
  credentials,
  fields,
  formStep,
  methods,
  scriptedLine,
  secondFactor,
} from './scripted-line.ts';

const line = scriptedLine();
// After the line, so that it is closed before: it keeps connections open.
const browser = openBrowser();
const bank = displayName('Scripted Bank');

/** One white pixel (PNG sections 5.2 and 11). */
function pixel(): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([size, body, sum]);
  };
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from([0, 255]))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]);
}

const picture = formStep('second-factor', [fields.code], {
  challenge: { image: { mediaType: 'image/png', base64: pixel().toString('base64') } },
});

async function open(options: { javaScriptEnabled: boolean }) {
  const { session, link } = await line.start();
  const page = await browser.newPage({ width: 390, height: 844, locale: 'en-GB', ...options });
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  // The merchant's page is not there: that the browser left for it is enough.
  await page.route('https://shop.example/**', (route) => route.fulfill({ body: 'the shop' }));
  await page.goto(link);
  await page.getByRole('button', { name: 'Scripted Bank' }).click();
  await page.getByRole('button', { name: en.consent.agree }).click();
  return { session, page, complaints };
}

function kindOf(page: Page): Promise<string | null> {
  return page.locator('main').getAttribute('data-page');
}

async function backAtShop(page: Page): Promise<void> {
  await page.waitForURL(
    (url) => url.hostname === 'shop.example' && url.searchParams.get('success') === 'true',
  );
}

describe.each([
  ['with script', true],
  ['without script', false],
] as const)('on a phone, %s', (_name, javaScriptEnabled) => {
  test('login, method, picture and code, with the keyboard alone', async () => {
    const wrong = formStep('credentials', [{ ...fields.userName, value: 'ada' }, fields.password], {
      rejected: { field: 'password', triesLeft: 1 },
    });
    const told = line.bankAnswers(credentials, wrong, methods, picture, authorised);
    const { session, page, complaints } = await open({ javaScriptEnabled });
    await page.getByRole('heading', { name: en.form.purposes.credentials.title(bank) }).waitFor();
    await page.getByText('It is not kept').waitFor();
    await page.getByLabel('User name').focus();
    await page.keyboard.type('ada');
    await page.keyboard.press('Tab');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    const again = page.getByLabel('Password');
    await page.getByText(`${en.form.rejected.credentials(bank)} One try left.`).waitFor();
    expect([await page.getByLabel('User name').inputValue(), await again.inputValue()]).toEqual(['ada', '']);
    if (javaScriptEnabled) expect(await accessibilityFaults(page)).toEqual([]);
    await again.focus();
    await page.keyboard.type('right');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: en.form.purposes['choose-method'].title(bank) }).waitFor();
    await page.getByRole('radio', { name: 'SMS to +49 170 42' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const shown = page.getByRole('img', { name: en.form.picture(bank) });
    await shown.waitFor();
    await expect.poll(() => page.evaluate("document.querySelector('img.scan').naturalWidth")).toBe(1);
    if (javaScriptEnabled) expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel('Code').focus();
    await page.keyboard.type('123 456');
    await page.keyboard.press('Enter');
    await backAtShop(page);
    expect(told.resume.map((input) => input.kind === 'form' && input.values)).toEqual([
      { psuId: 'ada', password: 'wrong' },
      { psuId: 'ada', password: 'right' },
      { method: 'photo' },
      { otp: '123456' },
    ]);
    expect(complaints).toEqual([]);
    expect(await statusOf(line.app, session.id)).toBe('pending');
  });

  test('the page of the app goes on by itself once it was approved', async () => {
    line.bankAnswers(appStep(line.app, { message: 'Look at your phone' }), appStep(line.app), authorised);
    const { page, complaints } = await open({ javaScriptEnabled });
    await page.getByText('Look at your phone').waitFor();
    expect(await kindOf(page)).toBe('approve');
    if (javaScriptEnabled) expect(await accessibilityFaults(page)).toEqual([]);
    await line.app.advance(2_000);
    await backAtShop(page);
    expect(complaints).toEqual([]);
  });

  test('and when nobody has approved, it says so and offers another try', async () => {
    line.bankAnswers(appStep(line.app), async () => appStep(line.app), authorised);
    const { session, page } = await open({ javaScriptEnabled });
    await page.getByRole('heading', { name: en.approve.title }).waitFor();
    await line.app.advance(5 * 60_000);
    await line.sweep(session.id);
    await page.getByRole('heading', { name: en.failed['timed-out'].title(bank) }).waitFor();
    await page.getByRole('button', { name: en.actions.tryAgain }).click();
    await page.getByRole('heading', { name: en.approve.title }).waitFor();
    await line.app.advance(2_000);
    await backAtShop(page);
  });
});

test('a button that is pressed twice sends the code once', async () => {
  const told = line.bankAnswers(secondFactor, async () => authorised);
  const { page } = await open({ javaScriptEnabled: true });
  await page.getByLabel('Code').fill('1');
  await page.getByRole('button', { name: en.form.purposes['second-factor'].submit }).dblclick();
  await backAtShop(page);
  expect(told.resume).toHaveLength(1);
});
