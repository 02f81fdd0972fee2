import { describe, expect, it } from 'vitest';
import type { CountedRead, ReadAccess } from '../../src/banking/call-budget.ts';
import { BankFailure } from '../../src/banking/failure.ts';
import {
  bank,
  connector,
  openAccount,
  scripted,
  tppError,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';

useScriptedBank();

const balances = 'GET /v1/accounts/r1/balances';
const transactions = 'GET /v1/accounts/r1/transactions';
const balance = { balanceAmount: { amount: '1', currency: 'EUR' }, balanceType: 'interimBooked' };

function page(next?: string) {
  const _links = { account: { href: '/v1/accounts/r1' }, ...(next && { next: { href: next } }) };
  return { json: { account: { iban: 'DE1' }, transactions: { booked: [], _links } } };
}

/** An account whose reads are noted as they are counted; `refuse` is what counting throws. */
async function counted(psu: ReadAccess['psu'] | undefined = null, refuse?: Error) {
  const { access, account } = await openAccount();
  const spent: CountedRead[] = [];
  const exhausted: CountedRead[] = [];
  const counting: ReadAccess = {
    ...access,
    psu,
    spend: async (read) => {
      if (refuse) throw refuse;
      spent.push(read);
    },
    exhaust: async (read) => void exhausted.push(read),
  };
  const report = async () => {
    for await (const _ of connector.transactions(bank(), counting, account, { from: '2026-01-01' }));
  };
  return { access: counting, account, spent, exhausted, report };
}

describe('unattended reads', () => {
  it('are counted each by itself, further pages not', async () => {
    scripted.follow(
      working({
        [balances]: { json: { balances: [balance] } },
        [transactions]: [page('/v1/next')],
        'GET /v1/next': page(),
      }),
    );
    const { access, account, spent, exhausted, report } = await counted();
    await connector.accounts(bank(), access, ['transactions']);
    await connector.balances(bank(), access, account);
    await report();
    expect(scripted.to('GET /v1/next')).toHaveLength(1);
    expect(spent).toEqual([
      { read: 'accounts' },
      { read: 'balances', account: 'r1' },
      { read: 'transactions', account: 'r1' },
    ]);
    expect(exhausted).toEqual([]);
  });

  it('are not counted while the user is there', async () => {
    scripted.follow(working({ [transactions]: page() }));
    const { spent, report } = await counted({ ipAddress: '203.0.113.7' });
    await report();
    expect(spent).toEqual([]);
  });

  it('are not made when they cannot be counted', async () => {
    scripted.follow(working({ [transactions]: page() }));
    const used = new BankFailure('retry-later', 'used up', { bankCode: 'ACCESS_EXCEEDED' });
    const { report } = await counted(null, used);
    await expect(report()).rejects.toBe(used);
    expect(scripted.to(transactions)).toEqual([]);
  });

  it('are used up when the bank says so, and not for another reason', async () => {
    scripted.follow(
      working({ [transactions]: [tppError(429, 'SERVICE_UNAVAILABLE'), tppError(429, 'ACCESS_EXCEEDED')] }),
    );
    const { exhausted, report } = await counted();
    await expect(report()).rejects.toThrow('429');
    expect(exhausted).toEqual([]);
    await expect(report()).rejects.toThrow('429');
    expect(exhausted).toEqual([{ read: 'transactions', account: 'r1' }]);
  });
});

it('the budget is four, until midnight at the bank', () => {
  const { limit, day, resetsAt } = connector.callBudget(bank({ timeZone: 'Pacific/Auckland' }));
  expect(limit).toBe(4);
  const wall = (at: Date) => at.toLocaleString('sv-SE', { timeZone: 'Pacific/Auckland' });
  expect(wall(resetsAt)).toMatch(/ 00:00:00$/);
  expect(wall(new Date(resetsAt.getTime() - 1_000))).toBe(`${day} 23:59:59`);
});
