import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { displayName } from '../../src/flow/views/display-name.ts';
import { de } from '../../src/flow/views/texts/de.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openBrowser } from '../support/browser.ts';
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

const decoupled = 'Trellis Decoupled Bank';
const embedded = 'Trellis Embedded Bank';

/** From the link to what the bank asks first. */
async function begin(bankId: string, javaScriptEnabled = true) {
  const consents = watchConsents(app);
  const session = await createSession(app, { returnUrl: shop.returnUrl, prefill: { bankId } });
  const page = await browser.newPage({ width: 390, height: 844, locale: 'en-GB', javaScriptEnabled });
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(session.redirectUrl);
  await page.getByRole('button', { name: en.consent.agree }).click();
  return { page, session, consents, complaints };
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { name }).waitFor();
}

async function press(page: Page, purpose: keyof typeof en.form.purposes): Promise<void> {
  await page.getByRole('button', { name: en.form.purposes[purpose].submit, exact: true }).click();
}

async function sayWho(page: Page, userName = 'ada'): Promise<void> {
  await page.getByLabel('User name').fill(userName);
  await press(page, 'bank-details');
}

async function logIn(page: Page, password = 'any', userName = 'ada'): Promise<void> {
  await page.getByLabel('User name').fill(userName);
  await page.getByLabel('Password').fill(password);
  await press(page, 'credentials');
}

async function chooseMethod(page: Page, name: RegExp): Promise<void> {
  await heading(page, en.form.purposes['choose-method'].title(displayName(embedded)));
  await page.getByRole('radio', { name }).check();
  await press(page, 'choose-method');
}

/** What the bank knows of the authorisation that began last. */
function lastAtBank() {
  const last = app.bank.control.authorisations().at(-1);
  if (!last) throw new Error('the bank knows of no authorisation');
  return last;
}

async function typeCode(page: Page, code = lastAtBank().code ?? ''): Promise<void> {
  await page.getByLabel('Code', { exact: true }).fill(code);
  await press(page, 'second-factor');
}

async function inApp(page: Page, decision: 'approve' | 'decline'): Promise<void> {
  await heading(page, en.approve.title);
  expect(app.bank.control.answerInApp(lastAtBank().id, decision)).toBe(true);
}

async function atShop(page: Page): Promise<string | null> {
  await heading(page, 'Welcome back to the shop');
  return new URL(page.url()).searchParams.get('success');
}

async function complete(page: Page, id: string): Promise<void> {
  expect(await atShop(page)).toBe('true');
  await eventually(
    () => statusOf(app, id),
    (status) => status === 'complete',
  );
  const { body } = await app.call(`/data/session/retrieve?id=${id}`);
  expect(body.data.identity.name).toBe('Ada Lindqvist');
}

describe.each([
  ['with script', true],
  ['without script', false],
] as const)('%s, from the link to the data', (_name, script) => {
  test('approved in the bank’s app', async () => {
    const { page, session, complaints } = await begin('de-trellis-decoupled-bank', script);
    await heading(page, en.form.purposes['bank-details'].title(displayName(decoupled)));
    await sayWho(page);
    await inApp(page, 'approve');
    await complete(page, session.id);
    expect(complaints).toEqual([]);
  });

  test('by password and SMS, each wrong at first', async () => {
    const { page, session, complaints } = await begin('de-trellis-embedded-bank', script);
    await page.getByText('It is not kept').waitFor();
    await logIn(page, 'wrong');
    await page.getByText(en.form.rejected.credentials(displayName(embedded))).waitFor();
    expect(await page.getByLabel('User name').inputValue()).toBe('ada');
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    await logIn(page);
    await chooseMethod(page, /SMS/i);
    await heading(page, en.form.purposes['second-factor'].title(displayName(embedded)));
    await typeCode(page, lastAtBank().code === '000000' ? '111111' : '000000');
    await page.getByText(en.form.rejected['second-factor'](displayName(embedded))).waitFor();
    await typeCode(page);
    await complete(page, session.id);
    expect(complaints).toEqual([]);
  });

  test('by the picture of a photoTAN', async () => {
    const { page, session, complaints } = await begin('de-trellis-embedded-bank', script);
    await logIn(page);
    await chooseMethod(page, /photo/i);
    const picture = page.getByRole('img', { name: en.form.picture(displayName(embedded)) });
    await picture.waitFor();
    const width = "document.querySelector('img.scan').naturalWidth";
    await expect.poll(() => page.evaluate(width)).toBeGreaterThan(20);
    await typeCode(page);
    await complete(page, session.id);
    expect(complaints).toEqual([]);
  });

  test('by password and app', async () => {
    const { page, session } = await begin('de-trellis-push-bank', script);
    await logIn(page);
    await chooseMethod(page, /Approval in the app/);
    await inApp(page, 'approve');
    await complete(page, session.id);
  });
});

test('in the language of our pages, whatever the browser prefers', async () => {
  const bankId = 'de-trellis-decoupled-bank';
  const session = await createSession(app, { returnUrl: shop.returnUrl, prefill: { bankId }, locale: 'de' });
  const page = await browser.newPage({ width: 390, height: 844, locale: 'en-GB', javaScriptEnabled: false });
  await page.goto(session.redirectUrl);
  await page.getByRole('button', { name: de.consent.agree }).click();
  await page.getByLabel('Anmeldename').fill('ada');
  await page.getByRole('button', { name: de.form.purposes['bank-details'].submit, exact: true }).click();
  await page.getByText('Bitte geben Sie die Anfrage in Ihrer App frei').waitFor();
});

test('by two pages of the bank: for the token, and for the consent', async () => {
  app.bank.control.clearRequests();
  const { page, session } = await begin('de-trellis-prestep-bank');
  await page.getByRole('button', { name: /Ada Lindqvist/ }).click();
  await page.locator('button[value=confirm]').click();
  await complete(page, session.id);
  const routes = app.bank.control.requests().map(({ route }) => route);
  expect(routes.indexOf('token')).toBeGreaterThan(-1);
  expect(routes.indexOf('token')).toBeLessThan(routes.lastIndexOf('createConsent'));
});

test('by a page of the bank that sends a code along', async () => {
  const { page, session } = await begin('de-trellis-confirmation-bank');
  await page.getByRole('button', { name: /Ada Lindqvist/ }).click();
  await page.locator('button[value=confirm]').click();
  await complete(page, session.id);
});

test('for the accounts that he names, one of them wrong at first', async () => {
  const bank = displayName('Trellis Detailed Bank');
  const { page, session, complaints } = await begin('de-trellis-detailed-bank', false);
  await heading(page, en.form.purposes.accounts.title(bank));
  const [account] = app.bank.control.accounts('trellis-detailed-bank', 'ada');
  const iban = account && 'iban' in account ? account.iban : '';
  // A slip that the check digits tell, and an IBAN of another bank, which only the bank knows to be wrong.
  for (const wrong of [iban.replace(/.$/, (last) => (last === '0' ? '1' : '0')), 'DE89370400440532013000']) {
    await page.getByLabel('IBAN', { exact: true }).fill(wrong);
    await press(page, 'accounts');
    await page.getByText(en.form.rejected.accounts(bank)).waitFor();
    expect(await page.getByLabel('IBAN', { exact: true }).inputValue()).toBe(wrong);
  }
  await page.getByLabel('IBAN', { exact: true }).fill(iban.replaceAll(/.{4}/g, '$& '));
  await press(page, 'accounts');
  await page.getByRole('button', { name: /Ada Lindqvist/ }).click();
  await page.locator('button[value=confirm]').click();
  await complete(page, session.id);
  expect(complaints).toEqual([]);
});

describe('it does not come to that', () => {
  test('declined in the app: another try, and approved', async () => {
    const { page, session, consents } = await begin('de-trellis-decoupled-bank');
    await sayWho(page);
    await inApp(page, 'decline');
    await page.getByRole('button', { name: en.actions.tryAgain }).click();
    await sayWho(page);
    await inApp(page, 'approve');
    await complete(page, session.id);
    expect((await consents())[0]).not.toBe('valid');
  });

  test('nobody answers: told after five minutes, and ended at the bank', async () => {
    const { page, session, consents } = await begin('de-trellis-decoupled-bank');
    await sayWho(page);
    await heading(page, en.approve.title);
    await app.advance(5 * 60_000 + 1_000);
    await heading(page, en.failed['timed-out'].title(displayName(decoupled)));
    await page.getByRole('button', { name: en.actions.backTo(displayName('Shop')) }).click();
    expect(await atShop(page)).toBe('false');
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
    await eventually(consents, ([status]) => status === 'terminatedByTpp' || status === 'rejected');
  });

  test.each([
    ['passwords', async (page: Page) => logIn(page, 'wrong')],
    ['codes', async (page: Page) => typeCode(page, lastAtBank().code === '000000' ? '111111' : '000000')],
  ])('three wrong %s: not let in, and the merchant is told', async (kind, wrong) => {
    const { page, session } = await begin('de-trellis-embedded-bank');
    if (kind === 'codes') {
      await logIn(page, 'any', 'single');
      await heading(page, en.form.purposes['second-factor'].title(displayName(embedded)));
    }
    for (let count = 0; count < 3; count += 1) {
      await wrong(page);
      if (count < 2) await page.locator('.problem').waitFor();
    }
    await heading(page, en.failed['not-let-in'].title(displayName(embedded)));
    await page.getByRole('button', { name: en.actions.backTo(displayName('Shop')) }).click();
    expect(await atShop(page)).toBe('false');
    expect(await statusOf(app, session.id)).toBe('failed bank_denied');
  });

  test('cancelled while the app is waited for', async () => {
    const { page, session, consents } = await begin('de-trellis-decoupled-bank');
    await sayWho(page);
    await heading(page, en.approve.title);
    await page.getByRole('button', { name: en.actions.cancel }).click();
    expect(await atShop(page)).toBe('false');
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
  });
});

test('what a hostile bank writes is text on every page of the way', async () => {
  const { page } = await begin('de-trellis-embedded-bank');
  await logIn(page, 'any', 'hostile');
  await heading(page, en.form.purposes['choose-method'].title(displayName(embedded)));
  expect(await page.locator('main :is(script, img, b b)').count()).toBe(0);
  await page.getByRole('radio').first().check();
  await press(page, 'choose-method');
  await heading(page, en.form.purposes['second-factor'].title(displayName(embedded)));
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
});
