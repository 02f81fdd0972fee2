import { type Static, Type } from 'typebox';
import { expectedKeyword } from '../platform/http/validation.ts';
import { isDefault, type ListedBank, maxBankIdChars } from './institution.ts';
import { logoPath } from './logo.ts';

export const maxBanksAtOnce = 1_000;
const maxSkip = 1_000_000;
const maxTextChars = 200;

const country = Type.String({
  pattern: '^[A-Z]{2}$',
  [expectedKeyword]: 'two upper-case letters, e.g. DE',
  description: 'ISO 3166-1 alpha-2. A country without a bank is an empty list.',
});
const currency = Type.String({
  pattern: '^[A-Z]{3}$',
  [expectedKeyword]: 'a currency code of three upper-case letters, e.g. EUR',
});

const filters = {
  market: Type.Optional(country),
  currency: Type.Optional(currency),
  group: Type.Optional(Type.String({ maxLength: maxTextChars, description: 'Members of this group only.' })),
  capability: Type.Optional(
    Type.String({
      maxLength: maxTextChars,
      description:
        '`ais`, or one of the permissions of a session. Of anything else, `pis` included, no bank here is capable.',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxBanksAtOnce, default: maxBanksAtOnce })),
  skip: Type.Optional(Type.Integer({ minimum: 0, maximum: maxSkip, default: 0 })),
};

export const listBanksBody = Type.Object(filters);
export const searchBanksBody = Type.Object({
  ...filters,
  search: Type.Optional(
    Type.String({
      maxLength: maxTextChars,
      description:
        'Name, alias, group, BIC, bank code or IBAN. Empty: the default banks of the market; where none is marked so, all.',
    }),
  ),
});
export const bankDetailsBody = Type.Object({
  id: Type.String({ minLength: 1, maxLength: maxBankIdChars, description: 'The bank’s id.' }),
});

export type ListBanksBody = Static<typeof listBanksBody>;

export const bankSchema = Type.Object({
  id: Type.String({ description: 'Never changes. Goes into `prefill.bankId`.' }),
  name: Type.String(),
  market: Type.Array(Type.String(), { description: 'ISO 3166-1 alpha-2.' }),
  currencies: Type.Array(Type.String(), { description: 'ISO 4217.' }),
  test: Type.Boolean({ description: 'For trying out: reached by sandbox keys only.' }),
  default: Type.Boolean({ description: 'One of the well-known banks of its markets.' }),
  supportedPaymentSchemes: Type.Array(Type.String(), { description: 'Empty: no payments are made here.' }),
  capabilities: Type.Array(Type.String(), { description: '`ais`, and the permissions that can be read.' }),
  group: Type.Optional(Type.String()),
  logo: Type.Optional(Type.String({ description: 'Served by this server.' })),
  url: Type.Optional(Type.String({ description: 'The bank’s own site.' })),
});

export const bankListSchema = Type.Object({
  banks: Type.Array(bankSchema),
  count: Type.Integer({ description: 'Of all that match.' }),
  skip: Type.Integer(),
  hasNext: Type.Boolean(),
});

export interface BankWords {
  /** Scheme and host by which this server is reached, without a slash at the end. */
  readonly publicUrl: string;
  readonly permissions: readonly string[];
}

export function toBankWords(
  bank: ListedBank,
  { publicUrl, permissions }: BankWords,
): Static<typeof bankSchema> {
  return {
    id: bank.id,
    name: bank.name,
    market: [...bank.markets],
    currencies: [...bank.currencies],
    test: bank.test,
    default: isDefault(bank),
    supportedPaymentSchemes: [],
    capabilities: ['ais', ...permissions],
    ...(bank.group !== undefined && { group: bank.group }),
    ...(bank.logo !== undefined && { logo: `${publicUrl}${logoPath(bank.logo)}` }),
    ...(bank.url !== undefined && { url: bank.url }),
  };
}
