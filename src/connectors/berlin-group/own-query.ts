import { Type } from 'typebox';
import { BankFailure } from '../../banking/failure.ts';

/**
 * Banks whose reads have a query of their own (ING; its Account Information API 3.0.1 at developer.ing.com): parts
 * of a profile.
 */
export const ownQueryFields = {
  /**
   * What a report of transactions is asked by besides its first day. `booking-status`: as the standard says.
   * `currency`: the bank tells booked and pending rows without being asked, and balances and transactions by
   * the account's currency, since one number may be several accounts.
   */
  readsBy: Type.Union([Type.Literal('booking-status'), Type.Literal('currency')], {
    default: 'booking-status',
  }),
  /** `limit`: so many rows on a page; as many as the bank likes, if absent. */
  pageLimit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
  /** `balanceTypes`: balances that are told only when they are asked for by their names. */
  balanceTypes: Type.Array(Type.String({ pattern: '^[A-Za-z0-9]{1,64}$' }), { default: [], maxItems: 20 }),
};

interface OwnQuery {
  readonly readsBy: 'booking-status' | 'currency';
  readonly pageLimit?: number;
  readonly balanceTypes: readonly string[];
}

/** No currency of ISO 4217: an account of several. */
const several = 'XXX';

/** Where the balances of an account in this currency are. A link's own query stays: it is the bank's. */
export function balancesAddress(profile: OwnQuery, balancesUrl: string, currency: string): string {
  const { balanceTypes } = profile;
  return withQuery(balancesUrl, {
    ...currencyOf(profile, currency),
    ...(balanceTypes.length > 0 && { balanceTypes: balanceTypes.join(',') }),
  });
}

/** Where its transactions are, from a day on. */
export function reportAddress(
  profile: OwnQuery,
  transactionsUrl: string,
  asked: { readonly bookingStatus: string; readonly dateFrom: string; readonly currency: string },
): string {
  const { bookingStatus, dateFrom, currency } = asked;
  return withQuery(transactionsUrl, {
    ...(profile.readsBy === 'booking-status' && { bookingStatus }),
    dateFrom,
    ...currencyOf(profile, currency),
    ...(profile.pageLimit !== undefined && { limit: `${profile.pageLimit}` }),
  });
}

function currencyOf({ readsBy }: OwnQuery, currency: string): Record<string, string> {
  return readsBy === 'currency' && currency !== several ? { currency } : {};
}

function withQuery(address: string, query: Readonly<Record<string, string>>): string {
  const entries = Object.entries(query);
  if (entries.length === 0) return address;
  const url = URL.parse(address);
  if (url === null) throw new BankFailure('our-bug', 'the handle of the account holds no URL');
  for (const [name, value] of entries) url.searchParams.set(name, value);
  return url.href;
}
