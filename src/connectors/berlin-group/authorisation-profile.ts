import { Type } from 'typebox';

export const address = Type.String({ pattern: '^https?://[^\\s?#@]+$', maxLength: 500 });

/** RFC 6749 section 3.3. */
const scopeCharacters = '[\\x21\\x23-\\x5b\\x5d-\\x7e ]';
const headerValue = Type.String({ pattern: '^[\\x21-\\x7e]{1,140}$' });

/** What of a bank's profile is about authorising a consent. */
export const authorisationFields = {
  /**
   * How the user authenticates. `oauth-integrated`: by the link `scaOAuth` of the consent. `redirect`: by the
   * link `scaRedirect`. `oauth-prestep`: OAuth2 for a token first, then the consent, then one of these two.
   * `decoupled`: in the bank's app. `embedded`: by password and code, typed on our page. Where an answer of
   * the bank says otherwise (its links, ASPSP-SCA-Approach), it is followed.
   */
  sca: Type.Union([
    Type.Literal('oauth-integrated'),
    Type.Literal('redirect'),
    Type.Literal('oauth-prestep'),
    Type.Literal('decoupled'),
    Type.Literal('embedded'),
  ]),
  /** OAuth scope of the consent. Some banks want a space after the colon. */
  scope: Type.String({ pattern: `^${scopeCharacters}*\\{consentId\\}$`, default: 'AIS:{consentId}' }),
  /** OAuth scope of a token that comes before the consent. */
  prestepScope: Type.String({ pattern: `^${scopeCharacters}+$`, default: 'AIS' }),
  /** RFC 8414 metadata of the server for the pre-step, where no answer of the bank links to them. */
  authorisationServer: Type.Optional(address),
  /** Where the metadata do not name it, or wrongly. */
  tokenEndpoint: Type.Optional(address),
  /** `camel-case` where the authorisation endpoint knows `responseType` and `clientId`. */
  authorizeNames: Type.Union([Type.Literal('standard'), Type.Literal('camel-case')], { default: 'standard' }),
  /** More parameters for the authorisation endpoint, such as `bic` of a server for many banks. */
  authorizeParameters: Type.Record(
    Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
    Type.String({ maxLength: 200 }),
    { default: {}, maxProperties: 10 },
  ),
  /** A token for the TPP itself (RFC 6749 section 4.4), where POST /consents wants one. */
  clientCredentials: Type.Optional(
    Type.Object(
      { tokenEndpoint: address, scope: Type.Optional(Type.String({ pattern: `^${scopeCharacters}+$` })) },
      { additionalProperties: false },
    ),
  ),
  /** Where user name and password are changed for a token before there is a consent: no standard has this. */
  preAuthorisationUrl: Type.Optional(address),
  /**
   * Where the bank publishes the certificate (PEM) that passwords are encrypted to, as JWE. It is read for each login, so
   * that nobody has to act when the bank renews it; what vouches for it is what vouches for where the password goes:
   * TLS, and a host that the profile names.
   */
  passwordCertificateUrl: Type.Optional(address),
  /** Which header carries the token. */
  bearerHeader: Type.Union([Type.Literal('authorization'), Type.Literal('psd2-authorization')], {
    default: 'authorization',
  }),
  /**
   * PSU-IP-Address on calls without the user, for banks that refuse any call without the header: the
   * operator's own. Such a bank cannot tell unattended reads from others; our own count of them stands.
   */
  absentPsuIpAddress: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F.:]{3,45}$' })),
  /**
   * `always` where recurringIndicator=false is refused: who asked for one fetch gets a consent that could
   * serve longer, and it is ended after that fetch.
   */
  recurring: Type.Union([Type.Literal('as-asked'), Type.Literal('always')], { default: 'as-asked' }),
  /** What the bank calls what names its user. */
  psuIdLabel: Type.Union(
    [Type.Literal('user-name'), Type.Literal('customer-number'), Type.Literal('account-number')],
    { default: 'user-name' },
  ),
  /** PSU-ID-Type: none is sent; the one is sent; or the user chooses from several, by their texts. */
  psuIdTypes: Type.Array(
    Type.Object(
      { value: headerValue, text: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })) },
      { additionalProperties: false },
    ),
    { default: [], maxItems: 20 },
  ),
  /** Of what the user types, so many characters are his PSU-ID. */
  psuIdCutTo: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  /** False where PSU-ID on POST /consents is refused: then it comes with the authorisation only. */
  psuIdOnConsent: Type.Boolean({ default: true }),
  /** `token`: PSU-ID is the subject (`sub`) of the access token of the pre-step, a JWT. */
  psuIdFrom: Type.Union([Type.Literal('user'), Type.Literal('token')], { default: 'user' }),
  /** True where PSU-Corporate-ID is asked for as well. */
  corporateId: Type.Boolean({ default: false }),
};

/** What cannot be together, in words for the operator who wrote the row. */
export function contradictionOf(profile: {
  readonly sca: string;
  readonly access: string;
  readonly clientCredentials?: object;
  readonly preAuthorisationUrl?: string;
  readonly passwordCertificateUrl?: string;
  readonly psuIdFrom: string;
}): string | undefined {
  const { sca, access, clientCredentials, preAuthorisationUrl, psuIdFrom } = profile;
  // Guidelines section 6.3.1.2: without a page of the bank nobody can pick accounts.
  if (sca === 'embedded' && access === 'bank-offered') return '.access bank-offered needs a page of the bank';
  if (preAuthorisationUrl !== undefined && sca !== 'embedded')
    return '.preAuthorisationUrl needs sca embedded';
  if (
    profile.passwordCertificateUrl !== undefined &&
    (sca !== 'embedded' || preAuthorisationUrl !== undefined)
  )
    return '.passwordCertificateUrl needs sca embedded, and no preAuthorisationUrl';
  // It cannot be renewed for reading: the user's own token has to take its place.
  if (clientCredentials !== undefined && sca !== 'oauth-integrated')
    return '.clientCredentials needs sca oauth-integrated';
  if (psuIdFrom === 'token' && sca !== 'oauth-prestep') return '.psuIdFrom token needs sca oauth-prestep';
  return undefined;
}
