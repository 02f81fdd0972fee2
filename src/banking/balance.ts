/**
 * What a balance says, in the words of Berlin Group 1.3 (schema `balanceType`) and two more: `authorised` of
 * older banks and `previouslyClosedBooked` of ISO 20022 PRCD. The ISO codes of other protocols are translated to these;
 * what no standard names is `other`.
 */
export const balanceTypes = [
  'closingBooked',
  'expected',
  'openingBooked',
  'previouslyClosedBooked',
  'interimBooked',
  'interimAvailable',
  'closingAvailable',
  'openingAvailable',
  'forwardAvailable',
  'authorised',
  'nonInvoiced',
  'information',
  'other',
] as const;

export type BalanceType = (typeof balanceTypes)[number];

export interface BankBalance {
  readonly type: BalanceType;
  /** Exact decimal text with its sign: `-12.50`. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
  /** True where a credit line is part of the amount; absent where the bank does not say. */
  readonly includesCreditLine?: boolean;
  /** ISO date: the day, local to the bank, that the balance is of. */
  readonly referenceDate?: string;
  /** When it last changed, where the bank tells a moment. */
  readonly changedAt?: Date;
  /** The bank's object as parsed. */
  readonly raw: unknown;
  /** How `raw` is to be read, where that is to be mapped again (`Remapping`): the connector's own word. */
  readonly rawForm?: string;
}
