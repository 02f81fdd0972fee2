import type { BankTransaction, TransactionsPage } from '../../../banking/transaction.ts';
import { unreadable } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { rawForms } from '../raw-form.ts';
import { readTransactionsOperation as operation } from '../transaction-mapping.ts';
import { MtEntries } from './mt940-entries.ts';
import { type MtEntry, mtTransaction } from './mt940-entry.ts';
import { type Begun, pagesOf } from './report.ts';
import { charsetOf, decodedBy, decodedByLine, decoderFor, type PieceDecoder } from './text-encoding.ts';

/**
 * SWIFT MT940 (booked) and MT942 (interim, which is pending), any number of statements in one text, with or
 * without the envelope of the network. Read as it comes.
 */
export function mtPages(profile: Profile, report: Begun): AsyncGenerator<TransactionsPage> {
  const entries = new MtEntries();
  const text = decoderOf(report);
  const rowOf = (entry: MtEntry): BankTransaction => ({
    ...mtTransaction(entry, profile),
    rawForm: entry.isInterim ? rawForms.mt942 : rawForms.mt940,
  });
  return pagesOf(report, {
    read: (piece) => entries.read(text.decode(piece)).map(rowOf),
    end() {
      const rows = [...entries.read(text.end()), ...entries.end()].map(rowOf);
      if (!entries.hasStatement)
        throw unreadable(operation, 'the answer is text, but no MT94x report', report.status);
      return rows;
    },
  });
}

function decoderOf({ headers }: Begun): PieceDecoder {
  const charset = charsetOf(headers['content-type']);
  // These two are what web servers say of any text.
  return charset === undefined || /^(us-)?ascii$|^utf-?8$/i.test(charset)
    ? decodedByLine()
    : decodedBy(decoderFor(charset));
}
