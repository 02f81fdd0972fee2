import type { Bank } from '../banking/bank.ts';

/** How well a bank fits what a person typed; higher is better, zero is not at all. */
export function matchScore(bank: Bank, text: string): number {
  const wanted = fold(text);
  if (wanted === '') return 1;
  const name = fold(bank.name);
  if (name === wanted) return 100;
  if (name.startsWith(wanted)) return 90;
  if (bank.bic && fold(bank.bic).startsWith(wanted)) return 80;
  if (wanted.length >= 4 && bankCodeOf(text, bank)) return 80;
  if (name.split(' ').some((word) => word.startsWith(wanted))) return 70;
  if (bank.aliases.some((alias) => fold(alias).startsWith(wanted))) return 60;
  if (wanted.split(' ').every((part) => name.includes(part))) return 50;
  return 0;
}

/** Lower case, without accents and punctuation, single spaces. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** A bank code typed as it is, or standing in a German or Austrian IBAN after its check digits. */
function bankCodeOf(text: string, bank: Bank): boolean {
  const compact = text.replace(/\s/g, '').toUpperCase();
  const code = /^(?:DE\d{2}(\d{8})|AT\d{2}(\d{5}))/.exec(compact);
  const wanted = code?.[1] ?? code?.[2] ?? compact;
  return bank.bankCodes.some((bankCode) => bankCode === wanted || (!code && bankCode.startsWith(wanted)));
}
