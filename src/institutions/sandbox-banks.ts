import type { Bank } from '../banking/bank.ts';

/** The markets of the sandbox banks. */
const everywhere = ['DE', 'AT', 'NL', 'BE', 'FR', 'ES', 'IT', 'PT', 'IE', 'FI', 'SE', 'PL', 'SK', 'LT', 'GB'];

interface Row extends Pick<Bank, 'name' | 'markets' | 'aliases' | 'bankCodes'> {
  readonly slug: string;
  readonly bic: string;
  readonly profile: Readonly<Record<string, unknown>>;
}

const rows: readonly Row[] = [
  {
    slug: 'trellis-test-bank',
    name: 'Trellis Test Bank',
    markets: everywhere,
    bic: 'TRLSDEFFXXX',
    bankCodes: ['99900010'],
    aliases: ['sandbox', 'demo'],
    profile: { sca: 'oauth-integrated' },
  },
  {
    slug: 'trellis-redirect-bank',
    name: 'Trellis Redirect Bank',
    markets: everywhere,
    bic: 'TRRDDEFFXXX',
    bankCodes: ['99900020'],
    aliases: ['sandbox', 'redirect'],
    profile: { sca: 'redirect' },
  },
  {
    slug: 'trellis-decoupled-bank',
    name: 'Trellis Decoupled Bank',
    markets: everywhere,
    bic: 'TRDCDEFFXXX',
    bankCodes: ['99900040'],
    aliases: ['sandbox', 'app'],
    profile: { sca: 'decoupled' },
  },
  {
    slug: 'trellis-embedded-bank',
    name: 'Trellis Embedded Bank',
    markets: everywhere,
    bic: 'TREMDEFFXXX',
    bankCodes: ['99900050'],
    aliases: ['sandbox', 'password'],
    profile: { sca: 'embedded' },
  },
  {
    slug: 'trellis-prestep-bank',
    name: 'Trellis Pre-step Bank',
    markets: everywhere,
    bic: 'TRPSDEFFXXX',
    bankCodes: ['99900060'],
    aliases: ['sandbox', 'token'],
    profile: { sca: 'oauth-prestep' },
  },
  {
    slug: 'trellis-confirmation-bank',
    name: 'Trellis Confirmation Bank',
    markets: everywhere,
    bic: 'TRCFDEFFXXX',
    bankCodes: ['99900100'],
    aliases: ['sandbox', 'confirmation'],
    profile: { sca: 'redirect' },
  },
  {
    slug: 'trellis-push-bank',
    name: 'Trellis Push Bank',
    markets: everywhere,
    bic: 'TRPUDEFFXXX',
    bankCodes: ['99900150'],
    aliases: ['sandbox', 'push'],
    profile: { sca: 'embedded' },
  },
  {
    slug: 'alpen-test-bank',
    name: 'Alpen Test Bank',
    markets: ['AT', 'DE'],
    bic: 'ALPTATWWXXX',
    bankCodes: ['99910'],
    aliases: ['sandbox'],
    profile: { sca: 'oauth-integrated' },
  },
  {
    slug: 'trellis-offline-bank',
    name: 'Trellis Offline Bank',
    markets: everywhere,
    bic: 'TROFDEFFXXX',
    bankCodes: ['99900030'],
    aliases: ['sandbox', 'down'],
    profile: { sca: 'oauth-integrated' },
  },
];

/**
 * The banks of the sandbox bank that ships with Trellis, reachable at `sandboxUrl`. They are rows like any
 * other bank's: nothing else in the server knows that they are not real. The one that demands certificates is at
 * `tlsUrl`, and there only if that is.
 */
export function sandboxBanks(sandboxUrl: string, tlsUrl?: string): Bank[] {
  const plain = rows.map((row) => bankAt(sandboxUrl, row));
  return tlsUrl === undefined ? plain : [...plain, bankAt(tlsUrl, sealedRow(sandboxUrl))];
}

/** The name of the certificates that the sealed bank knows. */
export const sandboxIdentity = 'sandbox';

/** Mutual TLS and sealed messages; people sign in on the plain port, where their browsers need no certificate. */
function sealedRow(sandboxUrl: string): Row {
  return {
    slug: 'trellis-sealed-bank',
    name: 'Trellis Sealed Bank',
    markets: everywhere,
    bic: 'TRSLDEFFXXX',
    bankCodes: ['99900900'],
    aliases: ['sandbox', 'certificate', 'qwac', 'qseal', 'mtls'],
    profile: {
      sca: 'redirect',
      identity: sandboxIdentity,
      signing: 'qseal',
      dateHeader: true,
      linkHosts: [new URL(sandboxUrl).origin],
    },
  };
}

function bankAt(url: string, { slug, profile, ...row }: Row): Bank {
  return {
    id: `${row.markets[0]?.toLowerCase()}-${slug}`,
    currencies: ['EUR'],
    protocol: 'berlin-group',
    test: true,
    ...row,
    profile: { baseUrl: `${url}/berlin-group/${slug}/v1`, ...profile },
  };
}
