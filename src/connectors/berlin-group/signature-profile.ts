import { Type } from 'typebox';
import { BankFailure } from '../../banking/failure.ts';
import type { Identity, KeyPair } from '../../platform/outbound/identity.ts';

/** It names a key too, in the quoted text of a header. */
export const clientIdPattern = '^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,256}$';

/** How the bank wants to know who calls: parts of a profile. */
export const signatureFields = {
  /** Whose certificates are shown and seal: `default`, or the name of another set that the operator has loaded. */
  identity: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$', default: 'default' }),
  /**
   * `qseal` where every call of the interface has to be sealed. `http-signature` where OAuth's endpoints want that too,
   * and know an application by it: a token of its own comes first, for `Authorization: Signature ...`, and every
   * further seal names its key by our client id.
   */
  signing: Type.Union([Type.Literal('none'), Type.Literal('qseal'), Type.Literal('http-signature')], {
    default: 'none',
  }),
  /** Ours at this bank, where that is not the number in our certificate. */
  clientId: Type.Optional(Type.String({ pattern: clientIdPattern })),
  /**
   * What a seal covers, in this order; what a call does not have is left out. `date` needs `dateHeader` too;
   * some banks want `(request-target)`, method and path.
   */
  signedHeaders: Type.Array(Type.String({ pattern: '^(\\(request-target\\)|[a-z0-9-]{1,64})$' }), {
    default: ['digest', 'x-request-id', 'psu-id', 'psu-corporate-id', 'tpp-redirect-uri', 'date'],
    maxItems: 20,
  }),
};

interface Wanted {
  readonly identity: string;
  readonly signing: 'none' | 'qseal' | 'http-signature';
}

/**
 * As whom the bank is called.
 * @throws BankFailure operator-fault where certificates are missing or not valid now: no bank is asked in vain
 */
export function identityFor(
  profile: Wanted,
  identities: ReadonlyMap<string, Identity>,
  now: Date,
): Identity | undefined {
  const identity = identities.get(profile.identity);
  if (identity === undefined && profile.identity !== 'default')
    throw new BankFailure('operator-fault', `the certificates named ${profile.identity} are not loaded`);
  if (profile.signing !== 'none' && identity?.seal === undefined)
    throw new BankFailure(
      'operator-fault',
      'the bank wants sealed messages, and no QSEAL certificate is loaded',
    );
  checkValidity('QWAC', identity?.client, now);
  if (profile.signing !== 'none') checkValidity('QSEAL', identity?.seal, now);
  return identity;
}

function checkValidity(what: string, pair: KeyPair | undefined, now: Date): void {
  if (pair !== undefined && (now > pair.notAfter || now < pair.notBefore))
    throw new BankFailure('operator-fault', `our ${what} certificate is not valid now`);
}

/** What is wrong with how a profile combines these; undefined if nothing is. */
export function signingContradiction(profile: {
  readonly signing: string;
  readonly signedHeaders: readonly string[];
  readonly dateHeader: boolean;
  readonly clientCredentials?: object;
}): string | undefined {
  const { signing, signedHeaders, dateHeader, clientCredentials } = profile;
  if (signing !== 'none' && !signedHeaders.includes('digest'))
    return '.signedHeaders must have digest among them';
  if (signing !== 'http-signature') return undefined;
  if (clientCredentials === undefined) return '.signing http-signature needs clientCredentials';
  // A seal that could be sent again, at another time or to another address, would prove nothing.
  const missing = ['(request-target)', 'date'].find((name) => !signedHeaders.includes(name));
  if (missing !== undefined) return `.signing http-signature needs ${missing} among signedHeaders`;
  return dateHeader ? undefined : '.signing http-signature needs dateHeader';
}
