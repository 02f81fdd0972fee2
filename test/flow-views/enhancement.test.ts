import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { Approve } from '../../src/flow/views/approve.tsx';
import { ChooseBank } from '../../src/flow/views/choose-bank.tsx';
import { Moved } from '../../src/flow/views/moved.tsx';
import { renderPage } from '../../src/flow/views/render-page.ts';
import { Waiting } from '../../src/flow/views/waiting.tsx';
import { openBrowser } from '../support/browser.ts';
import { chooseBankProps, csrf, frameOf, pages, twelveBanks } from './page-cases.ts';
import { openPageServer, type PageAnswer, type PageRequest } from './page-server.ts';

const frame = frameOf('en');
const browser = openBrowser();

/** A session that may be told that its wait is over, or that its user has gone elsewhere. */
let waiting = true;
let moved = false;
/** How long a bank's app is waited for. */
let minutes = 5;
const server = openPageServer(({ method, url }): PageAnswer => {
  if (method === 'POST') return { status: 303, headers: { location: '/after' } };
  if (url.pathname === '/choose-bank') {
    return moved ? { status: 303, headers: { location: '/after' } } : chooseBank(url);
  }
  if (url.pathname === '/waiting') {
    const props = {
      frame,
      bankName: 'B',
      againUrl: url.pathname + url.search,
      askEverySeconds: Number(url.searchParams.get('every')),
      reason: 'finishing',
    } as const;
    return renderPage(waiting ? () => Waiting(props) : () => Moved({ frame }), {});
  }
  if (url.pathname === '/approve-live') return approve();
  if (url.pathname === '/after') return renderPage(Moved, { frame });
  return pages.find(({ name }) => `/${name}` === url.pathname)?.render(frame);
});

function chooseBank(url: URL): string {
  const term = url.searchParams.get('q') ?? '';
  const market = url.searchParams.get('market') ?? 'DE';
  const banks = twelveBanks.filter(({ name }) => name.toLowerCase().includes(term.toLowerCase()));
  const props = chooseBankProps(frame);
  return renderPage(ChooseBank, {
    ...props,
    search: { ...props.search, keep: { token: 'm7.secret' }, term, market },
    list: term === '' ? props.list : { kind: 'results', banks, more: false, showAllHref: '/choose-bank' },
  });
}

function approve(): string {
  return renderPage(Approve, {
    frame,
    csrf,
    bankName: 'B',
    now: new Date(0),
    expiresAt: new Date(minutes * 60_000),
    againUrl: '/approve-live',
    askEverySeconds: 0.05,
    againAction: '/again',
    cancelAction: '/cancel',
  });
}

function searches(): PageRequest[] {
  return server.requests.filter(({ method, url }) => method === 'GET' && url.searchParams.has('q'));
}

async function openChooseBank(options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
  const page = await browser.newPage({ width: 390, height: 844, ...options });
  await page.goto(`${await server.address()}/choose-bank?token=m7.secret`);
  return page;
}

test('the list follows the typing, in place and announced, and a reload keeps it', async () => {
  const page = await openChooseBank();
  await page.evaluate('window.samePage = true');
  const field = page.getByRole('searchbox', { name: 'Search for your bank' });
  await field.pressSequentially('volk');
  await page.getByRole('heading', { name: 'Results for “volk”' }).waitFor();
  expect(await page.locator('.row').allTextContents()).toEqual([
    expect.stringContaining('Volksbank Raiffeisenbank'),
  ]);
  expect(await page.getByRole('status').textContent()).toBe('1 bank found');
  expect(await page.evaluate('document.activeElement.id')).toBe('q');
  expect(await page.evaluate('window.samePage')).toBe(true);
  expect(new URL(page.url()).searchParams.get('token')).toBe('m7.secret');

  await field.fill('nowhere');
  await page.getByRole('heading', { name: 'No bank found for “nowhere”' }).waitFor();
  await page.reload();
  expect(await field.inputValue()).toBe('nowhere');
  await field.fill('');
  await page.getByRole('heading', { name: 'Popular banks' }).waitFor();
  expect(await page.locator('.row').count()).toBe(twelveBanks.length);
});

test('another country is asked for at once', async () => {
  const page = await openChooseBank();
  const asked = page.waitForResponse(/market=AT/);
  await page.getByLabel('Country').selectOption({ label: 'Austria' });
  expect((await asked).status()).toBe(200);
});

test('of an IBAN only the part that names the bank leaves the browser', async () => {
  const page = await openChooseBank();
  const before = searches().length;
  const field = page.getByRole('searchbox');
  await field.fill('DE89 3704 0044 0532 0130 00');
  await page.getByRole('heading', { name: 'No bank found for “DE8937040044”' }).waitFor();
  await field.press('Enter');
  await page.waitForURL(/q=DE8937040044(&|$)/);
  const sent = searches().slice(before);
  expect(sent.length).toBeGreaterThan(0);
  for (const { url } of sent) expect(url.searchParams.get('q')).toBe('DE8937040044');
  expect(await field.inputValue()).toBe('DE89 3704 0044 0532 0130 00');
});

test('a search that is answered by another page leads to that page', async () => {
  const page = await openChooseBank();
  moved = true;
  await page.getByRole('searchbox').fill('spar');
  await page.getByRole('heading', { name: 'This continues in another browser' }).waitFor();
  moved = false;
});

test('without script the search works by its button, and a bank by a click', async () => {
  const page = await openChooseBank({ javaScriptEnabled: false });
  await page.getByRole('searchbox').fill('sparkasse');
  await page.getByRole('button', { name: 'Search' }).first().click();
  await page.getByRole('heading', { name: 'Results for “sparkasse”' }).waitFor();
  expect(await page.getByRole('searchbox').inputValue()).toBe('sparkasse');
  await page.getByLabel('Country').selectOption({ label: 'Austria' });
  await page.getByRole('button', { name: 'Search' }).last().click();
  await page.waitForURL(/market=AT/);
  await page.getByRole('button', { name: 'Sparkasse' }).click();
  await page.waitForURL(/\/after$/);
  const chosen = server.requests.findLast(({ method }) => method === 'POST');
  expect(chosen?.url.pathname).toBe('/flow/bank');
  expect(Object.fromEntries(chosen?.form ?? [])).toEqual({ csrf, bank: 'de-sparkasse' });
});

test('a bank that was found by typing is posted with the token and its id', async () => {
  const page = await openChooseBank();
  await page.getByRole('searchbox').fill('dkb');
  await page.getByRole('heading', { name: 'Results for “dkb”' }).waitFor();
  await page.getByRole('button', { name: 'DKB' }).click();
  await page.waitForURL(/\/after$/);
  const chosen = server.requests.findLast(({ method }) => method === 'POST');
  expect(Object.fromEntries(chosen?.form ?? [])).toEqual({ csrf, bank: 'de-dkb' });
});

test('however often it is pressed, a button posts once, and shows that it works', async () => {
  const page = await browser.newPage();
  await page.goto(`${await server.address()}/consent-once`);
  const before = server.requests.length;
  const shown = await page.evaluate(`(() => {
    const [agree, decline] = document.querySelectorAll('.actions button');
    for (const button of [agree, agree, decline]) button.click();
    return [agree, decline].map((button) => button.getAttribute('aria-busy'));
  })()`);
  expect(shown).toEqual(['true', null]);
  await page.waitForURL(/\/after$/);
  const posted = server.requests.slice(before).filter(({ method }) => method === 'POST');
  expect(posted.map(({ url }) => url.pathname)).toEqual(['/flow/agree']);
});

test('a page that waits goes on by itself, and is not reloaded before', async () => {
  waiting = true;
  const page = await browser.newPage();
  await page.goto(`${await server.address()}/waiting?every=0.05`);
  await page.evaluate('window.samePage = true');
  const asked = () => server.requests.filter(({ url }) => url.pathname === '/waiting').length;
  const before = asked();
  await expect.poll(asked).toBeGreaterThan(before + 2);
  expect(await page.evaluate('window.samePage')).toBe(true);
  waiting = false;
  await page.getByRole('heading', { name: 'This continues in another browser' }).waitFor();
});

test('what a page says while it waits is renewed when it changes, and not read out again when it does not', async () => {
  minutes = 5;
  const page = await browser.newPage();
  await page.goto(`${await server.address()}/approve-live`);
  const status = page.getByRole('status');
  await page.evaluate(`window.changes = 0;
    new MutationObserver(() => { changes += 1; }).observe(document.querySelector('#waits'), { childList: true, subtree: true })`);
  const asked = () => server.requests.filter(({ url }) => url.pathname === '/approve-live').length;
  const before = asked();
  await expect.poll(asked).toBeGreaterThan(before + 3);
  expect(await page.evaluate('window.changes')).toBe(0);
  minutes = 4;
  await expect.poll(() => status.textContent()).toContain('4 minutes');
  expect(await page.evaluate('window.changes')).toBe(1);
});

test('without script a page that waits goes on by reloading', async () => {
  waiting = true;
  const page = await browser.newPage({ javaScriptEnabled: false });
  await page.goto(`${await server.address()}/waiting?every=1`);
  await page.getByRole('heading', { name: 'Almost done' }).waitFor();
  waiting = false;
  await page.getByRole('heading', { name: 'This continues in another browser' }).waitFor();
});

test('a choice that was not made takes the keyboard there', async () => {
  const page = await browser.newPage();
  await page.goto(`${await server.address()}/form-choose-method-none`);
  const focused = "document.activeElement.textContent.startsWith('Ways to confirm')";
  await expect.poll(() => page.evaluate(focused)).toBe(true);
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  expect(await page.getByRole('radio', { name: /photoTAN/ }).isChecked()).toBe(true);
});

test('a mistake in a field takes the cursor there, and is read with it', async () => {
  const page = await browser.newPage();
  await page.goto(`${await server.address()}/release-code-wrong`);
  const field = page.getByLabel('Code from your first window');
  await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('code');
  expect(await page.title()).toMatch(/^Error: /);
  const described = await field.getAttribute('aria-describedby');
  const words = await Promise.all(
    (described ?? '').split(' ').map((id) => page.locator(`#${id}`).textContent()),
  );
  expect(words).toEqual(['That is not the code. 3 tries left.', 'Six digits']);
});
