import { describe, expect, it } from 'vitest';
import {
  accessTo,
  answer,
  bank,
  callback,
  callbackUrl,
  connector,
  failureOf,
  headersOf,
  issuer,
  origin,
  redirected,
  request,
  scripted,
  tppError,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';
import type { Reply } from './scripted-bank.ts';

useScriptedBank();

const metadataPath = '/.well-known/oauth-authorization-server/idp';
const authorisation = '/v1/consents/consent-1/authorisations/a-1';

describe('OAuth2 before the consent', () => {
  const prestep = { sca: 'oauth-prestep' };
  const created = answer({ scaRedirect: '/login' });
  const noToken: Reply = {
    status: 401,
    json: {
      tppMessages: [{ category: 'ERROR', code: 'TOKEN_UNKNOWN' }],
      _links: { scaOAuth: { href: metadataPath } },
    },
  };

  it.each([
    ['that the answer links to', prestep, [noToken, created]],
    ['that it links to with 403', prestep, [{ ...noToken, status: 403 }, created]],
    ['that it links to, at a bank of another profile', { sca: 'redirect' }, [noToken, created]],
    ['that the profile names', { ...prestep, known: true }, [created]],
  ] as const)('by the server %s: two pages, each with a state of its own', async (_what, which, consents) => {
    const { sca } = which;
    const known = 'known' in which ? { authorisationServer: `${origin}${metadataPath}` } : {};
    const profile = { sca, prestepScope: 'AIS extra', ...known };
    scripted.follow(working({ 'POST /v1/consents': consents }));
    const row = bank(profile);
    const first = await redirected(connector.begin(row, request()));
    expect(Object.fromEntries(first.url.searchParams)).toMatchObject({
      scope: 'AIS extra',
      state: 'state-1',
      redirect_uri: callbackUrl,
    });
    await connector.abandon(row, first.attempt);
    const back = callback({ code: 'code-1', state: 'state-1', iss: issuer() });
    const second = await redirected(connector.resume(row, first.attempt, back));
    expect(second.url.href).toBe(`${origin}/login`);
    expect(headersOf('POST /v1/consents')).toMatchObject({
      authorization: 'Bearer access-1',
      'tpp-redirect-uri': `${callbackUrl}?state=state-2`,
    });
    const stale = connector.resume(row, second.attempt, callback({ state: 'state-1' }));
    expect((await failureOf(stale)).kind).toBe('user-must-act');
    const step = await connector.resume(row, second.attempt, callback({ state: 'state-2' }));
    if (step.kind !== 'authorised') throw new Error(`expected a consent, got ${step.kind}`);
    await connector.accounts(row, accessTo(step.consent), ['identity']);
    expect(headersOf('GET /v1/accounts')).toMatchObject({ authorization: 'Bearer access-1' });
  });

  it('and again for the consent: the second token is the one for reading', async () => {
    const token = (access: string): Reply => ({ json: { access_token: access, token_type: 'bearer' } });
    scripted.follow(
      working({
        'POST /v1/consents': [noToken, answer({ scaOAuth: metadataPath })],
        'POST /token': [token('first'), token('second')],
      }),
    );
    const row = bank(prestep);
    const one = await redirected(connector.begin(row, request()));
    const back = (state: string) => callback({ code: 'code', state, iss: issuer() });
    const two = await redirected(connector.resume(row, one.attempt, back('state-1')));
    expect(two.url.searchParams.get('scope')).toBe('AIS:consent-1');
    expect(two.url.searchParams.get('state')).toBe('state-2');
    expect(await connector.resume(row, two.attempt, back('state-2'))).toMatchObject({
      kind: 'authorised',
      consent: { credentials: { tokens: { accessToken: 'second' } } },
    });
    await connector.abandon(row, two.attempt);
    expect(headersOf('DELETE /v1/consents/consent-1')).toMatchObject({ authorization: 'Bearer first' });
  });

  it('whose token is over is renewed to end what nobody came back for', async () => {
    const over = tppError(401, 'TOKEN_EXPIRED');
    const renewed = { json: { access_token: 'renewed', token_type: 'bearer' } };
    const first = { json: { access_token: 'first', token_type: 'bearer', refresh_token: 'again' } };
    scripted.follow(
      working({
        'POST /v1/consents': [noToken, created],
        'POST /token': [first, renewed],
        'DELETE /v1/consents/consent-1': [over, { status: 204 }],
      }),
    );
    const row = bank(prestep);
    const one = await redirected(connector.begin(row, request()));
    const back = callback({ code: 'code', state: 'state-1', iss: issuer() });
    const two = await redirected(connector.resume(row, one.attempt, back));
    await connector.abandon(row, two.attempt);
    expect(headersOf('DELETE /v1/consents/consent-1')).toMatchObject({ authorization: 'Bearer renewed' });
  });

  it('that is declined leaves nothing', async () => {
    scripted.follow(working({ 'POST /v1/consents': noToken }));
    const { attempt } = await redirected(connector.begin(bank(prestep), request()));
    const back = callback({ error: 'access_denied', state: 'state-1', iss: issuer() });
    expect(await connector.resume(bank(prestep), attempt, back)).toEqual({
      kind: 'refused',
      reason: 'cancelled',
    });
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(0);
  });

  it('whose token is refused is not asked for twice', async () => {
    scripted.follow(working({ 'POST /v1/consents': noToken }));
    const { attempt } = await redirected(connector.begin(bank(prestep), request()));
    const back = callback({ code: 'code-1', state: 'state-1', iss: issuer() });
    expect((await failureOf(connector.resume(bank(prestep), attempt, back))).kind).toBe('operator-fault');
  });

  it('names the user by the subject of his token, where the bank wants that', async () => {
    const claims = Buffer.from(JSON.stringify({ sub: 'subject-9' })).toString('base64url');
    const token = (access: string) => ({ json: { access_token: access, token_type: 'bearer' } });
    const row = bank({ ...prestep, psuIdFrom: 'token', psuIdTypes: [{ value: 'T' }] });
    const back = callback({ code: 'code-1', state: 'state-1', iss: issuer() });
    for (const access of [`h.${claims}.s`, 'opaque', 'a.b.c']) {
      scripted.calls.length = 0;
      scripted.follow(working({ 'POST /v1/consents': [noToken, created], 'POST /token': token(access) }));
      const { attempt } = await redirected(connector.begin(row, request()));
      const step = connector.resume(row, attempt, back);
      if (access.startsWith('h')) {
        expect(await step).toMatchObject({ kind: 'redirect' });
        expect(headersOf('POST /v1/consents')).toMatchObject({ 'psu-id': 'subject-9', 'psu-id-type': 'T' });
      } else expect((await failureOf(step)).kind).toBe('operator-fault');
    }
  });
});

describe('servers of some banks', () => {
  it('want other names and more parameters, and have their token endpoint elsewhere', async () => {
    const profile = {
      authorizeNames: 'camel-case',
      authorizeParameters: { bic: 'TESTDEFF', lang: 'de' },
      tokenEndpoint: `${origin}/v1/token`,
    };
    const { 'POST /token': token, ...rest } = working();
    scripted.follow({ ...rest, 'POST /v1/token': token ?? {} });
    const { url, attempt } = await redirected(connector.begin(bank(profile), request()));
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      bic: 'TESTDEFF',
      lang: 'de',
      responseType: 'code',
      clientId: 'PSDDE-BAFIN-000000',
    });
    for (const name of ['response_type', 'client_id']) expect(url.searchParams.has(name)).toBe(false);
    const back = callback({ code: 'code-1', state: 'state-1', iss: issuer() });
    expect(await connector.resume(bank(profile), attempt, back)).toMatchObject({ kind: 'authorised' });
  });

  it('are linked to without scheme and host, and found by a rewrite', async () => {
    const links = answer({ scaOAuth: '/oauth/metadata' });
    scripted.follow(working({ 'POST /v1/consents': links }));
    const linkRewrites = [{ from: `${origin}/oauth/metadata`, to: `${origin}${metadataPath}` }];
    const { url } = await redirected(connector.begin(bank({ linkRewrites }), request()));
    expect(url.pathname).toBe('/authorize');
  });

  it('want a token of the TPP itself before there is a consent', async () => {
    const own = { json: { access_token: 'own', token_type: 'bearer' } };
    scripted.follow(working({ 'POST /own-token': own }));
    const row = bank({ clientCredentials: { tokenEndpoint: `${origin}/own-token`, scope: 'AIS' } });
    const { attempt } = await redirected(connector.begin(row, request()));
    const sent = new URLSearchParams(scripted.to('POST /own-token')[0]?.body);
    expect(Object.fromEntries(sent)).toEqual({
      grant_type: 'client_credentials',
      scope: 'AIS',
      client_id: 'PSDDE-BAFIN-000000',
    });
    expect(headersOf('POST /v1/consents')).toMatchObject({ authorization: 'Bearer own' });
    const back = callback({ code: 'code-1', state: 'state-1', iss: issuer() });
    expect(await connector.resume(row, attempt, back)).toMatchObject({
      consent: { credentials: { tokens: { accessToken: 'access-1' } } },
    });
    for (const [reply, kind] of [
      [{ status: 401, json: { error: 'invalid_client' } }, 'operator-fault'],
      [{ status: 503 }, 'retry-later'],
    ] as const) {
      scripted.follow(working({ 'POST /own-token': reply }));
      expect((await failureOf(connector.begin(row, request()))).kind).toBe(kind);
    }
  });
});

describe('a code to confirm with', () => {
  const confirmed = (links: object): Reply => answer({ scaRedirect: '/login', ...links });
  const back = callback({ state: 'state-1', confirmationCode: 'c-1' });

  it.each([
    ['at the link of the consent', { confirmation: authorisation }, {}],
    [
      'at a link that the authorisation has later',
      { scaStatus: authorisation },
      { [`GET ${authorisation}`]: { json: { _links: { confirmation: { href: authorisation } } } } },
    ],
  ])('is sent %s', async (_what, links, script) => {
    scripted.follow(
      working({
        'POST /v1/consents': confirmed(links),
        [`PUT ${authorisation}`]: { json: { scaStatus: 'finalised' } },
        ...script,
      }),
    );
    const row = bank({ sca: 'redirect' });
    const { attempt } = await redirected(connector.begin(row, request()));
    expect(await connector.resume(row, attempt, back)).toMatchObject({ kind: 'authorised' });
    expect(JSON.parse(scripted.to(`PUT ${authorisation}`)[0]?.body ?? '')).toEqual({
      confirmationCode: 'c-1',
    });
  });

  it.each([
    ['wrong', { json: { scaStatus: 'failed' } }, 'rejected', 'denied'],
    ['refused', tppError(400, 'FORMAT_ERROR'), 'rejected', 'denied'],
    ['taken before', tppError(409, 'STATUS_INVALID'), 'valid', 'authorised'],
  ])('may be %s: the consent tells', async (_what, reply, status, outcome) => {
    scripted.follow(
      working({
        'POST /v1/consents': confirmed({ confirmation: authorisation }),
        [`PUT ${authorisation}`]: reply,
        'GET /v1/consents/consent-1/status': { json: { consentStatus: status } },
      }),
    );
    const row = bank({ sca: 'redirect' });
    const { attempt } = await redirected(connector.begin(row, request()));
    const step = await connector.resume(row, attempt, back);
    expect(step.kind === 'refused' ? step.reason : step.kind).toBe(outcome);
  });

  it('that cannot be taken now may be sent again', async () => {
    const links = confirmed({ confirmation: authorisation });
    scripted.follow(working({ 'POST /v1/consents': links, [`PUT ${authorisation}`]: { status: 503 } }));
    const row = bank({ sca: 'redirect' });
    const { attempt } = await redirected(connector.begin(row, request()));
    expect((await failureOf(connector.resume(row, attempt, back))).kind).toBe('retry-later');
  });
});

it('calls without the user carry the address that the profile has for them, and no other', async () => {
  scripted.follow(
    working({ 'POST /v1/consents': answer({ scaRedirect: '/login', self: '/v1/consents/consent-1' }) }),
  );
  const profile = { sca: 'redirect', absentPsuIpAddress: '198.51.100.7' };
  const { attempt } = await redirected(connector.begin(bank(profile), request()));
  await connector.abandon(bank(profile), attempt);
  expect(headersOf('POST /v1/consents')).toMatchObject({ 'psu-ip-address': '192.0.2.10' });
  expect(headersOf('DELETE /v1/consents/consent-1')).toMatchObject({ 'psu-ip-address': '198.51.100.7' });
});
