import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type RenormaliseSummary,
  renormaliseAll,
  type Trouble,
} from '../../src/bank-data/renormalise-all.ts';
import type { Remapping } from '../../src/banking/remapping.ts';
import type { BankTransaction } from '../../src/banking/transaction.ts';
import { eventually } from '../support/visitor.ts';
import { DataBench, textOf } from './data-bench.ts';
import { mapAsBefore } from './older-mapping.ts';
import { bankAccount, bankTransaction, scriptedBank } from './scripted-connector.ts';

const bench = await DataBench.open();
const { script, service, pool, vault } = bench;
afterAll(() => bench.close());

let account = '';
let counted = 0;
beforeEach(() => {
  counted += 1;
  account = `mended-${counted}`;
  script.accounts = [bankAccount(account)];
  script.balances = new Map();
  script.remapping = remapping();
});

/** A mapping of today, which reads texts aright. */
function mappedToday(text: string, more: Partial<BankTransaction> = {}): BankTransaction {
  return bankTransaction(text, { ...more, raw: { text, more } });
}

function remapping(each: (text: string) => void = () => undefined): Remapping {
  return {
    account: ({ raw }) => bankAccount((raw as { resourceId: string }).resourceId, { name: 'Giro' }),
    balance: () => ({ type: 'interimBooked', amount: '7.00', currency: 'EUR', raw: {} }),
    transaction: ({ raw }, status) => {
      const { text, more } = raw as { text: string; more: object };
      each(text);
      return mappedToday(text, { ...more, status });
    },
  };
}

/** What an older release made of it. */
function shownBefore(rows: readonly BankTransaction[]): void {
  script.pages.set(account, function* () {
    yield rows.map((row) => ({ ...row, description: `wrong ${row.description}` }));
  });
}

function shownToday(rows: readonly BankTransaction[]): void {
  script.pages.set(account, function* () {
    yield [...rows];
  });
}

async function oldSession(rows: readonly BankTransaction[]) {
  shownBefore(rows);
  const session = bench.session();
  await session.refresh();
  await mapAsBefore(pool, vault, session.owner.sessionId, {});
  return session;
}

const numbered = (count: number) => Array.from({ length: count }, (_, at) => mappedToday(`row ${at}`));
const idsBy = (rows: readonly { id: string; description?: string }[]) =>
  new Map(rows.map((row) => [row.description?.replace('wrong ', ''), row.id]));
const ledgerOf = async (sessionId: string) =>
  (
    await pool.query('SELECT published_fetch, fetch_token FROM transaction_ledger WHERE session_id = $1', [
      sessionId,
    ])
  ).rows[0];

async function walk(
  sessionId?: string,
  dryRun = false,
): Promise<{ summary: RenormaliseSummary; troubles: Trouble[] }> {
  const troubles: Trouble[] = [];
  const onTrouble = (_owner: unknown, trouble: Trouble) => void troubles.push(trouble);
  const summary = await renormaliseAll({ service, onTrouble, waitsMs: [] }, { sessionId, dryRun });
  return { summary, troubles };
}

describe('data of an older mapping', () => {
  it('keep their ids, also when the bank is read once more and shows them as they are mapped now', async () => {
    // Two equal coffees are two, whatever they are called.
    const rows = [...numbered(600), mappedToday('coffee'), mappedToday('coffee')];
    const session = await oldSession(rows);
    const { until } = await session.sync(0, 500);
    const before = await session.list();
    expect(await service.renormalise(session.owner)).toMatchObject({ changedRows: 602, unmappable: 0 });
    const mended = await session.list();
    expect(mended.map(textOf).toSorted()).toEqual(rows.map((row) => row.description).toSorted());
    expect(mended.map(({ id }) => id).toSorted()).toEqual(before.map(({ id }) => id).toSorted());
    expect(idsBy(mended).get('row 311')).toBe(idsBy(before).get('row 311'));
    const told = await session.sync(until, 500);
    expect([told.added, told.removed, told.changed.length]).toEqual([[], [], 602]);

    shownToday(rows);
    await session.refresh();
    expect((await session.list()).map(({ id }) => id).toSorted()).toEqual(
      before.map(({ id }) => id).toSorted(),
    );
    expect(await session.sync(told.until)).toMatchObject({ added: [], changed: [], removed: [] });
    expect(await service.renormalise(session.owner)).toEqual({ outcome: 'current' });
    // And in a session that had never seen the older ones.
    const later = bench.session();
    await later.refresh();
    expect(idsBy(await later.list()).get('row 7')).toBe(idsBy(before).get('row 7'));
  });

  it('double nothing in a session that the new rules named before they were mapped again', async () => {
    const rows = numbered(3);
    const session = await oldSession(rows);
    shownToday(rows);
    const early = bench.session();
    await early.refresh();
    const before = await early.list();
    await service.renormalise(session.owner);
    await early.refresh();
    expect(await early.list()).toEqual(before);
    await session.refresh();
    expect(await session.list()).toHaveLength(3);
  });

  it('are mapped again by a refresh, before it reads: what it finds is known again', async () => {
    const rows = numbered(3);
    const session = await oldSession(rows);
    const before = await session.list();
    shownToday([...rows, mappedToday('fresh')]);
    await session.refresh();
    const after = await session.list();
    expect(after.map(textOf).toSorted()).toEqual(['fresh', 'row 0', 'row 1', 'row 2']);
    for (const [text, id] of idsBy(before)) expect(idsBy(after).get(text)).toBe(id);
    expect(await session.sync(1)).toMatchObject({ added: ['fresh'], removed: [] });
  });

  it('keep the id from when they were pending', async () => {
    bench.clock.advance(Date.parse('2027-03-02T10:00:00Z') - bench.clock.now().getTime());
    const pending = mappedToday('Cafe Nord', { status: 'pending', valueDate: '2027-03-01' });
    shownBefore([pending]);
    const session = bench.session();
    await session.refresh();
    const booked = mappedToday('Cafe Nord', { bookingDate: '2027-03-02' });
    shownBefore([booked]);
    await session.refresh();
    const [before] = await session.list();
    await mapAsBefore(pool, vault, session.owner.sessionId, {});
    await service.renormalise(session.owner);
    shownToday([booked]);
    await session.refresh();
    expect(await session.list()).toEqual([{ ...before, description: 'Cafe Nord' }]);
  });

  it('of whose holder nobody was to know show no name, though the mapping finds one now', async () => {
    shownBefore(numbered(1));
    const session = bench.session();
    script.balances.set(account, [{ type: 'interimBooked', amount: '5.00', currency: 'EUR', raw: {} }]);
    await session.publish(await session.fetch(false, ['balances', 'transactions']));
    await mapAsBefore(pool, vault, session.owner.sessionId, {});
    expect(await service.renormalise(session.owner)).toMatchObject({ documentChanged: true });
    const document = await service.document(session.owner);
    expect(document).toMatchObject({ accounts: [{ name: 'Giro' }], balances: [{ current: '7.00' }] });
    expect(document).not.toHaveProperty('identity');
    expect(JSON.stringify(document)).not.toContain('Lindqvist');
  });

  it('of whose holder was asked tell his name once the mapping finds it, and the account keeps its id', async () => {
    script.accounts = [bankAccount(account, { holders: [] })];
    const session = await oldSession([]);
    const before = await service.document(session.owner);
    expect(before?.missing).toContainEqual({ permission: 'identity', reason: 'not_provided_by_bank' });
    const other = {
      identifiers: [{ type: 'iban', iban: 'DE99mended' } as const],
      holders: [{ name: 'Ada' }],
    };
    script.remapping = { ...remapping(), account: () => bankAccount(account, other) };
    await service.renormalise(session.owner);
    const after = await service.document(session.owner);
    expect(after).toMatchObject({
      identity: { name: 'Ada' },
      accounts: [{ id: before?.accounts[0]?.id, financialAddress: { iban: { iban: 'DE99mended' } } }],
    });
    expect(after?.missing?.map(({ permission }) => permission)).toEqual(['balances']);
  });

  it('stay as they are where they cannot be mapped, are counted, and are tried again by the next mapping', async () => {
    const session = await oldSession(numbered(3));
    script.remapping = remapping((text) => {
      if (text === 'row 1') throw new TypeError(`cannot read ${text}`);
    });
    const { summary, troubles } = await walk(session.owner.sessionId);
    expect(summary).toMatchObject({
      sessions: 1,
      changedSessions: 1,
      rows: 3,
      changedRows: 2,
      unmappable: 1,
    });
    expect(troubles).toEqual([{ kind: 'unmappable', count: 1 }]);
    expect((await session.list()).map(textOf).toSorted()).toEqual(['row 0', 'row 2', 'wrong row 1']);
    expect((await walk(session.owner.sessionId)).summary).toMatchObject({
      sessions: 1,
      rows: 1,
      changedRows: 0,
      unmappable: 1,
    });
    script.remapping = remapping();
    expect((await walk(session.owner.sessionId)).summary).toMatchObject({
      changedRows: 1,
      unmappable: 0,
      troubled: 0,
    });
    expect((await session.list()).map(textOf).toSorted()).toEqual(['row 0', 'row 1', 'row 2']);
  });

  it('that were erased do not come back', async () => {
    const session = await oldSession(numbered(2));
    script.remapping = remapping(() => undefined);
    const client = await pool.connect();
    await service.erase(client as never, session.owner);
    client.release();
    expect(await service.renormalise(session.owner)).toEqual({ outcome: 'current' });
    expect(await service.document(session.owner)).toBeUndefined();
    expect(await ledgerOf(session.owner.sessionId)).toBeUndefined();
  });

  it('are only counted in a dry run', async () => {
    const session = await oldSession(numbered(2));
    expect((await walk(session.owner.sessionId, true)).summary).toMatchObject({
      sessions: 1,
      changedSessions: 1,
      changedRows: 2,
    });
    expect((await session.list()).map(textOf).toSorted()).toEqual(['wrong row 0', 'wrong row 1']);
    expect(await ledgerOf(session.owner.sessionId)).toEqual({ published_fetch: 1, fetch_token: null });
    await walk(session.owner.sessionId);
  });
});

describe('beside a read of the bank', () => {
  it('gives way to one that runs, and has its turn after', async () => {
    const rows = numbered(2);
    const session = await oldSession(rows);
    // As of a release that maps as before still.
    const fetched = await session.fetch();
    await mapAsBefore(pool, vault, session.owner.sessionId, {});
    expect(await service.renormalise(session.owner)).toEqual({ outcome: 'being-read' });
    expect(await walk(session.owner.sessionId)).toMatchObject({
      summary: { troubled: 1 },
      troubles: [{ kind: 'being-read' }],
    });
    await session.publish(fetched);
    await mapAsBefore(pool, vault, session.owner.sessionId, {});
    expect(await service.renormalise(session.owner)).toMatchObject({ outcome: 'mapped', unmappable: 0 });
    expect((await session.list()).map(textOf).toSorted()).toEqual(['row 0', 'row 1']);
  });

  it('leaves a session without transactions to a read that was published meanwhile', async () => {
    const session = bench.session();
    const { sessionId } = session.owner;
    const stored = async () =>
      (await pool.query('SELECT sealed_data FROM bank_data WHERE session_id = $1', [sessionId])).rows[0];
    await session.publish(await session.fetch(false, ['identity']));
    await mapAsBefore(pool, vault, sessionId, {});
    const reader = await pool.connect();
    await reader.query('BEGIN');
    await service.publish(reader as never, session.owner, await session.fetch(false, ['identity']));
    const mending = service.renormalise(session.owner);
    await eventually(
      async () =>
        (
          await pool.query(
            `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          )
        ).rows.length,
      (waiting) => waiting === 1,
    );
    await reader.query('COMMIT');
    reader.release();
    const published = await stored();
    expect(await mending).toEqual({ outcome: 'being-read' });
    expect(await stored()).toEqual(published);
    expect(await service.renormalise(session.owner)).toEqual({ outcome: 'current' });
  });

  it('does not wait for one that failed, nor for ever for one that died', async () => {
    const session = await oldSession(numbered(1));
    script.pages.set(account, () => {
      throw new Error('the network is gone');
    });
    await expect(session.fetch()).rejects.toThrow('the network is gone');
    expect(await ledgerOf(session.owner.sessionId)).toMatchObject({ fetch_token: null });
    await mapAsBefore(pool, vault, session.owner.sessionId, {});
    await pool.query(
      `UPDATE transaction_ledger SET fetch_token = gen_random_uuid(), fetch_begun_at = now() - interval '61 minutes'
       WHERE session_id = $1`,
      [session.owner.sessionId],
    );
    expect(await service.renormalise(session.owner)).toMatchObject({ outcome: 'mapped' });
  });

  it('gives way to one that begins meanwhile: nothing is half mended, nothing doubled', async () => {
    const rows = numbered(700);
    const session = await oldSession(rows);
    const ids = (await session.list()).map(({ id }) => id).toSorted();
    shownToday(rows);
    let refreshing: Promise<void> | undefined;
    script.remapping = remapping((text) => {
      if (text === 'row 300') refreshing ??= session.refresh();
    });
    const result = await service.renormalise(session.owner);
    expect(refreshing).toBeDefined();
    await refreshing;
    expect(['being-read', 'mapped']).toContain(result.outcome);
    const after = await session.list();
    expect(after.map(({ id }) => id).toSorted()).toEqual(ids);
    expect(after.map(textOf).filter((text) => text.startsWith('wrong'))).toEqual([]);
    expect((await walk(session.owner.sessionId)).summary).toMatchObject({ sessions: 0 });
  });

  it('of two at once each session is mended once', async () => {
    const sessions = [await oldSession(numbered(300)), await oldSession(numbered(300))];
    const both = await Promise.all([walk(), walk()]);
    await walk();
    expect(both.flatMap(({ troubles }) => troubles.filter(({ kind }) => kind !== 'being-read'))).toEqual([]);
    for (const session of sessions) {
      expect((await session.list()).map(textOf).filter((text) => text.startsWith('wrong'))).toEqual([]);
      expect(await ledgerOf(session.owner.sessionId)).toEqual({ published_fetch: 2, fetch_token: null });
    }
  });
});

it('a session whose bank is not known here is named', async () => {
  const session = await oldSession(numbered(1));
  const document = (await service.document(session.owner)) ?? expect.fail('nothing was published');
  await mapAsBefore(pool, vault, session.owner.sessionId, {
    document: () => ({ ...document, bankId: `${scriptedBank.id}-gone` }),
  });
  expect(await walk(session.owner.sessionId)).toMatchObject({
    summary: { troubled: 1 },
    troubles: [{ kind: 'bank-unusable' }],
  });
});
