import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { connectByRedirect } from './support/journey.ts';
import { type Page, PsuBrowser, textOf, tickedBoxes, wayOut } from './support/psu.ts';
import { allAccounts, callback, clientId, oneOff, redirectBank, Tpp } from './support/tpp.ts';

const bank = openBank();
const tpp = () => new Tpp(bank.current.url);
const nok = 'https://tpp.example/callback/1?nok=1';

/** The address of the bank's page for a fresh consent at the bank of the plain redirect. */
async function door(body: unknown = allAccounts, headers: Record<string, string> = {}): Promise<string> {
  const created = await tpp().createConsent(body, { bank: redirectBank, headers });
  return created.json._links.scaRedirect.href;
}

async function oauthDoor(headers: Record<string, string> = {}): Promise<string> {
  const { consentId } = (await tpp().createConsent(allAccounts, { headers })).json;
  return (await tpp().authorizeUrl(consentId)).url;
}

async function confirmation(psu: PsuBrowser, url: string, userName: string): Promise<Page> {
  return psu.press(await psu.open(url), 'userName', userName);
}

describe('signing in', () => {
  test('shows every test customer, one press each', async () => {
    const page = await new PsuBrowser().open(await door());
    expect(page.status).toBe(200);
    for (const userName of ['ada', 'many', 'joint', 'every', 'noname', 'noaccounts', 'cancel', 'down']) {
      expect(page.html).toContain(`name="userName" value="${userName}"`);
    }
    expect(textOf(page)).toContain('Test bank. Nothing here is real');
  });

  test('by hand takes any password, but one', async () => {
    const psu = new PsuBrowser();
    const login = await psu.open(await door());
    const wrongName = await psu.submit(login, new URLSearchParams({ userName: '<b>x', password: 'y' }));
    expect(wrongName.status).toBe(422);
    expect(wrongName.html).toContain('value="&lt;b>x"');
    expect(wrongName.html).toMatch(/aria-invalid="?true"? aria-describedby="userName-help"/);
    const noPassword = await psu.submit(login, new URLSearchParams({ userName: 'ada', password: '' }));
    expect([noPassword.status, textOf(noPassword).includes('Type any password.')]).toEqual([422, true]);
    const done = await psu.submit(login, new URLSearchParams({ userName: ' Ada ', password: 'x' }));
    expect(textOf(done)).toContain('Signed in as Ada Lindqvist');
  });

  test('can be cancelled', async () => {
    const psu = new PsuBrowser();
    const url = await door(allAccounts, { 'TPP-Nok-Redirect-URI': nok });
    const left = await psu.press(await psu.open(url), 'decision', 'cancel');
    expect(wayOut(left)?.href).toBe(nok);
  });

  test('as someone else is possible until the decision', async () => {
    const psu = new PsuBrowser();
    const login = await psu.open(await door());
    await psu.press(login, 'userName', 'many');
    const confirm = await psu.press(await psu.open(login.url), 'userName', 'ada');
    expect(textOf(confirm)).toContain('Signed in as Ada Lindqvist');
  });

  test('speaks English and German: by browser, by ui_locales, by choice', async () => {
    const german = await new PsuBrowser('de-AT,de;q=0.9,en;q=0.5').open(await door());
    expect(german.html).toContain('<html lang="de"');
    const asked = await new PsuBrowser('en').open(`${await oauthDoor()}&ui_locales=fr%20de`);
    expect(asked.html).toContain('<html lang="de"');
    const other = await new PsuBrowser('pl').open(await door());
    expect(other.html).toContain('<html lang="en"');
    const psu = new PsuBrowser('en');
    const login = await psu.open(await door());
    const switched = await psu.open(`${login.url}?lang=de`);
    const confirm = await psu.press(switched, 'userName', 'ada');
    expect(textOf(confirm)).toContain('Angemeldet als Ada Lindqvist');
  });
});

describe('confirming', () => {
  test('says who asks, what for, and until when', async () => {
    const headers = { 'TPP-Brand-Logging-Information': 'Nordlicht <Energy>' };
    const page = await confirmation(new PsuBrowser(), await oauthDoor(headers), 'many');
    const text = textOf(page);
    for (const words of [
      'May Nordlicht <Energy> see your accounts?',
      clientId,
      'tpp.example',
      'Balances',
      'Transactions',
      'Your name as account owner',
      'Until June 1, 2027',
      'Up to 4 times a day',
      'blocked',
    ]) {
      expect(text).toContain(words);
    }
    expect(page.html).not.toContain('<Energy>');
    expect(page.html).toMatch(/DE\d\d 9990 0010 \d{4} \d{4} \d\d</);
  });

  test('of a one-off consent says once; of the list alone promises nothing more', async () => {
    const psu = new PsuBrowser();
    expect(textOf(await confirmation(psu, await door(oneOff), 'ada'))).toContain('Once, now');
    const list = { ...oneOff, access: { availableAccounts: 'allAccounts' } };
    const text = textOf(await confirmation(new PsuBrowser(), await door(list), 'ada'));
    expect(text).toContain('The list of your accounts, nothing more');
    expect(text).not.toContain('Balances');
  });

  test('lets the PSU pick accounts where the consent leaves it to the bank', async () => {
    const body = {
      ...allAccounts,
      access: { accounts: [], balances: [], additionalInformation: { ownerName: [] } },
    };
    const created = await tpp().createConsent(body, { bank: redirectBank });
    const psu = new PsuBrowser();
    const page = await confirmation(psu, created.json._links.scaRedirect.href, 'many');
    expect(tickedBoxes(page)).toHaveLength(12);
    await psu.press(page, 'decision', 'confirm', { account: ['savings', 'giro', 'no-such-account'] });
    const headers = { 'Consent-ID': created.json.consentId };
    const { accounts } = (await tpp().call('/accounts', { bank: redirectBank, headers })).json;
    expect(accounts.map((each: { product: string }) => each.product)).toEqual(['Girokonto', 'Tagesgeld']);
    const granted = (await tpp().call(created.json._links.self.href)).json.access;
    const references = accounts.map(({ iban, currency }: Record<string, string>) => ({ iban, currency }));
    expect(granted).toEqual({
      accounts: references,
      balances: references,
      additionalInformation: { ownerName: references },
    });
  });

  test('is not offered for accounts of somebody else', async () => {
    const access = { accounts: [{ iban: 'DE89370400440532013000' }] };
    const psu = new PsuBrowser();
    const page = await confirmation(psu, await door({ ...allAccounts, access }), 'ada');
    expect(textOf(page)).toContain('None of the accounts that were asked for is yours.');
    expect(page.html).not.toContain('value="confirm"');
    expect(wayOut(await psu.press(page, 'decision', 'decline'))?.href).toBe(callback);
  });

  test('nonsense changes nothing', async () => {
    const psu = new PsuBrowser();
    const page = await confirmation(psu, await door(), 'ada');
    for (const decision of ['', 'maybe', 'confirm\u0000']) {
      const again = await psu.submit(page, new URLSearchParams({ decision }));
      expect(textOf(again)).toContain('Signed in as Ada Lindqvist');
    }
  });
});

describe('leaving', () => {
  test('goes to the redirect URI as it was given, and nowhere else', async () => {
    const uri = 'https://tpp.example/back?session=1&x=%20y';
    const done = await new PsuBrowser().visit(await door(allAccounts, { 'TPP-Redirect-URI': uri }), 'ada');
    expect(wayOut(done)?.href).toBe(uri);
    expect(done.html).toContain('href="https://tpp.example/back?session=1&amp;x=%20y"');
  });

  test('of a persona that declines goes to the nok address at once', async () => {
    const url = await door(allAccounts, { 'TPP-Nok-Redirect-URI': nok });
    expect(wayOut(await new PsuBrowser().visit(url, 'cancel'))?.href).toBe(nok);
    const oauth = wayOut(await new PsuBrowser().visit(await oauthDoor(), 'cancel'));
    expect(oauth?.searchParams.get('error')).toBe('access_denied');
  });

  test('is a page, never a redirect that a form ends in', async () => {
    const psu = new PsuBrowser();
    const page = await psu.visit(await oauthDoor(), 'ada');
    expect([page.status, new URL(page.url).origin]).toEqual([200, bank.current.url]);
  });

  test('stays decided: every page of the visit leads to the way out', async () => {
    const psu = new PsuBrowser();
    const done = await psu.visit(await oauthDoor(), 'ada');
    const first = wayOut(done)?.href;
    for (const name of ['login', 'confirm', 'done']) {
      const again = await psu.open(done.url.replace(/done$/, name));
      expect(wayOut(again)?.href).toBe(first);
    }
  });
});

describe('a visit', () => {
  test('belongs to the browser that began it', async () => {
    const mine = new PsuBrowser();
    const login = await mine.open(await door());
    const theirs = await new PsuBrowser().open(login.url);
    expect([theirs.status, textOf(theirs).includes('belongs to another browser')]).toEqual([403, true]);
    const posted = await new PsuBrowser().submit(
      login,
      new URLSearchParams({ userName: 'ada', password: 'x' }),
    );
    expect(posted.status).toBe(403);
    const forged = await fetch(login.url, { headers: { cookie: `bank-session=${'A'.repeat(32)}` } });
    expect(forged.status).toBe(403);
  });

  test('ends after a quarter of an hour, and nothing was decided', async () => {
    const psu = new PsuBrowser();
    const page = await confirmation(psu, await door(), 'ada');
    bank.current.control.moveClock({ advanceSeconds: 15 * 60 + 1 });
    const late = await psu.press(page, 'decision', 'confirm');
    expect([late.status, textOf(late).includes('took too long')]).toEqual([410, true]);
  });

  test('that comes after another one has decided ends', async () => {
    const url = await door();
    const slow = new PsuBrowser();
    const page = await confirmation(slow, url, 'ada');
    await new PsuBrowser().visit(url, 'many');
    expect((await slow.press(page, 'decision', 'confirm')).status).toBe(410);
    expect((await new PsuBrowser().open(url)).status).toBe(410);
  });

  test('marks its authorisation on the way', async () => {
    const created = await tpp().createConsent(allAccounts, { bank: redirectBank });
    const status = async () => (await tpp().call(created.json._links.scaStatus.href)).json.scaStatus;
    const psu = new PsuBrowser();
    const page = await confirmation(psu, created.json._links.scaRedirect.href, 'ada');
    expect(await status()).toBe('psuAuthenticated');
    await psu.press(page, 'decision', 'confirm');
    expect(await status()).toBe('finalised');
  });
});

describe('every page', () => {
  test('is guarded: strict policy, nothing stored, nothing in frames, cookie out of reach', async () => {
    const response = await fetch(await door(), { redirect: 'manual' });
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /; Path=\/berlin-group\/trellis-redirect-bank\/visits\/[\w-]{32}; .*HttpOnly; SameSite=Lax$/,
    );
    const page = await new PsuBrowser().open(await door());
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.html).not.toMatch(/<script|style="/);
  });

  test('has its stylesheet, and there is a front page', async () => {
    const front = await new PsuBrowser().open(`${bank.current.url}/`);
    expect(textOf(front)).toContain('Trellis Test Bank');
    const path = /<link rel="stylesheet" href="([^"]+)"/.exec(front.html)?.[1] ?? '';
    const sheet = await fetch(new URL(path, bank.current.url));
    expect([sheet.status, sheet.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
  });

  test('that is not there says so', async () => {
    const { consentId } = await connectByRedirect(bank.current.url);
    const paths = [
      '/nothing',
      `/berlin-group/${redirectBank}/sca/${consentId}`,
      '/berlin-group/no-such-bank/authorize',
    ];
    for (const path of [...paths, `/berlin-group/${redirectBank}/authorize`]) {
      expect((await new PsuBrowser().open(`${bank.current.url}${path}`)).status).toBe(404);
    }
  });
});
