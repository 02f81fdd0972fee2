import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { BankAccount } from '../../banking/account.ts';
import type { ReadAccess } from '../../banking/call-budget.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { TransactionsAsked, TransactionsPage } from '../../banking/transaction.ts';
import { type AccountHandle, handleOf, requireUnblocked } from './account-handle.ts';
import { type BankStream, isStream } from './bank-stream.ts';
import { daysBefore, localDate } from './calendar.ts';
import { type Connection, failureOf } from './client.ts';
import { ConsentedClient } from './consented-client.ts';
import { countedRead } from './counted-read.ts';
import { type BankAnswer, codesOf } from './errors.ts';
import { reportAddress } from './own-query.ts';
import type { Profile } from './profiles.ts';
import { isStreamed, reportIn, streamedReport } from './reports/read-report.ts';
import type { Report } from './reports/report.ts';
import { readTransactionsOperation as operation } from './transaction-mapping.ts';

const acceptOf: Readonly<Record<Profile['transactionsFormat'], string>> = {
  json: 'application/json',
  camt: 'application/xml',
  mt940: 'text/plain',
};

/** One account's report while it is being read. */
interface Reading {
  readonly connection: Connection;
  readonly access: ReadAccess;
  readonly client: ConsentedClient;
  readonly account: BankAccount;
  readonly handle: AccountHandle;
  /** Over all pages and parts. */
  readonly spent: { pages: number; rows: number };
}

/** GET .../transactions of an account or card, and what its links lead to. */
export async function* readTransactions(
  connection: Connection,
  access: ReadAccess,
  account: BankAccount,
  asked: TransactionsAsked,
): AsyncGenerator<TransactionsPage> {
  const handle = handleOf(account);
  const { transactionsUrl } = handle;
  if (transactionsUrl === undefined) return;
  const client = new ConsentedClient(connection, access);
  const reading = { connection, access, client, account, handle, spent: { pages: 0, rows: 0 } };
  let { from } = asked;
  for (const bookingStatus of statusesAsked(connection.profile)) {
    const first = await firstPage(reading, transactionsUrl, bookingStatus, from);
    // What the bank found too long once need not be asked again: such calls are counted too.
    ({ from } = first);
    yield* pagesFrom(reading, await reportOf(reading, first.answer), first.answer.url);
  }
}

/** Which reports make the whole: values of the query parameter bookingStatus. Only `booked` must be known to every bank. */
const bookingStatuses: Readonly<Record<Profile['pendingTransactions'], readonly string[]>> = {
  both: ['both'],
  separate: ['booked', 'pending'],
  none: ['booked'],
};

/** A bank that is not asked for a status tells all in one report. */
function statusesAsked({ readsBy, pendingTransactions }: Profile): readonly string[] {
  return bookingStatuses[readsBy === 'currency' ? 'both' : pendingTransactions];
}

/**
 * Page after page, until there is no link to a next one, or it leads to where we were: some banks' last one does. Or it
 * has a new name each time, and the same rows behind it.
 */
async function* pagesFrom(reading: Reading, first: Report, url: string): AsyncGenerator<TransactionsPage> {
  const seen = new Set([url]);
  const repeats = new Repeats();
  let report: Report | undefined = first;
  while (report !== undefined) {
    for await (const page of report.pages) {
      if (repeats.areEnough(page)) return;
      yield counted(reading, page);
    }
    const { next }: Report = report;
    report = undefined;
    if (next === undefined || seen.has(next)) return;
    seen.add(next);
    report = await furtherPage(reading, next);
  }
}

/** One page sent twice is a slip, after which others may follow; so many in a row are a bank that turns in a circle. */
const maxRepeats = 5;

/**
 * Knows pages by their outer rows: by what they say, since some banks number the rows of each page anew, and by the
 * bank's names for them, without which two pages may be alike by chance.
 */
class Repeats {
  readonly #known = new Set<string>();
  #inRow = 0;

  areEnough(page: TransactionsPage): boolean {
    const [first, last] = [page[0], page.at(-1)];
    if (first?.reference === undefined || last?.reference === undefined) return false;
    const said = [first, last].map(({ raw: _, ...rest }) => rest);
    // A digest, since a row may be long, and pages are many.
    const name = hash('sha256', JSON.stringify([page.length, said]), 'base64');
    this.#inRow = this.#known.has(name) ? this.#inRow + 1 : 0;
    this.#known.add(name);
    return this.#inRow >= maxRepeats;
  }
}

/** What was asked from which day on. */
interface Asked {
  readonly from: string;
  readonly answer: BankAnswer | BankStream;
}

/** A period that the bank finds too long is asked again, shorter. */
async function firstPage(
  reading: Reading,
  transactionsUrl: string,
  bookingStatus: string,
  from: string,
): Promise<Asked> {
  const counted = { read: 'transactions', account: reading.account.resourceId } as const;
  const ask = async (dateFrom: string): Promise<Asked> => {
    const { currency } = reading.account;
    const url = reportAddress(reading.connection.profile, transactionsUrl, {
      bookingStatus,
      dateFrom,
      currency,
    });
    const answer = await countedRead(reading.access, counted, () => get(reading, url));
    return { from: dateFrom, answer };
  };
  let asked = await ask(from);
  for (const shorter of longestPeriods(reading.connection))
    if (isTooLong(asked.answer) && asked.from < shorter) asked = await ask(shorter);
  return asked;
}

function isTooLong(answer: BankAnswer | BankStream): boolean {
  return answer.status >= 400 && !isStream(answer) && codesOf(answer).includes('PERIOD_INVALID');
}

/**
 * The first days of the longest period that the bank gives, as we count it and as the bank may: with a clock that is
 * ahead of ours, or with the first and the last day both counted.
 */
function longestPeriods({ profile, clock }: Connection): readonly string[] {
  const today = localDate(clock.now(), profile.timeZone);
  const days = [profile.historyDays, Math.max(profile.historyDays - 2, 0)];
  return days.map((each) => daysBefore(today, each));
}

/**
 * Asked for a second time when the first was spoiled on its way: what was read before it need not be read again. Of
 * what is read while it comes rows may have been given already, which cannot be taken back.
 */
async function furtherPage(reading: Reading, url: string): Promise<Report> {
  try {
    return await reportOf(reading, await get(reading, url));
  } catch (thrown) {
    const isPassing = thrown instanceof BankFailure && thrown.kind === 'retry-later';
    if (!isPassing || thrown.details.httpStatus === 429) throw thrown;
    await delay(reading.connection.limits.pageRetryAfterMs);
    return reportOf(reading, await get(reading, url));
  }
}

async function get({ connection, client, spent }: Reading, url: string): Promise<BankAnswer | BankStream> {
  const { limits, profile } = connection;
  spent.pages += 1;
  if (spent.pages > limits.maxPages) throw tooMuch(`${limits.maxPages} pages`);
  const how = { accept: acceptOf[profile.transactionsFormat], timeoutMs: limits.reportTimeoutMs };
  return client.open(operation, url, how, isStreamed);
}

async function reportOf({ connection, handle }: Reading, answer: BankAnswer | BankStream): Promise<Report> {
  const { profile, limits } = connection;
  if (isStream(answer)) return streamedReport(profile, answer, handle, limits.maxReportBytes);
  requireUnblocked(operation, answer);
  if (answer.status < 200 || answer.status > 299) throw failureOf(connection, operation, answer, true);
  return reportIn(profile, answer, handle);
}

function counted({ connection, spent }: Reading, page: TransactionsPage): TransactionsPage {
  const { maxTransactions } = connection.limits;
  spent.rows += page.length;
  if (spent.rows > maxTransactions) throw tooMuch(`${maxTransactions} transactions`);
  return page;
}

function tooMuch(limit: string): BankFailure {
  return new BankFailure('bank-refused', `${operation}: more than ${limit}`);
}
