import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  statusOf,
  Visitor,
} from '../support/visitor.ts';

const minuteMs = 60_000;
/** Sweeps run every ten seconds. */
const sweptWithinMs = 25_000;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ expectsErrors: /had no job left/ });
});
afterEach(() => app.bank.control.clearFaults());
afterAll(() => app.close());

/** A session whose user has just come back from his bank. */
async function authorised(userName: string, more: Record<string, unknown> = {}): Promise<string> {
  const session = await createSession(app, more);
  const visitor = new Visitor();
  const away = await goToBank(visitor, session.redirectUrl);
  await visitor.open(await authoriseAtBank(visitor, leavesTo(away), { userName }));
  return session.id;
}

function until(id: string, status: string): Promise<string> {
  return eventually(
    () => statusOf(app, id),
    (seen) => seen === status,
    sweptWithinMs,
  );
}

async function dataOf(id: string) {
  await until(id, 'complete');
  return (await app.call(`/data/session/retrieve?id=${id}`)).body.data;
}

async function eventsOf(id: string): Promise<{ type: string; sequence: number }[]> {
  const { rows } = await app.pool.query(
    'SELECT type, sequence FROM webhook_event WHERE subject = $1 ORDER BY sequence',
    [id],
  );
  return rows;
}

describe('data, once complete', () => {
  test('one account: the name and the account, in the seed’s words', async () => {
    const data = await dataOf(await authorised('ada'));
    expect(data).toMatchObject({
      bankName: 'Trellis Test Bank',
      bankId: 'de-trellis-test-bank',
      identity: { name: 'Ada Lindqvist' },
    });
    expect(data.accounts).toHaveLength(1);
    expect(data.accounts[0]).toMatchObject({
      id: expect.stringMatching(/^acc_/),
      accountType: 'checking',
      currency: 'EUR',
      financialAddress: {
        type: 'iban',
        iban: { iban: expect.stringMatching(/^DE\d{20}$/), accountHolderName: 'Ada Lindqvist' },
      },
    });
    expect(data).not.toHaveProperty('missing');
    expect(data.identity).not.toHaveProperty('dateOfBirth');
  });

  test('many accounts: every type, several currencies, and a BBAN split where its country is known', async () => {
    const data = await dataOf(await authorised('many'));
    expect(data.accounts.length).toBeGreaterThanOrEqual(12);
    const types = new Set(data.accounts.map((account: { accountType: string }) => account.accountType));
    for (const type of ['checking', 'savings', 'credit', 'loan']) expect(types).toContain(type);
    const addresses = data.accounts.map(
      (account: { financialAddress: { type: string } }) => account.financialAddress,
    );
    const bankCode = addresses.find(({ type }: { type: string }) => type === 'bank_code');
    expect(bankCode.bankCode).toMatchObject({
      bankCode: expect.stringMatching(/^\d+$/),
      accountNumber: expect.stringMatching(/^\d+$/),
    });
    expect(bankCode.bankCode.code).toBe(bankCode.bankCode.bankCode);
    expect(new Set(data.accounts.map((account: { id: string }) => account.id)).size).toBe(
      data.accounts.length,
    );
  });

  test('joint holders are named with their roles; the user himself comes first', async () => {
    const data = await dataOf(await authorised('joint'));
    expect(data.identity.holders.length).toBeGreaterThanOrEqual(2);
    expect(data.identity.holders.map((holder: { role?: string }) => holder.role)).toContain('owner');
  });

  test('a bank that names nobody: the accounts come, and what is missing is said', async () => {
    const data = await dataOf(await authorised('noname'));
    expect(data).not.toHaveProperty('identity');
    expect(data.missing).toEqual([{ permission: 'identity', reason: 'not_provided_by_bank' }]);
    expect(JSON.stringify(data.accounts)).not.toContain('accountHolderName');
  });

  test('without identity no name is in the data, though the bank knows it', async () => {
    const data = await dataOf(await authorised('ada', { permissions: ['balances'] }));
    expect(data).not.toHaveProperty('identity');
    expect(JSON.stringify(data)).not.toContain('Lindqvist');
    expect(data.balances).toHaveLength(1);
    expect(data).not.toHaveProperty('transactions');
  });

  test('an account has the same id in every session of a merchant, and another with another merchant', async () => {
    const [first, second] = [await dataOf(await authorised('ada')), await dataOf(await authorised('ada'))];
    expect(second.accounts[0].id).toBe(first.accounts[0].id);
    const key = await app.addMerchant('rival');
    const theirs = await app.call(
      '/data/session/create',
      { referenceId: 'rival-1', permissions: ['identity'], returnUrl: 'https://r.example' },
      { key },
    );
    const visitor = new Visitor();
    const away = await goToBank(visitor, theirs.body.redirectUrl);
    await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
    const read = () => app.call(`/data/session/retrieve?id=${theirs.body.id}`, undefined, { key });
    const { body } = await eventually(read, (answer) => answer.body.status === 'complete');
    expect(body.data.accounts[0].id).not.toBe(first.accounts[0].id);
  });

  test('access once: the consent is ended after the fetch, at the bank and here, where its tokens are erased', async () => {
    const before = new Set(app.bank.control.consents().map(({ id }) => id));
    const id = await authorised('ada');
    await until(id, 'complete');
    await eventually(
      async () => (await app.pool.query('SELECT * FROM bank_consent WHERE session_id = $1', [id])).rows[0],
      (row) =>
        row.status === 'revoked' &&
        row.revoked_at !== null &&
        row.sealed_credentials === null &&
        row.sealed_psu === null,
    );
    await eventually(
      async () => app.bank.control.consents().filter(({ id }) => !before.has(id)),
      (consents) => consents.length === 1 && consents[0]?.status === 'terminatedByTpp',
    );
  });

  test('events in their order: pending, then complete', async () => {
    const id = await authorised('ada');
    await until(id, 'complete');
    expect((await eventsOf(id)).map(({ type }) => type)).toEqual([
      'data_session_updated',
      'data_session_completed',
    ]);
  });
});

describe('a fetch that does not work', () => {
  test('no accounts: failed, and said why', async () => {
    const id = await authorised('noaccounts');
    await until(id, 'failed no_accounts');
    const { body } = await app.call(`/data/session/retrieve?id=${id}`);
    expect(body.failure.message).toMatch(/no account/);
    expect(body).not.toHaveProperty('data');
    expect((await eventsOf(id)).at(-1)).toMatchObject({ type: 'data_session_failed', sequence: 2 });
    expect((await app.call('/data/session/details', { id })).body.status).toBe('closed');
  });

  test('a bank that fails once and then works', async () => {
    app.bank.control.addFault({ route: 'accounts', fault: 'status-500', times: 1 });
    const id = await authorised('ada');
    await waitsForAttempt(id, 2);
    await app.advance(minuteMs);
    await until(id, 'complete');
  });

  test('a bank that stays down: five attempts over ten minutes, then bank_unavailable', async () => {
    const id = await authorised('down');
    const waitsMs = [10_000, 50_000, 160_000, 300_000];
    for (const [index, waitMs] of waitsMs.entries()) {
      await waitsForAttempt(id, index + 2);
      expect(await statusOf(app, id)).toBe('pending');
      await app.advance(waitMs * 1.1);
    }
    await until(id, 'failed bank_unavailable');
  });

  test('a consent that was withdrawn meanwhile: bank_denied', async () => {
    app.bank.control.addFault({ route: 'accounts', fault: 'status-500', times: 1 });
    const before = new Set(app.bank.control.consents().map(({ id }) => id));
    const id = await authorised('ada');
    await waitsForAttempt(id, 2);
    const mine = app.bank.control.consents().find((consent) => !before.has(consent.id));
    app.bank.control.setConsentStatus(mine?.id ?? '', 'revokedByPsu');
    await app.advance(minuteMs);
    await until(id, 'failed bank_denied');
  });

  test('a pending session whose job is lost is not pending for ever', async () => {
    app.bank.control.addFault({ route: 'accounts', fault: 'status-500', times: 1 });
    const id = await authorised('ada');
    await waitsForAttempt(id, 2);
    await app.pool.query(`DELETE FROM graphile_worker._private_jobs WHERE key = $1`, [
      `session-fetch:shop:${id}`,
    ]);
    await app.advance(2 * minuteMs);
    await until(id, 'failed internal');
  }, 60_000);
});

describe('expiry', () => {
  test('a session that nobody opened fails as expired, with its event', async () => {
    const { id } = await createSession(app);
    await app.advance(61 * minuteMs);
    await until(id, 'failed expired');
    expect((await eventsOf(id)).map(({ type }) => type)).toEqual(['data_session_failed']);
    expect((await app.call('/data/session/details', { id })).body.status).toBe('expired');
  }, 60_000);

  test('a row that cannot be opened keeps neither itself nor others from ending', async () => {
    const broken = await createSession(app, { customer: { email: 'broken@example.com' } });
    const other = await createSession(app);
    await app.pool.query(`UPDATE data_session SET sealed_customer = '\\x00' WHERE id = $1`, [broken.id]);
    await app.advance(61 * minuteMs);
    await until(other.id, 'failed expired');
    await eventually(
      async () =>
        (await app.pool.query('SELECT status FROM data_session WHERE id = $1', [broken.id])).rows[0].status,
      (status) => status === 'failed',
      sweptWithinMs,
    );
  }, 60_000);

  test('once the bank was opened there are fifteen minutes more', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    const away = await goToBank(visitor, session.redirectUrl);
    await app.advance(70 * minuteMs);
    const other = await createSession(app, {
      expiresAt: Math.floor(app.clock.now().getTime() / 1000) + 1800,
    });
    expect(await statusOf(app, other.id)).toBe('started');
    await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
    await until(session.id, 'complete');
  });
});

describe('at rest', () => {
  test('no name, account number, token or address of a person is readable in any table', async () => {
    const email = 'canary.person@example.com';
    const id = await authorised('ada', { customer: { email } });
    const data = await dataOf(id);
    const canaries = [data.identity.name, data.accounts[0].financialAddress.iban.iban, email, 'Visitor/1.0'];
    const { rows: tables } = await app.pool.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'graphile_worker')`,
    );
    for (const { name } of tables) {
      const { rows } = await app.pool.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`);
      const readable = rows.map(({ text }) => text + decoded(text)).join('\n');
      for (const canary of canaries) expect(readable.includes(canary), `${canary} in ${name}`).toBe(false);
    }
  });
});

/** The bytes of bytea columns as text, so that a value that is only hidden in hex is found. */
function decoded(row: string): string {
  return [...row.matchAll(/\\\\?x([0-9a-f]{8,})/g)]
    .map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1'))
    .join(' ');
}

/** The next attempt is in the queue, and waits for its time. */
async function waitsForAttempt(id: string, attempt: number): Promise<void> {
  await eventually(
    async () => {
      const { rows } = await app.pool.query(
        `SELECT payload->>'attempt' AS attempt FROM graphile_worker._private_jobs WHERE key = $1 AND locked_at IS NULL`,
        [`session-fetch:shop:${id}`],
      );
      return rows[0]?.attempt;
    },
    (waiting) => waiting === String(attempt),
  );
}
