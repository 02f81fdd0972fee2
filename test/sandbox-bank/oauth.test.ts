import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { connect } from './support/journey.ts';
import { PsuBrowser, textOf, wayOut } from './support/psu.ts';
import {
  allAccounts,
  callback,
  clientId,
  codeOf,
  oneOff,
  redirectBank,
  Tpp,
  testBank,
} from './support/tpp.ts';

const bank = openBank();
const tpp = () => new Tpp(bank.current.url);
const issuer = () => `${bank.current.url}/berlin-group/${testBank}`;

/** A consent whose PSU has confirmed: the code is on its way to the TPP. */
async function authorised(body: unknown = allAccounts, userName = 'ada') {
  const client = tpp();
  const { consentId } = (await client.createConsent(body)).json;
  const { url, verifier } = await client.authorizeUrl(consentId);
  const returned = wayOut(await new PsuBrowser().visit(url, userName));
  return { client, consentId, verifier, code: returned?.searchParams.get('code') ?? '', returned };
}

describe('metadata', () => {
  test('are those of RFC 8414 and name the issuer that the link stands for', async () => {
    expect(await tpp().metadata()).toMatchObject({
      issuer: issuer(),
      authorization_endpoint: `${issuer()}/authorize`,
      token_endpoint: `${issuer()}/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    });
  });

  test('are not there for a bank without OAuth, and down with one that is offline', async () => {
    expect(await tpp().metadata(redirectBank)).toEqual({ error: 'not_found' });
    expect(await tpp().metadata('trellis-offline-bank')).toBeUndefined();
  });
});

describe('the authorisation request', () => {
  test.each([
    ['client_id', 'trellis'],
    ['client_id', null],
    ['client_id', 'PSDDE-BAFIN-'],
    ['scope', 'AIS:no-such-consent'],
    ['scope', 'openid'],
    ['scope', null],
    ['redirect_uri', 'https://tpp.example/callback/2'],
    ['redirect_uri', 'https://tpp.example/callback/1?more'],
    ['redirect_uri', null],
  ])('with %s %s goes nowhere: an error page', async (name, value) => {
    const { consentId } = (await tpp().createConsent()).json;
    const { url } = await tpp().authorizeUrl(consentId, { [name]: value });
    const page = await new PsuBrowser().open(url);
    expect(page.status).toBe(400);
    expect(textOf(page)).toContain('Nothing was shared');
  });

  test('with a repeated parameter goes nowhere', async () => {
    const { consentId } = (await tpp().createConsent()).json;
    const { url } = await tpp().authorizeUrl(consentId);
    const page = await new PsuBrowser().open(`${url}&redirect_uri=https://thief.example`);
    expect(page.status).toBe(400);
  });

  test.each([
    ['response_type', 'token', 'unsupported_response_type'],
    ['response_type', null, 'unsupported_response_type'],
    ['code_challenge', null, 'invalid_request'],
    ['code_challenge', 'short', 'invalid_request'],
    ['code_challenge_method', 'plain', 'invalid_request'],
    ['code_challenge_method', null, 'invalid_request'],
    ['request', 'ey.ey.', 'request_not_supported'],
    ['request_uri', 'https://tpp.example/request', 'request_not_supported'],
  ])('with %s %s goes back with %s', async (name, value, error) => {
    const { consentId } = (await tpp().createConsent()).json;
    const { url } = await tpp().authorizeUrl(consentId, { [name]: value });
    const returned = new URL((await new PsuBrowser().open(url)).url);
    expect(`${returned.origin}${returned.pathname}`).toBe(callback);
    expect(Object.fromEntries(returned.searchParams)).toEqual({
      error,
      state: `state-${consentId}`,
      iss: issuer(),
    });
  });

  test('without state goes back without one', async () => {
    const { consentId } = (await tpp().createConsent()).json;
    const { url } = await tpp().authorizeUrl(consentId, { state: null });
    const returned = new URL((await new PsuBrowser().open(url)).url);
    expect(Object.fromEntries(returned.searchParams)).toEqual({ error: 'invalid_request', iss: issuer() });
  });

  test('for a consent that is decided goes back', async () => {
    const { client, consentId } = await authorised();
    const { url } = await client.authorizeUrl(consentId);
    const returned = new URL((await new PsuBrowser().open(url)).url);
    expect(returned.searchParams.get('error')).toBe('invalid_scope');
  });

  test('keeps what the redirect URI had of its own', async () => {
    const redirectUri = `${callback}?session=7`;
    const headers = { 'TPP-Redirect-URI': redirectUri };
    const { consentId } = (await tpp().createConsent(allAccounts, { headers })).json;
    const { url } = await tpp().authorizeUrl(consentId, { redirect_uri: redirectUri });
    const returned = wayOut(await new PsuBrowser().visit(url, 'ada'));
    expect([...(returned?.searchParams.keys() ?? [])]).toEqual(['session', 'code', 'state', 'iss']);
  });
});

describe('the answer', () => {
  test('carries code, state and issuer, and the code gives tokens', async () => {
    const { client, consentId, verifier, code, returned } = await authorised();
    expect(Object.fromEntries(returned?.searchParams ?? [])).toEqual({
      code,
      state: `state-${consentId}`,
      iss: issuer(),
    });
    const tokens = await client.exchange(code, verifier);
    expect(tokens.json).toEqual({
      access_token: expect.stringMatching(/^[\w-]{32}$/),
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: expect.stringMatching(/^[\w-]{32}$/),
      scope: `AIS:${consentId}`,
    });
    expect(tokens.headers.get('cache-control')).toBe('no-store');
  });

  test('of someone who declines is access_denied, and the consent is rejected', async () => {
    const { consentId, _links } = (await tpp().createConsent()).json;
    const { url } = await tpp().authorizeUrl(consentId);
    const returned = wayOut(await new PsuBrowser().visit(url, 'ada', 'decline'));
    expect(Object.fromEntries(returned?.searchParams ?? [])).toEqual({
      error: 'access_denied',
      state: `state-${consentId}`,
      iss: issuer(),
    });
    expect((await tpp().call(_links.status.href)).json).toEqual({ consentStatus: 'rejected' });
    expect((await tpp().call(_links.scaStatus.href)).json).toEqual({ scaStatus: 'failed' });
  });

  test('to a one-off consent has no refresh token', async () => {
    const { client, verifier, code } = await authorised(oneOff);
    expect((await client.exchange(code, verifier)).json.refresh_token).toBeUndefined();
  });
});

describe('the token endpoint', () => {
  const grant = 'authorization_code';

  test.each([
    ['another redirect URI', { redirect_uri: 'https://tpp.example/callback/2' }],
    ['another client', { client_id: 'PSDDE-BAFIN-654321' }],
    ['another verifier', { code_verifier: 'a'.repeat(43) }],
    ['another code', { code: 'guess' }],
  ])('refuses %s', async (_, changes) => {
    const { client, verifier, code } = await authorised();
    const right = { grant_type: grant, code, code_verifier: verifier, redirect_uri: callback };
    const answer = await client.token({ ...right, ...changes });
    expect([answer.status, answer.json]).toEqual([400, { error: 'invalid_grant' }]);
    expect((await client.token(right)).status).toBe(200);
  });

  test('refuses a code of another bank', async () => {
    const { client, verifier, code } = await authorised();
    expect((await client.exchange(code, verifier, 'alpen-test-bank')).json).toEqual({
      error: 'invalid_grant',
    });
  });

  test('takes a code within 60 seconds', async () => {
    const early = await authorised();
    bank.current.control.moveClock({ advanceSeconds: 60 });
    expect((await early.client.exchange(early.code, early.verifier)).status).toBe(200);
    const late = await authorised();
    bank.current.control.moveClock({ advanceSeconds: 61 });
    expect((await late.client.exchange(late.code, late.verifier)).json).toEqual({ error: 'invalid_grant' });
  });

  test('takes a code once; a replay revokes what it gave', async () => {
    const { read, tpp: client, refreshToken } = await connect(bank.current.url);
    const fresh = await authorised(allAccounts, 'many');
    const first = await client.exchange(fresh.code, fresh.verifier);
    const headers = { 'Consent-ID': fresh.consentId, Authorization: `Bearer ${first.json.access_token}` };
    expect((await client.call('/accounts', { headers })).status).toBe(200);
    expect((await client.exchange(fresh.code, fresh.verifier)).json).toEqual({ error: 'invalid_grant' });
    expect(codeOf(await client.call('/accounts', { headers }))).toBe('401 TOKEN_INVALID');
    const refreshed = await client.token({
      grant_type: 'refresh_token',
      refresh_token: first.json.refresh_token,
    });
    expect(refreshed.json).toEqual({ error: 'invalid_grant' });
    // Somebody else's tokens are not touched.
    expect((await read('/accounts')).status).toBe(200);
    expect(refreshToken).toBeDefined();
  });

  test('two exchanges at once give tokens once', async () => {
    const { client, verifier, code } = await authorised();
    const answers = await Promise.all([client.exchange(code, verifier), client.exchange(code, verifier)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 400]);
  });

  test.each([
    [{ grant_type: 'client_credentials' }, 400, 'unsupported_grant_type'],
    [{}, 400, 'invalid_request'],
    [{ grant_type: grant, code: 'x' }, 400, 'invalid_request'],
    [{ grant_type: 'refresh_token' }, 400, 'invalid_request'],
    [{ grant_type: 'refresh_token', refresh_token: 'guess' }, 400, 'invalid_grant'],
    [{ grant_type: grant, client_id: '' }, 401, 'invalid_client'],
  ])('answers %j in the words of OAuth', async (parameters: Record<string, string>, status, error) => {
    const answer = await tpp().token(parameters);
    expect([answer.status, answer.json]).toEqual([status, { error }]);
  });

  test('refuses a repeated parameter and a body that is no form', async () => {
    const url = `${issuer()}/token`;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = `grant_type=${grant}&code=a&code=b&client_id=${clientId}`;
    const repeated = await fetch(url, { method: 'POST', headers: form, body });
    expect([repeated.status, await repeated.json()]).toEqual([400, { error: 'invalid_request' }]);
    const json = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body: '<a/>' });
    expect([json.status, await json.json()]).toEqual([400, { error: 'invalid_request' }]);
  });
});

describe('refresh tokens', () => {
  const refresh = (client: Tpp, token: string | undefined, name = testBank) =>
    client.token({ grant_type: 'refresh_token', refresh_token: token ?? '' }, name);

  test('renew the access token, and rotate', async () => {
    const { consentId, tpp: client, read, refreshToken } = await connect(bank.current.url);
    bank.current.control.moveClock({ advanceSeconds: 601 });
    const expired = await read('/accounts');
    expect([codeOf(expired), expired.headers.get('www-authenticate')]).toEqual([
      '401 TOKEN_EXPIRED',
      'Bearer',
    ]);
    const renewed = await refresh(client, refreshToken);
    expect(renewed.json.refresh_token).not.toBe(refreshToken);
    const headers = { 'Consent-ID': consentId, Authorization: `Bearer ${renewed.json.access_token}` };
    expect((await client.call('/accounts', { headers })).status).toBe(200);
  });

  test('that come a second time revoke the whole grant', async () => {
    const { tpp: client, read, refreshToken } = await connect(bank.current.url);
    const renewed = await refresh(client, refreshToken);
    expect((await refresh(client, refreshToken)).json).toEqual({ error: 'invalid_grant' });
    expect((await refresh(client, renewed.json.refresh_token)).json).toEqual({ error: 'invalid_grant' });
    expect(codeOf(await read('/accounts'))).toBe('401 TOKEN_INVALID');
  });

  test('stay the same at a bank that does not rotate them', async () => {
    const { tpp: client, refreshToken } = await connect(bank.current.url, { bank: 'alpen-test-bank' });
    const renewed = await refresh(client, refreshToken, 'alpen-test-bank');
    expect([renewed.json.refresh_token, renewed.json.expires_in]).toEqual([refreshToken, 3600]);
    expect((await refresh(client, refreshToken, 'alpen-test-bank')).status).toBe(200);
  });

  test('end with the consent, and are no access tokens', async () => {
    const { consentId, tpp: client, refreshToken, accessToken } = await connect(bank.current.url);
    const headers = { 'Consent-ID': consentId, Authorization: `Bearer ${refreshToken}` };
    expect(codeOf(await client.call('/accounts', { headers }))).toBe('401 TOKEN_UNKNOWN');
    expect((await refresh(client, accessToken)).json).toEqual({ error: 'invalid_grant' });
    await client.call(`/consents/${consentId}`, { method: 'DELETE' });
    expect((await refresh(client, refreshToken)).json).toEqual({ error: 'invalid_grant' });
  });
});

describe('the bearer token of a call', () => {
  test('must be there, be known, and be of this consent', async () => {
    const mine = await connect(bank.current.url);
    const other = await connect(bank.current.url, { userName: 'many' });
    const call = (authorization: string | null) =>
      mine.tpp.call('/accounts', { headers: { 'Consent-ID': mine.consentId, Authorization: authorization } });
    expect(codeOf(await call(null))).toBe('401 TOKEN_UNKNOWN');
    expect(codeOf(await call('Basic YTpi'))).toBe('401 TOKEN_UNKNOWN');
    expect(codeOf(await call('Bearer guess'))).toBe('401 TOKEN_UNKNOWN');
    expect(codeOf(await call(`Bearer ${other.accessToken}`))).toBe('401 TOKEN_INVALID');
    expect((await call(`bearer ${mine.accessToken}`)).status).toBe(200);
  });

  test('is looked at on a consent too, where it came along', async () => {
    const { consentId, tpp: client } = await connect(bank.current.url);
    const answer = await client.call(`/consents/${consentId}/status`, {
      headers: { Authorization: 'Bearer guess' },
    });
    expect(codeOf(answer)).toBe('401 TOKEN_UNKNOWN');
  });
});
