import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { accountTypes, type BankAccount } from '../../src/banking/account.ts';
import type { ReadAccess } from '../../src/banking/call-budget.ts';
import type { Permission } from '../../src/banking/permission.ts';
import { present } from '../../src/core/assert.ts';
import { accessTo, type Bench, collected, failureOf } from './conformance-bench.ts';
import type { ApproachCases } from './sandbox-face.ts';

const everything: readonly Permission[] = ['identity', 'balances', 'transactions'];

/** What works. */
export function journeys(bench: () => Bench): void {
  it('and his account can be read, its status seen, and his consent ended', async () => {
    const { bank, connector, connect, isLiving } = bound(bench());
    const consent = await connect('one account');
    const { access } = accessTo(consent);
    const { accounts, psuName } = await connector.accounts(bank, access, ['identity']);
    expect(accounts).toHaveLength(1);
    expect(accounts[0]).toMatchObject({
      accountType: 'checking',
      currency: 'EUR',
      identifiers: [{ type: 'iban', iban: expect.stringMatching(/^DE\d{20}$/) }],
      holders: [{ name: 'Ada Lindqvist' }],
    });
    expect(psuName).toBe('Ada Lindqvist');
    expect(await connector.status(bank, access)).toBe('authorised');
    await connector.revoke(bank, access);
    expect(isLiving(consent.bankConsentId)).toBe(false);
    expect(await connector.status(bank, access)).toBe('revoked');
    expect((await failureOf(connector.accounts(bank, access, ['identity']))).kind).toBe('user-must-act');
    await connector.revoke(bank, access);
  });

  it('with a dozen accounts of many kinds: each is read, once, in our words', async () => {
    const { bank, connector, connect } = bound(bench());
    const { accounts } = await connector.accounts(bank, accessTo(await connect('many accounts')).access, [
      'identity',
    ]);
    expect(accounts.length).toBeGreaterThanOrEqual(10);
    expect(new Set(accounts.map((account) => account.resourceId)).size).toBe(accounts.length);
    for (const account of accounts) {
      expect(accountTypes).toContain(account.accountType);
      expect(account.currency).toMatch(/^[A-Z]{3}$/);
      expect(account.name).toBeTruthy();
      expect(account.raw).toBeTypeOf('object');
    }
    const kinds = new Set(accounts.map((account) => account.accountType));
    expect([...kinds].sort()).toEqual(['checking', 'credit', 'investment', 'loan', 'other', 'savings']);
    const identifiers = accounts.map((account) => account.identifiers[0]?.type);
    expect(new Set(identifiers)).toEqual(new Set(['iban', 'bban', 'masked_pan']));
    expect(accounts.some((account) => account.currency === 'XXX')).toBe(true);
  });

  it('and so do the other holders appear, with their roles', async () => {
    const { bank, connector, connect } = bound(bench());
    const { accounts } = await connector.accounts(bank, accessTo(await connect('several holders')).access, [
      'identity',
    ]);
    const roles = accounts.flatMap((account) => account.holders.map((holder) => holder.role));
    expect(new Set(roles)).toEqual(new Set(['owner', 'legal_representative', 'authorised_user']));
    expect(accounts[0]?.holders.length).toBeGreaterThan(1);
  });

  it('whose bank names no owner: then nobody is named', async () => {
    const { bank, connector, connect } = bound(bench());
    const read = await connector.accounts(bank, accessTo(await connect('no owner name')).access, [
      'identity',
    ]);
    expect(read.accounts[0]?.holders).toEqual([]);
    expect(read).not.toHaveProperty('psuName');
  });

  it('who has no accounts: that is an answer, no failure', async () => {
    const { bank, connector, connect } = bound(bench());
    expect(
      await connector.accounts(bank, accessTo(await connect('no accounts')).access, ['identity']),
    ).toEqual({
      accounts: [],
    });
  });

  it('twice: the attempts and consents are apart', async () => {
    const { bank, connector, connect } = bound(bench());
    const [first, second] = [await connect('one account'), await connect('no owner name')];
    expect(first.bankConsentId).not.toBe(second.bankConsentId);
    const { accounts } = await connector.accounts(bank, accessTo(first).access, ['identity']);
    expect(accounts[0]?.holders).toEqual([{ name: 'Ada Lindqvist' }]);
  });
}

/** How consents end, and what is said then. */
export function endings(bench: () => Bench, { not = [] }: Pick<ApproachCases, 'not'>): void {
  it.each([
    ['expired', 'expired'],
    ['revoked', 'revoked'],
  ] as const)('by the bank (%s): the user has to come again', async (how, status) => {
    const { bank, connector, connect, face } = bound(bench());
    const consent = await connect('one account');
    face.endConsent(consent.bankConsentId, how);
    const { access } = accessTo(consent);
    expect((await failureOf(connector.accounts(bank, access, ['identity']))).kind).toBe('user-must-act');
    expect(await connector.status(bank, access)).toBe(not.includes('causes') ? 'revoked' : status);
    await connector.revoke(bank, access);
  });

  it('by its time: `expiresAt` is not later than the bank lets it live', async () => {
    const { bank, connector, connect, face } = bound(bench());
    const consent = await connect('one account', 'ongoing');
    const { access } = accessTo(consent);
    expect((await connector.accounts(bank, access, ['identity'])).accounts).toHaveLength(1);
    const livesMs = (consent.expiresAt?.getTime() ?? Number.NaN) - Date.now();
    expect(livesMs).toBeGreaterThan(29 * 86_400_000);
    face.advance(Math.ceil(livesMs / 1_000) + 60);
    expect((await failureOf(connector.accounts(bank, access, ['identity']))).kind).toBe('user-must-act');
    expect(await connector.status(bank, access)).toBe('expired');
    face.advance(-Math.ceil(livesMs / 1_000) - 60);
  });

  it('of one that was for one fetch only: it can be ended late, when its tokens are over', async () => {
    const { bank, connector, connect, face, isLiving } = bound(bench());
    const consent = await connect('one account');
    face.advance(900);
    await connector.revoke(bank, accessTo(consent, 'absent').access);
    expect(isLiving(consent.bankConsentId)).toBe(false);
    face.advance(-900);
  });

  it('here: it is asked before each call, one for new tokens too, and after a no there is none', async () => {
    const { bank, connector, connect, face, isLiving, lastYear } = bound(bench());
    const consent = await connect('one account', 'ongoing', everything);
    const { access } = accessTo(consent);
    const asking = (beforeCall: ReadAccess['beforeCall']) =>
      Object.create(access, { beforeCall: { value: beforeCall } }) as ReadAccess;
    // Past the life of the tokens that came with it.
    face.advance(900);
    let accounts: readonly BankAccount[] = [];
    const reads: Record<string, (under: ReadAccess) => Promise<unknown>> = {
      accounts: async (under) => {
        ({ accounts } = await connector.accounts(bank, under, everything));
      },
      balances: async (under) => connector.balances(bank, under, present(accounts[0], 'an account')),
      transactions: async (under) =>
        collected(connector.transactions(bank, under, present(accounts[0], 'an account'), lastYear())),
      status: async (under) => connector.status(bank, under),
    };
    for (const [name, read] of Object.entries(reads)) {
      let asked = 0;
      const under = asking(async () => {
        asked += 1;
      });
      const calls = await callsOf(() => read(under));
      const most = asked + (not.includes('renewal in one call') ? 1 : 0);
      expect([name, calls]).toEqual([name, Math.min(Math.max(calls, asked), most)]);
    }
    const no = new Error('it has ended');
    const ended = asking(() => Promise.reject(no));
    for (const call of [...Object.values(reads), () => connector.revoke(bank, ended)]) {
      let thrown: unknown;
      const calls = await callsOf(() => call(ended).catch((error: unknown) => (thrown = error)));
      expect([calls, thrown]).toEqual([0, no]);
    }
    expect(isLiving(consent.bankConsentId)).toBe(true);
    await connector.revoke(bank, access);
    face.advance(-900);
  });

  it('before it began: `abandon` leaves nothing, twice the same, and nobody can come back to it', async () => {
    const { bank, connector, begin, visit, face } = bound(bench());
    const before = bench().livingConsents();
    const { attempt } = await begin();
    await connector.abandon(bank, attempt);
    await connector.abandon(bank, attempt);
    const late = await visit('one account');
    await connector.abandon(bank, late.attempt);
    expect(bench().livingConsents()).toEqual(before);
    if (not.includes('traces')) return;
    const outcome = await connector.resume(bank, late.attempt, late.input).catch((failure) => failure.kind);
    expect(outcome).toSatisfy((value: unknown) => value === 'user-must-act' || isRefused(value));
    expect(face.consents().length).toBeGreaterThan(0);
  });
}

/** Calls without the user: counted by the bank, with credentials that renew themselves. */
export function unattended(bench: () => Bench): void {
  it('is counted by the bank; the user who is there is not', async () => {
    const { bank, connector, connect } = bound(bench());
    const consent = await connect('one account', 'ongoing');
    const { access } = accessTo(consent, 'absent');
    for (let call = 0; call < 4; call += 1) {
      expect((await connector.accounts(bank, access, ['identity'])).accounts).toHaveLength(1);
    }
    const failure = await failureOf(connector.accounts(bank, access, ['identity']));
    expect(failure.kind).toBe('retry-later');
    expect(failure.details.retryAfterMs).toBeGreaterThan(0);
    expect(failure.details.retryAfterMs).toBeLessThanOrEqual(86_400_000);
    expect((await connector.accounts(bank, accessTo(consent).access, ['identity'])).accounts).toHaveLength(1);
  });

  it('goes on for days: what was renewed is kept, and what was kept works', async () => {
    const { bank, connector, connect, face } = bound(bench());
    let consent = await connect('one account', 'ongoing');
    for (let reads = 0; reads < 3; reads += 1) {
      face.advance(86_400);
      const { access, kept } = accessTo(consent, 'absent');
      expect((await connector.accounts(bank, access, ['identity'])).accounts).toHaveLength(1);
      consent = kept.consent;
    }
    expect(await connector.status(bank, accessTo(consent, 'absent').access)).toBe('authorised');
    face.advance(-3 * 86_400);
  });
}

function isRefused(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refused';
}

/** The bench's words without the bench. */
function bound(bench: Bench) {
  return {
    bank: bench.bank,
    connector: bench.connector,
    face: bench.face,
    begin: bench.begin.bind(bench),
    visit: bench.visit.bind(bench),
    connect: bench.connect.bind(bench),
    isLiving: bench.isLiving.bind(bench),
    lastYear: bench.lastYear.bind(bench),
  };
}

/** How many requests leave this process meanwhile. */
async function callsOf(work: () => Promise<unknown>): Promise<number> {
  let calls = 0;
  const count = () => {
    calls += 1;
  };
  subscribe('undici:request:create', count);
  try {
    await work();
  } finally {
    unsubscribe('undici:request:create', count);
  }
  return calls;
}
