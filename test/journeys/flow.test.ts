import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openBrowser, type PageOptions } from '../support/browser.ts';
import { createSession, eventually, statusOf, watchConsents } from '../support/visitor.ts';
import { type Shop, startShop } from './shop.ts';

let app: TestApp;
let shop: Shop;
beforeAll(async () => {
  [app, shop] = await Promise.all([startTestApp({ merchantName: 'Shop' }), startShop()]);
});
afterEach(() => app.bank.control.clearFaults());
afterAll(async () => {
  await app.close();
  await shop.close();
});
// After those above, so that it is closed before them: it keeps connections open.
const browser = openBrowser();

const phone: PageOptions = { width: 390, height: 844, locale: 'en-GB' };

function newSession(more: Record<string, unknown> = {}) {
  return createSession(app, { returnUrl: shop.returnUrl, ...more });
}

function kindOf(page: Page): Promise<string | null> {
  return page.locator('main').getAttribute('data-page');
}

async function choose(page: Page, name = 'Trellis Test Bank'): Promise<void> {
  await page.getByRole('button', { name }).click();
  await page.getByRole('button', { name: en.consent.agree }).waitFor();
}

async function agree(page: Page): Promise<void> {
  await page.getByRole('button', { name: en.consent.agree }).click();
  await atBank(page);
}

/** Not `waitForURL`, which fails when one of several navigations gives way to the next. */
async function atBank(page: Page): Promise<void> {
  const place = () => new URL(page.url());
  await expect.poll(() => place().href.startsWith(app.bank.url), { timeout: 10_000 }).toBe(true);
  await expect.poll(() => place().pathname.endsWith('/login'), { timeout: 10_000 }).toBe(true);
}

async function signIn(page: Page, customer = /Ada Lindqvist/): Promise<void> {
  await page.getByRole('button', { name: customer }).click();
}

/** From the bank's login to where its user is sent back to. */
async function authorise(page: Page): Promise<void> {
  await signIn(page);
  await page.locator('button[value=confirm]').click();
}

async function backAtShop(page: Page): Promise<URLSearchParams> {
  await page.getByRole('heading', { name: 'Welcome back to the shop' }).waitFor();
  return new URL(page.url()).searchParams;
}

describe.each([
  ['with script', true],
  ['without script', false],
] as const)('on a phone, %s', (_name, javaScriptEnabled) => {
  const device = { ...phone, javaScriptEnabled };

  test.each(['Trellis Test Bank', 'Trellis Redirect Bank'])(
    'from the link to the data, by %s',
    async (bank) => {
      const session = await newSession();
      const page = await browser.newPage(device);
      await page.goto(session.redirectUrl);
      expect(new URL(page.url()).searchParams.has('t')).toBe(true);
      await choose(page, bank);
      expect(page.url()).toBe(`${app.url}/flow/shop/${session.id}`);
      await agree(page);
      await authorise(page);
      expect(Object.fromEntries(await backAtShop(page))).toEqual({
        basket: '7',
        referenceId: session.referenceId,
        'data-session-id': session.id,
        success: 'true',
      });
      await eventually(
        () => statusOf(app, session.id),
        (status) => status === 'complete',
      );
      const { body } = await app.call(`/data/session/retrieve?id=${session.id}`);
      expect(body.data.identity.name).toBe('Ada Lindqvist');
    },
  );

  test('nothing is wider than the screen, and every page fits its policy', async () => {
    const page = await browser.newPage(device);
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto((await newSession()).redirectUrl);
    const fits = async () =>
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    if (javaScriptEnabled) await fits();
    await choose(page);
    if (javaScriptEnabled) await fits();
    await agree(page);
    expect(complaints).toEqual([]);
  });

  test('searching, choosing another bank and cancelling', async () => {
    const session = await newSession();
    const page = await browser.newPage(device);
    await page.goto(session.redirectUrl);
    await page.getByRole('searchbox').fill('alpen');
    if (!javaScriptEnabled) await page.getByRole('searchbox').press('Enter');
    await page.getByText(en.chooseBank.count(1)).waitFor({ state: 'attached' });
    await choose(page, 'Alpen Test Bank');
    await page.getByRole('button', { name: en.consent.otherBank }).click();
    await choose(page);
    await page.getByRole('button', { name: en.consent.decline }).click();
    expect((await backAtShop(page)).get('reason')).toBe('cancelled');
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
  });

  test('pressing Agree again and again makes one consent', async () => {
    const consents = watchConsents(app);
    const session = await newSession();
    const page = await browser.newPage(device);
    await page.goto(session.redirectUrl);
    await choose(page);
    app.bank.control.addFault({ route: 'createConsent', fault: 'slow', delayMs: 600, times: 1 });
    const button = page.getByRole('button', { name: en.consent.agree });
    await button.click({ noWaitAfter: true, clickCount: 3, delay: 40 });
    await atBank(page);
    expect(await consents()).toHaveLength(1);
    await authorise(page);
    expect((await backAtShop(page)).get('success')).toBe('true');
  });

  test('the user says no at the bank, tries again, and goes on', async () => {
    const page = await browser.newPage(device);
    await page.goto((await newSession()).redirectUrl);
    await choose(page);
    await agree(page);
    await signIn(page, /Carla Weiss/);
    await page.getByRole('button', { name: en.actions.tryAgain }).click();
    await atBank(page);
    await authorise(page);
    expect((await backAtShop(page)).get('success')).toBe('true');
  });

  test('a return that waits for the bank goes on by itself', async () => {
    const session = await newSession();
    const page = await browser.newPage(device);
    await page.goto(session.redirectUrl);
    await choose(page);
    app.bank.control.addFault({ route: 'createConsent', fault: 'slow', delayMs: 1_500, times: 1 });
    await page.getByRole('button', { name: en.consent.agree }).click({ noWaitAfter: true });
    const other = await page.context().newPage();
    await eventually(
      async () => {
        await other.goto(`${app.url}/flow/shop/${session.id}`);
        return kindOf(other);
      },
      (kind) => kind === 'waiting-contacting-bank',
    );
    await Promise.all([atBank(page), atBank(other)]);
    await authorise(other);
    expect((await backAtShop(other)).get('success')).toBe('true');
  });
});

describe('the back button', () => {
  test('from the bank shows the consent again; agreeing leads to the same authorisation', async () => {
    const consents = watchConsents(app);
    const page = await browser.newPage(phone);
    await page.goto((await newSession()).redirectUrl);
    await choose(page);
    await agree(page);
    await page.goBack();
    expect(await kindOf(page)).toBe('consent');
    await agree(page);
    await authorise(page);
    expect((await backAtShop(page)).get('success')).toBe('true');
    expect(await consents()).toHaveLength(1);
  });

  test('all the way from the merchant shows that it is done, and leads back there', async () => {
    const page = await browser.newPage(phone);
    await page.goto((await newSession()).redirectUrl);
    await choose(page);
    const consent = (await page.evaluate('history.length')) as number;
    await agree(page);
    await authorise(page);
    await backAtShop(page);
    await page.evaluate(`history.go(${consent} - history.length)`);
    await page.getByRole('heading', { name: en.ended.done.title(displayName('Shop')) }).waitFor();
    await page.getByRole('link', { name: en.actions.backTo(displayName('Shop')) }).click();
    expect((await backAtShop(page)).get('success')).toBe('true');
  });

  test('after cancelling goes nowhere by itself', async () => {
    const session = await newSession();
    const page = await browser.newPage(phone);
    await page.goto(session.redirectUrl);
    await choose(page);
    await page.getByRole('button', { name: en.consent.decline }).click();
    await backAtShop(page);
    await page.goBack();
    await page.getByRole('heading', { name: en.ended.cancelled.title(displayName('Shop')) }).waitFor();
    await page.getByRole('link', { name: en.actions.backTo(displayName('Shop')) }).click();
    expect((await backAtShop(page)).get('reason')).toBe('cancelled');
  });
});

test('a reload at each step shows the same step', async () => {
  const page = await browser.newPage(phone);
  const reloaded = async (kind: string) => {
    await page.reload();
    expect(await kindOf(page)).toBe(kind);
  };
  await page.goto((await newSession()).redirectUrl);
  await reloaded('choose-bank');
  await choose(page);
  await reloaded('consent');
  app.bank.control.addFault({ route: 'createConsent', fault: 'status-500', times: 1 });
  await page.getByRole('button', { name: en.consent.agree }).click();
  await page.getByRole('button', { name: en.actions.tryAgain }).waitFor();
  await reloaded('failed');
  await page.getByRole('button', { name: en.actions.tryAgain }).click();
  await atBank(page);
  await page.reload();
  await authorise(page);
  await backAtShop(page);
});

test('two tabs: both follow what was done in either', async () => {
  const session = await newSession();
  const one = await browser.newPage(phone);
  await one.goto(session.redirectUrl);
  const two = await one.context().newPage();
  await two.goto(session.redirectUrl);
  await choose(one);
  await two.getByRole('button', { name: 'Alpen Test Bank' }).click();
  await two.getByRole('heading', { name: en.consent.titleOnce(displayName('Shop')) }).waitFor();
  await one.getByRole('button', { name: en.consent.agree }).click();
  await one.getByText(en.consent.lead(displayName('Alpen Test Bank'))).waitFor();
  await agree(one);
  await authorise(one);
  expect((await backAtShop(one)).get('success')).toBe('true');
  await two.getByRole('button', { name: en.consent.agree }).click();
  await two.getByRole('heading', { name: en.ended.done.title(displayName('Shop')) }).waitFor();
});

test('the bank sends its user back twice', async () => {
  const session = await newSession();
  const page = await browser.newPage(phone);
  await page.goto(session.redirectUrl);
  await choose(page);
  await agree(page);
  app.bank.control.addFault({ route: 'authorize', fault: 'duplicate-callback', times: 1 });
  await signIn(page);
  const popup = page.context().waitForEvent('page');
  await page.locator('button[value=confirm]').click();
  expect((await backAtShop(await popup)).get('success')).toBe('true');
  expect((await backAtShop(page)).get('success')).toBe('true');
  await eventually(
    () => statusOf(app, session.id),
    (status) => status === 'complete',
  );
});

describe.each([
  ['with script', true],
  ['without script', false],
] as const)('the way back opens in another browser, %s', (_name, javaScriptEnabled) => {
  async function cameBackElsewhere() {
    const consents = watchConsents(app);
    const session = await newSession();
    const holder = await browser.newPage({ ...phone, javaScriptEnabled });
    const other = await browser.newPage({ ...phone, javaScriptEnabled });
    await holder.goto(session.redirectUrl);
    await choose(holder);
    await agree(holder);
    await holder.goBack();
    const away = holder.waitForRequest((request) => request.url().startsWith(app.bank.url));
    await holder.getByRole('button', { name: en.consent.agree }).click();
    await other.goto((await away).url());
    await authorise(other);
    await other.getByLabel(en.release.codeLabel).waitFor();
    await holder.goto(`${app.url}/flow/shop/${session.id}`);
    const code = (await holder.locator('.code [aria-hidden]').textContent()) ?? '';
    return { session, holder, other, code, consents };
  }

  test('the code is typed there, and the first page goes on by itself', async () => {
    const { session, holder, other, code } = await cameBackElsewhere();
    await other.getByLabel(en.release.codeLabel).fill('000 000');
    await other.getByRole('button', { name: en.release.submitCode }).click();
    await other.getByText(en.release.codeWrong).waitFor();
    await other.getByLabel(en.release.codeLabel).fill(code);
    await other.getByRole('button', { name: en.release.submitCode }).click();
    await other.getByRole('heading', { name: en.returned.released.title }).waitFor();
    expect((await backAtShop(holder)).get('success')).toBe('true');
    await eventually(
      () => statusOf(app, session.id),
      (status) => status === 'complete',
    );
    expect(other.url()).toBe(`${app.url}/flow/shop/${session.id}`);
  });

  test('who logged in says that it was not him: the first page goes back empty-handed by itself', async () => {
    const { session, holder, other, consents } = await cameBackElsewhere();
    await other.getByRole('button', { name: en.release.notMe }).click();
    await other.getByRole('heading', { name: en.returned.ended.title }).waitFor();
    expect((await backAtShop(holder)).get('reason')).toBe('cancelled');
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
  });

  test('five wrong codes: both pages say so, and the first one may try again', async () => {
    const { holder, other } = await cameBackElsewhere();
    for (let count = 0; count < 5; count += 1) {
      await other.getByLabel(en.release.codeLabel).fill(`00000${count}`);
      await other.getByRole('button', { name: en.release.submitCode }).click();
      if (count < 4) await other.getByText(en.release.triesLeft(4 - count)).waitFor();
    }
    await other.getByRole('heading', { name: en.returned['wrong-codes'].title }).waitFor();
    await holder.getByRole('heading', { name: en.returned['wrong-codes'].title }).waitFor();
    await holder.getByRole('button', { name: en.actions.tryAgain }).click();
    await atBank(holder);
  });

  test('the first browser goes to the bank again instead', async () => {
    const { holder, other } = await cameBackElsewhere();
    await holder.getByRole('button', { name: en.release.againAtBank }).click();
    await atBank(holder);
    await authorise(holder);
    expect((await backAtShop(holder)).get('success')).toBe('true');
    await other.reload();
    await other.getByRole('heading', { name: en.returned.ended.title }).waitFor();
  });
});

test('a second browser takes the session over, and the first is told', async () => {
  const session = await newSession();
  const [first, second] = [await browser.newPage(phone), await browser.newPage()];
  await first.goto(session.redirectUrl);
  await choose(first);
  await second.goto(session.redirectUrl);
  await agree(second);
  await first.getByRole('button', { name: en.consent.agree }).click();
  await first.getByRole('heading', { name: en.moved.title }).waitFor();
  await authorise(second);
  expect((await backAtShop(second)).get('success')).toBe('true');
});
