import { type Static, Type } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Value } from 'typebox/value';
import type { Bank } from '../../banking/bank.ts';
import { address, authorisationFields, contradictionOf } from './authorisation-profile.ts';
import { ownQueryFields } from './own-query.ts';
import { signatureFields, signingContradiction } from './signature-profile.ts';
import { tokenConsentContradiction, tokenConsentFields } from './token-consent-profile.ts';

/**
 * How one bank speaks Berlin Group: data, never code. A new deviation is a field here with a default that
 * means "as the standard says", one place that reads it, and a sandbox bank that needs it.
 */
const profileSchema = Type.Object(
  {
    /**
     * Where `/consents` and `/accounts` hang, version included, without a slash at the end. `{serviceGroup}`, as some
     * banks write it for their services, becomes `ais`: account information.
     */
    baseUrl: Type.String({ pattern: '^https?://[^\\s?#@]*[^\\s?#@/]$', maxLength: 500 }),
    ...authorisationFields,
    ...tokenConsentFields,
    /**
     * What a consent asks for. `least`: no more than the permissions need, by the list of accounts where that
     * is enough. `global`: allPsd2 always, for banks without such lists. `bank-offered`: empty lists, and the
     * user picks accounts at the bank. `detailed`: the user names his accounts on our page.
     */
    access: Type.Union(
      [Type.Literal('least'), Type.Literal('global'), Type.Literal('bank-offered'), Type.Literal('detailed')],
      { default: 'least' },
    ),
    /** False where asking for the owner's name is refused: the standard leaves its support to the bank. */
    ownerName: Type.Boolean({ default: true }),
    /** `one-by-one` where names and types are only in GET /accounts/{id}. */
    accountDetails: Type.Union([Type.Literal('in-list'), Type.Literal('one-by-one')], { default: 'in-list' }),
    /**
     * Balances with the list of accounts. `where-needed`: asked for where the consent opens nothing but the
     * list. `always`: the list has all balances, no account is asked. `never`: the list knows no query.
     */
    balancesInList: Type.Union(
      [Type.Literal('where-needed'), Type.Literal('always'), Type.Literal('never')],
      { default: 'where-needed' },
    ),
    /** True where cards have a list of their own, GET /card-accounts. */
    cardAccounts: Type.Boolean({ default: false }),
    /** Whose name an account's `name` is. `owner`: its owner's, which the bank tells nowhere else. */
    accountName: Type.Union([Type.Literal('account'), Type.Literal('owner')], { default: 'account' }),
    /** What GET /accounts answers where there are none. `not-found`: 404. */
    noAccounts: Type.Union([Type.Literal('empty-list'), Type.Literal('not-found')], {
      default: 'empty-list',
    }),
    /** How reports of transactions are asked for; what really comes is read by its content type. */
    transactionsFormat: Type.Union([Type.Literal('json'), Type.Literal('camt'), Type.Literal('mt940')], {
      default: 'json',
    }),
    /**
     * Pending transactions. `both`: in one report with the booked ones. `separate`: in a report of their own,
     * since bookingStatus=both is refused. `none`: the bank tells none, also where bookingStatus may be `information`
     * besides `booked`: that is standing orders, which are no transactions.
     */
    pendingTransactions: Type.Union([Type.Literal('both'), Type.Literal('separate'), Type.Literal('none')], {
      default: 'both',
    }),
    ...ownQueryFields,
    /** How many days back transactions are given, asked for where the bank refuses a longer period. */
    historyDays: Type.Integer({ minimum: 1, maximum: 36_500, default: 90 }),
    /**
     * What makes a transaction a debit besides a minus. `by-sign`: nothing, as the standard says. For banks
     * that leave the sign out: `by-indicator` reads creditDebitIndicator, `by-party` takes what names a
     * creditor and no debtor for a debit.
     */
    transactionSign: Type.Union(
      [Type.Literal('by-sign'), Type.Literal('by-indicator'), Type.Literal('by-party')],
      { default: 'by-sign' },
    ),
    /**
     * The field that names a transaction for ever, where the bank promises that for one. In camt they are
     * NtryRef and AcctSvcrRef; in MT94x transactionId is the bank's reference.
     */
    stableReference: Type.Union(
      [Type.Literal('none'), Type.Literal('entryReference'), Type.Literal('transactionId')],
      { default: 'none' },
    ),
    /**
     * Hosts (with their port, if any) besides the base URL's to which the bank's links may lead. One with
     * `http://` is taken without TLS although the base URL has it: for people's browsers only, no call goes there.
     */
    linkHosts: Type.Array(Type.String({ pattern: '^(http://)?[a-z0-9.-]+(:[0-9]+)?$' }), {
      default: [],
      maxItems: 20,
    }),
    /**
     * Beginnings of the bank's links that lead nowhere (another path, a host inside the bank) and what they
     * should have been, both as absolute addresses.
     */
    linkRewrites: Type.Array(Type.Object({ from: address, to: address }, { additionalProperties: false }), {
      default: [],
      maxItems: 10,
    }),
    /** An RFC 1123 `Date` header on every call, mandatory at some banks since before 1.3.4. */
    dateHeader: Type.Boolean({ default: false }),
    /** Sent with every call of the interface: some banks want an API key in a header of their own. Kept sealed. */
    headers: Type.Record(
      Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }),
      Type.String({ pattern: '^[\\x21-\\x7e]{1,512}$' }),
      {
        default: {},
        maxProperties: 10,
      },
    ),
    ...signatureFields,
    /** The longest consent that the bank gives. RTS on SCA article 10: 180 days. */
    maxConsentDays: Type.Integer({ minimum: 1, maximum: 36_500, default: 180 }),
    /** The bank's local time: its dates and its count of daily calls turn at this midnight. */
    timeZone: Type.String({ default: 'Europe/Berlin' }),
  },
  { additionalProperties: false },
);

export type Profile = Static<typeof profileSchema>;

/**
 * The bank's profile with its defaults filled in.
 * @throws Error in words for the operator who wrote the row
 */
export function profileOf(bank: Bank): Profile {
  const profile = Value.Default(profileSchema, Value.Clone(bank.profile));
  if (!isProfile(profile)) throw new Error(`bank ${bank.id}: ${problemsOf(profile)}`);
  if (!URL.canParse(profile.baseUrl)) throw new Error(`bank ${bank.id}: profile.baseUrl is not a URL`);
  const contradiction =
    contradictionOf(profile) ?? signingContradiction(profile) ?? tokenConsentContradiction(profile);
  if (contradiction !== undefined) throw new Error(`bank ${bank.id}: profile${contradiction}`);
  if (!isTimeZone(profile.timeZone)) throw new Error(`bank ${bank.id}: profile.timeZone is not a time zone`);
  return { ...profile, baseUrl: profile.baseUrl.replaceAll('{serviceGroup}', 'ais') };
}

function problemsOf(profile: unknown): string {
  const problems = Value.Errors(profileSchema, profile).map((error) => {
    return `profile${error.instancePath.replaceAll('/', '.')} ${error.message}`;
  });
  return [...new Set(problems)].slice(0, 10).join('; ');
}

/** Compiled when it is first needed: a list of banks may have 60,000 profiles. */
let validator: Validator<Record<never, never>, typeof profileSchema> | undefined;

function isProfile(value: unknown): value is Profile {
  validator ??= Compile(profileSchema);
  return validator.Check(value);
}

const timeZones = new Map<string, boolean>();
/** More names than there are zones are a caller's invention, and not worth remembering. */
const maxTimeZones = 1_000;

function isTimeZone(name: string): boolean {
  const known = timeZones.get(name);
  if (known !== undefined) return known;
  const isKnown = canFormatIn(name);
  if (timeZones.size < maxTimeZones) timeZones.set(name, isKnown);
  return isKnown;
}

function canFormatIn(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
