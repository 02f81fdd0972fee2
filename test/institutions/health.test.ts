import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Bank } from '../../src/banking/bank.ts';
import type { ConsentAccess } from '../../src/banking/consent.ts';
import { BankFailure, type BankFailureKind } from '../../src/banking/failure.ts';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { healthOf } from '../../src/institutions/health.ts';
import type { MeasuredCall } from '../../src/institutions/health-service.ts';
import { measured } from '../../src/institutions/measured-connector.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  completeSession,
  createSession,
  eventually,
  goToBank,
  type Seen,
  Visitor,
} from '../support/visitor.ts';

const offline = 'de-trellis-offline-bank';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.pool.query('TRUNCATE institution_health');
});

/** Time passes: what was counted grows older. */
async function age(minutes: number): Promise<void> {
  await app.pool.query('UPDATE institution_health SET minute = minute - make_interval(mins => $1)', [
    minutes,
  ]);
}

async function calls(bankId: string): Promise<{ calls: number; failures: number }> {
  const { rows } = await app.pool.query(
    `SELECT coalesce(sum(calls), 0)::int AS calls, coalesce(sum(failures), 0)::int AS failures
     FROM institution_health WHERE bank_id = $1`,
    [bankId],
  );
  return rows[0];
}

async function tryOffline(times: number): Promise<void> {
  const before = (await calls(offline)).calls;
  for (let count = 0; count < times; count += 1) {
    const { redirectUrl } = await createSession(app);
    expect((await goToBank(new Visitor(), redirectUrl, offline)).page).toBe('failed');
  }
  await eventually(
    () => calls(offline),
    (counted) => counted.calls >= before + times,
  );
}

async function rowOfOffline(): Promise<string> {
  const { redirectUrl } = await createSession(app);
  const { html } = await new Visitor().open(redirectUrl);
  return new RegExp(`value="${offline}".*?</button>`).exec(html)?.[0] ?? '';
}

async function consentAtOffline(more: object = {}): Promise<Seen> {
  const { redirectUrl } = await createSession(app, { prefill: { bankId: offline }, ...more });
  return new Visitor().open(redirectUrl);
}

describe('a bank that does not answer', () => {
  test('is said to be down in the list and before the consent, and may be tried all the same', async () => {
    expect(await rowOfOffline()).toContain(en.chooseBank.hints.test);
    await tryOffline(4);
    expect(await calls(offline)).toEqual({ calls: 4, failures: 4 });
    await eventually(rowOfOffline, (row) => row.includes(en.chooseBank.hints.down));
    const consent = await consentAtOffline();
    expect(consent.html).toContain(en.consent.down(displayName('Trellis Offline Bank')));
    expect(consent.html).toContain(en.actions.otherBank);
    expect(consent.html).toMatch(/\/agree\?/);
    const fixed = await consentAtOffline({ disableBankSelection: true });
    expect(fixed.html).toContain(en.consent.tryAnyway);
    expect(fixed.html).not.toContain(en.actions.otherBank);
  });

  test('is well again when time has passed', async () => {
    await tryOffline(3);
    await eventually(rowOfOffline, (row) => row.includes(en.chooseBank.hints.down));
    await age(16);
    await eventually(rowOfOffline, (row) => row.includes(en.chooseBank.hints.test));
    expect((await consentAtOffline()).html).not.toContain(en.consent.tryAnyway);
  });

  test('is well again when newer calls go through', async () => {
    await app.pool.query(
      `INSERT INTO institution_health VALUES
         ($1, date_trunc('minute', now()) - interval '10 minutes', 20, 20, 100),
         ($1, date_trunc('minute', now()), 20, 0, 100)`,
      [offline],
    );
    await eventually(rowOfOffline, (row) => !row.includes(en.chooseBank.hints.down));
    expect(await rowOfOffline()).toContain(en.chooseBank.hints.test);
  });

  test('nothing of a user or a session is kept', async () => {
    await tryOffline(1);
    const { fields } = await app.pool.query('SELECT * FROM institution_health');
    expect(fields.map(({ name }) => name)).toEqual(['bank_id', 'minute', 'calls', 'failures', 'total_ms']);
  });
});

test('a bank that works is noted as such', async () => {
  await completeSession(app, 'ada');
  const counted = () => calls('de-trellis-test-bank');
  await eventually(counted, ({ calls: count }) => count >= 3);
  expect((await counted()).failures).toBe(0);
});

describe('what the record says', () => {
  const record = { calls: 10, weight: 10, failedWeight: 0, totalMs: 5_000 };
  test.each([
    ['all answered', {}, 'good'],
    ['one of ten failed', { failedWeight: 1 }, 'good'],
    ['one of five failed', { failedWeight: 2 }, 'degraded'],
    ['four of five failed', { failedWeight: 8 }, 'down'],
    ['all were slow', { totalMs: 80_000 }, 'degraded'],
    ['too few to say', { calls: 2, weight: 2, failedWeight: 2 }, 'good'],
  ] as const)('%s', (_what, more, health) => {
    expect(healthOf({ ...record, ...more })).toBe(health);
  });
});

describe('the measured connector', () => {
  const bank = { id: 'de-a' } as Bank;
  const access = { consent: { bankConsentId: 'c-1' } } as ConsentAccess;
  const refusal =
    (kind: BankFailureKind, details = {}) =>
    async () => {
      throw new BankFailure(kind, 'no', details);
    };
  async function* pages() {
    yield ['one'];
    yield ['two'];
    throw new BankFailure('retry-later', 'no');
  }

  function around(methods: object) {
    const noted: MeasuredCall[] = [];
    const connector = measured(methods as Parameters<typeof measured>[0], {
      note: (call) => void noted.push(call),
    });
    return { connector, noted };
  }

  test.each<[string, () => Promise<never>, boolean | undefined]>([
    ['no answer', refusal('retry-later'), true],
    ['a refused certificate', refusal('operator-fault'), true],
    ['a consent that has ended', refusal('user-must-act'), false],
    ['a refusal', refusal('bank-refused'), false],
    ['too many calls', refusal('retry-later', { httpStatus: 429 }), undefined],
    ['a budget of our own', refusal('retry-later', { bankCode: 'ACCESS_EXCEEDED' }), undefined],
    ['what is no answer of the bank', async () => Promise.reject(new Error('the database')), undefined],
  ])('%s', async (_what, accounts, failed) => {
    const { connector, noted } = around({ accounts });
    await expect(connector.accounts(bank, access as never, [])).rejects.toThrow();
    expect(noted.map((call) => call.failed)).toEqual(failed === undefined ? [] : [failed]);
  });

  test('pages of a report are calls of their own, and stopping early ends the report', async () => {
    const { connector, noted } = around({ transactions: pages });
    const seen: unknown[] = [];
    const report = connector.transactions(bank, access as never, {} as never, { from: '2026-01-01' });
    await expect(
      (async () => {
        for await (const page of report) seen.push(page);
      })(),
    ).rejects.toThrow(BankFailure);
    expect(seen).toEqual([['one'], ['two']]);
    expect(noted).toMatchObject([
      { failed: false },
      { failed: false },
      { failed: true, bankId: 'de-a', consent: 'c-1' },
    ]);
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield [];
      } finally {
        ended = true;
      }
    }
    const { connector: other } = around({ transactions: endless });
    for await (const _page of other.transactions(bank, access as never, {} as never, { from: '2026-01-01' }))
      break;
    expect(ended).toBe(true);
  });
});
