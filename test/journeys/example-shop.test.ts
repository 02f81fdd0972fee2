import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { en } from '../../src/flow/views/texts/en.ts';
import { openBrowser, type PageOptions } from '../support/browser.ts';
import { type Started, startEverything } from '../support/started.ts';

let folder: string;
let started: Started;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trellis shop '));
  started = await startEverything(path.join(folder, 'data'));
});
afterAll(async () => {
  await started?.interrupt();
  await rm(folder, { recursive: true, force: true });
});
const browser = openBrowser();

const phone: PageOptions = { width: 390, height: 844, locale: 'en-GB' };

async function openShop(options: PageOptions = phone): Promise<Page> {
  const page = await browser.newPage(options);
  await page.goto(started.urls.shop);
  return page;
}

/** From the shop to the bank's question whether it may. */
async function connect(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Connect your bank' }).click();
  await page.getByRole('button', { name: 'Trellis Test Bank' }).click();
}

async function confirmAs(page: Page, customer: string): Promise<void> {
  await page.getByRole('button', { name: en.consent.agree }).click();
  await page.getByRole('button', { name: customer }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
}

test.each([
  ['with script', true],
  ['without script', false],
])(
  'on a phone, %s: from the button to the account, which appears by itself',
  async (_name, javaScriptEnabled) => {
    const page = await openShop({ ...phone, javaScriptEnabled });
    await connect(page);
    await confirmAs(page, 'Ada Lindqvist');
    await page.getByRole('heading', { name: 'Thank you, Ada Lindqvist' }).waitFor();
    expect(page.url()).toBe(`${started.urls.shop}/deposit`);
    await page.getByText(/^IBAN ending in \d{4}$/).waitFor({ state: 'attached' });
  },
);
