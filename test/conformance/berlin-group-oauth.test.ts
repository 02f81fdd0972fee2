import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  bank,
  callback,
  callbackUrl,
  connector,
  failureOf,
  goodReturn,
  issuer,
  origin,
  redirected,
  request,
  scripted,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';
import type { Reply, Script } from './scripted-bank.ts';

useScriptedBank();

describe('OAuth2 redirect', () => {
  it('goes by metadata, PKCE, state and token to a consent', async () => {
    scripted.follow(working());
    const { url, attempt } = await redirected(connector.begin(bank(), request()));
    expect(`${url.origin}${url.pathname}`).toBe(`${origin}/authorize`);
    const parameters = Object.fromEntries(url.searchParams);
    expect(parameters).toMatchObject({
      bic: 'TEST',
      response_type: 'code',
      client_id: 'PSDDE-BAFIN-000000',
      scope: 'AIS:consent-1',
      state: 'state-1',
      redirect_uri: callbackUrl,
      code_challenge_method: 'S256',
    });

    const step = await connector.resume(bank(), attempt, goodReturn());
    const form = Object.fromEntries(new URLSearchParams(scripted.to('POST /token')[0]?.body));
    expect(form).toMatchObject({
      grant_type: 'authorization_code',
      code: 'code-1',
      client_id: 'PSDDE-BAFIN-000000',
      redirect_uri: callbackUrl,
    });
    const challenge = createHash('sha256')
      .update(form.code_verifier ?? '')
      .digest('base64url');
    expect(parameters.code_challenge).toBe(challenge);
    expect(form.code_verifier?.length).toBeGreaterThanOrEqual(43);
    expect(scripted.to('GET /v1/consents/consent-1/status')[0]?.headers).toMatchObject({
      authorization: 'Bearer access-1',
      'psu-ip-address': '192.0.2.10',
    });
    expect(step).toMatchObject({
      kind: 'authorised',
      consent: { bankConsentId: 'consent-1', expiresAt: new Date('2026-05-06T22:00:00Z') },
    });
  });

  it('uses another verifier each time, and the scope of the profile', async () => {
    scripted.follow(working());
    const spaced = { scope: 'AIS: {consentId}' };
    const first = await redirected(connector.begin(bank(spaced), request()));
    const second = await redirected(connector.begin(bank(spaced), request()));
    expect(first.url.searchParams.get('scope')).toBe('AIS: consent-1');
    expect(first.url.searchParams.get('code_challenge')).not.toBe(
      second.url.searchParams.get('code_challenge'),
    );
  });

  it('starts the authorisation explicitly where the bank wants that', async () => {
    const consent = {
      consentId: 'consent-1',
      _links: { startAuthorisation: { href: 'consents/consent-1/authorisations' } },
    };
    const started = {
      scaStatus: 'received',
      _links: { scaOAuth: { href: '/.well-known/oauth-authorization-server/idp' } },
    };
    scripted.follow(
      working({
        'POST /v1/consents': { status: 201, json: consent },
        'POST /v1/consents/consent-1/authorisations': { status: 201, json: started },
      }),
    );
    expect((await redirected(connector.begin(bank(), request()))).url.pathname).toBe('/authorize');
    expect(scripted.to('POST /v1/consents/consent-1/authorisations')[0]?.headers).toMatchObject({
      'tpp-redirect-uri': callbackUrl,
      'psu-ip-address': '192.0.2.10',
    });
  });

  it("accepts the issuer of the standard's own example, with the well-known part behind the path", async () => {
    const consent = {
      consentId: 'c',
      _links: { scaOAuth: { href: '/oauth/.well-known/oauth-authorization-server' } },
    };
    const metadata = { authorization_endpoint: `${origin}/a`, token_endpoint: `${origin}/t` };
    const script = (name: string) =>
      working({
        'POST /v1/consents': { status: 201, json: consent },
        'GET /oauth/.well-known/oauth-authorization-server': { json: { issuer: name, ...metadata } },
      });
    scripted.follow(script(`${origin}/oauth`));
    expect((await connector.begin(bank(), request())).kind).toBe('redirect');
    scripted.follow(script(`${origin}/other`));
    expect((await failureOf(connector.begin(bank(), request()))).kind).toBe('operator-fault');
  });

  const metadata = (more: object): Script => {
    const json = {
      issuer: issuer(),
      authorization_endpoint: `${origin}/a`,
      token_endpoint: `${origin}/t`,
      ...more,
    };
    return { 'GET /.well-known/oauth-authorization-server/idp': { json } };
  };

  it.each([
    ['another issuer', 'operator-fault', () => metadata({ issuer: 'https://evil.test' })],
    ['an issuer of another path', 'operator-fault', () => metadata({ issuer: `${origin}/other` })],
    ['no issuer', 'operator-fault', () => metadata({ issuer: 7 })],
    ['a foreign token endpoint', 'operator-fault', () => metadata({ token_endpoint: 'https://evil.test/t' })],
    [
      'a foreign authorisation endpoint',
      'operator-fault',
      () => metadata({ authorization_endpoint: 'https://evil.test/a' }),
    ],
    ['PKCE by plain only', 'operator-fault', () => metadata({ code_challenge_methods_supported: ['plain'] })],
    ['no token endpoint', 'retry-later', () => metadata({ token_endpoint: undefined })],
    [
      'a gateway page',
      'retry-later',
      () => ({ 'GET /.well-known/oauth-authorization-server/idp': { text: '<html>' } }),
    ],
    [
      'a failing server',
      'retry-later',
      () => ({ 'GET /.well-known/oauth-authorization-server/idp': { status: 502 } }),
    ],
  ] as const)('refuses metadata with %s, and ends the consent', async (_what, kind, exceptions) => {
    scripted.follow(working(exceptions()));
    expect((await failureOf(connector.begin(bank(), request()))).kind).toBe(kind);
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(1);
  });

  it.each([
    ['another state', { code: 'c', state: 'state-2' }, true],
    ['no state', { code: 'c' }, true],
    ['another issuer', { code: 'c', state: 'state-1', iss: 'https://evil.test' }, false],
    ['no issuer, though the bank names itself', { code: 'c', state: 'state-1' }, false],
    [
      'an error of another issuer',
      { error: 'access_denied', state: 'state-1', iss: 'https://evil.test' },
      false,
    ],
    ['no code and no error', { state: 'state-1' }, true],
    ['an id_token', { code: 'c', state: 'state-1', id_token: 'x' }, true],
    ['nothing', {}, true],
  ])('refuses a return with %s, and redeems nothing', async (_what, query, withIssuer) => {
    scripted.follow(working());
    const { attempt } = await redirected(connector.begin(bank(), request()));
    const returned = withIssuer ? { ...query, iss: issuer() } : query;
    const failure = await failureOf(
      connector.resume(bank(), attempt, callback(returned as Record<string, string>)),
    );
    expect(failure.kind).toBe('user-must-act');
    expect(scripted.to('POST /token')).toHaveLength(0);
  });

  it.each([
    ['cancelled', 'access_denied'],
    ['denied', 'login_required'],
    ['denied', 'anything <else>'],
  ])('is refused (%s) for the error %s, and ends the consent', async (reason, error) => {
    scripted.follow(working());
    const { attempt } = await redirected(connector.begin(bank(), request()));
    const returned = callback({ error, error_description: 'secret', state: 'state-1', iss: issuer() });
    expect(await connector.resume(bank(), attempt, returned)).toEqual({ kind: 'refused', reason });
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(1);
  });

  it.each([
    ['retry-later', 'temporarily_unavailable'],
    ['retry-later', 'server_error'],
    ['operator-fault', 'unauthorized_client'],
    ['our-bug', 'invalid_scope'],
  ])('fails (%s) for the error %s', async (kind, error) => {
    scripted.follow(working());
    const { attempt } = await redirected(connector.begin(bank(), request()));
    const returned = callback({ error, state: 'state-1', iss: issuer() });
    expect(await failureOf(connector.resume(bank(), attempt, returned))).toMatchObject({ kind });
  });

  it.each([
    ['user-must-act', { status: 400, json: { error: 'invalid_grant', error_description: 'secret' } }],
    ['operator-fault', { status: 401, json: { error: 'invalid_client' } }],
    ['our-bug', { status: 400, json: { error: 'invalid_request' } }],
    ['retry-later', { status: 503, text: 'secret' }],
    ['retry-later', { json: { token_type: 'Bearer' } }],
    ['retry-later', { json: { access_token: 'secret-token', token_type: 'mac' } }],
    ['retry-later', { json: { access_token: 'secret\ntoken', token_type: 'bearer' } }],
    ['retry-later', { text: '<html>secret</html>' }],
    ['operator-fault', { status: 302, headers: { location: 'https://evil.test/' } }],
  ] as const)(
    'fails (%s) where the token endpoint answers %j, telling nothing of it',
    async (kind, reply) => {
      scripted.follow(working({ 'POST /token': reply as Reply }));
      const { attempt } = await redirected(connector.begin(bank(), request()));
      const failure = await failureOf(connector.resume(bank(), attempt, goodReturn()));
      expect(failure.kind).toBe(kind);
      expect(`${failure.stack} ${JSON.stringify(failure.details)} ${String(failure.cause)}`).not.toContain(
        'secret',
      );
    },
  );

  it('ends a consent whose code is used but whose status cannot be read', async () => {
    scripted.follow(working({ 'GET /v1/consents/consent-1/status': { status: 503 } }));
    const { attempt } = await redirected(connector.begin(bank(), request()));
    expect((await failureOf(connector.resume(bank(), attempt, goodReturn()))).kind).toBe('retry-later');
    expect(scripted.to('DELETE /v1/consents/consent-1')[0]?.headers.authorization).toBe('Bearer access-1');
  });

  it('refuses an attempt that is not its own', async () => {
    for (const attempt of [{}, { consentId: 'c' }, { consentId: 7 }]) {
      expect((await failureOf(connector.resume(bank(), attempt, goodReturn()))).kind).toBe('our-bug');
      expect((await failureOf(connector.abandon(bank(), attempt))).kind).toBe('our-bug');
    }
  });
});
