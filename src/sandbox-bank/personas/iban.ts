/** An IBAN with its check digits (ISO 13616, mod 97-10) from a country and its domestic number. */
export function ibanFor(country: string, domestic: string): string {
  const check = 98 - mod97(`${domestic}${country}00`);
  return `${country}${check.toString().padStart(2, '0')}${domestic}`;
}

/** Upper case, without blanks, with the right check digits. */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false;
  return mod97(text.slice(4) + text.slice(0, 4)) === 1;
}

/** As people read it: groups of four. */
export function groupedIban(iban: string): string {
  return iban.replaceAll(/.{4}(?=.)/g, '$& ');
}

function mod97(text: string): number {
  const digits = text.replaceAll(/[A-Z]/g, (letter) => (letter.charCodeAt(0) - 55).toString());
  return Number(BigInt(digits) % 97n);
}
