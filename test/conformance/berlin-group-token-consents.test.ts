import { describe, expect, it } from 'vitest';
import type { Bank } from '../../src/banking/bank.ts';
import type { BankConsent } from '../../src/banking/consent.ts';
import {
  callback,
  callbackUrl,
  failureOf,
  now,
  origin,
  redirected,
  request,
  scripted,
  bank as standardBank,
} from './berlin-group-script.ts';
import {
  accessTo,
  application,
  back,
  connected,
  connector,
  customer,
  permissionScopes,
  plainBank,
  said,
  signatureOf,
  signingBank,
  signingTokens,
  useScriptedTokenBank,
  working,
} from './berlin-group-token-script.ts';
import type { Reply, Script } from './scripted-bank.ts';

/** Consents that are tokens, at the wire: every request as the bank gets it, and what each answer is taken for. */

useScriptedTokenBank();

const ofOAuth = '(request-target) date digest';
const certificateName = /^SN=[0-9A-F]{32},CA=CN=Trellis%20Sandbox%20CA,O=Trellis%20Sandbox,C=DE$/;

describe('by HTTP signatures', () => {
  it('each request is the application’s, from the first to the last', async () => {
    scripted.follow(working([...signingTokens(), { json: application }]));
    const bank = signingBank();
    const { url, attempt } = await redirected(
      connector.begin(bank, request({ permissions: ['identity', 'balances'] })),
    );
    const [token] = scripted.to('POST /oauth2/token');
    expect(signatureOf(token)).toEqual({ keyId: expect.stringMatching(certificateName), covers: ofOAuth });
    expect(token?.headers).not.toHaveProperty('signature');
    expect(token?.body).toBe('grant_type=client_credentials');
    const [asked] = scripted.to('GET /oauth2/authorization-server-url');
    expect(asked?.headers.authorization).toBe('Bearer application-1');
    expect(signatureOf(asked)).toEqual({ keyId: 'client-of-bank', covers: ofOAuth });
    expect(Object.fromEntries(asked?.query ?? [])).toEqual({
      scope: 'names money',
      redirect_uri: callbackUrl,
    });
    expect(`${url.origin}${url.pathname}`).toBe(`${origin}/granting/1`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'client-of-bank',
      scope: 'names money',
      state: 'state-1',
      redirect_uri: callbackUrl,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    const step = await connector.resume(bank, attempt, back());
    const exchange = scripted.to('POST /oauth2/token').at(-1);
    expect(signatureOf(exchange)).toEqual({ keyId: 'client-of-bank', covers: ofOAuth });
    expect(Object.fromEntries(new URLSearchParams(exchange?.body))).toEqual({
      grant_type: 'authorization_code',
      code: 'code-1',
      redirect_uri: callbackUrl,
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
    });
    if (step.kind !== 'authorised') throw new Error(step.kind);
    const access = accessTo(step.consent);
    await connector.accounts(bank, access, ['identity', 'balances']);
    const [read] = scripted.to('GET /v1/accounts');
    expect(signatureOf(read)).toEqual({ keyId: 'client-of-bank', covers: `${ofOAuth} x-request-id` });
    expect(read?.headers.authorization).toBe('Bearer access-1');
    expect(read?.headers).not.toHaveProperty('consent-id');
    expect([...(read?.query ?? [])]).toEqual([]);
    await connector.revoke(bank, access);
    const [revoked] = scripted.to('POST /oauth2/token/revoke');
    expect(signatureOf(revoked)).toEqual({ keyId: 'client-of-bank', covers: ofOAuth });
    expect(revoked?.body).toBe('token_type_hint=refresh_token&token=refresh-1');
  });

  it('the key has the name that we were registered with, and the scope that our profile says', async () => {
    scripted.follow(working([{ json: { ...application, client_id: undefined } }, ...signingTokens()]));
    const clientCredentials = { tokenEndpoint: `${origin}/oauth2/token`, scope: 'granting' };
    const bank = signingBank({ clientId: 'from-the-portal', clientCredentials });
    const { url } = await redirected(connector.begin(bank, request()));
    const [token] = scripted.to('POST /oauth2/token');
    expect(signatureOf(token).keyId).toBe('from-the-portal');
    expect(token?.body).toBe('grant_type=client_credentials&scope=granting');
    expect(url.searchParams.get('client_id')).toBe('from-the-portal');
  });

  it('an access token that is refused is renewed, by the application, and kept', async () => {
    const renewed = { json: { ...customer, access_token: 'access-2', refresh_token: 'refresh-2' } };
    scripted.follow(
      working([...signingTokens(), { json: application }, renewed], {
        'GET /v1/accounts': [{ status: 401, text: '' }, { json: { accounts: [] } }],
      }),
    );
    const bank = signingBank();
    const kept: BankConsent[] = [];
    await connector.accounts(bank, accessTo(await connected(bank), kept), ['identity']);
    expect(scripted.to('GET /v1/accounts').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer access-1',
      'Bearer access-2',
    ]);
    expect(kept).toMatchObject([{ credentials: { tokens: { refreshToken: 'refresh-2' } } }]);
    const refresh = scripted.to('POST /oauth2/token').at(-1);
    expect(refresh?.body).toBe('refresh_token=refresh-1&grant_type=refresh_token');
    expect(signatureOf(refresh).keyId).toBe('client-of-bank');
  });

  it.each<[string, readonly Reply[], Script, string]>([
    ['the application is refused', [said(400)], {}, 'operator-fault'],
    ['the application is refused without a word', [{ status: 401, text: '' }], {}, 'operator-fault'],
    ['the bank has failed', [said(500)], {}, 'retry-later'],
    ['the bank is busy', [said(429)], {}, 'retry-later'],
    ['the token is none', [{ json: { ...application, access_token: 'two words' } }], {}, 'retry-later'],
    ['the client is none', [{ json: { ...application, client_id: 'a"b' } }], {}, 'retry-later'],
    ['the answer is a page', [{ text: '<html>' }], {}, 'retry-later'],
    ['the page is refused', [], { 'GET /oauth2/authorization-server-url': said(400) }, 'operator-fault'],
    ['the page is none', [], { 'GET /oauth2/authorization-server-url': { json: {} } }, 'retry-later'],
    [
      'the page is elsewhere',
      [],
      { 'GET /oauth2/authorization-server-url': { json: { location: 'https://evil.example/' } } },
      'operator-fault',
    ],
    [
      'the page is a script',
      [],
      { 'GET /oauth2/authorization-server-url': { json: { location: 'javascript:alert(1)' } } },
      'operator-fault',
    ],
  ])('%s: nobody is sent anywhere', async (_, tokens, exceptions, kind) => {
    scripted.follow(working(tokens.length > 0 ? tokens : signingTokens(), exceptions));
    const failure = await failureOf(connector.begin(signingBank(), request()));
    expect(failure.kind).toBe(kind);
    expect(failure.message).not.toContain('words of the bank');
  });

  it.each<[string, Reply, string]>([
    ['with words', said(400), 'user-must-act'],
    ['by OAuth’s code', { status: 400, json: { error: 'invalid_grant' } }, 'user-must-act'],
    ['as a client', { status: 401, json: { error: 'invalid_client' } }, 'operator-fault'],
    ['for now', said(503), 'retry-later'],
  ])('a code or a token that is refused %s is the %s of its words', async (_, reply, kind) => {
    const bank = signingBank();
    scripted.follow(working(signingTokens(reply)));
    const { attempt } = await redirected(connector.begin(bank, request()));
    expect((await failureOf(connector.resume(bank, attempt, back()))).kind).toBe(kind);
    scripted.calls.length = 0;
    scripted.follow(
      working([...signingTokens(), { json: application }, reply], { 'GET /v1/accounts': said(401) }),
    );
    const access = accessTo(await connected(bank));
    expect((await failureOf(connector.accounts(bank, access, ['identity']))).kind).toBe(kind);
  });
});

describe('without signatures', () => {
  it('a client of OAuth is what the bank sees, and no more', async () => {
    scripted.follow(working([{ json: customer }]));
    const bank = plainBank();
    const { url, attempt } = await redirected(
      connector.begin(bank, request({ permissions: ['transactions'] })),
    );
    expect(scripted.calls).toEqual([]);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      lang: 'en',
      client_id: 'PSDDE-BAFIN-000000',
      scope: 'moves',
    });
    const step = await connector.resume(bank, attempt, back());
    if (step.kind !== 'authorised') throw new Error(step.kind);
    const [token] = scripted.to('POST /oauth2/token');
    expect(new URLSearchParams(token?.body).get('client_id')).toBe('PSDDE-BAFIN-000000');
    await connector.revoke(bank, accessTo(step.consent));
    const [revoked] = scripted.to('POST /oauth2/token/revoke');
    expect(Object.fromEntries(new URLSearchParams(revoked?.body))).toEqual({
      client_id: 'PSDDE-BAFIN-000000',
      token: 'refresh-1',
      token_type_hint: 'refresh_token',
    });
  });

  it('its endpoints may be told by metadata', async () => {
    const metadata = {
      issuer: `${origin}/idp`,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/idp/token`,
    };
    const path = '/.well-known/oauth-authorization-server/idp';
    scripted.follow(
      working([], { [`GET ${path}`]: { json: metadata }, 'POST /idp/token': { json: customer } }),
    );
    const bank = plainBank({
      authorisationEndpoint: undefined,
      tokenEndpoint: undefined,
      authorisationServer: `${origin}${path}`,
    });
    expect(await connected(bank)).toMatchObject({ credentials: { tokens: { accessToken: 'access-1' } } });
  });

  it.each<[string, Reply, string]>([
    [
      'by the bank',
      { status: 404, json: { tppMessages: [{ category: 'ERROR', code: 'NOT_FOUND' }] } },
      'none',
    ],
    ['by a gateway', { status: 404, text: '<html>' }, 'our-bug'],
  ])('accounts that are not found are none, if that is said %s', async (_, reply, outcome) => {
    scripted.follow(working([{ json: customer }], { 'GET /v1/accounts': reply }));
    const bank = plainBank({ noAccounts: 'not-found' });
    const access = accessTo(await connected(bank));
    const read = await connector.accounts(bank, access, ['identity']).catch(({ kind }) => kind);
    expect(read).toEqual(outcome === 'none' ? { accounts: [] } : outcome);
  });

  it('a declined request is a refusal, a return of another attempt a failure', async () => {
    scripted.follow(working([{ json: customer }]));
    const { attempt } = await redirected(connector.begin(plainBank(), request()));
    const declined = callback({ error: 'access_denied', state: 'state-1' });
    expect(await connector.resume(plainBank(), attempt, declined)).toEqual({
      kind: 'refused',
      reason: 'cancelled',
    });
    const other = connector.resume(plainBank(), attempt, callback({ code: 'code-1', state: 'nok-1' }));
    expect((await failureOf(other)).kind).toBe('user-must-act');
    expect(scripted.to('POST /oauth2/token')).toEqual([]);
  });
});

describe('the end of a consent', () => {
  const { refresh_token: _, ...withoutRefresh } = customer;
  const month = { kind: 'ongoing', validUntil: new Date(now.getTime() + 30 * 86_400_000) } as const;
  const year = { kind: 'ongoing', validUntil: new Date(now.getTime() + 365 * 86_400_000) } as const;
  const agreed = '2026-06-04T22:00:00.000Z';

  it.each([
    ['what was agreed', month, customer, agreed],
    ['what the bank gives at most', year, customer, '2026-10-31T23:00:00.000Z'],
    ['a day more, for one fetch', { kind: 'once' } as const, customer, '2026-05-06T22:00:00.000Z'],
    [
      'of the refresh token',
      month,
      { ...customer, refresh_token_expires_in: 3_600 },
      '2026-05-04T23:30:00.000Z',
    ],
    ['not of the refresh token', month, { ...customer, refresh_token_expires_in: 9e9 }, agreed],
    ['not of the access token', month, { ...customer, expires_in: 900 }, agreed],
    ['of an access token alone', month, { ...withoutRefresh, expires_in: 900 }, '2026-05-04T22:45:00.000Z'],
  ])('is %s', async (_name, access, tokens, end) => {
    scripted.follow(working([{ json: tokens }]));
    const { expiresAt, bankConsentId } = await connected(plainBank(), { access });
    expect(expiresAt?.toISOString()).toBe(end);
    expect(bankConsentId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is kept by us: afterwards nothing is asked of the bank', async () => {
    scripted.follow(working([{ json: customer }]));
    const access = accessTo({ ...(await connected(plainBank())), expiresAt: now });
    scripted.calls.length = 0;
    expect((await failureOf(connector.accounts(plainBank(), access, ['identity']))).kind).toBe(
      'user-must-act',
    );
    expect(await connector.status(plainBank(), access)).toBe('expired');
    expect(scripted.calls).toEqual([]);
  });

  it.each<[string, Reply, string]>([
    ['read', { json: { accounts: [] } }, 'authorised'],
    ['not there', { status: 404, text: '' }, 'authorised'],
    ['refused', { status: 401, text: '' }, 'revoked'],
  ])(
    'of tokens that are not renewed is told by accounts that are %s, while the user is there',
    async (_name, reply, status) => {
      scripted.follow(working([{ json: withoutRefresh }], { 'GET /v1/accounts': reply }));
      const consent = await connected(plainBank());
      expect(await connector.status(plainBank(), accessTo(consent))).toBe(status);
      scripted.calls.length = 0;
      // Without him it would be a read that the bank counts.
      expect(await connector.status(plainBank(), accessTo(consent, [], null))).toBe('authorised');
      expect(scripted.calls).toEqual([]);
    },
  );

  it('of an access token alone is asked for by its kind, and of a bank without a place for it not at all', async () => {
    scripted.follow(working([{ json: withoutRefresh }]));
    const access = accessTo(await connected(plainBank()));
    await connector.revoke(plainBank(), access);
    const [revoked] = scripted.to('POST /oauth2/token/revoke');
    expect(new URLSearchParams(revoked?.body).get('token_type_hint')).toBe('access_token');
    scripted.calls.length = 0;
    await connector.revoke(plainBank({ revocationEndpoint: undefined }), access);
    expect(scripted.calls).toEqual([]);
  });

  it('that the bank could not be told is told again', async () => {
    scripted.follow(working([{ json: customer }], { 'POST /oauth2/token/revoke': said(503) }));
    const access = accessTo(await connected(plainBank()));
    expect((await failureOf(connector.revoke(plainBank(), access))).kind).toBe('retry-later');
  });
});

describe('a profile', () => {
  it.each<[() => Bank, string]>([
    [() => standardBank({ revocationEndpoint: `${origin}/r` }), '.revocationEndpoint needs consent none'],
    [() => standardBank({ permissionScopes }), '.permissionScopes needs consent none'],
    [() => plainBank({ sca: 'redirect' }), '.consent none needs sca oauth-integrated'],
    [() => plainBank({ access: 'global' }), '.access is of no use with consent none'],
    [() => plainBank({ permissionScopes: undefined }), '.consent none needs permissionScopes'],
    [() => plainBank({ permissionScopes: { identity: 'a' } }), 'profile.permissionScopes'],
    [() => plainBank({ authorisationEndpoint: undefined }), '.consent none needs one of'],
    [() => plainBank({ authorisationServer: `${origin}/m` }), '.consent none needs one of'],
    [() => plainBank({ tokenEndpoint: undefined }), '.consent none needs tokenEndpoint'],
    [
      () => plainBank({ clientCredentials: { tokenEndpoint: origin } }),
      '.clientCredentials with consent none',
    ],
    [() => signingBank({ signing: 'none' }), '.authorisationUrlEndpoint needs signing http-signature'],
    [() => signingBank({ clientCredentials: undefined }), '.signing http-signature needs clientCredentials'],
    [() => signingBank({ dateHeader: false }), '.signing http-signature needs dateHeader'],
    [() => signingBank({ signedHeaders: ['digest', 'date'] }), 'needs (request-target) among signedHeaders'],
    [() => signingBank({ signedHeaders: ['date'] }), '.signedHeaders must have digest'],
    [() => signingBank({ consent: 'resource', permissionScopes: undefined }), 'needs consent none'],
    [() => plainBank({ balanceTypes: ['a,b'] }), 'profile.balanceTypes'],
    [() => plainBank({ pageLimit: 0 }), 'profile.pageLimit'],
  ])('%# is refused in words', (bank, words) => {
    expect(() => connector.checkProfile(bank())).toThrow(words);
  });

  it('of either kind is taken', () => {
    for (const bank of [plainBank(), signingBank()]) expect(() => connector.checkProfile(bank)).not.toThrow();
  });
});
