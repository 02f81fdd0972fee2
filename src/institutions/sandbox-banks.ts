import type { Bank } from '../banking/bank.ts';

/** The markets of the sandbox banks. */
const everywhere = ['DE', 'AT', 'NL', 'BE', 'FR', 'ES', 'IT', 'PT', 'IE', 'FI', 'SE', 'PL', 'SK', 'LT', 'GB'];

/**
 * The banks of the sandbox bank that ships with Trellis, reachable at `sandboxUrl`. They are rows like any
 * other bank's: nothing else in the server knows that they are not real.
 */
export function sandboxBanks(sandboxUrl: string): Bank[] {
  return [
    sandboxBank(sandboxUrl, 'trellis-test-bank', {
      name: 'Trellis Test Bank',
      markets: everywhere,
      bic: 'TRLSDEFFXXX',
      bankCodes: ['99900010'],
      aliases: ['sandbox', 'demo'],
      profile: { sca: 'oauth-integrated' },
    }),
    sandboxBank(sandboxUrl, 'trellis-redirect-bank', {
      name: 'Trellis Redirect Bank',
      markets: everywhere,
      bic: 'TRRDDEFFXXX',
      bankCodes: ['99900020'],
      aliases: ['sandbox', 'redirect'],
      profile: { sca: 'redirect' },
    }),
    sandboxBank(sandboxUrl, 'alpen-test-bank', {
      name: 'Alpen Test Bank',
      markets: ['AT', 'DE'],
      bic: 'ALPTATWWXXX',
      bankCodes: ['99910'],
      aliases: ['sandbox'],
      profile: { sca: 'oauth-integrated' },
    }),
    sandboxBank(sandboxUrl, 'trellis-offline-bank', {
      name: 'Trellis Offline Bank',
      markets: everywhere,
      bic: 'TROFDEFFXXX',
      bankCodes: ['99900030'],
      aliases: ['sandbox', 'down'],
      profile: { sca: 'oauth-integrated' },
    }),
  ];
}

function sandboxBank(
  sandboxUrl: string,
  slug: string,
  row: Pick<Bank, 'name' | 'markets' | 'aliases' | 'bankCodes'> & {
    bic: string;
    profile: Record<string, unknown>;
  },
): Bank {
  return {
    id: `${row.markets[0]?.toLowerCase()}-${slug}`,
    currencies: ['EUR'],
    protocol: 'berlin-group',
    test: true,
    ...row,
    profile: { baseUrl: `${sandboxUrl}/berlin-group/${slug}/v1`, ...row.profile },
  };
}
