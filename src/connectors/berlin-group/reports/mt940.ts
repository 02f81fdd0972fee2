import { setImmediate as othersTurn } from 'node:timers/promises';
import type { BankTransaction, TransactionsPage } from '../../../banking/transaction.ts';
import { type BankAnswer, unreadable, unreadableRow } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { rawForms } from '../raw-form.ts';
import { readTransactionsOperation as operation } from '../transaction-mapping.ts';
import { type MtEntry, mtTransaction } from './mt940-entry.ts';
import { rowsPerPage } from './report.ts';
import { charsetOf, decoderFor, decodeText } from './text-encoding.ts';

/**
 * SWIFT MT940 (booked) and MT942 (interim, which is pending), any number of statements in one text, with or
 * without the envelope of the network.
 */
export async function* mtPages(profile: Profile, answer: BankAnswer): AsyncGenerator<TransactionsPage> {
  let page: BankTransaction[] = [];
  let isReport = false;
  for (const item of entriesIn(fieldsIn(textOfAnswer(answer)))) {
    isReport = true;
    if (item !== 'statement')
      page.push({
        ...mtTransaction(item, profile),
        rawForm: item.isInterim ? rawForms.mt942 : rawForms.mt940,
      });
    if (page.length < rowsPerPage) continue;
    yield page;
    page = [];
    await othersTurn();
  }
  if (!isReport) throw unreadable(operation, 'the answer is text, but no MT94x report', answer.status);
  yield page;
}

function textOfAnswer({ body, headers }: BankAnswer): string {
  const charset = charsetOf(headers['content-type']);
  return charset === undefined || /^(us-)?ascii$|^utf-?8$/i.test(charset)
    ? decodeText(body)
    : decoderFor(charset).decode(body);
}

/** `:61:...` with the lines that belong to it. */
interface MtField {
  readonly tag: string;
  readonly lines: readonly [string, ...string[]];
}

/** The fields in their order. What stands outside of them is the network's envelope. */
function* fieldsIn(text: string): Generator<MtField> {
  let open: { tag: string; lines: [string, ...string[]] } | undefined;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [, tag, value = ''] = /^(?:\{4:)?:(\d\d[A-Z]?):(.*)$/.exec(line) ?? [];
    const isEnd = tag === undefined && /^-\}?$|^\{/.test(line);
    if (tag === undefined && !isEnd) {
      open?.lines.push(line);
      continue;
    }
    if (open !== undefined) yield open;
    open = tag === undefined ? undefined : { tag, lines: [value] };
  }
  if (open !== undefined) yield open;
}

/** Each entry with what is said about it, and a word for each statement, which may have none. */
function* entriesIn(fields: Iterable<MtField>): Generator<MtEntry | 'statement'> {
  let currency: string | undefined;
  let isInterim = false;
  let open: MtEntry | undefined;
  for (const { tag, lines } of fields) {
    if (tag === '86' && open !== undefined) {
      yield { ...open, information: lines };
      open = undefined;
      continue;
    }
    if (open !== undefined) yield open;
    open = undefined;
    if (tag === '20') {
      currency = undefined;
      yield 'statement';
    }
    // 60a opens a statement of booked entries, 34F (the floor limit) an interim report.
    if (tag === '60F' || tag === '60M') {
      currency = /^[CD]\d{6}([A-Z]{3})/.exec(lines[0])?.[1];
      isInterim = false;
    }
    if (tag === '34F') {
      currency = /^([A-Z]{3})/.exec(lines[0])?.[1];
      isInterim = true;
    }
    if (tag === '61') {
      if (currency === undefined) throw unreadableRow(operation, 'currency');
      open = { line: lines[0], supplement: lines.slice(1), information: [], currency, isInterim };
    }
  }
  if (open !== undefined) yield open;
}
