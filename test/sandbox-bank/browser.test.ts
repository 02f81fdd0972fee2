import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { accessibilityFaults } from '../support/accessibility.ts';
import { openBrowser, type PageOptions } from '../support/browser.ts';
import { openBank } from './support/bank-under-test.ts';
import { decoupledBank, embeddedBank, openConsent } from './support/sca.ts';
import { allAccounts, callback, redirectBank, Tpp, testBank } from './support/tpp.ts';

const bank = openBank();
const browser = openBrowser();

/** A page of the bank's for a fresh consent, in a browser to which the TPP's address leads as well. */
async function arrive(name: string, options: PageOptions, body: unknown = allAccounts): Promise<Page> {
  const tpp = new Tpp(bank.current.url);
  const headers = { 'TPP-Brand-Logging-Information': 'Nordlicht Energy' };
  const { consentId, _links } = (await tpp.createConsent(body, { bank: name, headers })).json;
  const page = await browser.newPage(options);
  await page.route('https://tpp.example/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: 'TPP' }),
  );
  await page.goto(_links.scaRedirect?.href ?? (await tpp.authorizeUrl(consentId, {}, name)).url);
  return page;
}

/** What axe finds, and whether anything is wider than the screen. */
async function faultsOf(page: Page): Promise<string[]> {
  const faults = await accessibilityFaults(page);
  const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
  return overflow === 0 ? faults : [...faults, `${overflow} px too wide`];
}

describe.each([testBank, redirectBank])('a real browser at %s', (name) => {
  test.each([true, false])('signs in, confirms and comes back (script: %s)', async (javaScriptEnabled) => {
    const page = await arrive(name, { width: 390, height: 844, javaScriptEnabled });
    await page.getByRole('button', { name: 'Ada Lindqvist' }).click();
    await page.getByRole('heading', { name: 'May Nordlicht Energy see your accounts?' }).waitFor();
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.waitForURL(`${callback}**`);
    expect(new URL(page.url()).searchParams.has('code')).toBe(name === testBank);
  });

  test('declines and comes back', async () => {
    const page = await arrive(name, {});
    await page.getByRole('button', { name: 'Henrik Vogel' }).click();
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.waitForURL(`${callback}**`);
    expect(new URL(page.url()).searchParams.get('error')).toBe(name === testBank ? 'access_denied' : null);
  });
});

test('the fault duplicate-callback brings two tabs back', async () => {
  bank.current.control.addFault({ fault: 'duplicate-callback' });
  const page = await arrive(testBank, {});
  await page.context().route('https://tpp.example/**', (route) => route.fulfill({ body: 'TPP' }));
  await page.getByRole('button', { name: 'Ada Lindqvist' }).click();
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Confirm' }).click();
  const second = await opened;
  await Promise.all([second.waitForURL(`${callback}**`), page.waitForURL(`${callback}**`)]);
  expect(page.url()).toBe(second.url());
});

describe.each([
  { width: 320, colorScheme: 'light', locale: 'de-DE' },
  { width: 1280, colorScheme: 'dark', locale: 'en-GB' },
] as const)('at $width px, $colorScheme, $locale', (options) => {
  test('the pages have no accessibility fault, and nothing sticks out', async () => {
    const access = { accounts: [], balances: [], transactions: [], additionalInformation: { ownerName: [] } };
    const page = await arrive(redirectBank, options, { ...allAccounts, access });
    await page.locator('.special summary').click();
    expect(await faultsOf(page)).toEqual([]);
    await page.locator('.by-hand summary').click();
    await page.locator('.by-hand button').click();
    expect(await page.locator('[aria-invalid=true]').count()).toBe(1);
    expect(await faultsOf(page)).toEqual([]);
    await page.locator('button[value=many]').click();
    expect(await page.getByRole('checkbox').count()).toBe(12);
    expect(await faultsOf(page)).toEqual([]);
    await page.goto(`${bank.current.url}/berlin-group/${testBank}/authorize`);
    expect(await faultsOf(page)).toEqual([]);
  });

  test('the phone has none either: a request, a code, and nothing', async () => {
    const headers = { 'TPP-Brand-Logging-Information': 'Nordlicht Energy' };
    const ask = await openConsent(bank.current.url, decoupledBank, { headers });
    await ask.start('hostile');
    const code = await openConsent(bank.current.url, embeddedBank);
    await code.start('single', { psuData: { password: 'any' } });
    const page = await browser.newPage(options);
    await page.goto(`${bank.current.url}/app`);
    expect(await page.locator('form').count()).toBe(1);
    expect(await page.locator('.code').first().isVisible()).toBe(true);
    expect(await faultsOf(page)).toEqual([]);
    await page.locator('button[value=approve]').click();
    await page.getByRole('status').waitFor();
    expect(await ask.status()).toBe('valid');
    expect(await faultsOf(page)).toEqual([]);
  });
});
