import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Identity, keyPairOf } from '../../src/platform/outbound/identity.ts';
import { renewedCertificates } from '../../src/sandbox-bank/tpp/sandbox-certificates.ts';
import { accessTo, Bench, failureOf } from './conformance-bench.ts';
import { faults, returns } from './conformance-failures.ts';
import { endings, unattended } from './conformance-journeys.ts';
import { checkBalance, checkTransaction, money } from './conformance-money.ts';
import type { ApproachCases } from './sandbox-face.ts';
import { openTokenBankFace, type TokenBankFace } from './token-bank-face.ts';

/** ING's way: no consents, HTTP signatures, scopes. What the suite has of its own is beside it. */

const approach = 'oauth-redirect';
let face: TokenBankFace;
beforeAll(async () => {
  face = await openTokenBankFace();
});
afterEach(() => face.clearFaults());
afterAll(() => face.close());

const bench = () => new Bench(face, approach);
const benchOf = (changes: object) => new Bench(face, approach, face.row(changes));
const benchAs = (who: Partial<Identity>, changes: object = {}) =>
  new Bench({ ...face, connector: face.connectorAs(who) }, approach, face.row(changes));

const cases: ApproachCases = {
  // Reading is as at other banks, and its faults are shown there.
  operations: ['begin', 'begin: metadata', 'resume', 'status', 'revoke'],
  acts: 1,
  // It never names itself, so that nothing can be missing.
  forgedReturns: ['wrong issuer', 'wrong state', 'missing state', 'wrong code'],
  // A token that is void is void for one reason or another. Before there are tokens nothing of an attempt is at the bank
  // by which it could refuse who comes back to it: that is for whoever keeps attempts.
  // And before new tokens of a user's it wants one of ours, which is no call under his consent.
  not: ['causes', 'traces', 'renewal in one call'],
  without: {
    // Its answer has no body.
    revoke: [
      'page instead of data',
      'malformed',
      'wrong content type',
      'reset in the answer',
      'drip',
      'answer lost',
    ],
  },
};

describe('a bank whose consents are tokens', () => {
  describe('the end of a consent', () => endings(bench, cases));
  describe('unattended access', () => unattended(bench));
  describe('the way back', () => returns(bench, cases));
  describe('the money', () => money(bench));
  describe('a fault', () => faults(bench, cases));

  it('is read under the name of its owner, and left', async () => {
    const on = bench();
    const { access, accounts } = await on.open('one account');
    expect(accounts).toMatchObject([
      { holders: [{ name: 'Ada Lindqvist' }], name: expect.not.stringContaining('Lindqvist') },
    ]);
    expect(await on.connector.status(on.bank, access)).toBe('authorised');
    await on.connector.revoke(on.bank, access);
    expect(on.isLiving(access.consent.bankConsentId)).toBe(false);
    expect(await on.connector.status(on.bank, access)).toBe('revoked');
    const failure = await failureOf(on.connector.accounts(on.bank, access, ['identity']));
    expect(failure.kind).toBe('user-must-act');
    await on.connector.revoke(on.bank, access);
  });

  it('tells of a person without accounts, or without a name', async () => {
    const on = bench();
    const read = async (person: 'no accounts' | 'no owner name') =>
      on.connector.accounts(on.bank, accessTo(await on.connect(person)).access, ['identity']);
    expect(await read('no accounts')).toEqual({ accounts: [] });
    expect((await read('no owner name')).accounts).toMatchObject([{ holders: [] }]);
  });

  it('tells an account of several currencies by each of them, and is asked for one', async () => {
    const on = bench();
    const { access, accounts } = await on.open('many accounts');
    expect(accounts.map(({ currency }) => currency)).not.toContain('XXX');
    const dollars = accounts.find(({ currency }) => currency === 'USD');
    if (dollars === undefined) throw new Error('no account in USD');
    for (const { currency } of await on.connector.balances(on.bank, access, dollars))
      expect(currency).toBe('USD');
    expect((await on.report(access, dollars)).flat().map(({ currency }) => currency)).toContain('USD');
    const unasked = benchOf({ readsBy: 'booking-status' });
    const { kind } = await failureOf(on.connector.balances(unasked.bank, access, dollars));
    expect(kind).toBe('our-bug');
  });

  it('gives only what its scopes say', async () => {
    const on = bench();
    const { access } = accessTo(await on.connect('one account', 'once', ['balances']));
    const { accounts } = await on.connector.accounts(on.bank, access, ['balances']);
    const [account] = accounts;
    if (account === undefined) throw new Error('no account');
    expect(await on.connector.balances(on.bank, access, account)).not.toEqual([]);
    expect(await on.report(access, account)).toEqual([]);
  });

  it('is asked for pages of a size and balances of a name', async () => {
    const on = benchOf({ pageLimit: 20, balanceTypes: ['interimBooked'] });
    const { access, accounts } = await on.open('one account');
    const [account] = accounts;
    if (account === undefined) throw new Error('no account');
    const balances = await on.connector.balances(on.bank, access, account);
    expect(balances.map(({ type }) => type)).toEqual(['interimBooked']);
    for (const balance of balances) checkBalance(balance);
    const pages = await on.report(access, account);
    expect(Math.max(...pages.map((page) => page.length))).toBe(20);
    for (const row of pages.flat()) checkTransaction(row);
    expect(pages.flat()).toHaveLength((await bench().report(access, account)).flat().length);
  });

  it('sends the user to a page that never changes, where its profile names one', async () => {
    const page = `${face.sandbox.url}/berlin-group/trellis-token-bank/authorize`;
    const on = benchOf({ authorisationUrlEndpoint: undefined, authorisationEndpoint: page });
    face.sandbox.control.clearRequests();
    expect((await on.outcome('one account')).kind).toBe('authorised');
    expect(face.sandbox.control.requests().map(({ route }) => route)).not.toContain('authorisationUrl');
  });

  it('has its tokens forgotten and no more, where it has no place to revoke them', async () => {
    const on = benchOf({ revocationEndpoint: undefined });
    const { access } = accessTo(await on.connect('one account'));
    await on.connector.revoke(on.bank, access);
    expect(on.isLiving(access.consent.bankConsentId)).toBe(true);
  });
});

describe('only the operator can help', () => {
  const kindOf = async (on: Bench) => (await failureOf(on.outcome('one account'))).kind;
  const reading = async (on: Bench) => {
    const { access } = accessTo(await bench().connect('one account'));
    const { kind, details } = await failureOf(on.connector.accounts(on.bank, access, ['identity']));
    return { kind, code: details.bankCode };
  };

  it('where the bank does not know the seal, or the connection', async () => {
    const foreign = await renewedCertificates({}, face.clock.now());
    const seal = keyPairOf(foreign.qseal, foreign.qseal);
    expect(await kindOf(benchAs({ seal }))).toBe('operator-fault');
    expect(await reading(benchAs({ seal }))).toEqual({ kind: 'operator-fault', code: 'CERTIFICATE_INVALID' });
    const client = keyPairOf(foreign.qwac, foreign.qwac);
    expect(await kindOf(benchAs({ client }))).toBe('operator-fault');
  });

  it('where the signature is not that of the seal', async () => {
    const { seal } = identityOf(face);
    const other = keyPairOf(face.certificates.qwac, face.certificates.qwac);
    const forged = { seal: { ...seal, key: other.key } };
    expect(await kindOf(benchAs(forged))).toBe('operator-fault');
    expect(await reading(benchAs(forged))).toEqual({ kind: 'operator-fault', code: 'SIGNATURE_INVALID' });
  });

  it('where it covers too little', async () => {
    const signedHeaders = ['(request-target)', 'date', 'digest'];
    // OAuth's endpoints want no more.
    expect((await benchOf({ signedHeaders }).outcome('one account')).kind).toBe('authorised');
    expect(await reading(benchOf({ signedHeaders }))).toEqual({
      kind: 'operator-fault',
      code: 'SIGNATURE_INVALID',
    });
  });

  it('where the bank knows us by another name', async () => {
    expect(await kindOf(benchOf({ clientId: 'somebody-else' }))).toBe('operator-fault');
  });

  it('where a scope or a page is not the bank’s', async () => {
    const all = { identity: 'everything', balances: 'everything', transactions: 'everything' };
    expect(await kindOf(benchOf({ permissionScopes: all }))).toBe('operator-fault');
    expect(await kindOf(benchOf({ linkHosts: [] }))).toBe('operator-fault');
  });
});

function identityOf({ certificates: { qseal } }: TokenBankFace) {
  return { seal: keyPairOf(qseal, qseal) };
}
