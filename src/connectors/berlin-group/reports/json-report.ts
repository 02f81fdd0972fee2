import { setImmediate as othersTurn } from 'node:timers/promises';
import type { BankTransaction, TransactionsPage } from '../../../banking/transaction.ts';
import { type AccountHandle, quotesDebitsPositive } from '../account-handle.ts';
import { jsonIn } from '../client.ts';
import { type BankAnswer, unreadable, unreadableRow } from '../errors.ts';
import { isObject, type JsonObject } from '../json.ts';
import { linkTo } from '../links.ts';
import type { Profile } from '../profiles.ts';
import { rawForms } from '../raw-form.ts';
import {
  cardTransactionOf,
  readTransactionsOperation as operation,
  transactionOf,
} from '../transaction-mapping.ts';
import { type Report, rowsPerPage } from './report.ts';

/** Schemas `accountReport` and `cardAccountReport`. Standing orders (`information`) are no transactions. */
export function jsonReport(profile: Profile, answer: BankAnswer, handle: AccountHandle): Report {
  const read = jsonIn(operation, answer);
  const isCard = handle.list === 'card-accounts';
  const report = (isCard ? read.json.cardTransactions : undefined) ?? read.json.transactions ?? read.json;
  if (!isObject(report)) throw unreadable(operation, 'the answer has no report', answer.status);
  const link = (relation: string) =>
    linkTo(profile, { url: answer.url, json: report }, relation) ?? linkTo(profile, read, relation);
  const lists = { booked: listIn(report, 'booked'), pending: listIn(report, 'pending') };
  const hasList = lists.booked !== undefined || lists.pending !== undefined;
  const download = hasList ? undefined : link('download');
  // A report without lists is one without transactions; an answer without anything is no report.
  if (!hasList && download === undefined && report === read.json) {
    throw unreadable(operation, 'the answer has no list of transactions', answer.status);
  }
  const map = isCard ? cardTransactionOf : transactionOf;
  const debitsPositive = quotesDebitsPositive(handle, read.json);
  const { transactionSign, stableReference, timeZone } = profile;
  const rawForm = formOf(isCard, debitsPositive);
  const rules = { transactionSign, stableReference, timeZone, debitsPositive, rawForm };
  const mapped = (status: BankTransaction['status']) => (row: unknown) => {
    if (!isObject(row)) throw unreadableRow(operation, 'transaction');
    return map(row, status, rules);
  };
  return {
    pages: pagesOf([
      { rows: lists.booked ?? [], map: mapped('booked') },
      { rows: lists.pending ?? [], map: mapped('pending') },
    ]),
    next: download ?? link('next'),
  };
}

function formOf(isCard: boolean, debitsPositive: boolean): string {
  if (!isCard) return rawForms.transaction;
  return debitsPositive ? rawForms.debitsPositiveCardTransaction : rawForms.cardTransaction;
}

interface Rows {
  readonly rows: readonly unknown[];
  readonly map: (row: unknown) => BankTransaction;
}

/** One page, unless that would keep everybody else waiting: then a page of several at a time. */
async function* pagesOf(lists: readonly Rows[]): AsyncGenerator<TransactionsPage> {
  const count = lists.reduce((sum, { rows }) => sum + rows.length, 0);
  if (count <= rowsPerPage) {
    yield lists.flatMap(({ rows, map }) => rows.map(map));
    return;
  }
  for (const { rows, map } of lists) {
    for (let start = 0; start < rows.length; start += rowsPerPage) {
      await othersTurn();
      yield rows.slice(start, start + rowsPerPage).map(map);
    }
  }
}

function listIn(report: JsonObject, name: string): readonly unknown[] | undefined {
  const list = report[name] ?? undefined;
  if (list === undefined || Array.isArray(list)) return list;
  throw unreadable(operation, 'the answer has no list of transactions');
}
