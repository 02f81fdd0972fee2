import { type Static, Type } from 'typebox';
import type { BankData } from '../bank-data/bank-data.ts';
import { permissions } from '../banking/permission.ts';
import { bankDataSchema } from './data-wire.ts';
import { type Refresh, refreshFailureMessages } from './refresh.ts';
import { failureMessages, type Session, type SessionStatus } from './session.ts';
import { toEpochSeconds } from './session-event.ts';

/** A serialiser made from a schema would drop or change what merchants put into `metadata`. */
export const asItIs = () => JSON.stringify;

/** Body or query of what is done with one session. */
export const byId = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 200, description: 'The data session id.' }),
});

const text = Type.String();
const optionalText = Type.Optional(text);

const customer = Type.Object({ email: optionalText, customerId: text });
const prefill = Type.Object({ bankId: optionalText });
const metadata = Type.Record(Type.String(), Type.Unknown());
const epochSeconds = Type.Integer({ description: 'Epoch seconds.' });

const common = {
  id: Type.String({ description: 'The unique id of this data session.' }),
  referenceId: text,
};

const circumstances = {
  createdAt: epochSeconds,
  updatedAt: epochSeconds,
  expiresAt: epochSeconds,
  locale: optionalText,
  prefill,
  disableBankSelection: Type.Boolean(),
  displayId: optionalText,
  metadata: Type.Optional(metadata),
  access: Type.Enum(['once', 'ongoing']),
  accessDays: Type.Optional(Type.Integer({ description: 'Only if you asked for less than the bank gives.' })),
  transactionsFrom: Type.Optional(Type.String({ description: 'ISO date, if you named one.' })),
  renewOf: optionalText,
  deletedAt: Type.Optional(Type.Integer({ description: 'Epoch seconds: when its data were erased.' })),
};

/** The newest refresh of a session. */
const refreshSchema = Type.Object(
  {
    status: Type.Enum(['running', 'complete', 'failed']),
    startedAt: epochSeconds,
    finishedAt: Type.Optional(epochSeconds),
    failure: Type.Optional(
      Type.Object({
        code: Type.Enum(Object.keys(refreshFailureMessages) as (keyof typeof refreshFailureMessages)[]),
        message: text,
        retryAt: Type.Optional(epochSeconds),
      }),
    ),
  },
  { description: 'The newest refresh, of a session that was refreshed. It never changes `status`.' },
);

/** The session in the seed's words. */
export const sessionSchema = Type.Object({
  ...common,
  permissions: Type.Array(Type.Enum([...permissions])),
  returnUrl: text,
  market: optionalText,
  customer: Type.Optional(customer),
  status: Type.Enum(['started', 'pending', 'complete', 'failed']),
  data: Type.Optional(bankDataSchema),
  failure: Type.Optional(Type.Object({ code: text, message: text })),
  refresh: Type.Optional(refreshSchema),
  redirectUrl: Type.Optional(
    Type.String({ description: 'Send the user here. Only in the answer of create.' }),
  ),
  ...circumstances,
});

/** The session in the words of the vendor's last client. */
export const sessionV3Schema = Type.Object({
  ...common,
  merchantId: text,
  successCallbackUrl: text,
  errorCallbackUrl: text,
  market: text,
  availableMarkets: Type.Optional(Type.Array(text)),
  customer: Type.Optional(customer),
  status: Type.Enum(['open', 'closed', 'expired']),
  failure: Type.Optional(Type.Object({ code: text, message: text })),
  redirectUrl: optionalText,
  ...circumstances,
  displayId: text,
});

/** What `create` answers, and `retrieve` with data once complete. */
export function toSeedWords(
  session: Session,
  more: { data?: BankData; redirectUrl?: string; refresh?: Refresh | undefined } = {},
): Static<typeof sessionSchema> {
  return {
    id: session.id,
    referenceId: session.referenceId,
    permissions: [...session.permissions],
    returnUrl: session.returnUrl,
    ...(session.market !== undefined && { market: session.market }),
    ...(session.customer && { customer: session.customer }),
    status: session.state.status,
    ...(more.data && { data: more.data }),
    ...failureOf(session),
    ...(more.refresh && { refresh: toRefreshWords(more.refresh) }),
    ...(more.redirectUrl !== undefined && { redirectUrl: more.redirectUrl }),
    ...circumstancesOf(session),
    ...(session.displayId !== undefined && { displayId: session.displayId }),
  };
}

/** `merchantCountry` stands in for a market that was not given. */
export function toV3Words(
  session: Session,
  merchantCountry: string,
  more: { availableMarkets?: string[]; redirectUrl?: string } = {},
): Static<typeof sessionV3Schema> {
  return {
    id: session.id,
    referenceId: session.referenceId,
    merchantId: session.merchantId,
    displayId: session.displayId ?? session.referenceId,
    successCallbackUrl: session.returnUrl,
    errorCallbackUrl: session.errorUrl ?? session.returnUrl,
    market: session.market ?? merchantCountry,
    ...(more.availableMarkets && { availableMarkets: more.availableMarkets }),
    ...(session.customer && { customer: session.customer }),
    status: v3Status(session),
    ...failureOf(session),
    ...(more.redirectUrl !== undefined && { redirectUrl: more.redirectUrl }),
    ...circumstancesOf(session),
  };
}

/** The payload of a session's webhooks: no customer, no URLs. */
export function toEventPayload(session: Session, data?: BankData): Record<string, unknown> {
  return {
    id: session.id,
    referenceId: session.referenceId,
    status: session.state.status,
    permissions: session.permissions,
    ...(session.market !== undefined && { market: session.market }),
    ...(session.metadata && { metadata: session.metadata }),
    ...failureOf(session),
    ...(data && { data }),
  };
}

/** A refresh as answers and webhooks show it. */
export function toRefreshWords({
  status,
  startedAt,
  finishedAt,
  failure,
}: Refresh): Static<typeof refreshSchema> {
  return {
    status,
    startedAt: toEpochSeconds(startedAt),
    ...(finishedAt && { finishedAt: toEpochSeconds(finishedAt) }),
    ...(failure && {
      failure: {
        code: failure.code,
        message: refreshFailureMessages[failure.code],
        ...(failure.retryAt && { retryAt: toEpochSeconds(failure.retryAt) }),
      },
    }),
  };
}

function v3Status(session: Session): 'open' | 'closed' | 'expired' {
  const words: Record<SessionStatus, 'open' | 'closed'> = {
    started: 'open',
    pending: 'open',
    complete: 'closed',
    failed: 'closed',
  };
  if (session.state.status === 'failed' && session.state.failure === 'expired') return 'expired';
  return words[session.state.status];
}

function failureOf({ state }: Session) {
  if (state.status !== 'failed') return {};
  return { failure: { code: state.failure, message: failureMessages[state.failure] } };
}

function circumstancesOf(session: Session) {
  return {
    createdAt: toEpochSeconds(session.createdAt),
    updatedAt: toEpochSeconds(session.updatedAt),
    expiresAt: toEpochSeconds(session.expiresAt),
    ...(session.locale !== undefined && { locale: session.locale }),
    prefill: session.prefillBankId === undefined ? {} : { bankId: session.prefillBankId },
    disableBankSelection: session.disableBankSelection,
    access: session.access,
    ...(session.accessDays !== undefined && { accessDays: session.accessDays }),
    ...(session.transactionsFrom !== undefined && { transactionsFrom: session.transactionsFrom }),
    ...(session.renewOf !== undefined && { renewOf: session.renewOf }),
    ...(session.deletedAt && { deletedAt: toEpochSeconds(session.deletedAt) }),
    ...(session.metadata && { metadata: { ...session.metadata } }),
  };
}
