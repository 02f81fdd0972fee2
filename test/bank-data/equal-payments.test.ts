import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { TransactionData } from '../../src/bank-data/transaction.ts';
import type { BankTransaction } from '../../src/banking/transaction.ts';
import { DataBench, replicaOf } from './data-bench.ts';
import { bankAccount, bankTransaction } from './scripted-connector.ts';

const bench = await DataBench.open();
const { script, clock } = bench;
afterAll(() => bench.close());

const dayMs = 86_400_000;
const begin = Date.parse('2027-03-01T10:00:00Z');
const dayOf = (time: number) => new Date(begin + Math.floor(time) * dayMs).toISOString().slice(0, 10);

/** A coffee of always the same price, in one of two houses. Times are days, by the half: two on a day have one date. */
interface Coffee {
  readonly house: number;
  readonly announced: number;
  readonly bookedAfter: number;
}

const halfDays = (min: number, max: number) =>
  fc.integer({ min: 2 * min, max: 2 * max }).map((half) => half / 2);
const coffees = fc.array(
  fc.record({
    house: fc.integer({ min: 0, max: 1 }),
    announced: halfDays(0, 6),
    bookedAfter: halfDays(0, 2),
  }),
  { maxLength: 8 },
);
/** Time until the next refresh, and which of two sessions it is of. */
const visits = fc.array(fc.tuple(halfDays(0.5, 3), fc.constantFrom(0 as const, 1 as const)), {
  maxLength: 8,
});

/** What the bank shows at a time. Many banks date nothing before it is booked. */
function shown(all: readonly Coffee[], now: number, from: string, datesPending: boolean): BankTransaction[] {
  return all
    .filter(({ announced }) => announced <= now)
    .map(({ house, announced, bookedAfter }): BankTransaction => {
      const { raw, ...row } = bankTransaction(`Coffee house ${house}`);
      const { bookingDate: _, ...undated } = row;
      const valueDate = dayOf(announced);
      if (announced + bookedAfter <= now)
        return { ...row, bookingDate: dayOf(announced + bookedAfter), valueDate, raw };
      return { ...undated, status: 'pending', ...(datesPending && { valueDate }), raw };
    })
    .filter(({ bookingDate, valueDate }) => (bookingDate ?? valueDate ?? '9999') >= from);
}

function nameOf({ description, status, bookingDate = '' }: BankTransaction | TransactionData): string {
  return `${description} ${status} ${bookingDate}`;
}

const byId = (a: TransactionData, b: TransactionData) => (a.id < b.id ? -1 : 1);

/** What was lost, doubled or renamed once. */
const examples: [Coffee[], [number, 0 | 1][]][] = [
  [
    [
      { house: 0, announced: 0, bookedAfter: 0.5 },
      { house: 0, announced: 1, bookedAfter: 0.5 },
    ],
    [
      [0.5, 0],
      [0.5, 0],
    ],
  ],
  [
    [
      { house: 0, announced: 1, bookedAfter: 1 },
      { house: 0, announced: 0, bookedAfter: 0.5 },
    ],
    [
      [0.5, 0],
      [0.5, 0],
      [1, 1],
      [0.5, 1],
    ],
  ],
  [
    [
      { house: 1, announced: 0.5, bookedAfter: 0 },
      { house: 1, announced: 0, bookedAfter: 1 },
    ],
    [
      [0.5, 1],
      [0.5, 0],
    ],
  ],
];

let accounts = 0;

it.each([
  ['dated', true],
  ['undated', false],
] as const)(
  'equal payments, pending ones %s: nothing is lost or doubled, every session has the same ids',
  async (_, datesPending) => {
    await fc.assert(
      fc.asyncProperty(coffees, visits, async (all, gaps) => {
        accounts += 1;
        const account = `equal-${accounts}`;
        let now = 0;
        const moveBy = (gap: number) => {
          now += gap;
          clock.advance(begin + now * dayMs - clock.now().getTime());
        };
        script.accounts = [bankAccount(account)];
        script.pages.set(account, function* (from) {
          yield shown(all, now, from, datesPending);
        });
        const sessions = [0, 1].map(() => {
          const session = bench.session();
          return { ...session, replica: replicaOf(bench.service, session.owner), booked: new Set<string>() };
        });
        for (const [gap, which] of [[0, 0] as const, ...gaps]) {
          moveBy(gap);
          const { readAgain, list, replica, booked } = sessions[which] ?? expect.fail();
          await readAgain();
          const rows = await list();
          expect(rows.map(nameOf).toSorted()).toEqual(
            shown(all, now, '2027-01-01', datesPending).map(nameOf).toSorted(),
          );
          expect((await replica()).toSorted(byId)).toEqual(rows.toSorted(byId));
          const ids = new Set(rows.filter(({ status }) => status === 'booked').map(({ id }) => id));
          expect([...booked].filter((id) => !ids.has(id))).toEqual([]);
          for (const id of ids) booked.add(id);
        }
        const ends = [...sessions, bench.session()];
        for (const { readAgain } of ends) await readAgain();
        const [first, ...others] = await Promise.all(
          ends.map(async ({ list }) => (await list()).map((row) => `${nameOf(row)} ${row.id}`).toSorted()),
        );
        for (const other of others) expect(other).toEqual(first);
      }),
      { numRuns: 15, examples },
    );
  },
  60_000,
);
