/** What a person typed in place of a name: (part of) an IBAN, a BIC or a bank code. */
export type BankNumber =
  | {
      readonly kind: 'iban';
      readonly country: string;
      /** What follows the check digits, from where the bank's code begins. */
      readonly bban: string;
    }
  | { readonly kind: 'code'; readonly code: string };

const longestCode = 12;
const shortestCode = 4;

/** Of these the account number begins with a check letter (IBAN registry, release 99). */
const checkLetterFirst = new Set(['IT', 'SM']);

/**
 * Spaces do not count. An IBAN may be cut short after its bank code. What is named a code may also be a short
 * name: `INGB`.
 */
export function readBankNumber(text: string): BankNumber | undefined {
  const compact = text.replace(/\s/g, '').toUpperCase();
  if (/^[A-Z]{2}\d{2}[A-Z0-9]{3,30}$/.test(compact)) {
    const country = compact.slice(0, 2);
    return { kind: 'iban', country, bban: compact.slice(checkLetterFirst.has(country) ? 5 : 4) };
  }
  const isCode =
    compact.length >= shortestCode && compact.length <= longestCode && /^[A-Z0-9]+$/.test(compact);
  return isCode ? { kind: 'code', code: compact } : undefined;
}

/** The bank codes that an account number may begin with, the longest first. */
export function codesIn(bban: string): string[] {
  const longest = Math.min(bban.length, longestCode);
  return Array.from({ length: Math.max(0, longest - 1) }, (_, at) => bban.slice(0, longest - at));
}

/** ISO 9362: a head office may leave its branch code out. */
export function fullBic(bic: string): string {
  return bic.length === 8 ? `${bic}XXX` : bic;
}
