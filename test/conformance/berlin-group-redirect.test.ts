import { describe, expect, it } from 'vitest';
import {
  bank,
  callback,
  callbackUrl,
  connector,
  failureOf,
  origin,
  redirected,
  request,
  scripted,
  status,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';

useScriptedBank();

describe('plain redirect', () => {
  const plain = { sca: 'redirect' } as const;

  it('carries the state in both return addresses and believes only the status', async () => {
    scripted.follow(working());
    const { url, attempt } = await redirected(connector.begin(bank(plain), request()));
    expect(url.href).toBe(`${origin}/login`);
    expect(scripted.to('POST /v1/consents')[0]?.headers).toMatchObject({
      'tpp-redirect-uri': `${callbackUrl}?state=state-1`,
      'tpp-nok-redirect-uri': `${callbackUrl}?state=nok-1`,
    });
    const consent = await connector.resume(bank(plain), attempt, callback({ state: 'state-1' }));
    expect(consent).toMatchObject({ kind: 'authorised', consent: { bankConsentId: 'consent-1' } });
    expect(scripted.calls.some((call) => call.headers.authorization !== undefined)).toBe(false);
  });

  it('waits a moment for a bank that lags', async () => {
    const lagging = {
      'GET /v1/consents/consent-1/status': status('received', 'partiallyAuthorised', 'someNewWord', 'valid'),
    };
    scripted.follow(working(lagging));
    const { attempt } = await redirected(connector.begin(bank(plain), request()));
    expect((await connector.resume(bank(plain), attempt, callback({ state: 'state-1' }))).kind).toBe(
      'authorised',
    );
    expect(scripted.to('GET /v1/consents/consent-1/status')).toHaveLength(4);
  });

  it('gives up in the end, and ends what would stay behind', async () => {
    scripted.follow(working({ 'GET /v1/consents/consent-1/status': status('received') }));
    const { attempt } = await redirected(connector.begin(bank(plain), request()));
    const step = await connector.resume(bank(plain), attempt, callback({ state: 'state-1' }));
    expect(step).toEqual({ kind: 'refused', reason: 'cancelled' });
    expect(scripted.to('GET /v1/consents/consent-1/status').length).toBeLessThan(20);
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(1);
  });

  it.each([
    ['denied', 'rejected', {}],
    ['cancelled', 'rejected', { state: 'nok-1' }],
    ['cancelled', 'received', { state: 'nok-1' }],
    ['cancelled', 'valid', { state: 'nok-1' }],
    ['expired', 'expired', { state: 'nok-1' }],
    ['cancelled', 'revokedByPsu', {}],
  ])('is refused (%s) when the status is %s with %j', async (reason, word, more) => {
    scripted.follow(working({ 'GET /v1/consents/consent-1/status': status(word) }));
    const { attempt } = await redirected(connector.begin(bank(plain), request()));
    const step = await connector.resume(bank(plain), attempt, callback({ state: 'state-1', ...more }));
    expect(step).toEqual({ kind: 'refused', reason });
    expect(scripted.to('GET /v1/consents/consent-1/status')).toHaveLength(1);
    const isAlive = word === 'received' || word === 'valid';
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(isAlive ? 1 : 0);
  });

  it('can be resumed again after a failure', async () => {
    scripted.follow(working({ 'GET /v1/consents/consent-1/status': [{ status: 503 }, ...status('valid')] }));
    const { attempt } = await redirected(connector.begin(bank(plain), request()));
    const back = callback({ state: 'state-1' });
    expect((await failureOf(connector.resume(bank(plain), attempt, back))).kind).toBe('retry-later');
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(0);
    expect((await connector.resume(bank(plain), attempt, back)).kind).toBe('authorised');
  });

  it('refuses another state without asking the bank', async () => {
    scripted.follow(working());
    const { attempt } = await redirected(connector.begin(bank(plain), request()));
    for (const query of [{}, { state: 'state-2' }]) {
      expect(
        (await failureOf(connector.resume(bank(plain), attempt, callback(query as Record<string, string>))))
          .kind,
      ).toBe('user-must-act');
    }
    expect(scripted.to('GET /v1/consents/consent-1/status')).toHaveLength(0);
  });

  it.each([
    ['a foreign page', { scaRedirect: { href: 'https://evil.test/login' } }],
    ['a script', { scaRedirect: { href: 'javascript:alert(1)' } }],
    [
      'another approach',
      { startAuthorisationWithPsuAuthentication: { href: '/v1/consents/c/authorisations' } },
    ],
    ['no link at all', {}],
  ])('does not send the user to %s', async (_what, links) => {
    const self = { self: { href: '/v1/consents/consent-1' } };
    const json = { consentId: 'consent-1', _links: { ...self, ...links } };
    scripted.follow(working({ 'POST /v1/consents': { status: 201, json } }));
    expect((await failureOf(connector.begin(bank(plain), request()))).kind).toBe('operator-fault');
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(1);
  });

  it('sends the user to a host that the profile names', async () => {
    const json = { consentId: 'consent-1', _links: { scaRedirect: { href: 'https://login.bank.test/x' } } };
    scripted.follow(working({ 'POST /v1/consents': { status: 201, json } }));
    const step = await connector.begin(bank({ ...plain, linkHosts: ['login.bank.test'] }), request());
    expect(step).toMatchObject({ kind: 'redirect', url: 'https://login.bank.test/x' });
  });
});
