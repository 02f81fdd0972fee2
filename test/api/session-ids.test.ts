import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { completeSession, eventually } from '../support/visitor.ts';

const dayMs = 86_400_000;
const permissions = ['balances', 'transactions'];

// Against the sandbox's own people, over the whole server. What was read must add up with the bank's own balance.

interface Row {
  readonly id: string;
  readonly amount: string;
  readonly type: 'credit' | 'debit';
  readonly status: 'booked' | 'pending';
}

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

async function refresh(id: string): Promise<void> {
  expect((await app.call('/data/session/refresh', { id })).status).toBe(200);
  const session = await eventually(
    async () => (await app.call('/data/session/retrieve', { id })).body,
    (retrieved) => retrieved.refresh.status !== 'running',
  );
  expect(session.refresh).toMatchObject({ status: 'complete' });
}

async function rowsOf(sessionId: string): Promise<Row[]> {
  const rows: Row[] = [];
  let afterCursor: string | undefined;
  do {
    const asked = { sessionId, from: '2020-01-01', limit: 500, ...(afterCursor && { afterCursor }) };
    const { body } = await app.call('/data/transactions/list', asked);
    rows.push(...body.transactions);
    afterCursor = body.nextCursor;
  } while (afterCursor !== undefined);
  return rows;
}

const centsOf = (amount: string) => BigInt(amount.replace('.', ''));

/** What was on the account before the first row: the same for ever, if no row is lost and none is there twice. */
async function openingCents(id: string, rows: readonly Row[]): Promise<bigint> {
  const { data } = (await app.call('/data/session/retrieve', { id })).body;
  const [{ types }] = data.balances;
  const { amount } = types.find(({ type }: { type: string }) => type === 'interimBooked');
  return rows
    .filter(({ status }) => status === 'booked')
    .reduce((cents, row) => cents - centsOf(row.amount) * (row.type === 'debit' ? -1n : 1n), centsOf(amount));
}

const bookedIds = (rows: readonly Row[]) => rows.flatMap(({ id, status }) => (status === 'booked' ? id : []));

/** Days until the next refresh. */
const visits = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 3, maxLength: 5 });

test.each([
  ['changes every id each day', 'shifting', 'de-trellis-test-bank'],
  ['sends rows twice', 'repeats', 'de-trellis-test-bank'],
  ['has twins without any name', 'twins', 'de-trellis-test-bank'],
  ['books what was pending', 'pending', 'de-trellis-test-bank'],
  ['sends its pages in any order', 'ada', 'de-trellis-shuffle-bank'],
] as const)(
  'a bank that %s: the same ids in every session, nothing lost, nothing twice',
  async (_, person, bank) => {
    await fc.assert(
      fc.asyncProperty(visits, async (gaps) => {
        const transactionsFrom = new Date(app.clock.now().getTime() - 40 * dayMs).toISOString().slice(0, 10);
        const connect = (access: 'once' | 'ongoing') =>
          completeSession(app, person, { access, permissions, transactionsFrom }, bank);
        const id = await connect('ongoing');
        let rows = await rowsOf(id);
        expect(rows.length).toBeGreaterThan(10);
        const opening = await openingCents(id, rows);
        for (const days of gaps) {
          const before = bookedIds(rows);
          await app.advance(days * dayMs);
          await refresh(id);
          rows = await rowsOf(id);
          expect(await openingCents(id, rows)).toBe(opening);
          expect(bookedIds(rows)).toEqual(expect.arrayContaining(before));
        }
        // All at once, by somebody who never saw any of it pending.
        const fresh = await connect('once');
        expect(bookedIds(await rowsOf(fresh)).toSorted()).toEqual(bookedIds(rows).toSorted());
      }),
      { numRuns: 2, endOnFailure: true },
    );
  },
  60_000,
);
