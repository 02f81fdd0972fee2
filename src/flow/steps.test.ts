import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bank } from '../banking/bank.ts';
import type { Session } from '../sessions/session.ts';
import { type Attempt, livingStages, type Stage } from './attempt.ts';
import { type Facts, isHandedOver, isOver } from './facts.ts';
import { stepFor, steps } from './steps.ts';
import type { Role } from './visit.ts';

const now = new Date('2026-03-01T12:00:00Z');
const bank: Bank = {
  id: 'de-bank',
  name: 'Bank',
  markets: ['DE'],
  currencies: ['EUR'],
  protocol: 'any',
  test: true,
  aliases: [],
  bankCodes: [],
  profile: {},
};

const states: readonly Session['state'][] = [
  { status: 'started' },
  { status: 'pending' },
  { status: 'complete' },
  { status: 'failed', failure: 'cancelled' },
  { status: 'failed', failure: 'expired' },
  { status: 'failed', failure: 'bank_denied' },
];
const stages: readonly Stage[] = [...livingStages, 'granted', 'failed', 'superseded'];
const roles: readonly Role[] = ['holder', 'returned', 'bearer', 'former'];

const session = fc
  .record({
    state: fc.constantFrom(...states),
    minutesLeft: fc.integer({ min: -30, max: 30 }),
    handedOver: fc.boolean(),
    disableBankSelection: fc.boolean(),
  })
  .map(({ state, minutesLeft, handedOver, disableBankSelection }): Session => {
    const expiresAt = new Date(now.getTime() + minutesLeft * 60_000);
    return {
      merchantId: 'shop',
      id: '01890a5d-ac96-774b-bcce-b302099a8057',
      environment: 'sandbox',
      form: 'seed',
      referenceId: 'r',
      permissions: ['identity'],
      returnUrl: 'https://shop.example/',
      disableBankSelection,
      access: 'once',
      state,
      flowTokenHash: Buffer.alloc(32),
      createdAt: now,
      updatedAt: now,
      expiresAt,
      ...(handedOver && { bankOpenedAt: now }),
    };
  });

const attempt = fc.constantFrom(...stages).map(
  (stage): Attempt => ({
    merchantId: 'shop',
    id: '01890a5d-ac96-774b-bcce-b302099a8058',
    sessionId: '01890a5d-ac96-774b-bcce-b302099a8057',
    bankId: bank.id,
    stage,
    stateHash: Buffer.alloc(32),
    codeTries: 0,
    calls: 1,
    ...(stage === 'failed' && { failure: 'internal' as const }),
  }),
);

const facts: fc.Arbitrary<Facts> = fc
  .record({
    session,
    role: fc.constantFrom(...roles),
    attempt: fc.option(attempt, { nil: undefined }),
    knowsBank: fc.boolean(),
    leaving: fc.boolean(),
    visited: fc.boolean(),
  })
  .map(({ session, role, attempt, knowsBank, leaving, visited }) => ({
    session,
    role,
    leaving,
    now,
    ...(attempt && { attempt }),
    ...(knowsBank && { bank }),
    ...((visited || role !== 'bearer') && {
      visit: {
        merchantId: 'shop',
        id: session.id,
        browserHash: Buffer.alloc(32),
        formerBrowserHashes: [],
      },
    }),
  }));

describe('whatever the facts are', () => {
  test('there is one step, and the last one is for everybody', () => {
    fc.assert(fc.property(facts, (all) => steps.includes(stepFor(all))));
    expect(steps.at(-1)?.name).toBe('choose-bank');
  });

  test('a session that is over asks for nothing more', () => {
    fc.assert(
      fc.property(facts, (all) => {
        if (isOver(all)) expect(['hand-over', 'ended', 'returned', 'link-used']).toContain(stepFor(all).name);
      }),
    );
  });

  test('only its holder is sent anywhere', () => {
    fc.assert(
      fc.property(facts, (all) => {
        if (stepFor(all).name === 'hand-over') expect([all.role, all.leaving]).toEqual(['holder', true]);
      }),
    );
  });

  test('a browser that does not hold the session can at most answer for its own login, or take the session back', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const { role } = all;
        if (isOver(all) || role === 'holder' || (role === 'bearer' && !isHandedOver(all))) return;
        if (role === 'bearer' && all.visit === undefined) return;
        expect(['enter-code', 'returning', 'returned', 'moved']).toContain(stepFor(all).name);
      }),
    );
  });

  test('after the end only the holder, or who opens a link that nobody used, is led to the merchant', () => {
    fc.assert(
      fc.property(facts, (all) => {
        if (!['hand-over', 'ended'].includes(stepFor(all).name)) return;
        expect(all.role === 'holder' || (all.role === 'bearer' && all.visit === undefined)).toBe(true);
      }),
    );
  });

  test('the holder can release nothing, whatever the facts are', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const { answers } = stepFor(all);
        if (all.role !== 'returned') expect(answers).not.toHaveProperty('code');
        expect(answers).not.toHaveProperty('continue');
      }),
    );
  });

  test('only a returned browser is asked for the code, and only while there is something to release', () => {
    fc.assert(
      fc.property(facts, (all) => {
        if (stepFor(all).name !== 'enter-code') return;
        expect([all.role, all.attempt?.stage]).toEqual(['returned', 'quarantined']);
      }),
    );
  });

  test('a bank’s form and the wait for its app are shown while it waits, to who may hold the session', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const { name } = stepFor(all);
        if (name !== 'form' && name !== 'approve') return;
        expect(all.attempt?.stage).toBe(name === 'form' ? 'asking' : 'approving');
        if (all.role === 'bearer' && all.visit === undefined) return;
        expect(all.role === 'holder' || (all.role === 'bearer' && !isHandedOver(all))).toBe(true);
      }),
    );
  });

  test('consent is asked for a bank that is known, and never while a call or a quarantine runs', () => {
    fc.assert(
      fc.property(facts, (all) => {
        if (stepFor(all).name !== 'consent') return;
        expect(all.bank).toBeDefined();
        const elsewhere = [
          'beginning',
          'exchanging',
          'asking',
          'answering',
          'approving',
          'quarantined',
          'failed',
        ];
        expect(elsewhere).not.toContain(all.attempt?.stage);
      }),
    );
  });
});
