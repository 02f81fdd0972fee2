import { permissions } from '../banking/permission.ts';
import { isCountryCode } from '../core/country.ts';
import { ApiError, invalid } from '../core/errors.ts';
import type { Environment, MerchantPrincipal } from '../merchants/merchant.ts';
import { principalOf } from '../platform/http/authenticator.ts';
import { errorResponses } from '../platform/http/error-reply.ts';
import type { HttpServer } from '../platform/http/server.ts';
import type { ListedBank } from './institution.ts';
import type { BankFilter, InstitutionService } from './institution-service.ts';
import {
  bankDetailsBody,
  bankListSchema,
  bankSchema,
  type ListBanksBody,
  listBanksBody,
  maxBanksAtOnce,
  searchBanksBody,
  toBankWords,
} from './institution-wire.ts';

const tags = ['Banks'];

export interface InstitutionRouteDeps {
  readonly institutions: InstitutionService;
  readonly publicUrl: string;
}

/** The catalogue, as far as the key's environment reaches. The server is behind `requirePrincipal`. */
export function institutionRoutes(server: HttpServer, deps: InstitutionRouteDeps): void {
  const { institutions } = deps;
  server.post(
    '/banks/list',
    {
      schema: {
        tags,
        summary: 'The banks that can be connected, popular ones first',
        body: listBanksBody,
        response: { 200: bankListSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { environment } = principalOf<MerchantPrincipal>(request);
      return pageOf(deps, request.body, environment, (filter, page) => institutions.list(filter, page));
    },
  );
  server.post(
    '/banks/search',
    {
      schema: {
        tags,
        summary: 'Find a bank by what people type',
        description:
          'Best match first. Accents and punctuation do not count, the beginning of a word is enough, and where nothing fits, a slip of the keyboard is forgiven (two in words of eight letters and more).',
        body: searchBanksBody,
        response: { 200: bankListSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { environment } = principalOf<MerchantPrincipal>(request);
      const { search = '' } = request.body;
      return pageOf(deps, request.body, environment, (filter, page) =>
        search.trim() === '' ? institutions.defaults(filter, page) : institutions.list(filter, page, search),
      );
    },
  );
  server.post(
    '/banks/details',
    {
      schema: {
        tags,
        summary: 'One bank',
        body: bankDetailsBody,
        response: { 200: bankSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { environment } = principalOf<MerchantPrincipal>(request);
      const bank = await institutions.offered(request.body.id, environment);
      if (!bank) throw new ApiError('NOT_FOUND', 'There is no such bank for this key.', { param: 'id' });
      return inWords(deps, bank);
    },
  );
}

type Find = (
  filter: BankFilter,
  page: { skip: number; limit: number },
) => Promise<{ banks: ListedBank[]; count: number }>;

async function pageOf(deps: InstitutionRouteDeps, body: ListBanksBody, environment: Environment, find: Find) {
  const { capability, limit = maxBanksAtOnce, skip = 0, market, currency, group } = body;
  if (market !== undefined && !isCountryCode(market))
    throw invalid('market', 'market must be the ISO 3166-1 code of a country, e.g. DE.');
  const permission = capability === 'ais' ? undefined : capability;
  const { banks, count } = await find({ environment, market, currency, group, permission }, { skip, limit });
  return {
    banks: banks.map((bank) => inWords(deps, bank)),
    count,
    skip,
    hasNext: skip + banks.length < count && banks.length > 0,
  };
}

function inWords({ institutions, publicUrl }: InstitutionRouteDeps, bank: ListedBank) {
  return toBankWords(bank, { publicUrl, permissions: institutions.readable(bank, permissions) });
}
