/** What may stand between the groups of an IBAN as people read and paste it. */
const separators = /[\s.-]/g;

/**
 * The IBAN (ISO 13616) in what a person typed, in the form in which it is sent: upper case, without blanks.
 * Undefined where the check digits (ISO 7064, mod 97-10) do not fit: that finds every single slip.
 */
export function ibanIn(text: string): string | undefined {
  const iban = text.replace(separators, '').toUpperCase();
  const isIban = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban) && mod97(iban.slice(4) + iban.slice(0, 4)) === 1;
  return isIban ? iban : undefined;
}

/** Letters count as 10 to 35. Digit by digit, since the number is longer than a float holds. */
function mod97(text: string): number {
  let rest = 0;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}
