import type { BalanceType, BankBalance } from '../banking/balance.ts';

/** One balance as the bank sent it, in the common words of `BalanceType`. */
export interface BalanceRow {
  type: BalanceType;
  amount: string;
  includesCreditLine?: boolean;
  referenceDate?: string;
}

/** What an account holds in one currency. Decimal strings, exact. */
export interface BalanceData {
  accountId: string;
  /** What can be spent now. */
  available: string;
  /** What is booked. */
  current: string;
  currency: string;
  /** ISO 8601 UTC: the moment that the bank tells, else its day, else when it was asked. */
  timestamp: string;
  /** Those of the two that the bank did not send: they repeat the other. */
  derived?: ('available' | 'current')[];
  types: BalanceRow[];
}

/** Best first: what is booked now, else at the last close, else at the last opening. */
const currentTypes: readonly BalanceType[] = [
  'interimBooked',
  'closingBooked',
  'openingBooked',
  'previouslyClosedBooked',
];
const availableTypes: readonly BalanceType[] = [
  'interimAvailable',
  'closingAvailable',
  'forwardAvailable',
  'openingAvailable',
  'expected',
  'authorised',
];
/** Cards report what is not billed yet, and some nothing else. */
const cardTypes: readonly BalanceType[] = ['nonInvoiced', 'information'];

/** One entry for each currency; none where the bank sent nothing that says what is there. */
export function toBalanceData(
  accountId: string,
  balances: readonly BankBalance[],
  isCard: boolean,
  fetchedAt: Date,
): BalanceData[] {
  const currencies = [...new Set(balances.map(({ currency }) => currency))];
  return currencies.flatMap((currency) => {
    const rows = balances.filter((balance) => balance.currency === currency);
    return inOneCurrency(accountId, currency, rows, isCard, fetchedAt) ?? [];
  });
}

function inOneCurrency(
  accountId: string,
  currency: string,
  rows: readonly BankBalance[],
  isCard: boolean,
  fetchedAt: Date,
): BalanceData | undefined {
  const current = best(rows, isCard ? [...currentTypes, ...cardTypes] : currentTypes);
  const available = best(rows, availableTypes);
  const either = current ?? available;
  if (either === undefined) return undefined;
  const derived = [
    ...(available === undefined ? (['available'] as const) : []),
    ...(current === undefined ? (['current'] as const) : []),
  ];
  return {
    accountId,
    available: (available ?? either).amount,
    current: either.amount,
    currency,
    timestamp: momentOf(either, fetchedAt),
    ...(derived.length > 0 && { derived }),
    types: rows.map(toRow),
  };
}

/** Of several of one type (a card's instalments, a list of days) the newest. */
function best(rows: readonly BankBalance[], types: readonly BalanceType[]): BankBalance | undefined {
  for (const type of types) {
    const [newest] = rows.filter((row) => row.type === type).sort((a, b) => dayOf(b).localeCompare(dayOf(a)));
    if (newest !== undefined) return newest;
  }
  return undefined;
}

function dayOf({ referenceDate, changedAt }: BankBalance): string {
  return referenceDate ?? changedAt?.toISOString() ?? '';
}

function momentOf({ changedAt, referenceDate }: BankBalance, fetchedAt: Date): string {
  if (changedAt !== undefined) return changedAt.toISOString();
  return referenceDate === undefined ? fetchedAt.toISOString() : `${referenceDate}T00:00:00.000Z`;
}

function toRow({ type, amount, includesCreditLine, referenceDate }: BankBalance): BalanceRow {
  return {
    type,
    amount,
    ...(includesCreditLine !== undefined && { includesCreditLine }),
    ...(referenceDate !== undefined && { referenceDate }),
  };
}
