import type { Bank } from '../../banking/bank.ts';
import type { Kept, KeptAccount, Remapping } from '../../banking/remapping.ts';
import type { BankTransaction } from '../../banking/transaction.ts';
import { countryOf } from './accounts.ts';
import { balanceOf } from './balance-mapping.ts';
import { unreadableRow } from './errors.ts';
import { isObject, type JsonObject } from './json.ts';
import { accountOf, cardAccountOf } from './mapping.ts';
import { maskedPanIn } from './pan.ts';
import type { Profile } from './profiles.ts';
import { camtPartOf, rawForms } from './raw-form.ts';
import { partOfEntry, transactionsOfEntry } from './reports/camt-entry.ts';
import { mtEntryOf, mtTransaction } from './reports/mt940-entry.ts';
import { elementOfJson } from './reports/xml-entries.ts';
import { cardTransactionOf, transactionOf } from './transaction-mapping.ts';

const operation = 'map again';

/** What a bank of this profile sent before, mapped as what it sends today. */
export function remappingOf(bank: Bank, profile: Profile): Remapping {
  return {
    account: (kept) => accountAgain(kept, countryOf(bank), profile),
    balance: (kept, of) => {
      const debitsPositive = kept.rawForm === rawForms.debitsPositiveBalance;
      if (kept.rawForm === undefined && isCard(objectIn(of))) throw unreadableRow(operation, 'form');
      return balanceOf(objectIn(kept), { timeZone: profile.timeZone, debitsPositive }, operation);
    },
    transaction: (kept, status) => transactionAgain(kept, status, profile),
  };
}

function accountAgain(
  kept: Kept,
  country: string | undefined,
  { accountName }: Pick<Profile, 'accountName'>,
): KeptAccount {
  const row = objectIn(kept);
  if (kept.rawForm === undefined && isCard(row)) throw unreadableRow(operation, 'form');
  const account = (kept.rawForm === rawForms.cardAccount ? cardAccountOf : accountOf)(
    row,
    country,
    accountName,
  );
  if (account === undefined) throw unreadableRow(operation, 'account');
  return account;
}

function transactionAgain(kept: Kept, status: BankTransaction['status'], profile: Profile): BankTransaction {
  switch (kept.rawForm) {
    case undefined:
      // Of a card's row it matters how its amounts were quoted, which nobody wrote down then.
      if (cardFields.some((name) => Object.hasOwn(objectIn(kept), name)))
        throw unreadableRow(operation, 'form');
      return transactionOf(objectIn(kept), status, profile);
    case rawForms.transaction:
      return transactionOf(objectIn(kept), status, profile);
    case rawForms.cardTransaction:
      return cardTransactionOf(objectIn(kept), status, { ...profile, debitsPositive: false });
    case rawForms.debitsPositiveCardTransaction:
      return cardTransactionOf(objectIn(kept), status, { ...profile, debitsPositive: true });
    case rawForms.mt940:
    case rawForms.mt942:
      return mtTransaction(mtEntryOf(kept.raw, kept.rawForm === rawForms.mt942), profile);
    default:
      return camtAgain(kept.rawForm, kept.raw, profile);
  }
}

/** Schema `cardTransaction` alone has these. */
const cardFields = ['cardTransactionId', 'cardAcceptorName', 'cardAcceptorAddress', 'transactionDetails'];

/** Of one row one row: what would be several now had one id, which cannot be shared. */
function camtAgain(form: string, raw: unknown, profile: Profile): BankTransaction {
  const part = camtPartOf(form);
  if (part === undefined && form !== rawForms.camt) throw unreadableRow(operation, 'form');
  const entry = elementOfJson('Ntry', raw);
  if (part !== undefined) return partOfEntry(entry, part, profile);
  const [row, ...others] = transactionsOfEntry(entry, profile);
  if (row === undefined || others.length > 0) throw unreadableRow(operation, 'entry');
  return row;
}

/** Named by its card and nothing else: with the balances and rows of cards, if it came from their list. */
function isCard(account: JsonObject): boolean {
  return account.iban === undefined && account.bban === undefined && maskedPanIn(account) !== undefined;
}

function objectIn({ raw }: Kept): JsonObject {
  if (!isObject(raw)) throw unreadableRow(operation, 'object');
  return raw;
}
