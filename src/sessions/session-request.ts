import { type Static, Type } from 'typebox';
import { type Permission, permissions } from '../banking/permission.ts';
import { isCountryCode } from '../core/country.ts';
import { invalid } from '../core/errors.ts';
import type { MerchantSettings } from '../merchants/merchant.ts';
import { expectedKeyword } from '../platform/http/validation.ts';
import { locales } from './locale.ts';
import { returnUrlProblem } from './return-url.ts';
import type { SessionForm } from './session.ts';
import { isIsoDay, isoDay } from './session-access.ts';

const minuteMs = 60_000;
const defaultLifetimeMs = 60 * minuteMs;
const shortestLifetimeMs = 30 * minuteMs;
const longestLifetimeMs = 24 * 60 * minuteMs;
const clockToleranceMs = 5 * minuteMs;
const maxMetadataBytes = 16 * 1024;
const maxMetadataDepth = 32;
const maxHistoryYears = 10;
/** Today is a date that has begun somewhere: Kiribati is the first to have it. */
const aheadOfUtcMs = 14 * 60 * minuteMs;

const epochSeconds = Type.Integer({ minimum: 0, maximum: 253_402_300_799, description: 'Epoch seconds.' });
const url = (description: string) => Type.String({ minLength: 1, maxLength: 2_048, description });

/** Body of POST /data/session/create; fields that it does not know are ignored. */
export const createSessionBody = Type.Object({
  referenceId: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'Your unique reference, usually your internal id.',
  }),
  permissions: Type.Optional(
    Type.Array(Type.Enum([...permissions]), {
      minItems: 1,
      uniqueItems: true,
      description: 'What you want to read. Without it and without returnUrl your settings decide.',
    }),
  ),
  returnUrl: Type.Optional(url('Where the user goes when the flow is done or cancelled.')),
  market: Type.Optional(
    Type.String({
      pattern: '^[A-Z]{2}$',
      [expectedKeyword]: 'two upper-case letters, e.g. DE',
      description: 'ISO 3166-1 alpha-2: preselected, never a restriction.',
    }),
  ),
  customer: Type.Optional(
    Type.Object(
      {
        email: Type.Optional(
          Type.String({
            minLength: 3,
            maxLength: 254,
            pattern: '^[^@\\s]+@[^@\\s]+$',
            [expectedKeyword]: 'an email address',
          }),
        ),
        customerId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
        id: Type.Optional(
          Type.String({ minLength: 1, maxLength: 100, description: 'The same as customerId.' }),
        ),
      },
      { description: 'A returning customer: an email, or an id from an earlier session.' },
    ),
  ),
  locale: Type.Optional(
    Type.Enum([...locales], { description: 'Language of the flow; else the browser decides.' }),
  ),
  themeVariant: Type.Optional(Type.Enum(['light', 'dark'], { description: 'Else the browser decides.' })),
  prefill: Type.Optional(
    Type.Object({
      bankId: Type.Optional(
        Type.String({ minLength: 1, maxLength: 200, description: 'A bank chosen in advance.' }),
      ),
    }),
  ),
  disableBankSelection: Type.Optional(
    Type.Boolean({ description: 'The user cannot change the bank in prefill.' }),
  ),
  displayId: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  metadata: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      maxProperties: 50,
      description: 'Yours; comes back as it is. At most 16 KiB.',
    }),
  ),
  createdAt: Type.Optional(epochSeconds),
  expiresAt: Type.Optional(epochSeconds),
  access: Type.Optional(
    Type.Enum(['once', 'ongoing'], {
      description:
        '`once` (the default): the bank is read once, then the consent ends. `ongoing`: you may refresh until it ends.',
    }),
  ),
  accessDays: Type.Optional(
    Type.Integer({
      minimum: 1,
      description:
        'How many days ongoing access lasts, up to the bank’s maximum, which is also the default (180 at most banks).',
    }),
  ),
  transactionsFrom: Type.Optional(
    Type.String({
      maxLength: 40,
      description:
        'ISO date: how much history to ask the bank for. At most 10 years back; 90 days by default.',
    }),
  ),
  requireConfirmation: Type.Optional(Type.Boolean({ description: 'Not available yet: true is refused.' })),
  renewOf: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'Id of a complete session: the same bank is chosen in advance, and what you leave out of permissions, access and accessDays is as it was. Its consent ends once the new one is given.',
    }),
  ),
  successCallbackUrl: Type.Optional(url('Without permissions and returnUrl: where a successful flow ends.')),
  errorCallbackUrl: Type.Optional(url('Without permissions and returnUrl: where any other flow ends.')),
});

export type CreateSessionBody = Static<typeof createSessionBody>;

/** A create request after all rules that need nothing but the request, the merchant's settings and the time. */
export interface SessionRequest {
  readonly form: SessionForm;
  readonly permissions: readonly Permission[];
  readonly returnUrl: string;
  readonly errorUrl?: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly access: 'once' | 'ongoing';
  readonly accessDays?: number;
  readonly transactionsFrom?: string;
}

/** What a renewal takes over from the session before, where the request does not say otherwise. */
export type Earlier = Pick<SessionRequest, 'permissions' | 'access' | 'accessDays'>;

/** @throws ApiError VALIDATION that names the field */
export function readSessionRequest(
  body: CreateSessionBody,
  settings: MerchantSettings,
  now: Date,
  earlier?: Earlier,
): SessionRequest {
  refuseUnavailable(body);
  if (body.market !== undefined && !isCountryCode(body.market))
    throw invalid('market', 'market must be the ISO 3166-1 code of a country, e.g. DE.');
  // The depth first: what measures the size walks by recursion.
  if (body.metadata && depthOf(body.metadata) > maxMetadataDepth)
    throw invalid('metadata', `metadata must not nest deeper than ${maxMetadataDepth}.`);
  if (body.metadata && Buffer.byteLength(JSON.stringify(body.metadata)) > maxMetadataBytes)
    throw invalid('metadata', 'metadata must have at most 16 KiB as JSON.');
  return {
    ...readTargets(body, settings, earlier),
    ...readLifetime(body, now),
    ...readAccess(body, now, earlier),
  };
}

/** A wish that cannot be met yet is refused: ignoring it would promise something else than it gives. */
function refuseUnavailable(body: CreateSessionBody): void {
  if (body.requireConfirmation)
    throw invalid('requireConfirmation', 'requireConfirmation is not available yet.');
}

type Access = Pick<SessionRequest, 'access' | 'accessDays' | 'transactionsFrom'>;

function readAccess(body: CreateSessionBody, now: Date, earlier?: Earlier): Access {
  const { access = earlier?.access ?? 'once', transactionsFrom } = body;
  if (body.accessDays !== undefined && access === 'once')
    throw invalid('accessDays', 'accessDays needs access "ongoing".');
  const accessDays = access === 'once' ? undefined : (body.accessDays ?? earlier?.accessDays);
  if (transactionsFrom !== undefined) checkFirstDay(transactionsFrom, now);
  return {
    access: access as Access['access'],
    ...(accessDays !== undefined && { accessDays }),
    ...(transactionsFrom !== undefined && { transactionsFrom }),
  };
}

function checkFirstDay(day: string, now: Date): void {
  if (!isIsoDay(day))
    throw invalid('transactionsFrom', 'transactionsFrom must be an ISO date, e.g. 2027-01-31.');
  if (day > isoDay(now.getTime() + aheadOfUtcMs))
    throw invalid('transactionsFrom', 'transactionsFrom must not be in the future.');
  const earliest = new Date(now);
  earliest.setUTCFullYear(earliest.getUTCFullYear() - maxHistoryYears);
  if (day < isoDay(earliest.getTime()))
    throw invalid('transactionsFrom', `transactionsFrom must be at most ${maxHistoryYears} years back.`);
}

type Targets = Pick<SessionRequest, 'form' | 'permissions' | 'returnUrl' | 'errorUrl'>;

/** The seed's form has both permissions and returnUrl; the vendor's last client sends neither. */
function readTargets(body: CreateSessionBody, settings: MerchantSettings, earlier?: Earlier): Targets {
  if (body.permissions === undefined && body.returnUrl === undefined)
    return readV3Targets(body, settings, earlier);
  const permissions = (body.permissions as Permission[] | undefined) ?? earlier?.permissions;
  if (permissions === undefined) throw invalid('permissions', 'permissions is required.');
  if (body.returnUrl === undefined) throw invalid('returnUrl', 'returnUrl is required.');
  const returnUrl = checkedUrl('returnUrl', body.returnUrl, settings);
  return { form: 'seed', permissions, returnUrl };
}

function readV3Targets(body: CreateSessionBody, settings: MerchantSettings, earlier?: Earlier): Targets {
  const returnUrl = body.successCallbackUrl ?? settings.successUrl;
  const errorUrl = body.errorCallbackUrl ?? settings.errorUrl;
  if (returnUrl === undefined)
    throw invalid(
      'returnUrl',
      'returnUrl and permissions are required (or successCallbackUrl and errorCallbackUrl).',
    );
  if (errorUrl === undefined) throw invalid('errorCallbackUrl', 'errorCallbackUrl is required.');
  return {
    form: 'v3',
    permissions: earlier?.permissions ?? settings.permissions,
    returnUrl: checkedUrl('successCallbackUrl', returnUrl, settings),
    errorUrl: checkedUrl('errorCallbackUrl', errorUrl, settings),
  };
}

function checkedUrl(param: string, text: string, settings: MerchantSettings): string {
  const problem = returnUrlProblem(text, settings);
  if (problem) throw invalid(param, `${param} ${problem}.`);
  return text;
}

function readLifetime(body: CreateSessionBody, now: Date): { createdAt: Date; expiresAt: Date } {
  const created = body.createdAt === undefined ? now.getTime() : body.createdAt * 1000;
  if (Math.abs(created - now.getTime()) > clockToleranceMs)
    throw invalid('createdAt', 'createdAt must be within 5 minutes of now.');
  const expires = body.expiresAt === undefined ? created + defaultLifetimeMs : body.expiresAt * 1000;
  const lifetime = expires - created;
  if (body.expiresAt !== undefined && (lifetime < shortestLifetimeMs - 1000 || lifetime > longestLifetimeMs))
    throw invalid('expiresAt', 'expiresAt must be 30 minutes to 24 hours after createdAt.');
  return { createdAt: new Date(created), expiresAt: new Date(expires) };
}

/** How deeply arrays and objects lie in one another, found level by level. */
function depthOf(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  while (level.length > 0) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    depth += 1;
  }
  return depth - 1;
}
