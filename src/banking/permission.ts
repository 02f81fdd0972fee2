/** What a merchant may ask for. Seed, field `permissions`. Accounts are part of every permission. */
export const permissions = ['identity', 'balances', 'transactions'] as const;

export type Permission = (typeof permissions)[number];
