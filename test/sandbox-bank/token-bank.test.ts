import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxBank, startSandboxBank } from '../../src/sandbox-bank/sandbox-bank.ts';
import {
  renewedCertificates,
  type SandboxCertificates,
} from '../../src/sandbox-bank/tpp/sandbox-certificates.ts';
import { ApplicationTpp, type SignedCall } from './support/application-tpp.ts';
import { PsuBrowser, wayOut } from './support/psu.ts';
import { callback } from './support/tpp.ts';

const balances = 'payment-accounts:balances:view';
const both = `${balances} payment-accounts:transactions:view`;

let certificates: SandboxCertificates;
let foreign: SandboxCertificates;
let bank: SandboxBank;
let tpp: ApplicationTpp;

beforeAll(async () => {
  const now = new Date();
  [certificates, foreign] = await Promise.all([renewedCertificates({}, now), renewedCertificates({}, now)]);
  bank = await startSandboxBank({ host: '127.0.0.1', port: 0, tls: { port: 0, certificates } });
  tpp = new ApplicationTpp(bank.tlsUrl ?? '', certificates);
  await tpp.register();
});
afterEach(() => void bank.control.moveClock({ now: new Date() }));
afterAll(() => bank.close());

/** The whole way of a customer. */
async function connected(scope = both, userName = 'ada') {
  const { url, verifier } = await tpp.page(scope);
  const code = wayOut(await new PsuBrowser().visit(url, userName))?.searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier };
  const { json } = await tpp.token(form);
  return { code, form, bearer: json.access_token, refreshToken: json.refresh_token, json };
}
const newest = () => bank.control.consents().at(-1);

describe('a bank without consents', () => {
  test('is used by tokens alone, from the scopes to the last transaction', async () => {
    const { bearer, json } = await connected();
    expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: both });
    expect(json.refresh_token_expires_in).toBeGreaterThan(179 * 86_400);
    const [account] = (await tpp.call({ bearer })).json.accounts;
    expect(account).toEqual({
      resourceId: expect.any(String),
      iban: expect.stringMatching(/^DE\d{20}$/),
      name: 'Ada Lindqvist',
      product: 'Girokonto',
      currency: 'EUR',
      _links: {
        balances: { href: `/berlin-group/trellis-token-bank/v3/accounts/${account.resourceId}/balances` },
        transactions: {
          href: `/berlin-group/trellis-token-bank/v3/accounts/${account.resourceId}/transactions`,
        },
      },
    });
    const path = `/v3/accounts/${account.resourceId}`;
    const told = await tpp.call({ bearer, path: `${path}/balances?currency=EUR&balanceTypes=interimBooked` });
    expect(told.json.balances).toHaveLength(1);
    const report = await tpp.call({ bearer, path: `${path}/transactions?dateFrom=2026-01-01&limit=7` });
    const { booked, pending, _links } = report.json.transactions;
    expect(booked.length + pending.length).toBe(7);
    const next: string = _links.next.href;
    const second = await tpp.call({ bearer, path: next.replace('/berlin-group/trellis-token-bank', '') });
    expect(second.json.transactions.booked).toHaveLength(7);
    expect(second.json.transactions.booked).not.toEqual(booked);
  });

  test('opens what its scopes say, and the accounts that the customer leaves ticked', async () => {
    const { bearer } = await connected(balances);
    const [account] = (await tpp.call({ bearer })).json.accounts;
    expect(Object.keys(account._links)).toEqual(['balances']);
    const path = `/v3/accounts/${account.resourceId}/transactions?dateFrom=2026-01-01`;
    expect((await tpp.call({ bearer, path })).refused).toBe('401 CONSENT_INVALID');
    const none = await connected(both, 'noaccounts');
    expect((await tpp.call({ bearer: none.bearer })).refused).toBe('404 RESOURCE_UNKNOWN');
  });

  test('has nothing of the standard besides', async () => {
    const { bearer } = await connected();
    for (const path of ['/v3/consents', '/v3/card-accounts', '/v3/accounts/any', '/v1/accounts'])
      expect((await tpp.call({ bearer, path })).status).toBe(404);
    const plain = await fetch(`${bank.url}/berlin-group/trellis-redirect-bank/v3/accounts`);
    expect(plain.status).toBe(404);
    const metadata = '/.well-known/oauth-authorization-server/berlin-group/trellis-token-bank';
    expect((await fetch(`${bank.url}${metadata}`)).status).toBe(404);
  });

  test.each([
    ['/v3/accounts?withBalance=true', '400 FORMAT_ERROR withBalance'],
    ['/balances?balanceTypes=CLBD', '400 REQUESTED_BALANCES_INVALID balanceTypes'],
    ['/balances?currency=USD', '400 REQUESTED_CURRENCY_INVALID currency'],
    ['/transactions?dateFrom=2026-01-01&bookingStatus=both', '400 FORMAT_ERROR bookingStatus'],
    ['/transactions', '400 FORMAT_ERROR dateFrom'],
    ['/transactions?dateFrom=2026-01-01&limit=0', '400 FORMAT_ERROR limit'],
    ['/transactions?dateFrom=2026-01-01&limit=1001', '400 FORMAT_ERROR limit'],
  ])('refuses the query of %s', async (asked, refused) => {
    const { bearer } = await connected();
    const [{ resourceId }] = (await tpp.call({ bearer })).json.accounts;
    const path = asked.startsWith('/v3') ? asked : `/v3/accounts/${resourceId}${asked}`;
    expect((await tpp.call({ bearer, path })).refused).toBe(refused);
  });
});

describe('tokens', () => {
  test('are renewed, and end with the customer’s word, his time, or by being revoked', async () => {
    const { refreshToken } = await connected();
    const renewed = await tpp.token({ grant_type: 'refresh_token', refresh_token: refreshToken });
    expect((await tpp.call({ bearer: renewed.json.access_token })).status).toBe(200);
    const revoke: SignedCall = {
      method: 'POST',
      path: '/oauth2/token/revoke',
      form: { token: renewed.json.refresh_token, token_type_hint: 'refresh_token' },
    };
    expect((await tpp.call(revoke)).status).toBe(200);
    expect(newest()?.status).toBe('terminatedByTpp');
    expect((await tpp.call({ bearer: renewed.json.access_token })).refused).toBe('401 TOKEN_INVALID');
    const again = { grant_type: 'refresh_token', refresh_token: renewed.json.refresh_token };
    expect((await tpp.token(again)).refused).toBe('400 The token is not valid.');
    // RFC 7009 section 2.2: one that is void already is no error.
    expect((await tpp.call(revoke)).status).toBe(200);

    const second = await connected();
    bank.control.setConsentStatus(newest()?.id ?? '', 'revokedByPsu');
    expect((await tpp.call({ bearer: second.bearer })).refused).toBe('401 TOKEN_INVALID');
    const third = await connected();
    bank.control.moveClock({ advanceSeconds: 601 });
    expect((await tpp.call({ bearer: third.bearer })).refused).toBe('401 TOKEN_EXPIRED');
  });

  test('are given for a code once, and only with what belongs to it', async () => {
    const { url, verifier } = await tpp.page(both);
    const code = wayOut(await new PsuBrowser().visit(url, 'ada'))?.searchParams.get('code') ?? '';
    // Until its code is used nothing has begun.
    expect(newest()?.status).toBe('received');
    const form = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier };
    for (const wrong of [
      { code: 'x' },
      { redirect_uri: `${callback}/other` },
      { code_verifier: 'x'.repeat(43) },
    ])
      expect((await tpp.token({ ...form, ...wrong })).refused).toBe('400 The code is not valid.');
    const { json } = await tpp.token(form);
    expect((await tpp.token(form)).status).toBe(400);
    expect((await tpp.call({ bearer: json.access_token })).refused).toBe('401 TOKEN_INVALID');
  });

  test('of an application open no account, those of a customer no endpoint of OAuth', async () => {
    expect((await tpp.call({ bearer: tpp.applicationToken })).refused).toBe('401 TOKEN_INVALID');
    const { bearer } = await connected();
    const page = {
      path: `/oauth2/authorization-server-url?scope=${balances}&redirect_uri=${callback}`,
      bearer,
    };
    expect((await tpp.call(page)).refused).toBe('400 The token of the application is expected.');
  });

  test.each([
    ['a scope that the bank does not know', { scope: 'everything' }, 'invalid_scope'],
    ['no proof key', { code_challenge: '' }, 'invalid_request'],
    ['a weak one', { code_challenge_method: 'plain' }, 'invalid_request'],
  ])('are not asked for with %s', async (_, changes, error) => {
    const { url } = await tpp.page(both, changes);
    const back = new URL((await new PsuBrowser().open(url)).url);
    expect(Object.fromEntries(back.searchParams)).toEqual({ error, state: 'any-state' });
  });

  test('are not asked for by an application that was never here', async () => {
    const { url } = await tpp.page(both, { client_id: '0f8fad5b-d9cb-469f-a165-70867728950e' });
    expect((await new PsuBrowser().open(url)).status).toBe(400);
  });
});

const hourAgo = () => new Date(Date.now() - 3_600_000).toUTCString();
const readParts = '(request-target) date digest x-request-id';

/** What each is, and how a read and a call for the application's own token are refused for it. */
const wrong: readonly [string, () => SignedCall, read: string, token: string][] = [
  [
    'by another authority’s seal',
    () => ({ sealedBy: foreign.qseal }),
    '401 CERTIFICATE_INVALID TPP-Signature-Certificate',
    '401 No authority known here has issued it.',
  ],
  [
    'by what is no seal',
    () => ({ sealedBy: certificates.qwac }),
    '401 CERTIFICATE_INVALID TPP-Signature-Certificate',
    '401 A certificate for a seal is expected.',
  ],
  [
    'without its certificate',
    () => ({ sent: { headers: { 'tpp-signature-certificate': undefined } } }),
    '401 CERTIFICATE_MISSING TPP-Signature-Certificate',
    '401 The certificate of the seal is expected in this header.',
  ],
  [
    'over a connection of nobody',
    () => ({ connectAs: null }),
    '401 CERTIFICATE_MISSING',
    '401 This bank is reached by mutual TLS, with a QWAC.',
  ],
  [
    'for another address',
    () => ({ sent: { path: '/v3/accounts?a=b' } }),
    '401 SIGNATURE_INVALID Signature',
    '401 It is not of this request by this certificate.',
  ],
  [
    'of another digest',
    () => ({ sent: { headers: { digest: `SHA-256=${Buffer.alloc(32).toString('base64')}` } } }),
    '401 SIGNATURE_INVALID Digest',
    '401 It is not the digest of this body.',
  ],
  [
    'an hour ago',
    () => ({ headers: { date: hourAgo() } }),
    '400 TIMESTAMP_INVALID Date',
    '400 The message is not of this moment.',
  ],
  [
    'with a date that was changed',
    () => ({ headers: { date: hourAgo() }, sent: { headers: { date: new Date().toUTCString() } } }),
    '401 SIGNATURE_INVALID Signature',
    '401 It is not of this request by this certificate.',
  ],
  [
    'with a day of one digit',
    () => ({ headers: { date: 'Sun, 6 Aug 2017 15:02:37 GMT' } }),
    '400 FORMAT_ERROR Date',
    '400 A date of HTTP is expected in this header.',
  ],
  [
    'over its date and digest only',
    () => ({ signed: ['date', 'digest'] }),
    '401 SIGNATURE_INVALID Signature',
    '401 It is expected to cover (request-target) date digest.',
  ],
  [
    'over a header that is not there',
    () => ({ signed: [...readParts.split(' '), 'host-that-is-none'] }),
    '401 SIGNATURE_INVALID Signature',
    '401 It covers host-that-is-none, which is not there.',
  ],
  [
    'by another algorithm',
    () => ({ algorithm: 'hs2019' }),
    '401 SIGNATURE_INVALID Signature',
    '401 rsa-sha256 is expected.',
  ],
];

describe('a request that is signed', () => {
  test.each(wrong)('%s is refused', async (_, call, read, token) => {
    const { sent, ...rest } = call();
    const { bearer } = await connected(balances);
    expect((await tpp.call({ bearer, ...rest, ...(sent && { sent }) })).refused).toBe(read);
    const elsewhere = sent?.path === undefined ? sent : { ...sent, path: '/oauth2/token?a=b' };
    const answer = await tpp.register({ ...rest, ...(elsewhere && { sent: elsewhere }) });
    expect(answer.refused).toBe(token);
  });

  test('over what OAuth wants, in any order, is taken; a read wants its id covered too', async () => {
    const signed = ['digest', 'date', '(request-target)'];
    expect((await tpp.register({ signed })).status).toBe(200);
    const { bearer } = await connected(balances);
    expect((await tpp.call({ bearer, signed })).refused).toBe('401 SIGNATURE_INVALID Signature');
    expect((await tpp.call({ bearer, signed: ['x-request-id', ...signed] })).status).toBe(200);
  });

  test('names its key by the certificate once, and by the client id from then on', async () => {
    const { bearer } = await connected(balances);
    expect((await tpp.call({ bearer, keyId: 'somebody-else' })).refused).toBe(
      '401 SIGNATURE_INVALID Signature',
    );
    expect((await tpp.register({ keyId: tpp.clientId })).refused).toBe(
      '400 Authorization: Signature is expected.',
    );
    const other = { keyId: tpp.certificateName.replace(/SN=\w+/, 'SN=9FA1') };
    expect((await tpp.register(other)).status).toBe(401);
  });

  test('goes with the body that was signed', async () => {
    const body = 'grant_type=client_credentials&scope=all';
    expect((await tpp.register({ sent: { body } })).refused).toBe('401 It is not the digest of this body.');
  });

  test('cannot be sent again', async () => {
    const { bearer } = await connected(balances);
    const headers = { 'x-request-id': '99391c7e-ad88-49ec-a2ad-99ddcb1f7721' };
    expect((await tpp.call({ bearer, headers })).status).toBe(200);
    expect((await tpp.call({ bearer, headers })).refused).toBe('401 SIGNATURE_INVALID X-Request-ID');
  });

  test('or not at all is refused', async () => {
    const { bearer } = await connected(balances);
    const unsigned = { sent: { headers: { signature: undefined } } };
    expect((await tpp.call({ bearer, ...unsigned })).refused).toBe('401 SIGNATURE_MISSING Signature');
    const token = { sent: { headers: { authorization: undefined } } };
    expect((await tpp.register(token)).refused).toBe('401 Requests to this bank are signed.');
  });
});
