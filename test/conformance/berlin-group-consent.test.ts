import { describe, expect, it } from 'vitest';
import {
  accessTo,
  authorised,
  bank,
  callback,
  callbackUrl,
  connector,
  failureOf,
  redirected,
  request,
  scripted,
  status,
  tppError,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';
import type { Reply } from './scripted-bank.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

useScriptedBank();

describe('creating a consent', () => {
  it('asks for what the permissions need, once', async () => {
    scripted.follow(working());
    await connector.begin(bank(), request());
    const [call] = scripted.to('POST /v1/consents');
    expect(JSON.parse(call?.body ?? '')).toEqual({
      access: { availableAccounts: 'allAccountsWithOwnerName' },
      recurringIndicator: false,
      // It is the 5th in Berlin already; the day after is still good behind midnight.
      validUntil: '2026-05-06',
      frequencyPerDay: 1,
      combinedServiceIndicator: false,
    });
    expect(call?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/json',
      'psu-ip-address': '192.0.2.10',
      'psu-user-agent': 'Browser/1.0',
      'psu-accept-language': 'de',
      'accept-language': 'de',
      'tpp-redirect-preferred': 'true',
      'tpp-redirect-uri': callbackUrl,
      'tpp-brand-logging-information': 'TrellisX-Evil:  1',
    });
    expect(call?.headers['x-request-id']).toMatch(uuid);
    expect(call?.headers).not.toHaveProperty('date');
    expect(call?.headers).not.toHaveProperty('x-evil');
  });

  it('asks for lasting access within what the bank gives', async () => {
    scripted.follow(working());
    const access = { kind: 'ongoing', validUntil: new Date('2026-07-01T12:00:00Z') } as const;
    await connector.begin(bank(), request({ access }));
    await connector.begin(bank({ maxConsentDays: 10 }), request({ access }));
    const bodies = scripted.to('POST /v1/consents').map((call) => JSON.parse(call.body));
    expect(bodies[0]).toMatchObject({
      recurringIndicator: true,
      validUntil: '2026-07-01',
      frequencyPerDay: 4,
    });
    expect(bodies[1]).toMatchObject({ validUntil: '2026-05-15' });
  });

  it.each([
    [{}, ['balances'], { availableAccountsWithBalance: 'allAccounts' }],
    [{}, ['identity', 'balances'], { availableAccountsWithBalance: 'allAccountsWithOwnerName' }],
    [{}, ['identity', 'transactions'], { allPsd2: 'allAccountsWithOwnerName' }],
    [{ accountDetails: 'one-by-one' }, ['identity'], { allPsd2: 'allAccountsWithOwnerName' }],
    [{ ownerName: false }, ['identity'], { availableAccounts: 'allAccounts' }],
    [{ access: 'global' }, ['identity'], { allPsd2: 'allAccountsWithOwnerName' }],
    [{ access: 'bank-offered' }, ['identity'], { accounts: [], additionalInformation: { ownerName: [] } }],
    [{ access: 'bank-offered', ownerName: false }, ['identity'], { accounts: [] }],
    [
      { access: 'bank-offered' },
      ['balances', 'transactions'],
      { accounts: [], balances: [], transactions: [] },
    ],
  ] as const)('with profile %j and %j asks for %j', async (profile, permissions, access) => {
    scripted.follow(working());
    await connector.begin(bank(profile), request({ permissions: [...permissions] }));
    expect(JSON.parse(scripted.to('POST /v1/consents')[0]?.body ?? '')).toMatchObject({ access });
  });

  it('uses a new request id for every call, and the Date header where the profile wants it', async () => {
    scripted.follow(working());
    await authorised({ dateHeader: true });
    const xs2a = scripted.calls.filter((call) => call.route.includes('/v1/'));
    expect(xs2a.every((call) => call.headers.date === 'Mon, 04 May 2026 22:30:00 GMT')).toBe(true);
    expect(new Set(xs2a.map((call) => call.headers['x-request-id'])).size).toBe(xs2a.length);
  });

  it.each([
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['::1', '127.0.0.1'],
    ['2001:db8::7', '2001:db8::7'],
  ])('tells the address %s as %s', async (ipAddress, told) => {
    scripted.follow(working());
    await connector.begin(bank(), request({ psu: { ipAddress, userAgent: 'Bröwser\r\nX-Evil: 1' } }));
    const headers = scripted.to('POST /v1/consents')[0]?.headers;
    expect(headers).toMatchObject({
      'psu-ip-address': told,
      'psu-user-agent': 'BrwserX-Evil: 1',
      'psu-accept-language': 'en',
    });
  });

  it.each([
    ['denied', 'rejected'],
    ['expired', 'expired'],
  ])('is refused (%s) where the answer already says %s', async (reason, word) => {
    scripted.follow(
      working({ 'POST /v1/consents': { status: 201, json: { consentId: 'c', consentStatus: word } } }),
    );
    expect(await connector.begin(bank(), request())).toEqual({ kind: 'refused', reason });
  });

  it.each([
    ['retry-later', { status: 201, json: { consentStatus: 'received' } }],
    ['retry-later', { status: 201, json: { consentId: 'with\r\nbreak ü', consentStatus: 'received' } }],
    ['retry-later', { status: 201, json: ['consent-1'] }],
    ['retry-later', { status: 201, json: { consentId: 'c' }, headers: { 'content-type': 'text/plain' } }],
    ['retry-later', { status: 200, text: '<html>maintenance</html>' }],
    ['operator-fault', tppError(401, 'TOKEN_UNKNOWN')],
    ['operator-fault', tppError(401, 'CERTIFICATE_MISSING')],
    ['operator-fault', { status: 307, headers: { location: 'https://elsewhere.test/' } }],
    ['our-bug', tppError(400, 'FORMAT_ERROR')],
    ['bank-refused', { status: 201, text: 'x'.repeat(60_000) }],
  ] as const)('fails (%s) for %j', async (kind, reply) => {
    scripted.follow(working({ 'POST /v1/consents': reply as Reply }));
    const failure = await failureOf(connector.begin(bank(), request()));
    expect(failure.kind).toBe(kind);
    expect(`${failure.message}${failure.stack}`).not.toContain('secret');
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(0);
  });

  it('takes a JSON type of any vendor', async () => {
    const json = { consentId: 'c', _links: { scaRedirect: { href: '/login' } } };
    for (const type of ['application/hal+json', 'application/json;charset=UTF-8', 'APPLICATION/JSON']) {
      scripted.follow(
        working({ 'POST /v1/consents': { status: 201, json, headers: { 'content-type': type } } }),
      );
      expect((await connector.begin(bank({ sca: 'redirect' }), request())).kind).toBe('redirect');
    }
  });

  it('builds status and consent addresses where the bank links to neither', async () => {
    const json = { consentId: 'a/b c', _links: { scaRedirect: { href: '/login' } } };
    scripted.follow(
      working({
        'POST /v1/consents': { status: 201, json: { ...json, consentId: 'a/b' } },
        'GET /v1/consents/a%2Fb/status': status('valid')[0] ?? {},
      }),
    );
    const { attempt } = await redirected(connector.begin(bank({ sca: 'redirect' }), request()));
    const step = await connector.resume(bank({ sca: 'redirect' }), attempt, callback({ state: 'state-1' }));
    expect(step).toMatchObject({ kind: 'authorised', consent: { bankConsentId: 'a/b' } });
  });
});

describe('the end of a lasting consent', () => {
  const access = { kind: 'ongoing', validUntil: new Date('2026-07-01T12:00:00Z') } as const;

  it.each([
    ['2026-06-01', '2026-06-01T22:00:00.000Z'],
    ['9999-12-31', '2026-07-01T22:00:00.000Z'],
    ['soon', '2026-07-01T22:00:00.000Z'],
  ])('is what the bank grants: %s means %s', async (validUntil, end) => {
    scripted.follow(
      working({ 'GET /v1/consents/consent-1': { json: { consentStatus: 'valid', validUntil } } }),
    );
    expect((await authorised({}, { access })).expiresAt?.toISOString()).toBe(end);
  });

  it('is what was asked for where the bank does not say', async () => {
    scripted.follow(working({ 'GET /v1/consents/consent-1': { status: 500 } }));
    expect((await authorised({}, { access })).expiresAt?.toISOString()).toBe('2026-07-01T22:00:00.000Z');
  });
});

describe('status', () => {
  it.each([
    ['created', status('received')],
    ['created', status('partiallyAuthorised')],
    ['created', status('someNewWord')],
    ['created', [{ json: {} }]],
    ['authorised', status('valid')],
    ['expired', status('expired')],
    ['revoked', status('revokedByPsu')],
    ['revoked', status('terminatedByTpp')],
    ['failed', status('rejected')],
    ['expired', [tppError(401, 'CONSENT_EXPIRED')]],
    ['revoked', [tppError(403, 'CONSENT_UNKNOWN')]],
    ['revoked', [tppError(404, 'RESOURCE_UNKNOWN')]],
    ['revoked', [{ status: 410 }]],
  ])('%s for %j', async (expected, replies) => {
    scripted.follow(working());
    const access = accessTo(await authorised());
    scripted.calls.length = 0;
    scripted.follow(working({ 'GET /v1/consents/consent-1/status': replies }));
    expect(await connector.status(bank(), access)).toBe(expected);
  });

  it('is unknown while the bank does not answer', async () => {
    scripted.follow(working());
    const access = accessTo(await authorised());
    scripted.follow(
      working({ 'GET /v1/consents/consent-1/status': { status: 503, headers: { 'retry-after': '7' } } }),
    );
    expect(await failureOf(connector.status(bank(), access))).toMatchObject({
      kind: 'retry-later',
      details: { httpStatus: 503, retryAfterMs: 7_000 },
    });
  });
});

describe('ending a consent', () => {
  it.each([
    { status: 204 },
    { status: 200, text: '' },
    tppError(403, 'CONSENT_UNKNOWN'),
    tppError(400, 'CONSENT_UNKNOWN'),
    tppError(401, 'CONSENT_EXPIRED'),
    tppError(404, 'RESOURCE_UNKNOWN'),
    tppError(409, 'STATUS_INVALID'),
    { status: 410 },
  ])('is done with %j', async (reply) => {
    scripted.follow(working({ 'DELETE /v1/consents/consent-1': reply }));
    const access = accessTo(await authorised(), [], null);
    await connector.revoke(bank(), access);
    expect(scripted.to('DELETE /v1/consents/consent-1')[0]?.headers.authorization).toBe('Bearer access-1');
    const { attempt } = await redirected(connector.begin(bank(), request()));
    await connector.abandon(bank(), attempt);
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(2);
  });

  it('goes without the token where that is over, since the consent is ours all the same', async () => {
    const noRefresh = { json: { access_token: 'access-1', token_type: 'Bearer' } };
    const replies = [tppError(401, 'TOKEN_EXPIRED'), { status: 204 }];
    scripted.follow(working({ 'POST /token': noRefresh, 'DELETE /v1/consents/consent-1': replies }));
    await connector.revoke(bank(), accessTo(await authorised()));
    const tokens = scripted.to('DELETE /v1/consents/consent-1').map((call) => call.headers.authorization);
    expect(tokens).toEqual(['Bearer access-1', undefined]);
  });

  it('goes without the token where its renewal is refused, and waits where that fails', async () => {
    const replies = [tppError(401, 'TOKEN_EXPIRED'), { status: 204 }];
    const first = working()['POST /token'] as Reply;
    const refused = { status: 400, json: { error: 'invalid_grant' } };
    scripted.follow(working({ 'POST /token': [first, refused], 'DELETE /v1/consents/consent-1': replies }));
    await connector.revoke(bank(), accessTo(await authorised()));
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(2);
    scripted.calls.length = 0;
    scripted.follow(
      working({ 'POST /token': [first, { status: 503 }], 'DELETE /v1/consents/consent-1': replies }),
    );
    expect((await failureOf(connector.revoke(bank(), accessTo(await authorised())))).kind).toBe(
      'retry-later',
    );
  });

  it.each([
    ['retry-later', { status: 503 }],
    ['user-must-act', tppError(401, 'TOKEN_INVALID')],
    ['our-bug', { status: 404, text: '<html>' }],
    ['operator-fault', tppError(401, 'CERTIFICATE_EXPIRED')],
  ])('fails (%s) with %j', async (kind, reply) => {
    scripted.follow(working({ 'DELETE /v1/consents/consent-1': reply }));
    expect((await failureOf(connector.revoke(bank(), accessTo(await authorised())))).kind).toBe(kind);
  });
});

describe('a profile that cannot be read', () => {
  it('is refused in words by checkProfile and as the operator’s fault by every call', async () => {
    const broken = bank({ sca: 'telepathy' });
    expect(() => connector.checkProfile(broken)).toThrow('bank de-bank: profile.sca');
    expect(() => connector.checkProfile(bank())).not.toThrow();
    expect((await failureOf(connector.begin(broken, request()))).kind).toBe('operator-fault');
  });
});
