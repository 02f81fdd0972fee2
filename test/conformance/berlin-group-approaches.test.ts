import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BankFailure } from '../../src/banking/failure.ts';
import type { Permission } from '../../src/banking/permission.ts';
import { sandboxBanks } from '../../src/institutions/sandbox-banks.ts';
import { type BerlinGroupFace, openBerlinGroupFace } from './berlin-group-face.ts';
import { accessTo, Bench, failureOf } from './conformance-bench.ts';
import { checkBalance, checkTransaction } from './conformance-money.ts';

let face: BerlinGroupFace;
beforeAll(async () => {
  face = await openBerlinGroupFace();
});
afterAll(() => face.close());

const everything: readonly Permission[] = ['identity', 'balances', 'transactions'];

/** What each switch is called in the profile, and what its bank does without it. */
interface Deviation {
  readonly slug: string;
  readonly profile: object;
  /** The switches without which it ends otherwise, and how: a kind of failure, a refusal, a form again and again. */
  readonly without?: Readonly<Record<string, string>>;
}

const deviations: Readonly<Record<string, (origin: string) => Deviation>> = {
  'whose scope has a space and whose parameters are camel case': () => ({
    slug: 'trellis-savings-bank',
    profile: {
      sca: 'oauth-integrated',
      scope: 'AIS: {consentId}',
      authorizeNames: 'camel-case',
      transactionsFormat: 'camt',
    },
    without: {
      scope: 'stays at the bank',
      authorizeNames: 'stays at the bank',
      transactionsFormat: 'our-bug',
    },
  }),
  'that confirms by a code': () => ({
    slug: 'trellis-confirmation-bank',
    profile: { sca: 'redirect' },
  }),
  'with a method that is approved in the app (PUSH_DEC)': () => ({
    slug: 'trellis-push-bank',
    profile: { sca: 'embedded' },
  }),
  'that gives lasting access only': () => ({
    slug: 'trellis-cooperative-bank',
    profile: { sca: 'embedded', recurring: 'always', pendingTransactions: 'none' },
    without: { recurring: 'our-bug', pendingTransactions: 'our-bug' },
  }),
  'that wants a Date and a PSU-ID-Type': () => ({
    slug: 'trellis-postal-bank',
    profile: { sca: 'decoupled', dateHeader: true, psuIdTypes: [{ value: 'DE_ONLB_TRPO' }] },
    without: { dateHeader: 'our-bug', psuIdTypes: 'our-bug' },
  }),
  'of version 1.1, without authorisations': () => ({
    slug: 'trellis-legacy-bank',
    profile: {
      sca: 'embedded',
      psuIdTypes: [{ value: 'TRLG_ONLINEBANKING' }],
      balancesInList: 'never',
      absentPsuIpAddress: '192.0.2.1',
    },
    without: { psuIdTypes: 'our-bug', balancesInList: 'our-bug', absentPsuIpAddress: 'our-bug' },
  }),
  'that refuses PSU-ID on the consent': () => ({
    slug: 'trellis-broker-bank',
    profile: { sca: 'decoupled', psuIdOnConsent: false },
    without: { psuIdOnConsent: 'our-bug' },
  }),
  'that wants a token for user name and password': (origin) => ({
    slug: 'trellis-direct-bank',
    profile: {
      sca: 'embedded',
      preAuthorisationUrl: `${origin}/berlin-group/trellis-direct-bank/pre-authorisation`,
      bearerHeader: 'psd2-authorization',
    },
    without: { preAuthorisationUrl: 'operator-fault', bearerHeader: 'operator-fault' },
  }),
  'that writes words and booleans of its own': () => ({
    slug: 'trellis-drift-bank',
    profile: { sca: 'embedded' },
  }),
  'that wants the accounts named': () => ({
    slug: 'trellis-detailed-bank',
    profile: { sca: 'redirect', access: 'detailed' },
    without: { access: 'our-bug' },
  }),
  'that wants passwords encrypted, and has an address for each service': (origin) => ({
    slug: 'trellis-giro-bank',
    profile: {
      baseUrl: `${origin}/berlin-group/trellis-giro-bank/{serviceGroup}/DE/TRGI/v1`,
      sca: 'embedded',
      dateHeader: true,
      psuIdTypes: [
        { value: 'DE_ONLB_TRGI', text: 'Private' },
        { value: 'DE_ONLB_TRGB', text: 'Business' },
      ],
      psuIdCutTo: 10,
      passwordCertificateUrl: `${origin}/berlin-group/trellis-giro-bank/password-certificate.pem`,
    },
    without: {
      baseUrl: 'bank-refused',
      dateHeader: 'our-bug',
      psuIdTypes: 'our-bug',
      psuIdCutTo: 'form',
      passwordCertificateUrl: 'operator-fault',
    },
  }),
  'that answers one type to each call, and to no other Accept': () => ({
    slug: 'trellis-plain-text-bank',
    profile: { sca: 'redirect', transactionsFormat: 'mt940', pendingTransactions: 'none' },
    without: { transactionsFormat: 'our-bug', pendingTransactions: 'our-bug' },
  }),
  'that wants a token of the TPP itself, and writes its link to OAuth without a host': (origin) => ({
    slug: 'trellis-credentials-bank',
    profile: {
      sca: 'oauth-integrated',
      clientCredentials: { tokenEndpoint: `${origin}/berlin-group/trellis-credentials-bank/token` },
      linkRewrites: [{ from: `${origin}/v1/`, to: `${origin}/berlin-group/trellis-credentials-bank/v1/` }],
    },
    without: { clientCredentials: 'operator-fault', linkRewrites: 'our-bug' },
  }),
  'that names its user in his token, by a server of several banks': () => ({
    slug: 'trellis-subject-bank',
    profile: {
      sca: 'oauth-prestep',
      prestepScope: 'ais',
      psuIdFrom: 'token',
      authorizeParameters: { bic: 'TRSUDEFFXXX' },
    },
    without: { prestepScope: 'our-bug', psuIdFrom: 'form', authorizeParameters: 'stays at the bank' },
  }),
  'whose token endpoint is told nowhere': (origin) => ({
    slug: 'trellis-commerce-bank',
    profile: {
      sca: 'oauth-integrated',
      tokenEndpoint: `${origin}/berlin-group/trellis-commerce-bank/idp/v1/token`,
    },
    without: { tokenEndpoint: 'retry-later' },
  }),
  'that wants a key on every call, and no empty headers': () => ({
    slug: 'trellis-key-bank',
    profile: { sca: 'decoupled', headers: { 'X-API-Key': 'trellis-sandbox-key' } },
    without: { headers: 'operator-fault' },
  }),
  'of the pre-step, whose server the profile knows': (origin) => ({
    slug: 'trellis-prestep-bank',
    profile: {
      sca: 'oauth-prestep',
      authorisationServer: `${origin}/.well-known/oauth-authorization-server/berlin-group/trellis-prestep-bank`,
    },
  }),
};

describe.each(Object.entries(deviations))('a bank %s', (_, deviation) => {
  const benchWith = (choose: (row: Deviation) => object) => {
    const row = deviation(face.origin);
    return new Bench(face, 'embedded', face.deviant(row.slug, choose(row)));
  };

  it.each(['once', 'ongoing'] as const)('is connected (%s), read, and left', async (asked) => {
    const on = benchWith(({ profile }) => profile);
    const consent = await on.connect('one account', asked, everything);
    const { access } = accessTo(consent);
    const { accounts } = await on.connector.accounts(on.bank, access, everything);
    expect(accounts).toHaveLength(1);
    for (const account of accounts) {
      expect(account.holders).toEqual([{ name: 'Ada Lindqvist' }]);
      for (const balance of await on.connector.balances(on.bank, access, account)) checkBalance(balance);
      const rows = (await on.report(access, account)).flat();
      for (const row of rows) checkTransaction(row);
      expect(rows.length).toBeGreaterThan(200);
    }
    const absent = accessTo(consent, 'absent').access;
    expect(await on.connector.status(on.bank, absent)).toBe('authorised');
    await on.connector.revoke(on.bank, absent);
    expect(on.isLiving(consent.bankConsentId)).toBe(false);
  });

  it('is left before it began', async () => {
    const on = benchWith(({ profile }) => profile);
    const before = on.livingConsents();
    const request = on.request();
    const step = await on.connector.begin(on.bank, request);
    if (!('attempt' in step)) throw new Error(`expected a step of the user, got ${step.kind}`);
    await on.connector.abandon(on.bank, step.attempt);
    if (step.kind === 'form') {
      const next = await on.resume(step.attempt, await face.act(step, 'one account', request));
      if ('attempt' in next) await on.connector.abandon(on.bank, next.attempt);
    }
    expect(on.livingConsents()).toEqual(before);
  });

  const { without = {} } = deviation('http://bank.test');
  it.each(Object.entries(without))('needs its switch %s', async (name, end) => {
    const on = benchWith(({ profile }) => {
      return Object.fromEntries(Object.entries(profile).filter(([each]) => each !== name));
    });
    const ends = await endOf(on, everything);
    expect(ends === 'all is well' ? await endOf(on, ['balances']) : ends).toBe(end);
  });
});

/** How far he comes, and the platform after him: in one word. */
async function endOf(on: Bench, asked: readonly Permission[]): Promise<string> {
  try {
    const step = await on.outcome('one account', 'once', asked);
    if (step.kind !== 'authorised') return step.kind;
    const { access } = accessTo(step.consent);
    const { accounts } = await on.connector.accounts(on.bank, access, asked);
    for (const account of accounts) await on.report(access, account);
    await on.connector.status(on.bank, accessTo(step.consent, 'absent').access);
    return 'all is well';
  } catch (thrown) {
    if (thrown instanceof BankFailure) return thrown.kind;
    if (thrown instanceof Error && thrown.message.startsWith('nothing to do on a page'))
      return 'stays at the bank';
    throw thrown;
  }
}

it.each(sandboxBanks('http://bank.test').map(({ id }) => id))(
  '%s is connected and read by its row of the catalogue',
  async (id) => {
    const row = sandboxBanks(face.origin).find((bank) => bank.id === id);
    if (row === undefined) throw new Error('no such row');
    const on = new Bench(face, 'embedded', row);
    if (id === 'de-trellis-offline-bank') {
      expect((await failureOf(on.outcome('one account'))).kind).toBe('retry-later');
      return;
    }
    const { access } = accessTo(await on.connect('one account', 'ongoing', everything));
    const { accounts } = await on.connector.accounts(on.bank, access, everything);
    expect(accounts).toHaveLength(1);
    for (const account of accounts) {
      expect(await on.connector.balances(on.bank, access, account)).not.toHaveLength(0);
      expect((await on.report(access, account)).flat().length).toBeGreaterThan(50);
    }
  },
);
