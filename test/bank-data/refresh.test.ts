import fc from 'fast-check';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { BankTransaction } from '../../src/banking/transaction.ts';
import { DataBench, textOf } from './data-bench.ts';
import { bankAccount, bankTransaction } from './scripted-connector.ts';

const bench = await DataBench.open();
const { script, clock } = bench;
afterAll(() => bench.close());

const dayMs = 86_400_000;
const begin = Date.parse('2027-03-01T10:00:00Z');
const dayOf = (day: number) => new Date(begin + day * dayMs).toISOString().slice(0, 10);
const moveTo = (day: number) => clock.advance(begin + day * dayMs - clock.now().getTime());

let account = '';
let counted = 0;
beforeEach(() => {
  counted += 1;
  account = `refreshed-${counted}`;
  script.accounts = [bankAccount(account)];
  moveTo(0);
});

/** A payment of its own amount: announced on a day, booked some days later (never, where that is undefined). */
interface Payment {
  readonly name: string;
  readonly amount: string;
  readonly announced: number;
  readonly bookedAfter: number;
}

/** What the bank shows on a day of what was dated from a day on, as banks do. */
function shown(payments: readonly Payment[], today: number, from: string): BankTransaction[] {
  return payments
    .filter(({ announced }) => announced <= today)
    .map(({ name, amount, announced, bookedAfter }) => {
      const isBooked = announced + bookedAfter <= today;
      const day = dayOf(isBooked ? announced + bookedAfter : announced);
      return isBooked
        ? bankTransaction(name, { amount, bookingDate: day })
        : bankTransaction(name, { amount, status: 'pending', valueDate: day });
    })
    .filter(({ bookingDate, valueDate }) => (bookingDate ?? valueDate ?? '') >= from);
}

const payments = fc
  .array(
    fc.record({ announced: fc.integer({ min: -5, max: 40 }), bookedAfter: fc.integer({ min: 0, max: 13 }) }),
    {
      maxLength: 12,
    },
  )
  .map((all) => all.map((each, index) => ({ ...each, name: `payment ${index}`, amount: `${index + 1}.00` })));

/** Days until the next refresh, and which of two sessions it is of. */
const visits = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 1 })), {
  maxLength: 7,
});

it('shows what a read of everything would show, whenever it is refreshed, and keeps every id in every session', async () => {
  await fc.assert(
    fc.asyncProperty(payments, visits, async (all, gaps) => {
      counted += 1;
      account = `refreshed-${counted}`;
      script.accounts = [bankAccount(account)];
      let today = 0;
      script.pages = new Map([
        [
          account,
          function* (from: string) {
            yield shown(all, today, from);
          },
        ],
      ]);
      const sessions = [bench.session(), bench.session()] as const;
      const idOf = new Map<string, string>();
      for (const [gap, which] of [[0, 0] as const, ...gaps]) {
        today += gap;
        moveTo(today);
        const session = sessions[which === 0 ? 0 : 1];
        await session.readAgain();
        const rows = await session.list();
        expect(rows.map((row) => `${textOf(row)} ${row.status}`).toSorted()).toEqual(
          shown(all, today, '2027-01-01')
            .map((row) => `${row.description} ${row.status}`)
            .toSorted(),
        );
        for (const row of rows) {
          expect([textOf(row), idOf.get(textOf(row)) ?? row.id]).toEqual([textOf(row), row.id]);
          idOf.set(textOf(row), row.id);
        }
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

it('asks for the last ten days of what it knows, and for everything of an account that is new', async () => {
  const asked: Record<string, string> = {};
  const report = (name: string) =>
    function* (from: string) {
      asked[name] = from;
      yield [bankTransaction(`in ${name}`)];
    };
  const other = `${account}-other`;
  script.pages = new Map([
    [account, report('old')],
    [other, report('new')],
  ]);
  moveTo(30);
  const session = bench.session();
  await session.readAgain();
  expect(asked).toEqual({ old: '2027-01-01' });
  script.accounts = [bankAccount(account), bankAccount(other)];
  moveTo(32);
  await session.readAgain();
  expect(asked).toEqual({ old: dayOf(20), new: '2027-01-01' });
});

it('is not held back by what is pending still in an account that the bank no longer has', async () => {
  const asked: string[] = [];
  const other = `${account}-other`;
  script.pages = new Map([
    [
      account,
      function* () {
        yield [bankTransaction('for ever', { status: 'pending', valueDate: dayOf(1) })];
      },
    ],
    [
      other,
      function* (from: string) {
        asked.push(from);
        yield [bankTransaction('in other')];
      },
    ],
  ]);
  script.accounts = [bankAccount(account), bankAccount(other)];
  moveTo(30);
  const session = bench.session();
  await session.readAgain();
  script.accounts = [bankAccount(other)];
  for (const day of [31, 60]) {
    moveTo(day);
    await session.readAgain();
  }
  expect(asked.at(-1)).toBe(dayOf(21));
});
