import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isIban } from '../../src/sandbox-bank/personas/iban.ts';
import { openBank, startBank } from './support/bank-under-test.ts';
import { connect, connectByRedirect } from './support/journey.ts';
import { allAccounts, codeOf, oneOff, pathOf, redirectBank, Tpp, testBank } from './support/tpp.ts';

const bank = openBank();

/** The accounts that a persona's consent gives, as the wire has them. */
async function accountsOf(userName: string, access: unknown = allAccounts.access, name = redirectBank) {
  const journey = { userName, bank: name, body: { ...allAccounts, access } };
  const way = name === redirectBank ? connectByRedirect : connect;
  const { read } = await way(bank.current.url, journey);
  const answer = await read('/accounts');
  expect(answer.status).toBe(200);
  return { accounts: answer.json.accounts, read };
}

describe('personas', () => {
  test('ada has one current account, with her name', async () => {
    const { accounts, read } = await accountsOf('ada', allAccounts.access, testBank);
    expect(accounts).toEqual([
      {
        resourceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        iban: expect.stringMatching(/^DE\d{2}99900010\d{10}$/),
        currency: 'EUR',
        name: 'Current account',
        product: 'Girokonto',
        cashAccountType: 'CACC',
        status: 'enabled',
        bic: 'TRLSDEFFXXX',
        usage: 'PRIV',
        ownerName: 'Ada Lindqvist',
        psuName: 'Ada Lindqvist',
        _links: expect.anything(),
      },
    ]);
    const [account] = accounts;
    expect((await read(`/accounts/${account.resourceId}`)).json).toEqual({ account });
    expect((await read(account._links.account.href)).json).toEqual({ account });
  });

  test('many has a dozen: currencies, a number that is no IBAN, a card, one blocked', async () => {
    const { accounts } = await accountsOf('many');
    const by = (name: string) => accounts.map((account: Record<string, string>) => account[name]);
    expect(accounts).toHaveLength(12);
    expect(new Set(by('currency'))).toEqual(new Set(['EUR', 'XXX', 'USD', 'CHF', 'GBP']));
    expect(accounts.filter((each: { status: string }) => each.status === 'blocked')).toHaveLength(1);
    expect(accounts.filter((each: { bban?: string }) => each.bban !== undefined)).toMatchObject([
      { currency: 'GBP' },
    ]);
    const [card] = accounts.filter((each: { maskedPan?: string }) => each.maskedPan !== undefined);
    expect(card.maskedPan).toMatch(/^525412\*{6}\d{4}$/);
    expect(by('iban')).toContain(card.linkedAccounts);
    const world = accounts.find((each: { currency: string }) => each.currency === 'XXX');
    const dollars = accounts.find((each: { currency: string }) => each.currency === 'USD');
    expect(dollars.iban).toBe(world.iban);
    expect(new Set(by('resourceId')).size).toBe(12);
  });

  test('every has each kind of account once, one without a kind and one of an unknown kind', async () => {
    const { accounts } = await accountsOf('every');
    const types = accounts.map((account: { cashAccountType?: string }) => account.cashAccountType);
    const known =
      'CACC CASH CHAR CISH COMM CPAC LLSV LOAN MGLD MOMA NFCA NREX ODFT ONDP OTHR SACC SLRY SVGS TAXE TRAN TRAS VACC WALT';
    expect(types).toEqual(expect.arrayContaining([...known.split(' '), 'CARD', 'ZZZZ', undefined]));
    expect(new Set(types).size).toBe(accounts.length);
  });

  test('joint has two owners, and stands for a third person', async () => {
    const { accounts } = await accountsOf('joint');
    expect(accounts[0]).toMatchObject({
      ownerName: 'Miriam Brandt, Jonas Brandt',
      ownerNames: [
        { name: 'Miriam Brandt', role: 'owner' },
        { name: 'Jonas Brandt', role: 'owner' },
      ],
      psuName: 'Miriam Brandt',
    });
    expect(accounts[1].ownerName).toBe('Ella Brandt');
    expect(accounts[1].ownerNames.map((owner: { role: string }) => owner.role)).toEqual([
      'owner',
      'legalRepresentative',
      'authorisedUser',
    ]);
  });

  test('noname gives no name, and the consent says so', async () => {
    const access = { accounts: [], additionalInformation: { ownerName: [] } };
    const { consentId, read } = await connectByRedirect(bank.current.url, {
      userName: 'noname',
      body: { ...allAccounts, access },
    });
    const [account] = (await read('/accounts')).json.accounts;
    expect(account.iban).toBeDefined();
    expect(Object.keys(account)).not.toEqual(expect.arrayContaining(['ownerName']));
    expect(account.psuName).toBeUndefined();
    const granted = (await read(`/consents/${consentId}`)).json.access;
    expect(granted).toEqual({ accounts: [{ iban: account.iban, currency: 'EUR' }] });
  });

  test('noaccounts has none', async () => {
    expect((await accountsOf('noaccounts')).accounts).toEqual([]);
  });

  test('down signs in, and then the account service is away', async () => {
    const { consentId, read } = await connect(bank.current.url, { userName: 'down' });
    expect(codeOf(await read('/accounts'))).toBe('503 SERVICE_UNAVAILABLE');
    expect(codeOf(await read(`/accounts/${randomUUID()}`))).toBe('503 SERVICE_UNAVAILABLE');
    expect((await read(`/consents/${consentId}/status`)).json).toEqual({ consentStatus: 'valid' });
  });
});

describe('account numbers', () => {
  test('have right check digits, in each country', async () => {
    const german = await accountsOf('every');
    const austrian = await accountsOf('every', allAccounts.access, 'alpen-test-bank');
    const ibans = [...german.accounts, ...austrian.accounts].map((account: { iban: string }) => account.iban);
    expect(ibans.filter((iban) => !isIban(iban))).toEqual([]);
    expect(ibans.filter((iban) => /^(DE\d{20}|AT\d{18})$/.test(iban))).toHaveLength(ibans.length);
    expect(new Set(ibans).size).toBe(ibans.length);
    // ISO 7064, as the registry of IBANs publishes it.
    expect(isIban('GB82WEST12345698765432')).toBe(true);
    expect(isIban('GB82WEST12345698765431')).toBe(false);
  });

  test('come from the seed', async () => {
    const first = (await accountsOf('ada')).accounts[0].iban;
    expect((await accountsOf('ada')).accounts[0].iban).toBe(first);
    const other = await startBank({ seed: 'another' });
    const { read } = await connectByRedirect(other.url);
    expect((await read('/accounts')).json.accounts[0].iban).not.toBe(first);
    await other.close();
  });

  test('name an account across consents; the resource id is good for one consent', async () => {
    const one = await accountsOf('ada');
    const two = await accountsOf('ada');
    expect(two.accounts[0].iban).toBe(one.accounts[0].iban);
    expect(two.accounts[0].resourceId).not.toBe(one.accounts[0].resourceId);
    expect(codeOf(await two.read(`/accounts/${one.accounts[0].resourceId}`))).toBe('404 RESOURCE_UNKNOWN');
  });
});

describe('what a consent covers', () => {
  test('owner names only where they were asked for', async () => {
    const { accounts } = await accountsOf('ada', { allPsd2: 'allAccounts' });
    expect(Object.keys(accounts[0])).not.toEqual(expect.arrayContaining(['ownerName']));
    expect(accounts[0].psuName).toBeUndefined();
  });

  test('named accounts, and no others', async () => {
    const all = (await accountsOf('many')).accounts;
    const references = [{ iban: all[0].iban }, { bban: all[10].bban }, { maskedPan: all[6].maskedPan }];
    const some = await accountsOf('many', { accounts: references });
    expect(some.accounts.map((each: { name: string }) => each.name)).toEqual([
      all[0].name,
      all[6].name,
      all[10].name,
    ]);
    expect(codeOf(await some.read(`/accounts/${all[1].resourceId}`))).toBe('404 RESOURCE_UNKNOWN');
  });

  test('one currency of an account that has several, or all of them', async () => {
    const all = (await accountsOf('many')).accounts;
    const { iban } = all[2];
    expect((await accountsOf('many', { accounts: [{ iban, currency: 'USD' }] })).accounts).toHaveLength(1);
    expect((await accountsOf('many', { accounts: [{ iban }] })).accounts).toHaveLength(2);
  });

  test('the owner’s name of the named accounts only', async () => {
    const all = (await accountsOf('many')).accounts;
    const [one, two] = [{ iban: all[0].iban }, { iban: all[1].iban }];
    const { accounts } = await accountsOf('many', {
      balances: [one, two],
      additionalInformation: { ownerName: [one] },
    });
    expect(accounts.map((each: { ownerName?: string }) => each.ownerName)).toEqual([
      'Henrik Vogel',
      undefined,
    ]);
  });

  test('accounts of a kind, where it is restricted to that', async () => {
    const { accounts } = await accountsOf('many', { allPsd2: 'allAccounts', restrictedTo: ['SVGS', 'LLSV'] });
    expect(accounts.map((each: { cashAccountType: string }) => each.cashAccountType)).toEqual([
      'SVGS',
      'LLSV',
    ]);
  });

  test('the list alone: accounts are named, and cannot be read one by one', async () => {
    const { accounts, read } = await accountsOf('many', { availableAccounts: 'allAccountsWithOwnerName' });
    expect(accounts).toHaveLength(12);
    expect(accounts[0]).toMatchObject({ ownerName: 'Henrik Vogel' });
    expect(accounts[0]._links).toBeUndefined();
    expect(codeOf(await read(`/accounts/${accounts[0].resourceId}`))).toBe('401 CONSENT_INVALID');
  });
});

describe('reading', () => {
  test('needs a consent that this bank knows', async () => {
    const { tpp } = await connect(bank.current.url);
    const missing = await tpp.call('/accounts');
    expect([codeOf(missing), pathOf(missing)]).toEqual(['400 FORMAT_ERROR', 'Consent-ID']);
    const unknown = await tpp.call('/accounts', { headers: { 'Consent-ID': randomUUID() } });
    expect([codeOf(unknown), pathOf(unknown)]).toEqual(['400 CONSENT_UNKNOWN', 'Consent-ID']);
  });

  test.each([
    ['received', 'CONSENT_INVALID'],
    ['rejected', 'CONSENT_INVALID'],
    ['partiallyAuthorised', 'CONSENT_INVALID'],
    ['revokedByPsu', 'CONSENT_INVALID'],
    ['terminatedByTpp', 'CONSENT_INVALID'],
    ['expired', 'CONSENT_EXPIRED'],
  ] as const)('under a consent that is %s is 401 %s', async (status, code) => {
    const { consentId, read } = await connect(bank.current.url);
    bank.current.control.setConsentStatus(consentId, status);
    expect(codeOf(await read('/accounts'))).toBe(`401 ${code}`);
  });

  test('a consent that nobody authorised yet is not enough', async () => {
    const tpp = new Tpp(bank.current.url);
    const { consentId } = (await tpp.createConsent(allAccounts, { bank: redirectBank })).json;
    const answer = await tpp.call('/accounts', { bank: redirectBank, headers: { 'Consent-ID': consentId } });
    expect(codeOf(answer)).toBe('401 CONSENT_INVALID');
  });

  test('an address of the PSU must be one', async () => {
    const { tpp, headers } = await connect(bank.current.url);
    const answer = await tpp.call('/accounts', { headers: { ...headers, 'PSU-IP-Address': 'localhost' } });
    expect([codeOf(answer), pathOf(answer)]).toEqual(['400 FORMAT_ERROR', 'PSU-IP-Address']);
  });
});

describe('unattended reading', () => {
  test('is served four times a day, then 429; with the PSU there as often as he likes', async () => {
    const { read } = await connect(bank.current.url);
    for (let call = 1; call <= 4; call += 1) expect((await read('/accounts', true)).status).toBe(200);
    expect(codeOf(await read('/accounts', true))).toBe('429 ACCESS_EXCEEDED');
    expect((await read('/accounts')).status).toBe(200);
    expect(codeOf(await read('/accounts', true))).toBe('429 ACCESS_EXCEEDED');
  });

  test('is counted for each endpoint by itself, query or not, and only where it was served', async () => {
    const { read } = await connectByRedirect(bank.current.url, { userName: 'many' });
    const { accounts } = (await read('/accounts')).json;
    const one = `/accounts/${accounts[0].resourceId}`;
    for (let call = 1; call <= 5; call += 1) await read(`/accounts/${randomUUID()}`, true);
    for (let call = 1; call <= 4; call += 1) expect((await read(one, true)).status).toBe(200);
    expect(codeOf(await read(`${one}?again=1`, true))).toBe('429 ACCESS_EXCEEDED');
    expect(codeOf(await read(one.replace('accounts', 'acc%6Funts'), true))).toBe('429 ACCESS_EXCEEDED');
    expect((await read(`/accounts/${accounts[1].resourceId}`, true)).status).toBe(200);
    expect((await read('/accounts', true)).status).toBe(200);
  });

  test('begins anew at midnight of the bank', async () => {
    const { read } = await connectByRedirect(bank.current.url);
    for (let call = 1; call <= 5; call += 1) await read('/accounts', true);
    bank.current.control.moveClock({ now: new Date('2027-03-12T22:59:59Z') });
    expect(codeOf(await read('/accounts', true))).toBe('429 ACCESS_EXCEEDED');
    bank.current.control.moveClock({ now: new Date('2027-03-12T23:00:00Z') });
    expect((await read('/accounts', true)).status).toBe(200);
  });

  test('goes by the frequency of the consent', async () => {
    const { read } = await connectByRedirect(bank.current.url, {
      body: { ...allAccounts, frequencyPerDay: 2 },
    });
    const statuses = [];
    for (let call = 1; call <= 3; call += 1) statuses.push((await read('/accounts', true)).status);
    expect(statuses).toEqual([200, 200, 429]);
    const once = await connectByRedirect(bank.current.url, { body: oneOff });
    expect([(await once.read('/accounts', true)).status, codeOf(await once.read('/accounts', true))]).toEqual(
      [200, '429 ACCESS_EXCEEDED'],
    );
  });
});
