import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { BankConsent } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import type { Attempt } from '../../banking/step.ts';

const text = Type.String({ minLength: 1 });

const serverSchema = Type.Object({
  issuer: text,
  tokenEndpoint: text,
  /** RFC 9207: this server names itself in every answer, so an answer without `iss` is not its own. */
  namesItself: Type.Boolean(),
});

const attemptSchema = Type.Object({
  consentId: text,
  consentUrl: text,
  statusUrl: text,
  /** ISO date, as asked for; the bank may shorten it. */
  validUntil: text,
  ongoing: Type.Boolean(),
  state: text,
  oauth: Type.Optional(Type.Object({ server: serverSchema, codeVerifier: text, redirectUri: text })),
});

const credentialsSchema = Type.Object({
  consentUrl: text,
  statusUrl: text,
  tokens: Type.Optional(Type.Object({ accessToken: text, refreshToken: Type.Optional(text) })),
  server: Type.Optional(serverSchema),
});

/** An authorisation server as its metadata describe it (RFC 8414), as far as later calls need it. */
export type AuthorisationServer = Static<typeof serverSchema>;

/** What `begin` leaves for `resume`. */
export type BerlinGroupAttempt = Static<typeof attemptSchema>;

/** What every later call needs. */
export type Credentials = Static<typeof credentialsSchema>;

export type Tokens = NonNullable<Credentials['tokens']>;

/** @throws BankFailure our-bug for what this connector did not write */
export function attemptOf(attempt: Attempt): BerlinGroupAttempt {
  if (Value.Check(attemptSchema, attempt)) return attempt;
  throw new BankFailure('our-bug', 'the stored attempt is not one of this connector');
}

/** @throws BankFailure our-bug for what this connector did not write */
export function credentialsOf(consent: BankConsent): Credentials {
  if (Value.Check(credentialsSchema, consent.credentials)) return consent.credentials;
  throw new BankFailure('our-bug', 'the stored credentials are not of this connector');
}
