import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FetchSuperseded } from '../../src/bank-data/fetch.ts';
import { BankFailure } from '../../src/banking/failure.ts';
import type { BankTransaction } from '../../src/banking/transaction.ts';
import { DataBench, textOf } from './data-bench.ts';
import { bankAccount, bankTransaction } from './scripted-connector.ts';

const bench = await DataBench.open();
const { script } = bench;
afterAll(() => bench.close());

/** The account of the test at hand; another one for each, since ids are kept across sessions. */
let account = '';
let counted = 0;

beforeEach(() => {
  counted += 1;
  account = `account-${counted}`;
  script.accounts = [bankAccount(account)];
  script.balances = new Map();
  script.pages = new Map();
});

function shows(...pages: BankTransaction[][]): void {
  script.pages.set(account, function* () {
    yield* pages;
  });
}

const unavailable = new BankFailure('retry-later', 'read transactions');
const onDay = (day: string) => ({ bookingDate: day });

describe('what was fetched', () => {
  it('is seen by nobody before it is published, and newest first after', async () => {
    shows(
      [bankTransaction('old', onDay('2027-01-05')), bankTransaction('new', onDay('2027-03-05'))],
      [],
      [bankTransaction('middle', onDay('2027-02-05'))],
    );
    const session = bench.session();
    const fetched = await session.fetch();
    expect(await session.list()).toEqual([]);
    expect(await bench.service.document(session.owner)).toBeUndefined();
    await session.publish(fetched);
    const rows = await session.list();
    expect(rows.map(textOf)).toEqual(['new', 'middle', 'old']);
    expect(rows[0]).toEqual({
      id: expect.stringMatching(/^tx_[\w-]{24}$/),
      accountId: fetched.document.accounts[0]?.id,
      amount: '10.00',
      currency: 'EUR',
      timestamp: '2027-03-05T00:00:00.000Z',
      bookingDate: '2027-03-05',
      type: 'debit',
      status: 'booked',
      description: 'new',
    });
  });

  it('is in no table in clear, and gone for good once it is erased', async () => {
    shows([
      bankTransaction('Canary Remittance', { counterpartyName: 'Canary Counterparty', amount: '987654.32' }),
    ]);
    const session = bench.session();
    await session.refresh();
    const { rows } = await bench.pool.query(
      `SELECT concat_ws(' ', row::text, encode(chunk.sealed, 'escape')) AS all
       FROM bank_transaction row JOIN transaction_chunk chunk USING (merchant_id, session_id, fetch_no, chunk_no)
       WHERE session_id = $1`,
      [session.owner.sessionId],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].all).not.toMatch(/Canary|987654/);
    const client = await bench.pool.connect();
    await bench.service.erase(client as never, session.owner);
    client.release();
    expect(await session.list()).toEqual([]);
    expect(await bench.service.document(session.owner)).toBeUndefined();
  });

  it('is whole: a report that fails half-way is read again without doubling', async () => {
    const first = [bankTransaction('a'), bankTransaction('b')];
    script.pages.set(account, function* () {
      yield first;
      throw unavailable;
    });
    const session = bench.session();
    await expect(session.fetch()).rejects.toBe(unavailable);
    shows(first, [bankTransaction('c')]);
    await session.refresh();
    expect((await session.list()).map(textOf).toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('names what the bank does not give at the last try, and keeps the rest', async () => {
    const other = `${account}-other`;
    script.accounts = [bankAccount(account), bankAccount(other)];
    script.balances.set(account, new BankFailure('bank-refused', 'read balances') as never);
    script.balances.set(other, [{ type: 'interimBooked', amount: '5.00', currency: 'EUR', raw: {} }]);
    script.pages.set(account, function* () {
      yield [bankTransaction('half of it')];
      throw unavailable;
    });
    script.pages.set(other, function* () {
      yield [bankTransaction('kept')];
    });
    const session = bench.session();
    const fetched = await session.fetch(true);
    await session.publish(fetched);
    const [failing, fine] = fetched.document.accounts.map(({ id }) => id);
    expect(fetched.document).toMatchObject({
      balances: [{ accountId: fine, current: '5.00' }],
      missing: [
        { permission: 'balances', accountId: failing, reason: 'refused_by_bank' },
        { permission: 'transactions', accountId: failing, reason: 'bank_unavailable' },
      ],
    });
    expect((await session.list()).map(textOf)).toEqual(['kept']);
  });

  it('ends with the consent', async () => {
    const gone = new BankFailure('user-must-act', 'read transactions');
    script.pages.set(account, () => {
      throw gone;
    });
    await expect(bench.session().fetch(true)).rejects.toBe(gone);
  });

  it('is not published where the database has lost a part of it', async () => {
    shows([bankTransaction('a')], [bankTransaction('b')]);
    const session = bench.session();
    const fetched = await session.fetch();
    await bench.pool.query('DELETE FROM transaction_chunk WHERE session_id = $1 AND chunk_no = 1', [
      session.owner.sessionId,
    ]);
    await expect(session.publish(fetched)).rejects.toThrow('lost');
    expect(await session.list()).toEqual([]);
    await session.refresh();
    expect((await session.list()).map(textOf).toSorted()).toEqual(['a', 'b']);
  });

  it('of a run that was taken for dead is not wanted', async () => {
    shows([bankTransaction('a')]);
    const session = bench.session();
    const dead = await session.fetch();
    const living = await session.fetch();
    await expect(session.publish(dead)).rejects.toBeInstanceOf(FetchSuperseded);
    await session.publish(living);
    expect((await session.list()).map(textOf)).toEqual(['a']);
  });

  it('stops to write once another run has begun', async () => {
    const session = bench.session();
    let other: Promise<unknown> = Promise.resolve();
    script.pages.set(account, async function* () {
      yield [bankTransaction('first')];
      shows([bankTransaction('of the other run')]);
      other = session.fetch();
      await other;
      yield [bankTransaction('second')];
      yield [bankTransaction('third')];
    });
    await expect(session.fetch()).rejects.toBeInstanceOf(FetchSuperseded);
    await session.publish((await other) as never);
    expect((await session.list()).map(textOf)).toEqual(['of the other run']);
  });

  it('comes in thousands, each once', async () => {
    const rows = Array.from({ length: 2_345 }, (_, index) =>
      bankTransaction(`row ${index}`, { amount: `${index}.00`, reference: String(index) }),
    );
    shows(rows, rows.slice(100, 700));
    const session = bench.session();
    await session.refresh();
    expect(new Set((await session.list(5_000)).map(({ id }) => id)).size).toBe(2_345);
    expect((await session.sync(0, 500)).added).toHaveLength(2_345);
  });
});

describe('ids', () => {
  it('are the same in every session of a merchant, whatever the bank calls its accounts, and no other merchant’s', async () => {
    const identifiers = [{ type: 'iban', iban: 'DE02 1234' } as const];
    script.accounts = [bankAccount(account, { identifiers })];
    shows([bankTransaction('a', { reference: 'x1' })]);
    const [first, other] = [bench.session(), bench.session('other')];
    await first.refresh();
    await other.refresh();
    account = `${account}-renamed`;
    script.accounts = [bankAccount(account, { identifiers })];
    shows([bankTransaction('a', { reference: 'y7' })]);
    const second = bench.session();
    await second.refresh();
    expect(await second.list()).toEqual(await first.list());
    const [mine] = await first.list();
    const [theirs] = await other.list();
    expect([theirs?.id, theirs?.accountId]).not.toContain(mine?.id);
    expect(theirs?.accountId).not.toBe(mine?.accountId);
  });

  it.each([
    ['of a card without its holder’s name stay when it is read again', {}, true],
    [
      'but not where another account tells that it is another person',
      { identifiers: [{ type: 'iban', iban: 'DE1' }] },
      false,
    ],
    ['nor where two cards look alike', 'twice', false],
  ] as const)('%s', async (_, others, isKept) => {
    const identifiers = [{ type: 'masked_pan', maskedPan: '540905******1234' }] as const;
    const card = (resourceId: string) => bankAccount(resourceId, { identifiers, holders: [] });
    const session = bench.session();
    const accountsOf = async () =>
      (await bench.service.document(session.owner))?.accounts.map(({ id }) => id);
    script.accounts =
      others === 'twice'
        ? [card('a'), card('b')]
        : [
            card('a'),
            ...('identifiers' in others
              ? [bankAccount('x', { identifiers: [{ type: 'iban', iban: 'DE0' }] })]
              : []),
          ];
    await session.refresh();
    const before = await accountsOf();
    script.accounts =
      others === 'twice'
        ? [card('c'), card('d')]
        : [card('c'), ...('identifiers' in others ? [bankAccount('y', others)] : [])];
    await session.refresh();
    expect((await accountsOf())?.[0] === before?.[0]).toBe(isKept);
  });

  it('of a pending transaction stay when it is booked, in this session and in others', async () => {
    shows([bankTransaction('Café Nord', { status: 'pending', valueDate: '2027-03-01' })]);
    bench.clock.advance(Date.parse('2027-03-02T10:00:00Z') - bench.clock.now().getTime());
    const [first, late] = [bench.session(), bench.session()];
    await first.refresh();
    const [pending] = await first.list();
    expect(pending).toMatchObject({ status: 'pending' });
    shows([bankTransaction('CAFE NORD Berlin, Kartenzahlung', onDay('2027-03-02')), bankTransaction('b')]);
    await first.refresh();
    await late.refresh();
    for (const session of [first, late]) {
      const rows = await session.list();
      expect(rows).toHaveLength(2);
      expect(rows.find(({ id }) => id === pending?.id)).toMatchObject({
        status: 'booked',
        description: 'CAFE NORD Berlin, Kartenzahlung',
      });
    }
    await first.refresh();
    expect((await first.list()).map(({ id }) => id)).toContain(pending?.id);
    expect(await first.sync(2)).toMatchObject({ added: [], changed: [], removed: [] });
  });

  it('of a booking are those that another session gave it while this one was read', async () => {
    bench.clock.advance(Date.parse('2027-05-02T10:00:00Z') - bench.clock.now().getTime());
    const [first, late] = [bench.session(), bench.session()];
    shows([bankTransaction('Café Nord', { status: 'pending', valueDate: '2027-05-01' })]);
    await first.refresh();
    shows([bankTransaction('CAFE NORD Berlin, Kartenzahlung', onDay('2027-05-02'))]);
    const read = await late.fetch();
    await first.refresh();
    await late.publish(read);
    const ids = async (session: typeof first) => (await session.list()).map(({ id }) => id);
    expect(await ids(late)).toEqual(await ids(first));
    await late.refresh();
    expect(await ids(late)).toEqual(await ids(first));
  });

  it('of a booking stay its own, though the bank shows an equal one as pending: that is another, until it goes', async () => {
    bench.clock.advance(Date.parse('2027-04-02T10:00:00Z') - bench.clock.now().getTime());
    const pending = bankTransaction('Café Nord', { status: 'pending', valueDate: '2027-04-01' });
    const booked = bankTransaction('CAFE NORD Berlin, Kartenzahlung', onDay('2027-04-02'));
    const first = bench.session();
    shows([pending]);
    await first.refresh();
    const [known] = await first.list();
    shows([booked]);
    await first.refresh();
    for (const both of [
      [booked, pending],
      [pending, booked],
    ]) {
      shows(both);
      for (const session of [first, bench.session()]) {
        await session.refresh();
        const statusOf = new Map((await session.list()).map(({ id, status }) => [id, status]));
        expect([statusOf.size, statusOf.get(known?.id ?? '')]).toEqual([2, 'booked']);
      }
    }
    shows([booked]);
    await first.refresh();
    expect((await first.list()).map(({ id }) => id)).toEqual([known?.id]);
  });
});

describe('the feed of changes', () => {
  it('tells what came, what changed and what went, and nothing else', async () => {
    bench.clock.advance(Date.parse('2027-03-02T10:00:00Z') - bench.clock.now().getTime());
    const kept = bankTransaction('kept');
    const pending = bankTransaction('announced', { status: 'pending', valueDate: '2027-03-01' });
    const withdrawn = bankTransaction('withdrawn', {
      status: 'pending',
      amount: '99.00',
      valueDate: '2027-03-01',
    });
    shows([kept, pending, withdrawn]);
    const session = bench.session();
    await session.refresh();
    const { added, until } = await session.sync();
    expect(added.toSorted()).toEqual(['announced', 'kept', 'withdrawn']);
    const gone = (await session.list()).find((row) => row.description === 'withdrawn');

    shows([kept, bankTransaction('announced', onDay('2027-03-02')), bankTransaction('fresh')]);
    await session.refresh();
    const second = await session.sync(until);
    expect(second).toMatchObject({ added: ['fresh'], changed: ['announced'], removed: [gone?.id] });
    expect((await session.list()).map(textOf).toSorted()).toEqual(['announced', 'fresh', 'kept']);
    expect(await session.sync(second.until)).toMatchObject({ added: [], changed: [], removed: [] });
    const anew = await session.sync();
    expect(anew.added.toSorted()).toEqual(['announced', 'fresh', 'kept']);
    expect(anew).toMatchObject({ changed: [], removed: [] });
  });

  it('tells each row once in a round, and what a refresh brings meanwhile in the next', async () => {
    const rows = Array.from({ length: 9 }, (_, index) => bankTransaction(`row ${index}`));
    shows(rows);
    const session = bench.session();
    await session.refresh();
    const { owner } = session;
    const begun = await bench.service.changes(owner, {
      since: 0,
      until: undefined,
      after: undefined,
      limit: 4,
    });
    shows([...rows, bankTransaction('late')]);
    await session.refresh();
    const rest = await bench.service.changes(owner, {
      since: 0,
      until: begun.until,
      after: begun.last,
      limit: 100,
    });
    const told = [...begun.rows, ...rest.rows].map((row) => textOf(row.transaction));
    expect(told.toSorted()).toEqual(rows.map((row) => row.description));
    expect(await session.sync(rest.until)).toMatchObject({ added: ['late'], changed: [], removed: [] });
  });

  it('tells everything to a client that is ahead, as after an older backup was restored', async () => {
    shows([bankTransaction('known')]);
    const session = bench.session();
    await session.refresh();
    const ahead = await bench.service.changes(session.owner, {
      since: 7,
      until: 9,
      after: { fetchNo: 8, chunkNo: 0, position: 0, id: 'tx' },
      limit: 10,
    });
    expect(ahead).toMatchObject({ since: 0, until: 1, removedIds: [], rows: [{ isNew: true }] });
  });

  it('an older day that the bank no longer shows stays', async () => {
    shows([bankTransaction('old', onDay('2027-01-01')), bankTransaction('new')]);
    const session = bench.session();
    await session.refresh();
    shows([bankTransaction('new')]);
    await session.refresh();
    expect((await session.list()).map(textOf)).toEqual(['new', 'old']);
  });
});
