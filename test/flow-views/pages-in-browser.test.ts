import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { MerchantFrame } from '../../src/flow/views/layout.tsx';
import type { Theme } from '../../src/flow/views/tokens.ts';
import { type Locale, locales } from '../../src/sessions/locale.ts';
import { accessibilityFaults } from '../support/accessibility.ts';
import { openBrowser } from '../support/browser.ts';
import { frameOf, leavingPages, pages } from './page-cases.ts';
import { openPageServer } from './page-server.ts';

const longestName =
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG';
const unfold = "for (const fold of document.querySelectorAll('main details')) fold.open = true";

// Some tests look at every page.
vi.setConfig({ testTimeout: 60_000 });

const browser = openBrowser();
const server = openPageServer(({ url }) => {
  const [, name, locale = 'en', theme] = url.pathname.split('/');
  const merchant = url.searchParams.has('long')
    ? { name: longestName, accent: '#ffcc00' }
    : { accent: '#e6007e' };
  const frame = frameOf(locale as Locale, (theme || undefined) as Theme | undefined, merchant);
  const leaving = leavingPages.find((page) => page.name === name);
  if (leaving !== undefined) return leaving.render(frame, `${url.origin}/stay`);
  if (name === 'stay') return { status: 204 };
  return pages.find((page) => page.name === name)?.render(manyLanguages(frame, url));
});

function manyLanguages(frame: MerchantFrame, url: URL): MerchantFrame {
  if (!url.searchParams.has('languages')) return frame;
  return { ...frame, languages: locales.map((locale) => ({ locale, href: `?lang=${locale}` })) };
}

async function overflowOf(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth');
}

interface Target {
  readonly html: string;
  readonly height: number;
}

/** Whatever can be pressed is at least 44 px high, and a way on at least 56. */
async function expectLargeTargets(page: Page): Promise<void> {
  const targets = await page.evaluate<Target[]>(
    "[...document.querySelectorAll('a,button,select,summary,input:not([type=hidden])')].map((e) => ({ html: e.outerHTML, height: e.getBoundingClientRect().height }))",
  );
  expect(targets.length).toBeGreaterThan(0);
  expect(targets.filter(({ height }) => height < 44)).toEqual([]);
  const waysOn = targets.filter(({ html }) => /class="(button (primary|plain)|row|input)/.test(html));
  expect(waysOn.filter(({ height }) => height < 56)).toEqual([]);
}

const settings: readonly { theme: Theme; width: number; locale: Locale }[] = [
  { theme: 'light', width: 390, locale: 'en' },
  { theme: 'dark', width: 320, locale: 'de' },
];

describe.each(settings)('in $locale, $theme, at $width px', ({ theme, width, locale }) => {
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    page = await browser.newPage({ width, height: 800 });
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
  });

  test.each(pages)(
    '$name has no accessibility fault, what is pressed is large, and nothing sticks out',
    async ({ name }) => {
      await page.goto(`${await server.address()}/${name}/${locale}/${theme}`);
      await expectLargeTargets(page);
      await page.evaluate(unfold);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(problems).toEqual([]);
    },
  );
});

test('no page sticks out at 320 px, even with the longest of names and in twelve languages', async () => {
  const page = await browser.newPage({ width: 320, height: 640 });
  for (const { name } of pages) {
    await page.goto(`${await server.address()}/${name}/de/light?long&languages`);
    await page.evaluate(unfold);
    await page.evaluate("document.querySelector('.languages details').open = true");
    expect([name, await overflowOf(page)]).toEqual([name, 0]);
  }
  expect(await accessibilityFaults(page)).toEqual([]);
});

test('with text twice as large nothing sticks out or is cut off', async () => {
  const page = await browser.newPage({ width: 390, height: 844 });
  for (const { name } of pages) {
    await page.goto(`${await server.address()}/${name}/de/light`);
    await page.evaluate("document.documentElement.style.setProperty('font-size', '212.5%')");
    expect([name, await overflowOf(page)]).toEqual([name, 0]);
    const cut = await page.evaluate(
      "[...document.querySelectorAll('h1,p,b,small,.button,.mono,.row')].filter((e) => !e.classList.contains('vh') && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline').map((e) => e.outerHTML)",
    );
    expect(cut).toEqual([]);
  }
});

test('saying no is as easy as saying yes: same size, beside each other', async () => {
  const page = await browser.newPage({ width: 390, height: 844 });
  await page.goto(`${await server.address()}/consent-once/en/light`);
  const yes = await page.getByRole('button', { name: 'Agree and continue' }).boundingBox();
  const no = await page.getByRole('button', { name: 'No, cancel' }).boundingBox();
  expect([no?.width, no?.height]).toEqual([yes?.width, yes?.height]);
  expect((no?.y ?? 0) - (yes?.y ?? 0) - (yes?.height ?? 0)).toBeLessThanOrEqual(16);
});

test('the theme of the session wins over the system; without one the system decides', async () => {
  const paper = 'getComputedStyle(document.body).backgroundColor';
  const [light, dark] = ['rgb(251, 250, 246)', 'rgb(16, 21, 18)'];
  const nightOwl = await browser.newPage({ colorScheme: 'dark' });
  await nightOwl.goto(`${await server.address()}/moved/en/`);
  expect(await nightOwl.evaluate(paper)).toBe(dark);
  await nightOwl.goto(`${await server.address()}/moved/en/light`);
  expect(await nightOwl.evaluate(paper)).toBe(light);
  const earlyBird = await browser.newPage({ colorScheme: 'light' });
  await earlyBird.goto(`${await server.address()}/moved/en/dark`);
  expect(await earlyBird.evaluate(paper)).toBe(dark);
});

test("the merchant's colour is the button's, corrected where it could not be read", async () => {
  const page = await browser.newPage();
  await page.goto(`${await server.address()}/consent-once/en/light`);
  const colour = await page.evaluate("getComputedStyle(document.querySelector('.primary')).backgroundColor");
  expect(colour).toMatch(/^rgb\(2\d\d, 0, 1\d\d\)$/);
});

test('nothing moves for whoever asked for no motion', async () => {
  const page = await browser.newPage();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(`${await server.address()}/waiting-finishing/en/light`);
  expect(await page.evaluate('document.getAnimations().length')).toBe(0);
});

test('the footer keeps to one line, on a phone and in both languages', async () => {
  const page = await browser.newPage({ width: 390, height: 844 });
  for (const locale of ['en', 'de']) {
    await page.goto(`${await server.address()}/moved/${locale}/light`);
    const tops = await page.evaluate(
      "[...document.querySelectorAll('.foot>*')].map((e) => e.getBoundingClientRect().top)",
    );
    expect(new Set(tops as number[]).size).toBe(1);
  }
});

test('nothing shifts while a page loads', async () => {
  const page = await browser.newPage({ width: 390, height: 844 });
  await page.goto(`${await server.address()}/choose-bank/de/light`);
  const shift = await page.evaluate(`new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; }).observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
  })`);
  expect(shift).toBe(0);
});

test('a page that leaves has no accessibility fault while it is there', async () => {
  const page = await browser.newPage({ width: 390, height: 844 });
  for (const { name } of leavingPages) {
    const left = page.waitForResponse(/\/stay$/);
    await page.goto(`${await server.address()}/${name}/en/light`);
    expect((await left).status()).toBe(204);
    expect(await accessibilityFaults(page)).toEqual([]);
  }
});
