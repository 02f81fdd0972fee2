/** An amount without its sign, as exact decimal text. Amounts never become floats. */
export interface Decimal {
  /** Digits, with a point where there is a fraction, as many places as were sent: `1250.00`. */
  readonly amount: string;
  readonly negative: boolean;
}

/** More places than any currency has; some banks send rates' precision. */
const decimalText = /^([+-]?)0*(\d{1,18})(\.\d{1,10})?$/;

/**
 * Reads decimal text, as the standards write amounts: `-12.50`, never `1,00`, `1e3` or `.5`. A number of a
 * JSON document counts by the digits that it had there. Undefined for anything else.
 */
export function decimalOf(value: unknown): Decimal | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  const parts = typeof text === 'string' ? decimalText.exec(text.trim()) : null;
  if (!parts) return undefined;
  const amount = `${parts[2]}${parts[3] ?? ''}`;
  return { amount, negative: parts[1] === '-' && /[1-9]/.test(amount) };
}

/** With a minus in front where it is negative: how balances are written. */
export function signedText({ amount, negative }: Decimal): string {
  return negative ? `-${amount}` : amount;
}

/** Zero stays as it is. */
export function inverted({ amount, negative }: Decimal): Decimal {
  return { amount, negative: !negative && /[1-9]/.test(amount) };
}

/** The same for `12.5` and `12.50`: by which two amounts are compared. */
export function canonicalAmount(amount: string): string {
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount;
}

/** As a signed count of the smallest part that decimal text may have (ten places): what sums are made of. */
export function unitsOf({ amount, negative }: Decimal): bigint {
  const [whole = '', fraction = ''] = amount.split('.');
  const units = BigInt(whole + fraction.padEnd(10, '0'));
  return negative ? -units : units;
}
