import type { Account } from '../personas/account.ts';

/** The standard's account reference: one identifier, and a currency where the number has several. */
export interface AccountReference {
  readonly iban?: string;
  readonly bban?: string;
  readonly pan?: string;
  readonly maskedPan?: string;
  readonly msisdn?: string;
  readonly other?: { readonly identification: string };
  readonly currency?: string;
}

export const services = ['accounts', 'balances', 'transactions'] as const;
export type Service = (typeof services)[number];

export const globalServices = ['allPsd2', 'availableAccounts', 'availableAccountsWithBalance'] as const;
export type GlobalService = (typeof globalServices)[number];

/** What a consent asks for: protocols of XS2A 1.3, section 6.3.1.1. */
export type Access =
  | {
      readonly kind: 'global';
      readonly service: GlobalService;
      readonly ownerName: boolean;
      readonly types?: readonly string[];
    }
  | {
      readonly kind: 'bankOffered';
      readonly services: readonly Service[];
      readonly ownerName: boolean;
      readonly types?: readonly string[];
    }
  | {
      readonly kind: 'detailed';
      readonly references: Readonly<Partial<Record<Service, readonly AccountReference[]>>>;
      readonly ownerName?: readonly AccountReference[];
    };

/** What a consent allows on one account. */
export interface Rights {
  /** The account may be read by itself, and its links are given; else it is only named in the list. */
  readonly details: boolean;
  readonly balances: boolean;
  readonly transactions: boolean;
  readonly ownerName: boolean;
}

/**
 * The rights on one account of the PSU; undefined where the account is outside the consent.
 * `selected` are the keys that the PSU picked at the bank, for a bank-offered consent.
 */
export function rightsOn(account: Account, access: Access, selected: readonly string[]): Rights | undefined {
  switch (access.kind) {
    case 'global':
      return isOfType(account, access.types) ? globalRights(access.service, access.ownerName) : undefined;
    case 'bankOffered':
      return selected.includes(account.key) ? offeredRights(access.services, access.ownerName) : undefined;
    case 'detailed':
      return detailedRights(account, access);
  }
}

/** The accounts that the bank may offer for this consent, before the PSU picks. */
export function mayCover(account: Account, access: Access): boolean {
  if (access.kind === 'bankOffered') return isOfType(account, access.types);
  return rightsOn(account, access, []) !== undefined;
}

/** The same number; the currency counts only where the reference names one. */
export function refersTo(reference: AccountReference, account: Account): boolean {
  if (reference.currency !== undefined && reference.currency !== account.currency) return false;
  const { number } = account;
  if ('iban' in number) return reference.iban === number.iban;
  return 'bban' in number ? reference.bban === number.bban : reference.maskedPan === number.maskedPan;
}

export function referenceTo(account: Account): AccountReference {
  return { ...account.number, currency: account.currency };
}

/** Every account that a detailed consent names, each service and the owner's name taken together. */
export function referencesIn(access: Access): readonly AccountReference[] {
  if (access.kind !== 'detailed') return [];
  return [...Object.values(access.references).flat(), ...(access.ownerName ?? [])];
}

function globalRights(service: GlobalService, ownerName: boolean): Rights {
  const all = service === 'allPsd2';
  return { details: all, balances: service !== 'availableAccounts', transactions: all, ownerName };
}

function offeredRights(offered: readonly Service[], ownerName: boolean): Rights {
  return {
    details: true,
    balances: offered.includes('balances'),
    transactions: offered.includes('transactions'),
    ownerName,
  };
}

function detailedRights(account: Account, access: Access & { kind: 'detailed' }): Rights | undefined {
  const named = (references: readonly AccountReference[] = []) =>
    references.some((each) => refersTo(each, account));
  const { accounts, balances, transactions } = access.references;
  const rights = {
    details: true,
    balances: named(balances),
    transactions: named(transactions),
    ownerName: named(access.ownerName),
  };
  // Balances and transactions of an account include reading the account itself.
  return named(accounts) || rights.balances || rights.transactions ? rights : undefined;
}

function isOfType(account: Account, types: readonly string[] | undefined): boolean {
  return types === undefined || (account.type !== undefined && types.includes(account.type));
}
