import { verify } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Bank } from '../../src/banking/bank.ts';
import type { ReadAccess } from '../../src/banking/call-budget.ts';
import type { AuthorisationRequest, Connector } from '../../src/banking/connector.ts';
import type { BankConsent, PsuContext } from '../../src/banking/consent.ts';
import { berlinGroupConnector } from '../../src/connectors/berlin-group/connector.ts';
import { type KeyPair, keyPairOf } from '../../src/platform/outbound/identity.ts';
import { createOutbound, type Outbound } from '../../src/platform/outbound/outbound.ts';
import { renewedCertificates } from '../../src/sandbox-bank/tpp/sandbox-certificates.ts';
import {
  callback,
  now,
  origin,
  psu,
  redirected,
  request,
  bank as standardBank,
  useScriptedBank,
} from './berlin-group-script.ts';
import type { Call, Reply, Script } from './scripted-bank.ts';

let seal: KeyPair;
export let connector: Connector;

/** Starts the scripted bank and a connector that has something to sign with, for the tests of one file. */
export function useScriptedTokenBank(): void {
  useScriptedBank();
  let outbound: Outbound;
  beforeAll(async () => {
    const { qseal } = await renewedCertificates({}, now);
    seal = keyPairOf(qseal, qseal);
    outbound = createOutbound({ allowedOrigins: [origin], loopbackHttp: false, forbiddenPorts: [] });
    connector = berlinGroupConnector({
      outbound,
      clock: { now: () => now },
      tpp: { clientId: 'PSDDE-BAFIN-000000' },
      identities: new Map([['default', { name: 'default', seal }]]),
    });
  });
  afterAll(() => outbound.close());
}

export const permissionScopes = { identity: 'names', balances: 'names money', transactions: 'moves' };

/** By tokens alone. */
export function plainBank(changes: object = {}): Bank {
  return standardBank({
    consent: 'none',
    permissionScopes,
    authorisationEndpoint: `${origin}/login`,
    authorizeParameters: { lang: 'en' },
    tokenEndpoint: `${origin}/oauth2/token`,
    revocationEndpoint: `${origin}/oauth2/token/revoke`,
    ...changes,
  });
}

/** And by signatures. */
export function signingBank(changes: object = {}): Bank {
  return plainBank({
    authorisationEndpoint: undefined,
    authorisationUrlEndpoint: `${origin}/oauth2/authorization-server-url`,
    clientCredentials: { tokenEndpoint: `${origin}/oauth2/token` },
    signing: 'http-signature',
    signedHeaders: ['(request-target)', 'date', 'digest', 'x-request-id'],
    dateHeader: true,
    authorizeParameters: {},
    ...changes,
  });
}

export const application = {
  access_token: 'application-1',
  token_type: 'Bearer',
  client_id: 'client-of-bank',
};
export const customer = { access_token: 'access-1', token_type: 'Bearer', refresh_token: 'refresh-1' };
export const back = () => callback({ code: 'code-1', state: 'state-1' });
export const said = (status: number): Reply => ({ status, json: { message: 'words of the bank' } });

/** `tokens` answer the calls of the token endpoint, one after the other; the last one stays. */
export function working(tokens: readonly Reply[], exceptions: Script = {}): Script {
  return {
    'POST /oauth2/token': tokens,
    'GET /oauth2/authorization-server-url': { json: { location: `${origin}/granting/1` } },
    'POST /oauth2/token/revoke': { status: 200 },
    'GET /v1/accounts': { json: { accounts: [{ resourceId: 'r1', iban: 'DE1', currency: 'EUR' }] } },
    ...exceptions,
  };
}
/** Each begins with the application's token. */
export const signingTokens = (answer: Reply = { json: customer }): Reply[] => [
  { json: application },
  { json: application },
  answer,
];

export async function connected(bank: Bank, more: Partial<AuthorisationRequest> = {}): Promise<BankConsent> {
  const { attempt } = await redirected(connector.begin(bank, request(more)));
  const step = await connector.resume(bank, attempt, back());
  if (step.kind !== 'authorised') throw new Error(`expected a consent, got ${step.kind}`);
  return step.consent;
}

export function accessTo(
  consent: BankConsent,
  kept: BankConsent[] = [],
  present: PsuContext | null = psu,
): ReadAccess {
  const nothing = async () => undefined;
  const keep = async (renewed: BankConsent) => void kept.push(renewed);
  return { consent, psu: present, beforeCall: nothing, keep, spend: nothing, exhaust: nothing };
}

/** The signature of a call, checked, with what it covers. */
export function signatureOf(call: Call | undefined): {
  keyId: string | undefined;
  covers: string | undefined;
} {
  const { authorization = '', signature = '', date, digest } = call?.headers ?? {};
  const text = authorization.startsWith('Signature ')
    ? authorization.slice('Signature '.length)
    : `${signature}`;
  const part = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(text)?.[1];
  const [method, path] = (call?.route ?? '').split(' ');
  const query = call?.query.size ? `?${call.query}` : '';
  const values: Record<string, unknown> = {
    '(request-target)': `${method?.toLowerCase()} ${path}${query}`,
    date,
    digest,
    'x-request-id': call?.headers['x-request-id'],
  };
  const covers = part('headers');
  const lines = covers?.split(' ').map((name) => `${name}: ${values[name]}`) ?? [];
  const bytes = Buffer.from(part('signature') ?? '', 'base64');
  expect(verify('sha256', Buffer.from(lines.join('\n')), seal.certificate.publicKey, bytes)).toBe(true);
  expect(part('algorithm')).toBe('rsa-sha256');
  expect(date).toBe('Mon, 04 May 2026 22:30:00 GMT');
  return { keyId: part('keyId'), covers };
}
