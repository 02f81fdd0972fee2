import { Type } from 'typebox';
import { type Permission, permissions } from '../../banking/permission.ts';
import { address } from './authorisation-profile.ts';

const scopes = Type.String({
  pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+( [\\x21\\x23-\\x5b\\x5d-\\x7e]+)*$',
  maxLength: 500,
});

/**
 * What of a bank's profile is about consents that are nothing but tokens (ING; its OAuth 2.0 API 2.3.5 at
 * developer.ing.com): nothing is created at /consents, and the user agrees to scopes.
 */
export const tokenConsentFields = {
  /** `none`: the bank has no consents to create, ask about or end. What OAuth gives is all that there is of one. */
  consent: Type.Union([Type.Literal('resource'), Type.Literal('none')], { default: 'resource' }),
  /** The OAuth scopes that each permission needs; what is asked for is theirs, each once. */
  permissionScopes: Type.Optional(
    Type.Object(
      { identity: scopes, balances: scopes, transactions: scopes } satisfies Record<Permission, unknown>,
      { additionalProperties: false },
    ),
  ),
  /** Where to ask for the page that the user is sent to, as the application that we are (`signing`). */
  authorisationUrlEndpoint: Type.Optional(address),
  /** That page, where it is always the same. */
  authorisationEndpoint: Type.Optional(address),
  /** RFC 7009; a bank without it is told nothing when a consent ends, and our tokens are forgotten. */
  revocationEndpoint: Type.Optional(address),
};

interface Wanted {
  readonly consent: string;
  readonly sca: string;
  readonly access: string;
  readonly signing: string;
  readonly clientCredentials?: object;
  readonly tokenEndpoint?: string;
  readonly authorisationServer?: string;
  readonly permissionScopes?: object;
  readonly authorisationUrlEndpoint?: string;
  readonly authorisationEndpoint?: string;
  readonly revocationEndpoint?: string;
}

const ownFields = [
  'permissionScopes',
  'authorisationUrlEndpoint',
  'authorisationEndpoint',
  'revocationEndpoint',
] as const;

/** What is wrong with how a profile combines these; undefined if nothing is. */
export function tokenConsentContradiction(profile: Wanted): string | undefined {
  if (profile.consent === 'resource') {
    const stray = ownFields.find((name) => profile[name] !== undefined);
    if (stray !== undefined) return `.${stray} needs consent none`;
    return profile.signing === 'http-signature' ? '.signing http-signature needs consent none' : undefined;
  }
  const { authorisationUrlEndpoint, authorisationEndpoint, authorisationServer } = profile;
  const places = [authorisationUrlEndpoint, authorisationEndpoint, authorisationServer];
  if (profile.sca !== 'oauth-integrated') return '.consent none needs sca oauth-integrated';
  if (profile.access !== 'least') return '.access is of no use with consent none';
  if (profile.permissionScopes === undefined) return '.consent none needs permissionScopes';
  if (places.filter((place) => place !== undefined).length !== 1)
    return '.consent none needs one of authorisationUrlEndpoint, authorisationEndpoint and authorisationServer';
  if (profile.tokenEndpoint === undefined && authorisationServer === undefined)
    return '.consent none needs tokenEndpoint';
  if (authorisationUrlEndpoint !== undefined && profile.signing !== 'http-signature')
    return '.authorisationUrlEndpoint needs signing http-signature';
  if (profile.clientCredentials !== undefined && profile.signing !== 'http-signature')
    return '.clientCredentials with consent none needs signing http-signature';
  return undefined;
}

/** What is asked for: the scopes of these permissions, each once. */
export function scopeOf(
  profile: { readonly permissionScopes?: Readonly<Record<Permission, string>> },
  asked: readonly Permission[],
): string {
  const wanted = permissions.filter((permission) => asked.includes(permission));
  const named = wanted.flatMap((permission) => profile.permissionScopes?.[permission].split(' ') ?? []);
  return [...new Set(named)].join(' ');
}
