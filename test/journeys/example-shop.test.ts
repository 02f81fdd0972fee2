import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { en } from '../../src/flow/views/texts/en.ts';
import { accessibilityFaults } from '../support/accessibility.ts';
import { openBrowser, type PageOptions } from '../support/browser.ts';
import { makeStartFolder, type Started, startEverything } from '../support/started.ts';
import { eventually } from '../support/visitor.ts';
import { type ShopByHand, signed, startShopByHand, startShopInVain } from './example-shop.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

let folder: string;
let started: Started;
/** Beside the shop that was started with everything: one whose secret the test knows. */
let byHand: ShopByHand;
beforeAll(async () => {
  folder = await makeStartFolder();
  started = await startEverything(path.join(folder, 'data'));
  byHand = await startShopByHand({
    TRELLIS_URL: started.urls.api,
    TRELLIS_API_KEY: started.key,
    TRELLIS_WEBHOOK_SECRET: `whsec_b2xkZXI=, ${secret}`,
  });
});
afterAll(async () => {
  await byHand?.close();
  await started?.interrupt();
  await rm(folder, { recursive: true, force: true });
});
const browser = openBrowser();

const phone: PageOptions = { width: 390, height: 844, locale: 'en-GB' };

async function openShop(options: PageOptions = phone, url = started.urls.shop): Promise<Page> {
  const page = await browser.newPage(options);
  await page.goto(url);
  return page;
}

/** From the shop to the consent. */
async function connect(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Connect your bank' }).click();
  await page.getByRole('button', { name: 'Trellis Test Bank' }).click();
  await page.getByRole('button', { name: en.consent.agree }).waitFor();
}

/** From the consent back to the shop. */
async function confirmAs(page: Page, customer: string): Promise<void> {
  await page.getByRole('button', { name: en.consent.agree }).click();
  await page.getByRole('button', { name: customer }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
}

/** The next list of accounts takes so long that the visitor is back before. */
async function slowBank(): Promise<void> {
  const response = await fetch(`${new URL(started.urls.bank).origin}/control/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ route: 'accounts', fault: 'slow', delayMs: 1_500, times: 1 }),
  });
  expect(response.status).toBe(201);
}

function thanks(page: Page): Promise<void> {
  return page.getByRole('heading', { name: 'Thank you, Ada Lindqvist' }).waitFor();
}

async function finish(page: Page): Promise<string> {
  const isByHand = page.url().startsWith(byHand.url);
  const back = page.waitForRequest((request) => new URL(request.url()).pathname === '/return');
  await connect(page);
  await confirmAs(page, 'Ada Lindqvist');
  const id = new URL((await back).url()).searchParams.get('data-session-id') ?? '';
  await page.waitForURL(/\/deposit$/);
  if (isByHand) {
    // It gets no webhook, and would look again by itself only after a while.
    await eventually(
      () => statusAtTrellis(id),
      (status) => status === 'complete',
    );
    await page.reload();
  }
  await thanks(page);
  return id;
}

async function statusAtTrellis(id: string): Promise<unknown> {
  const url = `${started.urls.api}/data/session/retrieve?id=${id}`;
  const response = await fetch(url, { headers: { 'x-ivy-api-key': started.key } });
  return ((await response.json()) as { status?: unknown }).status;
}

describe.each([
  ['with script', true],
  ['without script', false],
])('on a phone, %s', (_name, javaScriptEnabled) => {
  const device = { ...phone, javaScriptEnabled };

  test('from the button to the account, which appears by itself', async () => {
    const page = await openShop(device);
    await slowBank();
    await connect(page);
    await confirmAs(page, 'Ada Lindqvist');
    await page.getByRole('heading', { name: 'Your bank said yes' }).waitFor();
    await thanks(page);
    expect(page.url()).toBe(`${started.urls.shop}/deposit`);
    const account = page.getByRole('listitem').filter({ hasText: 'Trellis Test Bank' });
    await account.getByText(/^IBAN ending in \d{4}$/).waitFor({ state: 'attached' });
    expect(await page.locator('.accounts').textContent()).not.toMatch(/DE\d{20}/);
  });

  test('cancelling is no problem, and the next try works', async () => {
    const page = await openShop(device);
    await connect(page);
    await page.getByRole('button', { name: en.consent.decline }).click();
    await page.getByRole('heading', { name: 'No problem' }).waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Trellis Test Bank' }).click();
    await confirmAs(page, 'Ada Lindqvist');
    await thanks(page);
  });
});

test('the webhook that brought the account is shown', async () => {
  const page = await openShop();
  const id = await finish(page);
  await page.locator('main:not([data-live])').waitFor();
  await page.getByText('The webhook behind this').click();
  const shown = JSON.parse((await page.locator('pre').textContent()) ?? '');
  expect(shown).toMatchObject({ type: 'data_session_completed', payload: { id, status: 'complete' } });
});

test('many accounts are listed, none with its whole number', async () => {
  const page = await openShop();
  await connect(page);
  await confirmAs(page, 'A dozen accounts');
  await page.getByText(/accounts are yours/).waitFor();
  expect(await page.locator('.accounts li').count()).toBeGreaterThan(5);
  expect(await page.locator('.accounts').textContent()).not.toMatch(/[A-Z]{2}\d{14}|\d{9}/);
});

test('a child’s account is not offered to the parent who sees it', async () => {
  const page = await openShop();
  await connect(page);
  await confirmAs(page, 'Accounts with two owners');
  await page.getByText('Your deposit can go to this account.').waitFor();
  expect(await page.locator('.accounts li').count()).toBe(1);
});

test('an account that the bank has blocked is none to pay to', async () => {
  const page = await openShop();
  await connect(page);
  await page.getByRole('button', { name: en.consent.agree }).click();
  await page.getByText('Special cases').click();
  await page.getByRole('button', { name: 'Boris Lang' }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('heading', { name: 'We found no account there' }).waitFor();
});

test('what a hostile bank writes is text, in the thanks and in the webhook', async () => {
  const page = await openShop();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await connect(page);
  await page.getByRole('button', { name: en.consent.agree }).click();
  await page.getByText('Special cases').click();
  await page.locator('button[value="hostile"]').click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('heading', { name: 'Söhne <b>' }).waitFor();
  await page.locator('main:not([data-live])').waitFor();
  await page.getByText('The webhook behind this').click();
  expect(await page.locator('pre').textContent()).toContain('<script>');
  expect(await page.locator('main :is(script, img, b, iframe)').count()).toBe(0);
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  expect(complaints).toEqual([]);
});

let finished: Promise<string> | undefined;
/** The id of a session that Ada finished in a browser of her own. */
function adasSession(): Promise<string> {
  finished ??= openShop().then(finish);
  return finished;
}

test.each([
  ['no session', false],
  ['another session', true],
])('a return with the id of another’s session shows nothing to a visitor of %s', async (_kind, hasOwn) => {
  const other = await openShop();
  if (hasOwn) await connect(other);
  const query = new URLSearchParams({ 'data-session-id': await adasSession(), success: 'true' });
  const answer = await other.goto(`${started.urls.shop}/return?${query}`);
  expect(answer?.status()).toBe(403);
  await other.getByRole('heading', { name: 'Let us start afresh' }).waitFor();
  await other.goto(`${started.urls.shop}/deposit`);
  expect(await other.content()).not.toContain('Ada Lindqvist');
});

describe('webhooks', () => {
  function send(body: string, headers: Record<string, string>): Promise<number> {
    return fetch(`${byHand.url}/webhooks/trellis`, { method: 'POST', body, headers }).then(
      ({ status }) => status,
    );
  }

  test('a forged or old one is refused and changes nothing; a genuine one arrives, once and in order', async () => {
    const page = await openShop(phone, byHand.url);
    const payload = { id: await finish(page), status: 'complete' };
    const event = { id: 'evt_1', type: 'data_session_completed', payload, sequence: 2 };
    const body = JSON.stringify(event);
    const genuine = signed(body, { secret });
    const old = (minutes: number) => signed(body, { secret, at: new Date(Date.now() + minutes * 60_000) });
    const wrong = signed(body, { secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` });
    const { 'webhook-signature': _standard, ...onlyIvy } = genuine;
    const { 'x-ivy-signature': _ivy, ...onlyStandard } = genuine;
    for (const headers of [old(-6), old(6), wrong, onlyIvy, onlyStandard, {}])
      expect(await send(body, headers)).toBe(401);
    expect(await send(`${body} `, genuine)).toBe(401);
    expect(await send('x'.repeat(300_000), genuine)).toBe(413);
    await page.reload();
    await page.getByText('It has not arrived yet').waitFor({ state: 'attached' });

    expect(await send(body, genuine)).toBe(204);
    await page.locator('main:not([data-live])').waitFor();
    expect(JSON.parse((await page.locator('pre').textContent()) ?? '')).toEqual(event);
    const again = JSON.stringify({ ...event, sequence: 3 });
    expect(await send(again, signed(again, { secret }))).toBe(204);
    const late = JSON.stringify({ ...event, id: 'evt_0', sequence: 1 });
    expect(await send(late, signed(late, { secret, id: 'evt_0' }))).toBe(204);
    await page.reload();
    expect(JSON.parse((await page.locator('pre').textContent()) ?? '')).toEqual(event);
  });

  test('one about nobody here is taken and forgotten', async () => {
    for (const payload of [{ id: 'other' }, {}, undefined]) {
      const id = `evt_${JSON.stringify(payload)}`;
      const body = JSON.stringify({ id, type: 'test', payload });
      expect(await send(body, signed(body, { secret, id }))).toBe(204);
    }
  });
});

test('the form of another site begins nothing', async () => {
  const headers = { 'sec-fetch-site': 'cross-site' };
  const answer = await fetch(`${started.urls.shop}/connect`, { method: 'POST', headers, redirect: 'manual' });
  expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null]);
});

test('when Trellis does not answer, the page says so kindly', async () => {
  const env = { TRELLIS_URL: 'http://localhost:1', TRELLIS_API_KEY: 'a.b', TRELLIS_WEBHOOK_SECRET: secret };
  const shop = await startShopByHand(env);
  const page = await openShop(phone, shop.url);
  await page.getByRole('button', { name: 'Connect your bank' }).click();
  await page.getByRole('heading', { name: 'One moment, please' }).waitFor();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  await shop.close();
});

test('by hand without its settings it names what is missing', async () => {
  const { code, said } = await startShopInVain({ EXAMPLE_PORT: 'x' });
  expect(code).toBe(1);
  expect(said.split('\n')).toEqual([
    'EXAMPLE_PORT must be a port, such as 3002.',
    'TRELLIS_API_KEY must be set.',
    'TRELLIS_WEBHOOK_SECRET must be set.',
  ]);
});

describe.each([
  ['a small phone, light', { width: 320, colorScheme: 'light' }],
  ['a wide screen, dark', { width: 1280, colorScheme: 'dark' }],
] satisfies [string, PageOptions][])('on %s', (_name, options) => {
  test('no accessibility fault, nothing sticks out, nothing breaks the policy', async () => {
    const page = await browser.newPage({ ...options, locale: 'en-GB' });
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    const check = async () => {
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    };
    await page.goto(started.urls.shop);
    await check();
    await finish(page);
    await page.getByText('The webhook behind this').click();
    await check();
    expect(complaints).toEqual([]);
  });
});
