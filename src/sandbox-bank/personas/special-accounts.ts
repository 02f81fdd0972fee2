import type { AccountRow, Habits } from './account-rows.ts';
import { heavyHistoryDays } from './heavy-movements.ts';
import { hostileTexts } from './hostile-texts.ts';

const current = {
  currency: 'EUR',
  identifiedBy: 'iban',
  name: 'Current account',
  product: 'Girokonto',
  type: 'CACC',
} as const;

/** One current account that the household's money goes through, with habits of its own. */
export function householdWith(habits: Habits): readonly AccountRow[] {
  return [
    {
      ...current,
      key: 'giro',
      openingCents: 184_322,
      creditLimitCents: 100_000,
      activity: 'household',
      habits,
    },
  ];
}

const company = { name: 'Keller Werkzeugbau GmbH', role: 'owner' } as const;

/** Of a company, for which a person acts. */
export const businessAccounts: readonly AccountRow[] = [
  {
    ...current,
    key: 'business',
    name: 'Business account',
    product: 'Geschäftskonto',
    usage: 'ORGA',
    openingCents: 4_812_500,
    creditLimitCents: 2_000_000,
    activity: 'business',
    owners: [company, { name: 'Thomas Keller', role: 'authorisedUser' }],
  },
  {
    ...current,
    key: 'reserve',
    name: 'Reserves',
    product: 'Tagesgeld Business',
    type: 'SVGS',
    usage: 'ORGA',
    openingCents: 12_000_000,
    owners: [company],
  },
];

export const heavyAccounts: readonly AccountRow[] = [
  {
    ...current,
    key: 'heavy',
    name: 'Collecting account',
    product: 'Sammelkonto',
    usage: 'ORGA',
    openingCents: 731_905,
    activity: 'heavy',
    habits: { historyDays: heavyHistoryDays },
  },
];

/** Every text that a person or a bank can write holds something that breaks careless software. */
export const hostileAccounts: readonly AccountRow[] = [
  {
    ...current,
    key: 'hostile',
    name: hostileTexts.name,
    product: hostileTexts.product,
    displayName: hostileTexts.displayName,
    openingCents: 184_322,
    activity: 'hostile',
    owners: [
      { name: hostileTexts.person, role: 'owner' },
      { name: hostileTexts.secondPerson, role: 'owner' },
    ],
  },
];

export const blockedAccounts: readonly AccountRow[] = [{ ...current, key: 'giro', status: 'blocked' }];

export const twinAccounts: readonly AccountRow[] = [
  { ...current, key: 'giro', openingCents: 900_000, activity: 'coffee', habits: { withoutIds: true } },
];
