import type { BankTransaction, TransactionsPage } from '../../../banking/transaction.ts';
import { unreadable } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { readTransactionsOperation as operation } from '../transaction-mapping.ts';
import { transactionsOfEntry } from './camt-entry.ts';
import { type Begun, pagesOf } from './report.ts';
import { charsetOf, decodedBy, decoderFor, type PieceDecoder } from './text-encoding.ts';
import { type XmlElement, XmlEntries } from './xml-entries.ts';

/** Of camt.052, .053 and .054. */
const reportNames = ['Rpt', 'Stmt', 'Ntfctn'];

/**
 * ISO 20022 camt.052, .053 and .054 of any version, in any number of reports or statements: their entries,
 * a page of several at a time. The document is parsed as it comes and while its entries are taken, so that a large one
 * neither stops everybody else nor stands in memory as a whole.
 */
export function camtPages(profile: Profile, report: Begun): AsyncGenerator<TransactionsPage> {
  const entries = new XmlEntries('Ntry', reportNames);
  const text = decoderOf(report);
  return pagesOf(report, {
    read: (piece) => rowsOf(profile, () => entries.read(text.decode(piece))),
    *end() {
      yield* rowsOf(profile, () => [...entries.read(text.end()), ...entries.end()]);
      if (!entries.hasContainer)
        throw unreadable(operation, 'the answer is XML, but no camt report', report.status);
    },
  });
}

function* rowsOf(profile: Profile, read: () => readonly XmlElement[]): Generator<BankTransaction> {
  for (const entry of wellFormed(read)) yield* transactionsOfEntry(entry, profile);
}

function decoderOf({ start, headers }: Begun): PieceDecoder {
  const charset = charsetOf(headers['content-type']);
  return decodedBy(decoderFor(byteOrderMark(start), declaredEncoding(start), charset));
}

function byteOrderMark(start: Buffer): string | undefined {
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xef && start[1] === 0xbb ? 'utf-8' : undefined;
}

/** The document's own word counts more than the header's, which web servers set as they like. */
function declaredEncoding(start: Buffer): string | undefined {
  const declaration = start.subarray(0, 200).toString('latin1');
  return /^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(declaration)?.[1];
}

/** What the parser says of a fault quotes the document: nothing of it goes on. */
function wellFormed(read: () => readonly XmlElement[]): readonly XmlElement[] {
  try {
    return read();
  } catch {
    throw unreadable(operation, 'the answer is not well-formed XML');
  }
}
