import type { BankTransaction, TransactionsPage } from '../../../banking/transaction.ts';
import type { BankStream } from '../bank-stream.ts';
import { unreadable } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { rawForms } from '../raw-form.ts';
import { readTransactionsOperation as operation } from '../transaction-mapping.ts';
import { MtEntries } from './mt940-entries.ts';
import { type MtEntry, mtTransaction } from './mt940-entry.ts';
import { cutInto } from './pieces.ts';
import { bytesAtATime, pagesOfText } from './report.ts';
import { charsetOf, decoded, decodedLines, decoderFor } from './text-encoding.ts';

/**
 * SWIFT MT940 (booked) and MT942 (interim, which is pending), any number of statements in one text, with or
 * without the envelope of the network. Read as it comes.
 */
export function mtPages(profile: Profile, stream: BankStream): AsyncGenerator<TransactionsPage> {
  const entries = new MtEntries();
  const rowOf = (entry: MtEntry): BankTransaction => ({
    ...mtTransaction(entry, profile),
    rawForm: entry.isInterim ? rawForms.mt942 : rawForms.mt940,
  });
  return pagesOfText(textOf(stream), {
    read: (text) => entries.read(text).map(rowOf),
    end() {
      const rows = entries.end().map(rowOf);
      if (!entries.hasStatement)
        throw unreadable(operation, 'the answer is text, but no MT94x report', stream.status);
      return rows;
    },
  });
}

function textOf({ pieces, headers }: BankStream): AsyncGenerator<string> {
  const charset = charsetOf(headers['content-type']);
  const cut = cutInto(bytesAtATime, pieces);
  // These two are what web servers say of any text.
  return charset === undefined || /^(us-)?ascii$|^utf-?8$/i.test(charset)
    ? decodedLines(cut)
    : decoded(cut, decoderFor(charset));
}
