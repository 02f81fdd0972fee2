import { expect, it } from 'vitest';
import { type BankBalance, balanceTypes } from '../../src/banking/balance.ts';
import { BankFailure } from '../../src/banking/failure.ts';
import type { BankTransaction } from '../../src/banking/transaction.ts';
import { accessTo, type Bench, collected } from './conformance-bench.ts';

const decimal = /^\d+(\.\d+)?$/;
const isoDate = /^\d{4}-\d\d-\d\d$/;

/** What can be read of the money on the accounts of every protocol and bank. */
export function money(bench: () => Bench): void {
  it('is told as balances, in our words', async () => {
    const on = bench();
    const { access, accounts } = await on.open('one account');
    for (const account of accounts) {
      const balances = await on.connector.balances(on.bank, access, account);
      expect(balances.length).toBeGreaterThan(0);
      for (const balance of balances) checkBalance(balance);
    }
  });

  it('is told with the list where balances are all that was asked for', async () => {
    const on = bench();
    const { access } = accessTo(await on.connect('one account', 'once', ['balances']));
    const { accounts } = await on.connector.accounts(on.bank, access, ['balances']);
    for (const account of accounts) {
      const balances = await on.connector.balances(on.bank, access, account);
      expect(balances.map(({ type }) => type)).toContain('interimBooked');
    }
  });

  it('is told as transactions, none twice and none lost from page to page, whoever asks', async () => {
    const on = bench();
    const { access, accounts } = await on.open('one account');
    const [account] = accounts;
    if (account === undefined) throw new Error('no account');
    const first = await on.report(access, account);
    const rows = first.flat();
    expect(rows.length).toBeGreaterThan(100);
    for (const row of rows) checkTransaction(row);
    expect(new Set(rows.map(({ raw }) => JSON.stringify(raw))).size).toBe(rows.length);
    expect(new Set(rows.map(({ direction }) => direction))).toEqual(new Set(['credit', 'debit']));
    expect((await on.report(access, account)).flat()).toEqual(rows);
    // A shorter report is cut into other pages: what one of the two loses between pages, the other has.
    const booked = rows.filter(({ status }) => status === 'booked');
    const from = booked[Math.floor(booked.length / 3)]?.bookingDate ?? '';
    const since = await collected(on.connector.transactions(on.bank, access, account, { from }));
    expect(from).toMatch(isoDate);
    expect(since.flat().filter(({ status }) => status === 'booked')).toEqual(
      booked.filter(({ bookingDate = '' }) => bookingDate >= from),
    );
  });

  it('of every account of a person with many is read, or refused', async () => {
    const on = bench();
    const { access, accounts } = await on.open('many accounts');
    let given = 0;
    for (const account of accounts) {
      const balances = await orRefused(on.connector.balances(on.bank, access, account));
      const report = await orRefused(on.report(access, account));
      for (const balance of balances ?? []) checkBalance(balance);
      for (const row of report?.flat() ?? []) checkTransaction(row);
      if (balances && report) given += 1;
    }
    expect(given).toBeGreaterThan(accounts.length / 2);
  });

  it('of an account that is blocked is refused, which is nothing about the consent', async () => {
    const on = bench();
    const { access, accounts } = await on.open('a blocked account');
    expect(accounts.length).toBeGreaterThan(0);
    const read = [];
    for (const account of accounts) {
      const balances = await orRefused(on.connector.balances(on.bank, access, account));
      read.push({ balances, report: await orRefused(on.report(access, account)) });
    }
    expect(read).toContainEqual({ balances: undefined, report: undefined });
  });

  it('keeps hostile texts as texts', async () => {
    const on = bench();
    const { access, accounts } = await on.open('hostile texts');
    const rows: BankTransaction[] = [];
    for (const account of accounts) rows.push(...(await on.report(access, account)).flat());
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      checkTransaction(row);
      for (const text of [row.description ?? '', row.counterpartyName ?? '']) {
        expect(text.length).toBeLessThanOrEqual(10_000);
        expect(text).not.toContain('\0');
        expect(text.isWellFormed()).toBe(true);
      }
    }
  });
}

/** Undefined where the bank refuses it for good; any other failure is one of the test too. */
export async function orRefused<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (failure) {
    if (failure instanceof BankFailure && failure.kind === 'bank-refused') return undefined;
    throw failure;
  }
}

/** A balance as the contract has it. */
export function checkBalance(balance: BankBalance): void {
  expect(balanceTypes).toContain(balance.type);
  expect(balance.amount.replace(/^-/, '')).toMatch(decimal);
  expect(balance.currency).toMatch(/^[A-Z]{3}$/);
  if (balance.referenceDate !== undefined) expect(balance.referenceDate).toMatch(isoDate);
}

/** A transaction as the contract has it. */
export function checkTransaction(row: BankTransaction): void {
  expect(row.amount).toMatch(decimal);
  expect(row.currency).toMatch(/^[A-Z]{3}$/);
  expect(['credit', 'debit']).toContain(row.direction);
  expect(['booked', 'pending']).toContain(row.status);
  for (const date of [row.bookingDate, row.valueDate, row.transactionDate]) {
    if (date !== undefined) expect(date).toMatch(isoDate);
  }
  expect(row.raw).toBeTypeOf('object');
}
