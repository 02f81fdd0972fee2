/**
 * One bank as the catalogue knows it. A bank is a row of data: `profile` says how it deviates from its
 * protocol, and only the connector of that protocol reads it.
 */
export interface Bank {
  /** Stable, lower case, e.g. `de-trellis-test-bank`. */
  readonly id: string;
  readonly name: string;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly markets: readonly string[];
  /** ISO 4217. */
  readonly currencies: readonly string[];
  readonly protocol: string;
  /** A bank for trying out: reachable with sandbox keys only. */
  readonly test: boolean;
  readonly bic?: string;
  /** Other words that people search by. */
  readonly aliases: readonly string[];
  /** Bank codes (BLZ, sort code prefix) that lead from an IBAN to this bank. */
  readonly bankCodes: readonly string[];
  readonly profile: unknown;
}
