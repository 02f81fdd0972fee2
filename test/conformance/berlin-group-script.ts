import { afterAll, afterEach, beforeAll } from 'vitest';
import type { BankAccount } from '../../src/banking/account.ts';
import type { Bank } from '../../src/banking/bank.ts';
import type { ReadAccess } from '../../src/banking/call-budget.ts';
import type { AuthorisationRequest, Connector } from '../../src/banking/connector.ts';
import type { BankConsent, PsuContext } from '../../src/banking/consent.ts';
import { BankFailure } from '../../src/banking/failure.ts';
import type { Permission } from '../../src/banking/permission.ts';
import type { FormStep, ResumeInput, Step } from '../../src/banking/step.ts';
import type { TransactionsAsked, TransactionsPage } from '../../src/banking/transaction.ts';
import { berlinGroupConnector } from '../../src/connectors/berlin-group/connector.ts';
import { createOutbound, type Outbound } from '../../src/platform/outbound/outbound.ts';
import { bankRow } from '../support/berlin-group-row.ts';
import { expectAccountsAgain, expectRowsAgain } from './mapped-again.ts';
import { type Reply, type Script, ScriptedBank } from './scripted-bank.ts';

export const psu: PsuContext = { ipAddress: '192.0.2.10', userAgent: 'Browser/1.0', acceptLanguage: 'de' };
export const callbackUrl = 'https://trellis.test/callback/de-bank';
export const now = new Date('2026-05-04T22:30:00Z');

export const scripted = new ScriptedBank();
export let origin = '';
export let connector: Connector;

/** Starts the scripted bank and a connector to it for the tests of one file. */
export function useScriptedBank(): void {
  let outbound: Outbound;
  beforeAll(async () => {
    origin = await scripted.listen();
    outbound = createOutbound({ allowedOrigins: [origin], loopbackHttp: false, forbiddenPorts: [] });
    connector = berlinGroupConnector({
      outbound,
      clock: { now: () => now },
      tpp: { clientId: 'PSDDE-BAFIN-000000', brandName: 'Trellis\r\nX-Evil: ü 1' },
      limits: {
        statusPollEveryMs: 20,
        statusPollForMs: 300,
        maxBodyBytes: 50_000,
        maxReportBytes: 100_000,
        maxStreamedReportBytes: 500_000,
        maxImageBytes: 10_000,
        maxPages: 20,
        maxTransactions: 2_000,
        pageRetryAfterMs: 1,
      },
    });
  });
  afterAll(async () => {
    await outbound.close();
    scripted.close();
  });
  afterEach(() => {
    scripted.calls.length = 0;
  });
}

export function bank(profile: object = {}): Bank {
  const row = bankRow({ baseUrl: `${origin}/v1`, sca: 'oauth-integrated', ...profile });
  return { ...row, id: 'de-bank', name: 'Bank' };
}

export function request(more: Partial<AuthorisationRequest> = {}): AuthorisationRequest {
  return {
    permissions: ['identity'],
    access: { kind: 'once' },
    callbackUrl,
    state: 'state-1',
    nokState: 'nok-1',
    psu,
    locale: 'en',
    ...more,
  };
}

export function callback(query: Record<string, string>): ResumeInput {
  return { kind: 'callback', query, nextState: 'state-2', nextNokState: 'nok-2', psu };
}

export function issuer(): string {
  return `${origin}/idp`;
}

export function goodReturn(): ResumeInput {
  return callback({ code: 'code-1', state: 'state-1', iss: issuer() });
}

/** A bank that does everything right, with exceptions. */
export function working(exceptions: Script = {}): Script {
  return {
    'POST /v1/consents': {
      status: 201,
      json: {
        consentStatus: 'received',
        consentId: 'consent-1',
        _links: {
          scaOAuth: { href: `${origin}/.well-known/oauth-authorization-server/idp` },
          scaRedirect: { href: `${origin}/login` },
          self: { href: '/v1/consents/consent-1' },
          status: { href: '/v1/consents/consent-1/status' },
        },
      },
    },
    'GET /.well-known/oauth-authorization-server/idp': {
      json: {
        issuer: issuer(),
        authorization_endpoint: `${origin}/authorize?bic=TEST`,
        token_endpoint: `${origin}/token`,
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
      },
    },
    'POST /token': {
      json: { access_token: 'access-1', token_type: 'Bearer', refresh_token: 'refresh-1', expires_in: 600 },
    },
    'GET /v1/consents/consent-1/status': { json: { consentStatus: 'valid' } },
    'GET /v1/consents/consent-1': { json: { consentStatus: 'valid', validUntil: '2026-06-01' } },
    'DELETE /v1/consents/consent-1': { status: 204 },
    'GET /v1/accounts': {
      json: { accounts: [{ resourceId: 'r1', iban: 'DE1', currency: 'EUR', ownerName: 'Ada' }] },
    },
    ...exceptions,
  };
}

/** An answer of 201 with these links, and with what else it says. */
export function answer(
  links: Record<string, string>,
  more: object = {},
  headers: Record<string, string> = {},
): Reply {
  const _links = Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }]));
  return {
    status: 201,
    headers,
    json: { consentId: 'consent-1', consentStatus: 'received', ...more, _links },
  };
}

export function form(values: Record<string, string>): ResumeInput {
  return { kind: 'form', values, psu };
}

export function formIn(step: Step): FormStep {
  if (step.kind !== 'form') throw new Error(`expected a form, got ${JSON.stringify(step)}`);
  return step;
}

/** Of the newest call to a route. */
export function headersOf(route: string) {
  return scripted.to(route).at(-1)?.headers ?? {};
}

export function status(...words: readonly string[]): Reply[] {
  return words.map((consentStatus) => ({ json: { consentStatus } }));
}

export function tppError(httpStatus: number, code: string): Reply {
  return {
    status: httpStatus,
    json: { tppMessages: [{ category: 'ERROR', code, text: 'secret words of the bank' }] },
  };
}

export async function redirected(step: Promise<Step>) {
  const taken = await step;
  if (taken.kind !== 'redirect') throw new Error(`expected a redirect, got ${taken.kind}`);
  // Through JSON, as it is stored between two processes.
  return { url: new URL(taken.url), attempt: JSON.parse(JSON.stringify(taken.attempt)) };
}

export async function authorised(
  profile: object = {},
  more: Partial<AuthorisationRequest> = {},
): Promise<BankConsent> {
  const { attempt } = await redirected(connector.begin(bank(profile), request(more)));
  const back = profile && 'sca' in profile ? callback({ state: 'state-1' }) : goodReturn();
  const step = await connector.resume(bank(profile), attempt, back);
  if (step.kind !== 'authorised') throw new Error(`expected a consent, got ${step.kind}`);
  return step.consent;
}

export function accessTo(
  consent: BankConsent,
  kept: BankConsent[] = [],
  present: PsuContext | null = psu,
): ReadAccess {
  const keep = async (renewed: BankConsent) => {
    kept.push(renewed);
  };
  const counted = async () => undefined;
  return {
    consent: JSON.parse(JSON.stringify(consent)),
    psu: present,
    beforeCall: counted,
    keep,
    spend: counted,
    exhaust: counted,
  };
}

/** What the scripted bank's first account is read by, after its list has been read. */
export async function openAccount(
  profile: object = {},
  permissions: readonly Permission[] = ['balances', 'transactions'],
): Promise<{ access: ReadAccess; account: BankAccount; accounts: readonly BankAccount[] }> {
  const access = accessTo(await authorised(profile, { permissions }));
  const { accounts } = await connector.accounts(bank(profile), access, permissions);
  expectAccountsAgain(connector.remap(bank(profile)), accounts);
  const [account] = accounts;
  if (account === undefined) throw new Error('no account');
  return { access, account, accounts };
}

/** All pages of the report, as the connector gives them. */
export async function pagesOf(
  profile: object = {},
  asked: TransactionsAsked = { from: '2026-01-01' },
): Promise<readonly TransactionsPage[]> {
  const { access, account } = await openAccount(profile);
  const pages: TransactionsPage[] = [];
  for await (const page of connector.transactions(bank(profile), access, account, asked)) pages.push(page);
  expectRowsAgain(connector.remap(bank(profile)), pages.flat());
  return pages;
}

export async function failureOf(promise: Promise<unknown>): Promise<BankFailure> {
  const thrown: unknown = await promise.then(
    (value) => new Error(`no failure but ${JSON.stringify(value)}`),
    (error) => error,
  );
  if (!(thrown instanceof BankFailure)) throw thrown;
  return thrown;
}
