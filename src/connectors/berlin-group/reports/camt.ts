import { setImmediate as othersTurn } from 'node:timers/promises';
import type { BankTransaction, TransactionsPage } from '../../../banking/transaction.ts';
import { type BankAnswer, unreadable } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { readTransactionsOperation as operation } from '../transaction-mapping.ts';
import { transactionsOfEntry } from './camt-entry.ts';
import { rowsPerPage } from './report.ts';
import { charsetOf, decoderFor } from './text-encoding.ts';
import { type XmlElement, XmlEntries } from './xml-entries.ts';

/** Parsed at a time, which takes about two milliseconds. */
const pieceBytes = 16 * 1_024;

/**
 * ISO 20022 camt.052, .053 and .054 of any version, in any number of reports or statements: their entries,
 * a page of several at a time. The document is parsed while its entries are taken, so that a large one
 * neither stops everybody else nor stands in memory as a whole.
 */
export async function* camtPages(profile: Profile, answer: BankAnswer): AsyncGenerator<TransactionsPage> {
  const entries = new XmlEntries('Ntry');
  let page: BankTransaction[] = [];
  for (const piece of piecesOf(answer)) {
    for (const entry of wellFormed(() => entries.read(piece)))
      page.push(...transactionsOfEntry(entry, profile));
    if (page.length >= rowsPerPage) {
      yield page;
      page = [];
    }
    await othersTurn();
  }
  for (const entry of wellFormed(() => entries.end())) page.push(...transactionsOfEntry(entry, profile));
  if (!['Rpt', 'Stmt', 'Ntfctn'].some((name) => entries.hasSeen(name))) {
    throw unreadable(operation, 'the answer is XML, but no camt report', answer.status);
  }
  yield page;
}

function* piecesOf({ body, headers }: BankAnswer): Generator<string> {
  const decoder = decoderFor(byteOrderMark(body), declaredEncoding(body), charsetOf(headers['content-type']));
  for (let start = 0; start < body.length; start += pieceBytes) {
    yield decoder.decode(body.subarray(start, start + pieceBytes), { stream: true });
  }
  yield decoder.decode();
}

function byteOrderMark(body: Buffer): string | undefined {
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  return body[0] === 0xef && body[1] === 0xbb ? 'utf-8' : undefined;
}

/** The document's own word counts more than the header's, which web servers set as they like. */
function declaredEncoding(body: Buffer): string | undefined {
  const start = body.subarray(0, 200).toString('latin1');
  return /^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1];
}

/** What the parser says of a fault quotes the document: nothing of it goes on. */
function wellFormed(read: () => readonly XmlElement[]): readonly XmlElement[] {
  try {
    return read();
  } catch {
    throw unreadable(operation, 'the answer is not well-formed XML');
  }
}
