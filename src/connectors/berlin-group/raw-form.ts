/** How a raw object is to be read again. What was kept before there were such words has none, and is plain JSON. */
export const rawForms = {
  /** An entry of GET /accounts. */
  account: 'account',
  /** An entry of GET /card-accounts. */
  cardAccount: 'card-account',
  balance: 'balance',
  /** Of a card whose debits are quoted without a minus. */
  debitsPositiveBalance: 'balance, debits positive',
  transaction: 'transaction',
  cardTransaction: 'card-transaction',
  debitsPositiveCardTransaction: 'card-transaction, debits positive',
  /** A whole entry. */
  camt: 'camt',
  mt940: 'mt940',
  mt942: 'mt942',
} as const;

const partStart = 'camt, part ';

/** An entry with one of the payments of its batch, counted from 0. */
export function camtPartForm(part: number): string {
  return `${partStart}${part}`;
}

/** Undefined for any other form. */
export function camtPartOf(form: string): number | undefined {
  if (!form.startsWith(partStart)) return undefined;
  const part = Number(form.slice(partStart.length));
  return Number.isSafeInteger(part) && part >= 0 ? part : undefined;
}
