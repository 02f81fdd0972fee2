import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { normaliserVersion } from '../../src/bank-data/bank-data.ts';
import { newMasterKey } from '../../src/config.ts';
import { Secret } from '../../src/core/secret.ts';
import { Vault } from '../../src/platform/crypto/vault.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { bareEnvironment, runCommand } from '../support/started.ts';
import { completeSession, eventually } from '../support/visitor.ts';
import { mapAsBefore } from './older-mapping.ts';

// Processes that compile their sources first.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const masterKey = newMasterKey();
const vault = new Vault([new Secret(masterKey)]);
const all = ['identity', 'balances', 'transactions'];
const withoutIdentity = ['balances', 'transactions'];

/** Every form in which a bank of the sandbox sends its data, and people whose data are unlike each other's. */
const connected = [
  ['ada', 'de-trellis-test-bank', all],
  ['hostile', 'de-trellis-test-bank', all],
  ['joint', 'de-trellis-test-bank', withoutIdentity],
  ['noname', 'de-trellis-test-bank', all],
  ['pending', 'de-trellis-camt-bank', all],
  ['hostile', 'de-trellis-camt-bank', all],
  ['ada', 'de-trellis-mt940-bank', withoutIdentity],
  ['many', 'de-trellis-card-bank', all],
] as const;

let app: TestApp;
let sessions: string[] = [];
beforeAll(async () => {
  app = await startTestApp({ masterKeys: [new Secret(masterKey)] });
  environment = { DATABASE_URL: app.connectionString, TRELLIS_MASTER_KEY: masterKey };
  for (const [person, bank, permissions] of connected)
    sessions = [...sessions, await completeSession(app, person, { permissions }, bank)];
});
afterAll(() => app.close());

let environment: Record<string, string>;
const run = (...args: string[]) => runCommand(['renormalise', ...args], environment);

interface Row {
  id: string;
}

/** All that a merchant can read of a session. */
async function readable(id: string) {
  const { data } = (await app.call('/data/session/retrieve', { id })).body;
  const transactions: Row[] = [];
  let afterCursor: string | undefined;
  do {
    const body = { sessionId: id, limit: 500, from: '2020-01-01', ...(afterCursor && { afterCursor }) };
    const page = (await app.call('/data/transactions/list', body)).body;
    transactions.push(...page.transactions);
    afterCursor = page.nextCursor;
  } while (afterCursor !== undefined);
  return { data, transactions };
}

const readAll = () => Promise.all(sessions.map(readable));
const sync = async (sessionId: string, cursor?: string) =>
  (await app.call('/data/transactions/sync', { sessionId, limit: 500, ...(cursor && { cursor }) })).body;
const versions = async () =>
  (
    await app.pool.query(
      `SELECT normaliser_version AS version FROM bank_data UNION SELECT normaliser_version FROM transaction_chunk`,
    )
  ).rows.map(({ version }) => version);

async function makeOld(mistaken: boolean): Promise<void> {
  for (const id of sessions)
    await mapAsBefore(
      app.pool,
      vault,
      id,
      !mistaken
        ? {}
        : {
            document: (document) => ({
              ...document,
              ...(document.identity && { identity: { name: 'Somebody Else' } }),
              accounts: document.accounts.map(({ financialAddress: _lost, ...account }) => ({
                ...account,
                name: 'wrong name',
                accountType: 'unknown',
              })),
              ...(document.balances && {
                balances: document.balances.map((balance) => ({ ...balance, current: '-1.00' })),
              }),
            }),
            transaction: ({ counterpartyAccount: _lost, ...content }) => ({
              ...content,
              amount: `${content.amount}1`,
              type: content.type === 'credit' ? 'debit' : 'credit',
              description: 'wrong text',
            }),
          },
    );
}

describe('renormalise', () => {
  test('of what today’s rules made changes nothing, whatever form the banks sent it in', async () => {
    const before = await readAll();
    await makeOld(false);
    const { code, output } = await run();
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(
        /^8 sessions of older rules: 0 changed\.\n\d{3,} transactions: 0 changed\.\n0 could not be mapped\.\n$/,
      ),
    });
    expect(await readAll()).toEqual(before);
    expect(await versions()).toEqual([normaliserVersion]);
  });

  test('mends what older rules made, under the ids that it has, and tells it as changed', async () => {
    const before = await readAll();
    const cursors = await Promise.all(sessions.map(async (id) => (await sync(id)).nextCursor));
    await makeOld(true);
    const mistaken = await readAll();
    expect(mistaken[0]?.data.accounts[0].name).toBe('wrong name');

    const dry = await run('--dry-run');
    const [count] = /\d+(?= transactions)/.exec(dry.output) ?? [];
    expect(dry.output).toBe(
      `8 sessions of older rules: 8 would change.\n${count} transactions: ${count} would change.\n0 could not be mapped.\nNothing was written.\n`,
    );
    expect(await readAll()).toEqual(mistaken);

    const one = await run('--session', sessions[0] ?? '');
    expect(one).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^1 session of older rules: 1 changed/),
    });
    const none = await run('--merchant', 'nobody');
    expect(none.output).toMatch(/^0 sessions/);
    const rest = await run();
    expect(rest).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^7 sessions of older rules: 7 changed/),
    });
    expect(await readAll()).toEqual(before);
    expect(JSON.stringify([before[2], before[6]])).not.toMatch(/accountHolderName|Brandt|Lindqvist"/);

    for (const [at, id] of sessions.entries()) {
      const told = await sync(id, cursors[at]);
      expect(told).toMatchObject({ added: [], removed: [] });
      expect(told.changed.length).toBe(Math.min(500, before[at]?.transactions.length ?? 0));
    }
    expect((await run()).output).toMatch(/^0 sessions of older rules: 0 changed/);
  });

  test('killed before it publishes leaves everything as it was, and the next one mends it', async () => {
    const [id = ''] = sessions;
    const before = await readable(id);
    await mapAsBefore(app.pool, vault, id, {
      transaction: (content) => ({ ...content, description: 'wrong text' }),
    });
    const mistaken = await readable(id);
    const holder = await app.pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM bank_data WHERE session_id = $1 FOR UPDATE', [id]);
    const command = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', 'renormalise'], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...bareEnvironment(), ...environment },
    });
    const exited = once(command, 'exit');
    const publishing = `SELECT pid FROM pg_stat_activity WHERE datname = current_database()
      AND application_name = 'trellis' AND wait_event_type = 'Lock'`;
    await eventually(
      async () => (await app.pool.query(publishing)).rows,
      (rows) => rows.length === 1,
      30_000,
    );
    command.kill('SIGKILL');
    await exited;
    await holder.query('ROLLBACK');
    holder.release();
    const unpublished = await app.pool.query(
      `SELECT 1 FROM bank_transaction JOIN transaction_ledger USING (merchant_id, session_id)
       WHERE session_id = $1 AND fetch_no > published_fetch AND fetch_token IS NOT NULL`,
      [id],
    );
    expect(unpublished.rows).toHaveLength(before.transactions.length);
    expect(await readable(id)).toEqual(mistaken);
    expect(await run()).toMatchObject({ code: 0, output: expect.stringMatching(/: 1 changed/) });
    expect(await readable(id)).toEqual(before);
  });

  test('names a session of which something cannot be mapped, and no more of it', async () => {
    const cards = sessions.at(-1) ?? '';
    const before = await readable(cards);
    await mapAsBefore(app.pool, vault, cards, { withoutForms: true });
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toMatch(
      new RegExp(
        `^session ${cards} of merchant shop: \\d+ of what the bank sent cannot be mapped, and stay as they were\n1 session of older rules: 0 changed\\.\n\\d+ transactions: 0 changed\\.\n\\d+ could not be mapped\\.\n1 session above could not be mapped as a whole\\.\n$`,
      ),
    );
    expect(await readable(cards)).toEqual(before);
  });

  test.each([[['--session', 'x']], [['--all']], [['now']]])('is told how it is used for %j', async (args) => {
    expect(await run(...args)).toEqual({
      code: 1,
      output: 'usage: npm run trellis -- renormalise [--dry-run] [--merchant ID] [--session ID]\n',
    });
  });

  test('ends before it reads anything under another master key', async () => {
    const { code, output } = await runCommand(['renormalise'], {
      DATABASE_URL: app.connectionString,
      TRELLIS_MASTER_KEY: newMasterKey(),
    });
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('another encryption key') });
  });
});
