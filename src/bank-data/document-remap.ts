import type { Bank } from '../banking/bank.ts';
import type { Kept, KeptAccount, Remapping } from '../banking/remapping.ts';
import { type BalanceData, toBalanceData } from './balance.ts';
import { type BankDocument, type Missing, normaliseAccounts } from './bank-data.ts';
import type { StoredDocument } from './bank-data-store.ts';
import { type RawDocument, rawDocumentOf } from './raw-document.ts';

export interface RemappedDocument {
  readonly document: BankDocument;
  /** Accounts and balances that could not be mapped, and are as they were. */
  readonly unmappable: number;
}

/**
 * Accounts, identity and balances made anew from what the bank sent: nothing that was not granted then, no account that
 * is not there, and ids as they are.
 */
export function remapDocument(
  stored: StoredDocument,
  bank: Pick<Bank, 'id' | 'name'>,
  remapping: Remapping,
): RemappedDocument {
  const { document } = stored;
  const raw = rawDocumentOf(stored.raw, document);
  const ids = new Set(document.accounts.map(({ id }) => id));
  const mapped = raw.accounts.flatMap(({ id, ...kept }) => {
    const account = id !== undefined && ids.has(id) && orUndefined(() => remapping.account(kept));
    return id !== undefined && account ? [[id, account] as const] : [];
  });
  const accounts = accountsAgain(document, raw, mapped, bank);
  const balances = balancesAgain(stored, raw, new Map(mapped), remapping);
  const missing = missingAgain(document, accounts, balances);
  return {
    document: {
      ...accounts,
      ...(balances && { balances: balances.all }),
      ...(missing.length > 0 && { missing }),
    },
    unmappable: raw.accounts.length - mapped.length + (balances?.unmappable ?? 0),
  };
}

type Accounts = ReturnType<typeof normaliseAccounts>;

/** Who holds them is told as far as it was: from some of the accounts alone it would be another answer. */
function accountsAgain(
  document: BankDocument,
  raw: RawDocument,
  mapped: readonly (readonly [string, KeptAccount])[],
  { id }: Pick<Bank, 'id'>,
): Accounts {
  const told = { accounts: mapped, psuName: raw.psuName };
  const bank = { id, name: document.bankName };
  const again = normaliseAccounts(told, bank, identityWasAsked(document));
  const identity = mapped.length === raw.accounts.length ? again.identity : document.identity;
  const byId = new Map(again.accounts.map((account) => [account.id, account]));
  return {
    bankName: document.bankName,
    bankId: document.bankId,
    ...(identity && { identity }),
    accounts: document.accounts.map((account) => byId.get(account.id) ?? account),
  };
}

/** Whoever asked got it, or was told that it is missing. */
function identityWasAsked({ identity, missing = [] }: BankDocument): boolean {
  return identity !== undefined || missing.some(({ permission }) => permission === 'identity');
}

interface Balances {
  readonly all: BalanceData[];
  /** Accounts of which the bank's own objects are there and could be mapped. */
  readonly mapped: ReadonlySet<string>;
  readonly unmappable: number;
}

/** Undefined where none were asked for. */
function balancesAgain(
  { document, fetchedAt }: StoredDocument,
  raw: RawDocument,
  accounts: ReadonlyMap<string, KeptAccount>,
  remapping: Remapping,
): Balances | undefined {
  if (!document.balances) return undefined;
  const all: BalanceData[] = [];
  const mapped = new Set<string>();
  let unmappable = 0;
  for (const { id, accountType } of document.accounts) {
    const before = document.balances.filter(({ accountId }) => accountId === id);
    const kept = raw.balances?.[id];
    const account = raw.accounts.findLast((each) => each.id === id) ?? { raw: undefined };
    const type = accounts.get(id)?.accountType ?? accountType;
    const rows = kept && orUndefined(() => kept.map((each: Kept) => remapping.balance(each, account)));
    if (!rows) {
      unmappable += kept?.length ?? 0;
      all.push(...before);
      continue;
    }
    mapped.add(id);
    const asked = raw.fetchedAt ?? before[0]?.timestamp ?? fetchedAt;
    all.push(...toBalanceData(id, rows, type === 'card' || type === 'credit', new Date(asked)));
  }
  return { all, mapped, unmappable };
}

/** As it was, but for what the bank gives after all, or does not. */
function missingAgain(document: BankDocument, { identity }: Accounts, balances?: Balances): Missing[] {
  const told = new Set(balances?.all.map(({ accountId }) => accountId));
  const isGivenNow = ({ permission, accountId = '', reason }: Missing) =>
    reason === 'not_provided_by_bank' &&
    ((permission === 'identity' && identity !== undefined) ||
      (permission === 'balances' && told.has(accountId)));
  const missing = (document.missing ?? []).filter((each) => !isGivenNow(each));
  const reason = 'not_provided_by_bank';
  if (document.identity && !identity) missing.push({ permission: 'identity', reason });
  const before = new Set(document.balances?.map(({ accountId }) => accountId));
  for (const accountId of balances?.mapped ?? [])
    if (before.has(accountId) && !told.has(accountId))
      missing.push({ permission: 'balances', accountId, reason });
  return missing;
}

/** What cannot be mapped throws as it likes: a fault in the mapping of one row is no reason to leave the others. */
export function orUndefined<T>(map: () => T): T | undefined {
  try {
    return map();
  } catch {
    return undefined;
  }
}
