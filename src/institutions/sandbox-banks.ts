import { deviatingBanks, type SandboxRow } from './deviating-banks.ts';
import type { Institution } from './institution.ts';

/** The markets of the sandbox banks. */
const everywhere = ['DE', 'AT', 'NL', 'BE', 'FR', 'ES', 'IT', 'PT', 'IE', 'FI', 'SE', 'PL', 'SK', 'LT', 'GB'];

/** Where a newcomer does not stumble over them. One bank's name, as of any group: people are asked which of it. */
const deviatingGroup = 'Trellis Deviating Bank';

/**
 * The banks of the sandbox bank that ships with Trellis, reachable at `sandboxUrl`. They are rows like any
 * other bank's: nothing else in the server knows that they are not real. Those that
 * demand certificates are at `tlsUrl`, and there only if that is.
 */
export function sandboxBanks(sandboxUrl: string, tlsUrl?: string): Institution[] {
  return [
    ...plainBanks.map((row, at) => ({
      ...toInstitution(sandboxUrl, row),
      popularity: plainBanks.length - at,
    })),
    ...deviatingBanks.map((row) => ({
      ...toInstitution(sandboxUrl, row),
      group: deviatingGroup,
    })),
    ...(tlsUrl === undefined
      ? []
      : [sealedBank(sandboxUrl), tokenBank(sandboxUrl)].map((row) => ({
          ...toInstitution(tlsUrl, row),
          group: deviatingGroup,
        }))),
  ];
}

/** The name of the certificates that these banks know. */
export const sandboxIdentity = 'sandbox';

/** Mutual TLS and sealed messages; people sign in on the plain port, where their browsers need no certificate. */
function sealedBank(sandboxUrl: string): SandboxRow {
  return {
    slug: 'trellis-sealed-bank',
    name: 'Trellis Sealed Bank',
    bankCode: '99900900',
    bic: 'TRSLDEFFXXX',
    aliases: ['certificate', 'qwac', 'qseal', 'mtls'],
    profile: {
      sca: 'redirect',
      identity: sandboxIdentity,
      signing: 'qseal',
      dateHeader: true,
      linkHosts: [new URL(sandboxUrl).origin],
    },
  };
}

/** The same without consents: people agree to scopes, and each request is signed as an application's. */
function tokenBank(sandboxUrl: string): SandboxRow {
  const scopes = {
    balances: 'payment-accounts:balances:view',
    transactions: 'payment-accounts:transactions:view',
  };
  return {
    slug: 'trellis-token-bank',
    name: 'Trellis Token Bank',
    bankCode: '99900910',
    bic: 'TRTKDEFFXXX',
    aliases: ['certificate', 'http signature'],
    profile: (url) => {
      const bank = `${url}/berlin-group/trellis-token-bank`;
      return {
        baseUrl: `${bank}/v3`,
        sca: 'oauth-integrated',
        consent: 'none',
        permissionScopes: { identity: scopes.balances, ...scopes },
        clientCredentials: { tokenEndpoint: `${bank}/oauth2/token` },
        tokenEndpoint: `${bank}/oauth2/token`,
        authorisationUrlEndpoint: `${bank}/oauth2/authorization-server-url`,
        revocationEndpoint: `${bank}/oauth2/token/revoke`,
        identity: sandboxIdentity,
        signing: 'http-signature',
        signedHeaders: ['(request-target)', 'date', 'digest', 'x-request-id'],
        dateHeader: true,
        accountName: 'owner',
        noAccounts: 'not-found',
        readsBy: 'currency',
        linkHosts: [new URL(sandboxUrl).origin],
      };
    },
  };
}

/** What to try first, in this order: one for each way of authorising, one of another country, one that is down. */
const plainBanks: readonly SandboxRow[] = [
  {
    slug: 'trellis-test-bank',
    name: 'Trellis Test Bank',
    bankCode: '99900010',
    bic: 'TRLSDEFFXXX',
    aliases: ['demo'],
    profile: { sca: 'oauth-integrated' },
  },
  {
    slug: 'trellis-redirect-bank',
    name: 'Trellis Redirect Bank',
    bankCode: '99900020',
    bic: 'TRRDDEFFXXX',
    profile: { sca: 'redirect' },
  },
  {
    slug: 'trellis-decoupled-bank',
    name: 'Trellis Decoupled Bank',
    bankCode: '99900040',
    bic: 'TRDCDEFFXXX',
    aliases: ['app'],
    profile: { sca: 'decoupled' },
  },
  {
    slug: 'trellis-embedded-bank',
    name: 'Trellis Embedded Bank',
    bankCode: '99900050',
    bic: 'TREMDEFFXXX',
    aliases: ['password', 'sms', 'photoTAN'],
    profile: { sca: 'embedded' },
  },
  {
    slug: 'trellis-prestep-bank',
    name: 'Trellis Pre-step Bank',
    bankCode: '99900060',
    bic: 'TRPSDEFFXXX',
    profile: (url) => ({
      sca: 'oauth-prestep',
      authorisationServer: `${url}/.well-known/oauth-authorization-server/berlin-group/trellis-prestep-bank`,
    }),
  },
  {
    slug: 'alpen-test-bank',
    name: 'Alpen Test Bank',
    bankCode: '99910',
    bic: 'ALPTATWWXXX',
    markets: ['AT', 'DE'],
    profile: { sca: 'oauth-integrated', timeZone: 'Europe/Vienna' },
  },
  {
    slug: 'trellis-offline-bank',
    name: 'Trellis Offline Bank',
    bankCode: '99900030',
    bic: 'TROFDEFFXXX',
    aliases: ['down'],
    profile: { sca: 'oauth-integrated' },
  },
];

function toInstitution(url: string, row: SandboxRow): Institution {
  const { slug, name, bic, bankCode, profile, markets = everywhere, aliases = [] } = row;
  return {
    id: `${markets[0]?.toLowerCase()}-${slug}`,
    name,
    markets,
    currencies: ['EUR'],
    protocol: 'berlin-group',
    test: true,
    bic,
    bankCodes: [bankCode],
    aliases: ['sandbox', ...aliases],
    profile: {
      baseUrl: `${url}/berlin-group/${slug}/v1`,
      ...(typeof profile === 'function' ? profile(url) : profile),
    },
  };
}
