import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { AuthorisationRequest } from '../../banking/connector.ts';
import type { BankConsent, PsuContext } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import { type Permission, permissions } from '../../banking/permission.ts';
import {
  type Attempt,
  type Challenge,
  type FormField,
  type FormPurpose,
  formPurposes,
} from '../../banking/step.ts';

/** What the standard calls SCA approaches; OAuth2 counts as a redirect. */
export const approaches = ['redirect', 'decoupled', 'embedded'] as const;

export type Approach = (typeof approaches)[number];

const text = Type.String({ minLength: 1 });

const serverSchema = Type.Object({
  issuer: text,
  tokenEndpoint: text,
  /** RFC 9207: this server names itself in every answer, so an answer without `iss` is not its own. */
  namesItself: Type.Boolean(),
});

const tokensSchema = Type.Object({
  accessToken: text,
  refreshToken: Type.Optional(text),
  /** From when they were given: of the refresh token, or, where there is none, of the access token. */
  livesSeconds: Type.Optional(Type.Number()),
});

/** The request of `begin`, as JSON has it. */
const requestSchema = Type.Object({
  permissions: Type.Array(
    Type.Unsafe<Permission>(Type.Union(permissions.map((permission) => Type.Literal(permission)))),
  ),
  /** Of ongoing access; in ISO form. */
  validUntil: Type.Optional(text),
  callbackUrl: text,
  /** Of the return that comes next. */
  state: text,
  nokState: text,
  locale: text,
});

const identitySchema = Type.Object({
  id: Type.Optional(text),
  type: Type.Optional(text),
  corporateId: Type.Optional(text),
});

const callSchema = Type.Object({
  /** `authenticate-additionally`: by another password, after the first. */
  action: Type.Union([
    Type.Literal('start'),
    Type.Literal('identify'),
    Type.Literal('authenticate'),
    Type.Literal('authenticate-additionally'),
    Type.Literal('select'),
    Type.Literal('authorise'),
  ]),
  method: Type.Union([Type.Literal('POST'), Type.Literal('PUT')]),
  url: text,
});

const attemptSchema = Type.Object({
  request: requestSchema,
  awaits: Type.Union([Type.Literal('return'), Type.Literal('form'), Type.Literal('app')]),
  psu: Type.Optional(identitySchema),
  /** The accounts that the consent names. */
  ibans: Type.Optional(Type.Array(text)),
  /** What was given before the consent, or with it. */
  tokens: Type.Optional(tokensSchema),
  server: Type.Optional(serverSchema),
  /** As the bank calls us, if not by our number. */
  clientId: Type.Optional(text),
  /** Absent while the bank has yet to hear of it. */
  consent: Type.Optional(
    Type.Object({
      consentId: text,
      consentUrl: text,
      statusUrl: text,
      /** ISO date, as asked for; the bank may shorten it. */
      validUntil: text,
    }),
  ),
  /** As the bank named it last. */
  approach: Type.Optional(Type.Unsafe<Approach>(Type.Union(approaches.map((each) => Type.Literal(each))))),
  scaStatusUrl: Type.Optional(text),
  confirmationUrl: Type.Optional(text),
  /** The return brings a code of OAuth. */
  oauth: Type.Optional(Type.Object({ server: serverSchema, codeVerifier: text, redirectUri: text })),
  form: Type.Optional(
    Type.Object({
      purpose: Type.Unsafe<FormPurpose>(Type.Union(formPurposes.map((purpose) => Type.Literal(purpose)))),
      /** What the answers are for; absent while there is no consent to send them to. */
      call: Type.Optional(callSchema),
      /** The form itself, to be shown again. */
      fields: Type.Unsafe<readonly FormField[]>(Type.Array(Type.Object({}))),
      challenge: Type.Optional(Type.Unsafe<Challenge>(Type.Object({}))),
    }),
  ),
  app: Type.Optional(
    Type.Object({
      expiresAt: text,
      polls: Type.Integer({ minimum: 0 }),
      message: Type.Optional(text),
      code: Type.Optional(text),
    }),
  ),
});

const resourceSchema = Type.Object({ consentUrl: text, statusUrl: text });

const credentialsSchema = Type.Object({
  /** Both are absent where the tokens are the consent. */
  ...Type.Partial(resourceSchema).properties,
  tokens: Type.Optional(tokensSchema),
  server: Type.Optional(serverSchema),
  clientId: Type.Optional(text),
});

/** An authorisation server as its metadata describe it (RFC 8414), as far as later calls need it. */
export type AuthorisationServer = Static<typeof serverSchema>;

/** What `begin` or `resume` leaves for the next `resume`. */
export type BerlinGroupAttempt = Static<typeof attemptSchema>;

/** An attempt whose consent is known to the bank. */
export type ConsentedAttempt = BerlinGroupAttempt & {
  readonly consent: NonNullable<BerlinGroupAttempt['consent']>;
};

/** A call that brings the authorisation on, by a link of the bank. */
export type ScaCall = Static<typeof callSchema>;

/** PSU-ID and its companions. */
export type PsuIdentity = Static<typeof identitySchema>;

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

/**
 * Where the consent is at the bank.
 * @throws BankFailure our-bug for a consent that is nothing but its tokens
 */
export function resourceOf(credentials: Credentials): Static<typeof resourceSchema> {
  if (Value.Check(resourceSchema, credentials)) return credentials;
  throw new BankFailure('our-bug', 'the consent is no resource of the bank');
}

export function newAttempt(request: AuthorisationRequest): BerlinGroupAttempt {
  const { access, callbackUrl, state, nokState, locale } = request;
  const validUntil = access.kind === 'ongoing' ? access.validUntil.toISOString() : undefined;
  const kept = { permissions: [...request.permissions], callbackUrl, state, nokState, locale };
  return { request: { ...kept, ...(validUntil && { validUntil }) }, awaits: 'form' };
}

/** The request as it was, with the user as he is now. */
export function requestOf({ request }: BerlinGroupAttempt, psu: PsuContext): AuthorisationRequest {
  const { validUntil, ...rest } = request;
  const access =
    validUntil === undefined
      ? ({ kind: 'once' } as const)
      : ({ kind: 'ongoing', validUntil: new Date(validUntil) } as const);
  return { ...rest, access, psu };
}

/** What forms and apps left is of no use any more once the user goes to a page of the bank. */
export function awaitingReturn(attempt: BerlinGroupAttempt): BerlinGroupAttempt {
  const { form: _form, app: _app, ...kept } = attempt;
  return { ...kept, awaits: 'return' };
}
