import type {
  AccountIdentifier,
  AccountType,
  BankAccount,
  Holder,
  HolderRole,
} from '../../banking/account.ts';
import { isObject, type JsonObject, objectsOf, textOf } from './json.ts';
import { maskedPanIn, withoutPans } from './pan.ts';

/** ISO 20022 ExternalCashAccountType1Code, as Berlin Group banks send it, in the seed's words. */
const typeByCode: Readonly<Record<string, AccountType>> = {
  CACC: 'checking',
  TRAN: 'checking',
  SLRY: 'checking',
  CASH: 'checking',
  NREX: 'checking',
  NFCA: 'checking',
  SVGS: 'savings',
  LLSV: 'savings',
  ONDP: 'savings',
  ODFT: 'credit',
  LOAN: 'loan',
  MGLD: 'loan',
  MORT: 'loan',
  TRAS: 'investment',
  MOMA: 'investment',
  OTHR: 'other',
  CHAR: 'other',
  CISH: 'other',
  COMM: 'other',
  CPAC: 'other',
  SACC: 'other',
  TAXE: 'other',
  VACC: 'other',
  WALT: 'other',
};

/** Says credit, in the languages of the banks: a card of this product is paid later, not at once. */
const creditWords = /kredit|credit|crédit|crédito|krediet|luotto/i;

/** The account's type by its code. A card alone needs more: with a limit or by its product it is credit. */
export function accountTypeOf(account: JsonObject): AccountType {
  const code = textOf(account, 'cashAccountType')?.toUpperCase();
  if (code === 'CARD') return isCreditCard(account) ? 'credit' : 'card';
  return code !== undefined && Object.hasOwn(typeByCode, code) ? (typeByCode[code] ?? 'unknown') : 'unknown';
}

function isCreditCard(account: JsonObject): boolean {
  const words = ['product', 'usage', 'details'].map((name) => textOf(account, name) ?? '');
  return isObject(account.creditLimit) || words.some((word) => creditWords.test(word));
}

/** Best first. A full card number is masked before anybody can store it. */
export function identifiersOf(account: JsonObject, country?: string): AccountIdentifier[] {
  const [iban, bban] = ['iban', 'bban'].map((name) => textOf(account, name));
  const maskedPan = maskedPanIn(account);
  return [
    ...(iban === undefined ? [] : [{ type: 'iban', iban } as const]),
    ...(bban === undefined
      ? []
      : [{ type: 'bban', bban, ...(country !== undefined && { country }) } as const]),
    ...(maskedPan === undefined ? [] : [{ type: 'masked_pan', maskedPan } as const]),
  ];
}

const roleByWord: Readonly<Record<string, HolderRole>> = {
  owner: 'owner',
  legalrepresentative: 'legal_representative',
  authoriseduser: 'authorised_user',
};

/** Whose name `name` of an account is, by the bank's profile. */
export type NameOf = 'account' | 'owner';

/** `ownerNames` of 1.3.12 where there are any, else the one `ownerName`, which is never taken apart. */
export function holdersOf(account: JsonObject, nameOf: NameOf = 'account'): Holder[] {
  const listed = objectsOf(account.ownerNames).flatMap((owner) => {
    const name = textOf(owner, 'name');
    const role = roleOf(textOf(owner, 'role'));
    return name === undefined ? [] : [{ name, ...(role !== undefined && { role }) }];
  });
  const single = textOf(account, 'ownerName') ?? (nameOf === 'owner' ? textOf(account, 'name') : undefined);
  const holders = listed.length > 0 || single === undefined ? listed : [{ name: single }];
  return [...new Map(holders.map((holder) => [JSON.stringify(holder), holder])).values()];
}

function roleOf(word: string | undefined): HolderRole | undefined {
  const key = word?.replace(/[^a-z]/gi, '').toLowerCase();
  return key !== undefined && Object.hasOwn(roleByWord, key) ? roleByWord[key] : undefined;
}

/** An account as its list tells of it, without the ways to read more. */
export type ListedAccount = Omit<BankAccount, 'handle' | 'balances'>;

/**
 * One entry of GET /accounts (schema `accountDetails`). Undefined for an
 * entry that names no account at all, and for one that the bank has closed.
 */
export function accountOf(
  account: JsonObject,
  country: string | undefined,
  nameOf: NameOf = 'account',
): ListedAccount | undefined {
  const identifiers = identifiersOf(account, country);
  const resourceId = textOf(account, 'resourceId') ?? '';
  const nameless = resourceId === '' && identifiers.length === 0;
  if (nameless || textOf(account, 'status') === 'deleted') return undefined;
  const own = nameOf === 'account' ? textOf(account, 'name') : undefined;
  const name = own ?? textOf(account, 'displayName') ?? textOf(account, 'product');
  const bic = textOf(account, 'bic');
  return {
    resourceId,
    identifiers,
    currency: currencyOf(account) ?? 'XXX',
    ...(name !== undefined && { name }),
    ...(bic !== undefined && { bic }),
    accountType: accountTypeOf(account),
    ...(textOf(account, 'status') === 'blocked' && { status: 'blocked' }),
    holders: holdersOf(account, nameOf),
    raw: withoutPans(account),
  };
}

/** An entry of GET /card-accounts (schema `cardAccountDetails`): a card that is settled later has a limit. */
export function cardAccountOf(
  account: JsonObject,
  country: string | undefined,
  nameOf: NameOf = 'account',
): ListedAccount | undefined {
  const card = accountOf(account, country, nameOf);
  return card && { ...card, accountType: isObject(account.creditLimit) ? 'credit' : 'card' };
}

/** ISO 4217; an account without a currency of its own is `XXX`, "no currency". */
export function currencyOf(object: JsonObject): string | undefined {
  const currency = textOf(object, 'currency')?.toUpperCase() ?? '';
  return /^[A-Z]{3}$/.test(currency) ? currency : undefined;
}
