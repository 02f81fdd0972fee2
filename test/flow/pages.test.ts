import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { de } from '../../src/flow/views/texts/de.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createSession, leavesTo, type Seen, testBank, Visitor } from '../support/visitor.ts';

let app: TestApp;
let link: string;
beforeAll(async () => {
  app = await startTestApp({ worker: false });
  link = (await createSession(app)).redirectUrl;
});
afterAll(() => app.close());

describe('headers', () => {
  test.each<[string, () => Promise<string>]>([
    ['a step', async () => link],
    ['an unknown link', async () => `${app.url}/flow/start?t=x`],
    ['an unknown page', async () => `${app.url}/flow/nothing/here/at/all`],
    ['an unknown return', async () => `${app.url}/flow/callback/${testBank}?state=x`],
  ])('of %s let nothing in and keep nothing', async (_name, url) => {
    const { headers, page } = await new Visitor().send(await url());
    expect(page).toBeDefined();
    const policy = headers.get('content-security-policy') ?? '';
    for (const rule of [
      "default-src 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]) {
      expect(policy).toContain(rule);
    }
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('x-request-id')).toBeTruthy();
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  test('pages are compressed as the browser likes', async () => {
    const plain = await raw(link, { 'accept-encoding': 'identity' });
    const br = await raw(link, { 'accept-encoding': 'gzip, deflate, br' });
    const gzip = await raw(link, { 'accept-encoding': 'gzip;q=1.0, br;q=0' });
    expect(plain.encoding).toBeUndefined();
    expect([br.encoding, gzip.encoding]).toEqual(['br', 'gzip']);
    expect(brotliDecompressSync(br.body).toString()).toContain('data-page="choose-bank"');
    expect(gunzipSync(gzip.body).toString()).toContain('data-page="choose-bank"');
    expect(br.body.length).toBeLessThan(plain.body.length / 2);
    expect(plain.vary).toContain('accept-encoding');
  });

  test('the files that a page links to are there, compressed and kept for good', async () => {
    const { html } = await new Visitor().open(link);
    const paths = [...html.matchAll(/(?:href|src)="(\/flow\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThanOrEqual(3);
    for (const path of paths) {
      const file = await raw(`${app.url}${path}`, { 'accept-encoding': 'br' });
      expect([file.status, file.encoding]).toEqual([200, 'br']);
      expect(file.cache).toBe('public, max-age=31536000, immutable');
    }
  });

  test('a merchant’s colour is a file of its own; anything else there is unknown', async () => {
    const accent = await raw(`${app.url}/flow/assets/accent-1f5d43.css`);
    expect([accent.status, accent.type]).toEqual([200, 'text/css; charset=utf-8']);
    for (const name of [
      'accent-1F5D43.css',
      'accent-zzzzzz.css',
      'x',
      '..%2F..%2Fpackage.json',
      '__proto__',
    ]) {
      expect((await raw(`${app.url}/flow/assets/${name}`)).status).toBe(404);
    }
  });
});

async function raw(url: string, headers: Record<string, string> = {}) {
  const { get } = await import('node:http');
  return new Promise<{
    status?: number;
    encoding?: string;
    cache?: string;
    type?: string;
    vary: string;
    body: Buffer;
  }>((resolve, reject) => {
    get(url, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const {
          'content-encoding': encoding,
          'cache-control': cache,
          'content-type': type,
          vary = '',
        } = response.headers;
        resolve({
          status: response.statusCode ?? 0,
          vary,
          body: Buffer.concat(chunks),
          ...(encoding && { encoding }),
          ...(cache && { cache }),
          ...(type && { type }),
        });
      });
    }).on('error', reject);
  });
}

describe('the search', () => {
  const banksOn = ({ html }: Seen) => [...html.matchAll(/name="bank" value="([^"]+)"/g)].map(([, id]) => id);

  test('starts with the banks of the session’s market and follows the query', async () => {
    const visitor = new Visitor();
    expect(banksOn(await visitor.open(link))).toContain(testBank);
    expect(banksOn(await visitor.open(`${link}&q=alpen`))).toEqual(['at-alpen-test-bank']);
    expect(banksOn(await visitor.open(`${link}&market=NL`))).not.toContain('at-alpen-test-bank');
    expect(banksOn(await visitor.open(`${link}&market=`))).toContain('at-alpen-test-bank');
  });

  test('says so when nothing is found, and shows the way back', async () => {
    const seen = await new Visitor().open(`${link}&q=zzzz`);
    expect(banksOn(seen)).toEqual([]);
    expect(seen.html).toContain('zzzz');
  });

  test.each([
    ['q', '<script>alert(1)</script>'],
    ['q', '"><img src=x onerror=alert(1)>'],
    ['q', "' OR 1=1 --"],
    ['q', '\u202Eevil\u0000'],
    ['q', `${'a'.repeat(5_000)}`],
    ['q', '\ud800'],
    ['q', '%'],
    ['market', 'de'],
    ['market', '"><script>'],
    ['market', '__proto__'],
    ['lang', 'xx'],
    ['lang', '"><script>'],
    ['lang', '__proto__'],
  ])('%s=%j is shown as text or not at all', async (name, value) => {
    const seen = await new Visitor().open(`${link}&${name}=${encodeURIComponent(value.toWellFormed())}`);
    expect([seen.status, seen.page]).toEqual([200, 'choose-bank']);
    expect(seen.html).not.toMatch(/<script>|<img|\u202E|\0/);
    expect(seen.html.length).toBeLessThan(20_000);
  });

  test('whatever is in the query, the answer is a page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom('q', 'market', 'lang'),
        async (text, name) => {
          const seen = await new Visitor().open(`${link}&${name}=${encodeURIComponent(text.toWellFormed())}`);
          expect([seen.status, seen.page]).toEqual([200, 'choose-bank']);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the language', () => {
  test('is the browser’s, unless the session names one, unless the user chooses', async () => {
    const german = new Visitor({ 'accept-language': 'de-AT,de;q=0.9' });
    expect((await german.open(link)).html).toContain('<html lang="de"');
    expect((await new Visitor({ 'accept-language': 'xx' }).open(link)).html).toContain('<html lang="en"');
    const session = await createSession(app, { locale: 'de' });
    const visitor = new Visitor();
    expect((await visitor.open(session.redirectUrl)).html).toContain('<html lang="de"');
    expect((await visitor.open(`${session.redirectUrl}&lang=en`)).html).toContain('<html lang="en"');
    const consent = await visitor.submit(await visitor.open(session.redirectUrl), 'choose', {
      bank: testBank,
    });
    expect(consent.html).toContain('<html lang="en"');
    expect((await visitor.open(`${app.url}/flow/start?t=x`)).html).toContain('<html lang="en"');
  });

  test('errors speak it too', async () => {
    const seen = await new Visitor({ 'accept-language': 'de' }).open(`${app.url}/flow/start?t=x`);
    expect(seen.html).toContain(de.unknownLink.title);
  });
});

describe('addresses', () => {
  test.each([
    '/flow/shop/not-a-uuid',
    '/flow/shop/00000000-0000-0000-0000-000000000000',
    '/flow/SHOP/00000000-0000-7000-8000-000000000000/leave',
    '/flow/__proto__/constructor',
    '/flow/shop/..%2F..%2Fetc',
    '/flow/',
    '/flow/start/choose',
  ])('%s is unknown, as a page', async (path) => {
    const seen = await new Visitor().open(`${app.url}${path}`);
    expect([seen.status, seen.page]).toEqual([404, 'unknown-link']);
  });

  test('a session of one merchant is not found below another', async () => {
    const session = await createSession(app);
    await app.addMerchant('rival');
    const visitor = new Visitor();
    await visitor.submit(await visitor.open(session.redirectUrl), 'choose', { bank: testBank });
    expect((await visitor.open(`${app.url}/flow/rival/${session.id}`)).status).toBe(404);
  });

  test('nothing in an address sends the user anywhere but to the session’s own return', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    const evil = 'https://evil.example/';
    const query = `returnUrl=${evil}&url=${evil}&next=${evil}&redirect=${evil}&success=true`;
    const first = await visitor.open(`${session.redirectUrl}&${query}`);
    expect(first.html).not.toContain('evil.example');
    const left = await visitor.submit(first, 'cancel', { returnUrl: evil, url: evil, next: evil });
    expect(leavesTo(left)).toMatch(/^https:\/\/shop\.example\/back\?/);
    const again = await visitor.open(`${app.url}/flow/shop/${session.id}/leave?${query}`);
    expect(leavesTo(again)).toBe(leavesTo(left));
  });

  test('a return with the parameters of ours keeps the merchant’s own and replaces these', async () => {
    const session = await createSession(app, {
      returnUrl: 'https://shop.example/?success=true&data-session-id=forged&a=b%20c&reason=x',
    });
    const visitor = new Visitor();
    const left = await visitor.submit(await visitor.open(session.redirectUrl), 'cancel');
    const url = new URL(leavesTo(left));
    expect(url.searchParams.getAll('success')).toEqual(['false']);
    expect(url.searchParams.getAll('data-session-id')).toEqual([session.id]);
    expect(url.searchParams.getAll('reason')).toEqual(['cancelled']);
    expect(url.searchParams.get('a')).toBe('b c');
  });

  test('an app’s own scheme is left to by the same page', async () => {
    const session = await createSession(app, { returnUrl: 'com.shop.app:/done?x=1' });
    const visitor = new Visitor();
    const left = await visitor.submit(await visitor.open(session.redirectUrl), 'cancel');
    expect(leavesTo(left)).toMatch(/^com\.shop\.app:\/done\?x=1&referenceId=/);
  });
});

test('names of merchants are text', async () => {
  const evil = await startTestApp({ worker: false, merchantName: '<img src=x onerror=alert(1)>"\u202E' });
  try {
    const { redirectUrl } = await createSession(evil);
    const { html } = await new Visitor().open(redirectUrl);
    expect(html).not.toMatch(/<img|\u202E/);
    expect(html).toContain('&lt;img src=x onerror=alert(1)>');
  } finally {
    await evil.close();
  }
});

test('over https the cookie is tied to the host', async () => {
  const secure = await startTestApp({ worker: false, publicUrl: 'https://pay.example' });
  try {
    const { redirectUrl } = await createSession(secure);
    expect(redirectUrl).toMatch(/^https:\/\/pay\.example\/flow\/start\?t=/);
    const seen = await new Visitor().send(redirectUrl.replace('https://pay.example', secure.url));
    expect(seen.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-trellis-flow=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
  } finally {
    await secure.close();
  }
});

test('too many requests of one address are told to wait, as a page', async () => {
  const busy = await startTestApp({ worker: false });
  try {
    const visitor = new Visitor();
    let last = await visitor.open(`${busy.url}/flow/start?t=x`);
    for (let count = 0; last.status === 404 && count < 700; count += 1) {
      last = await visitor.open(`${busy.url}/flow/start?t=x`);
    }
    expect([last.status, last.page]).toEqual([429, 'fault']);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await busy.close();
  }
});

test('when something of ours is broken, the page says so and gives the number to ask by', async () => {
  const lame = await startTestApp({ worker: false, expectsErrors: /data_session/ });
  const session = await createSession(lame);
  await lame.pool.query('ALTER TABLE data_session RENAME TO data_session_gone');
  try {
    const seen = await new Visitor({ 'accept-language': 'de' }).open(session.redirectUrl);
    expect([seen.status, seen.page]).toEqual([500, 'fault']);
    expect(seen.html).toContain(seen.headers.get('x-request-id'));
    expect(seen.html).toContain('<html lang="de"');
    expect(seen.html).not.toMatch(/data_session|relation|SELECT/);
  } finally {
    await lame.close();
  }
});

describe('the consent step', () => {
  test('asks for what the merchant wants, and for nothing else', async () => {
    const permissions = ['identity', 'transactions'];
    const { redirectUrl } = await createSession(app, { permissions });
    const visitor = new Visitor();
    const consent = await visitor.submit(await visitor.open(redirectUrl), 'choose', { bank: testBank });
    expect(consent.page).toBe('consent');
    expect(consent.html).toContain('Your name');
    expect(consent.html).toContain('Transactions');
    expect(consent.html).not.toContain('Balances');
  });
});
