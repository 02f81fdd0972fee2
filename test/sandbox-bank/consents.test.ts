import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { connect, connectByRedirect } from './support/journey.ts';
import { allAccounts, codeOf, oneOff, pathOf, redirectBank, Tpp, testBank } from './support/tpp.ts';

const bank = openBank();
const tpp = () => new Tpp(bank.current.url);
const iban = 'DE89370400440532013000';

describe('POST /consents', () => {
  test('answers with the consent, its place and the way on', async () => {
    const requestId = randomUUID();
    const created = await tpp().createConsent(allAccounts, { headers: { 'X-Request-ID': requestId } });
    expect(created.status).toBe(201);
    const { consentId, consentStatus, _links } = created.json;
    const self = `/berlin-group/${testBank}/v1/consents/${consentId}`;
    expect(consentStatus).toBe('received');
    expect(created.headers.get('location')).toBe(self);
    expect(created.headers.get('aspsp-sca-approach')).toBe('REDIRECT');
    expect(created.headers.get('x-request-id')).toBe(requestId);
    expect(_links.self.href).toBe(self);
    expect(_links.status.href).toBe(`${self}/status`);
    expect(_links.scaOAuth.href).toBe(
      `${bank.current.url}/.well-known/oauth-authorization-server/berlin-group/${testBank}`,
    );
    expect(_links.scaStatus.href).toMatch(new RegExp(`^${self}/authorisations/[0-9a-f-]{36}$`));
  });

  test('a bank of the plain redirect gives its page instead of OAuth', async () => {
    const created = await tpp().createConsent(allAccounts, { bank: redirectBank });
    expect(created.json._links.scaRedirect.href).toMatch(
      `${bank.current.url}/berlin-group/${redirectBank}/sca/`,
    );
    expect(created.json._links.scaOAuth).toBeUndefined();
  });

  test.each([
    ['X-Request-ID', null],
    ['X-Request-ID', 'not-a-uuid'],
    ['PSU-IP-Address', null],
    ['PSU-IP-Address', '300.1.2.3'],
    ['TPP-Redirect-URI', null],
    ['TPP-Redirect-URI', '/callback'],
    ['TPP-Redirect-URI', 'javascript:alert(1)'],
    ['TPP-Redirect-URI', 'https://user@tpp.example/callback'],
    ['TPP-Redirect-URI', 'https://tpp.example/callback#fragment'],
    ['TPP-Redirect-URI', 'https:\\\\tpp.example\\callback'],
    ['TPP-Redirect-URI', `https://tpp.example/${'a'.repeat(2048)}`],
    ['TPP-Nok-Redirect-URI', 'callback'],
    ['TPP-Explicit-Authorisation-Preferred', 'yes'],
  ])('refuses the header %s: %s', async (name, value) => {
    const answer = await tpp().createConsent(allAccounts, { headers: { [name]: value } });
    expect([codeOf(answer), pathOf(answer)]).toEqual(['400 FORMAT_ERROR', name]);
  });

  test.each(['2001:db8::1', '10.0.0.7'])('takes the address %s of a PSU', async (address) => {
    const answer = await tpp().createConsent(allAccounts, { headers: { 'PSU-IP-Address': address } });
    expect(answer.status).toBe(201);
  });

  test.each(Object.keys(allAccounts))('refuses a body without %s', async (name) => {
    const answer = await tpp().createConsent({ ...allAccounts, [name]: undefined });
    expect([codeOf(answer), pathOf(answer)]).toEqual(['400 FORMAT_ERROR', name]);
  });

  test.each([
    ['recurringIndicator', 'true', 'FORMAT_ERROR'],
    ['combinedServiceIndicator', 0, 'FORMAT_ERROR'],
    ['combinedServiceIndicator', true, 'SESSIONS_NOT_SUPPORTED'],
    ['frequencyPerDay', '4', 'FORMAT_ERROR'],
    ['frequencyPerDay', 0, 'FORMAT_ERROR'],
    ['frequencyPerDay', 1.5, 'FORMAT_ERROR'],
    ['validUntil', '2027-02-29', 'FORMAT_ERROR'],
    ['validUntil', '01.06.2027', 'FORMAT_ERROR'],
    ['validUntil', '2027-06-01T00:00:00Z', 'FORMAT_ERROR'],
    ['validUntil', 20270601, 'FORMAT_ERROR'],
    ['validUntil', '2027-03-11', 'PERIOD_INVALID'],
    ['validUntil', '0000-01-01', 'PERIOD_INVALID'],
    ['access', [], 'FORMAT_ERROR'],
    ['access', null, 'FORMAT_ERROR'],
    ['access', {}, 'FORMAT_ERROR'],
    ['access', 'allAccounts', 'FORMAT_ERROR'],
  ])('refuses %s: %j with %s', async (name, value, code) => {
    const answer = await tpp().createConsent({ ...allAccounts, [name]: value });
    expect([codeOf(answer), pathOf(answer)]).toEqual([`400 ${code}`, name]);
  });

  test('access that happens once has the frequency 1', async () => {
    const answer = await tpp().createConsent({ ...oneOff, frequencyPerDay: 2 });
    expect([codeOf(answer), pathOf(answer)]).toEqual(['400 PARAMETER_NOT_CONSISTENT', 'frequencyPerDay']);
  });

  test.each([
    [{ allPsd2: 'everything' }, 'FORMAT_ERROR', 'access.allPsd2'],
    [{ allPsd2: 'allAccounts', balances: [] }, 'PARAMETER_NOT_CONSISTENT', 'access'],
    [{ allPsd2: 'allAccounts', availableAccounts: 'allAccounts' }, 'PARAMETER_NOT_CONSISTENT', 'access'],
    [
      { allPsd2: 'allAccounts', additionalInformation: { ownerName: [] } },
      'PARAMETER_NOT_CONSISTENT',
      'access.additionalInformation',
    ],
    [{ accounts: [{ iban }], balances: [] }, 'PARAMETER_NOT_CONSISTENT', 'access'],
    [{ accounts: {} }, 'FORMAT_ERROR', 'access.accounts'],
    [{ accounts: [iban] }, 'FORMAT_ERROR', 'access.accounts[0]'],
    [{ accounts: [{}] }, 'FORMAT_ERROR', 'access.accounts[0]'],
    [{ accounts: [{ iban, bban: '1' }] }, 'FORMAT_ERROR', 'access.accounts[0]'],
    [{ accounts: [{ iban: 'DE89370400440532013001' }] }, 'FORMAT_ERROR', 'access.accounts[0].iban'],
    [{ accounts: [{ iban: 'de89 3704 0044 0532 0130 00' }] }, 'FORMAT_ERROR', 'access.accounts[0].iban'],
    [{ accounts: [{ iban, currency: 'euro' }] }, 'FORMAT_ERROR', 'access.accounts[0].currency'],
    [{ accounts: Array(201).fill({ iban }) }, 'FORMAT_ERROR', 'access.accounts'],
    [{ accounts: [{ iban }], restrictedTo: ['CACC'] }, 'PARAMETER_NOT_CONSISTENT', 'access.restrictedTo'],
    [{ allPsd2: 'allAccounts', restrictedTo: 'CACC' }, 'FORMAT_ERROR', 'access.restrictedTo'],
    [{ allPsd2: 'allAccounts', restrictedTo: [] }, 'FORMAT_ERROR', 'access.restrictedTo'],
    [
      { accounts: [{ iban }], additionalInformation: { ownerName: [{ bban: '1' }] } },
      'PARAMETER_NOT_CONSISTENT',
      'access.additionalInformation.ownerName',
    ],
    [
      { accounts: [], additionalInformation: { trustedBeneficiaries: [] } },
      'PARAMETER_NOT_SUPPORTED',
      'access.additionalInformation.trustedBeneficiaries',
    ],
    [{ additionalInformation: { ownerName: [] } }, 'FORMAT_ERROR', 'access'],
  ])('refuses the access %j', async (access, code, path) => {
    const answer = await tpp().createConsent({ ...allAccounts, access });
    expect([codeOf(answer), pathOf(answer)]).toEqual([`400 ${code}`, path]);
  });

  test.each([
    { allPsd2: 'allAccounts' },
    { availableAccounts: 'allAccounts' },
    { availableAccountsWithBalance: 'allAccountsWithOwnerName', restrictedTo: ['CACC', 'SVGS'] },
    { accounts: [], balances: [], transactions: [], additionalInformation: { ownerName: [] } },
    { balances: [{ iban, currency: 'EUR' }], transactions: [{ iban }, { maskedPan: '123456xxxxxx1234' }] },
    { accounts: [{ iban }], additionalInformation: { ownerName: [{ iban }] } },
  ])('takes the access %j and gives it back', async (access) => {
    const created = await tpp().createConsent({ ...allAccounts, access });
    expect(created.status).toBe(201);
    const read = await tpp().call(created.json._links.self.href);
    expect(read.json.access).toEqual(access);
  });

  test.each([
    ['9999-12-31', '2027-09-08'],
    ['2027-09-09', '2027-09-08'],
    ['2027-09-08', '2027-09-08'],
    ['2027-03-12', '2027-03-12'],
  ])('grants 180 days at most: %s becomes %s', async (validUntil, granted) => {
    const created = await tpp().createConsent({ ...allAccounts, validUntil, frequencyPerDay: 96 });
    const read = await tpp().call(created.json._links.self.href);
    expect([read.json.validUntil, read.json.frequencyPerDay]).toEqual([granted, 4]);
  });

  test.each([
    ['{"access":', 'application/json', 400],
    [
      JSON.stringify(allAccounts).replace('"frequencyPerDay":4', '"frequencyPerDay":1e400'),
      'application/json',
      400,
    ],
    ['"text"', 'application/json', 400],
    ['{"__proto__":{"a":1}}', 'application/json', 400],
    ['', 'application/json', 400],
    ['a=b', 'application/x-www-form-urlencoded', 415],
    [`{"a":"${'x'.repeat(70_000)}"}`, 'application/json', 413],
  ])('refuses a body that is no consent request', async (body, type, status) => {
    const answer = await tpp().createConsent(body, { headers: { 'Content-Type': type } });
    expect(codeOf(answer)).toBe(`${status} FORMAT_ERROR`);
  });
});

describe('whatever is sent', () => {
  const post = (body: string) => tpp().createConsent(body);

  test('to POST /consents is taken or refused in the standard’s words', async () => {
    const nearly = fc.record(
      {
        access: fc.oneof(
          fc.dictionary(
            fc.constantFrom(
              'accounts',
              'balances',
              'allPsd2',
              'availableAccounts',
              'restrictedTo',
              'additionalInformation',
            ),
            fc.oneof(fc.constant([]), fc.constant('allAccounts'), fc.constant([{ iban }]), fc.jsonValue()),
          ),
          fc.jsonValue(),
        ),
        recurringIndicator: fc.oneof(fc.boolean(), fc.jsonValue()),
        validUntil: fc.oneof(fc.constant('2027-06-01'), fc.string()),
        frequencyPerDay: fc.oneof(fc.constant(1), fc.jsonValue()),
        combinedServiceIndicator: fc.oneof(fc.constant(false), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(nearly, fc.jsonValue()), async (body) => {
        const answer = await post(JSON.stringify(body));
        if (answer.status !== 201) {
          expect(answer.status).toBe(400);
          expect(answer.json.tppMessages[0]).toMatchObject({
            category: 'ERROR',
            code: expect.stringMatching(/^[A-Z_]+$/),
          });
        }
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    '['.repeat(60_000),
    `{"access":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    '\ufeff{}',
    '{"access":{"allPsd2":"\\ud800"}}',
    '{"access":1,"access":2}',
  ])('a body built to hurt is 400', async (body) => {
    expect(codeOf(await post(body))).toBe('400 FORMAT_ERROR');
  });
});

describe('the consent afterwards', () => {
  test('is read as it was granted', async () => {
    const { consentId, tpp: client } = await connect(bank.current.url);
    const read = await client.call(`/consents/${consentId}`);
    expect(read.json).toEqual({
      access: { allPsd2: 'allAccountsWithOwnerName' },
      recurringIndicator: true,
      validUntil: '2027-06-01',
      frequencyPerDay: 4,
      lastActionDate: '2027-03-12',
      consentStatus: 'valid',
      _links: { account: { href: `/berlin-group/${testBank}/v1/accounts` } },
    });
  });

  test('is unknown to another bank, and under any other id', async () => {
    const { json } = await tpp().createConsent();
    const paths = [
      `/berlin-group/alpen-test-bank/v1/consents/${json.consentId}`,
      `/consents/${randomUUID()}`,
      '/consents/..%2f..',
      `/consents/${json.consentId.toUpperCase()}`,
      '/consents/%00/status',
    ];
    for (const path of paths) expect(codeOf(await tpp().call(path))).toBe('403 CONSENT_UNKNOWN');
    for (const id of ['%', '%ff', 'x'.repeat(201)]) {
      expect(codeOf(await tpp().call(`/consents/${id}`))).toBe('404 RESOURCE_UNKNOWN');
    }
  });

  test('DELETE ends it, once and again', async () => {
    const { consentId, read, tpp: client } = await connect(bank.current.url);
    const removed = await client.call(`/consents/${consentId}`, { method: 'DELETE' });
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect((await client.call(`/consents/${consentId}/status`)).json).toEqual({
      consentStatus: 'terminatedByTpp',
    });
    expect(codeOf(await read('/accounts'))).toBe('401 CONSENT_INVALID');
    expect((await client.call(`/consents/${consentId}`, { method: 'DELETE' })).status).toBe(204);
  });

  test('a status that was final stays when the consent is deleted', async () => {
    const { consentId, tpp: client } = await connect(bank.current.url);
    bank.current.control.setConsentStatus(consentId, 'revokedByPsu');
    await client.call(`/consents/${consentId}`, { method: 'DELETE' });
    expect((await client.call(`/consents/${consentId}/status`)).json).toEqual({
      consentStatus: 'revokedByPsu',
    });
  });

  test('lasts through its last day in the bank’s own time, and no longer', async () => {
    const { consentId, tpp: client } = await connect(bank.current.url);
    const statusAt = async (now: string) => {
      bank.current.control.moveClock({ now: new Date(now) });
      return (await client.call(`/consents/${consentId}/status`)).json.consentStatus;
    };
    expect(await statusAt('2027-06-01T21:59:59Z')).toBe('valid');
    expect(await statusAt('2027-06-01T22:00:00Z')).toBe('expired');
  });

  test('a one-off consent ends 20 minutes after it was authorised', async () => {
    const { consentId, read, tpp: client } = await connectByRedirect(bank.current.url, { body: oneOff });
    bank.current.control.moveClock({ advanceSeconds: 20 * 60 });
    expect((await read('/accounts')).status).toBe(200);
    bank.current.control.moveClock({ advanceSeconds: 1 });
    expect(codeOf(await read('/accounts'))).toBe('401 CONSENT_EXPIRED');
    const status = await client.call(`/consents/${consentId}/status`, { bank: redirectBank });
    expect(status.json).toEqual({ consentStatus: 'expired' });
  });

  test('nobody authorises it: rejected after a day', async () => {
    const { json } = await tpp().createConsent();
    bank.current.control.moveClock({ advanceSeconds: 24 * 3600 + 1 });
    expect((await tpp().call(json._links.status.href)).json).toEqual({ consentStatus: 'rejected' });
  });

  test('a new recurring consent of the same person expires the older one, a one-off does not', async () => {
    const older = await connectByRedirect(bank.current.url, { userName: 'joint' });
    const once = await connectByRedirect(bank.current.url, { userName: 'joint', body: oneOff });
    expect((await older.read('/accounts')).status).toBe(200);
    await connectByRedirect(bank.current.url, { userName: 'many' });
    expect((await older.read('/accounts')).status).toBe(200);
    await connectByRedirect(bank.current.url, {
      userName: 'joint',
      headers: { 'TPP-Redirect-URI': 'https://another-tpp.example/callback' },
    });
    expect((await older.read('/accounts')).status).toBe(200);
    const newer = await connectByRedirect(bank.current.url, { userName: 'joint' });
    expect(codeOf(await older.read('/accounts'))).toBe('401 CONSENT_EXPIRED');
    expect((await newer.read('/accounts')).status).toBe(200);
    expect((await once.read('/accounts')).status).toBe(200);
  });
});

describe('authorisations', () => {
  test('an explicit start gives the way on only when it is asked for', async () => {
    const headers = { 'TPP-Explicit-Authorisation-Preferred': 'true' };
    const { json } = await tpp().createConsent(allAccounts, { bank: redirectBank, headers });
    expect(Object.keys(json._links).sort()).toEqual(['self', 'startAuthorisation', 'status']);
    const started = await tpp().call(json._links.startAuthorisation.href, { method: 'POST', body: {} });
    expect([started.status, started.json.scaStatus]).toEqual([201, 'received']);
    expect(started.headers.get('aspsp-sca-approach')).toBe('REDIRECT');
    expect(started.json._links.scaRedirect.href).toContain(started.json.authorisationId);
    const listed = await tpp().call(json._links.startAuthorisation.href);
    expect(listed.json).toEqual({ authorisationIds: [started.json.authorisationId] });
    const status = await tpp().call(started.json._links.scaStatus.href);
    expect(status.json).toEqual({ scaStatus: 'received' });
  });

  test('cannot be started when there is nothing left to authorise', async () => {
    const { consentId, tpp: client } = await connect(bank.current.url);
    const started = await client.call(`/consents/${consentId}/authorisations`, { method: 'POST', body: {} });
    expect(codeOf(started)).toBe('409 STATUS_INVALID');
  });

  test('are limited in number', async () => {
    const { json } = await tpp().createConsent();
    const start = () =>
      tpp().call(`/consents/${json.consentId}/authorisations`, { method: 'POST', body: {} });
    for (let made = 1; made < 10; made += 1) expect((await start()).status).toBe(201);
    expect(codeOf(await start())).toBe('409 STATUS_INVALID');
  });

  test('belong to one consent', async () => {
    const one = await tpp().createConsent();
    const other = await tpp().createConsent();
    const id = one.json._links.scaStatus.href.split('/').at(-1);
    const crossed = await tpp().call(`/consents/${other.json.consentId}/authorisations/${id}`);
    expect(codeOf(crossed)).toBe('403 RESOURCE_UNKNOWN');
  });
});

describe('every call', () => {
  test('to an address with another method is told which ones there are', async () => {
    const put = await tpp().call('/consents', { method: 'PUT', body: {} });
    expect([codeOf(put), put.headers.get('allow')]).toEqual(['405 SERVICE_INVALID', 'POST']);
    const posted = await tpp().call('/accounts', { method: 'POST', body: {} });
    expect([codeOf(posted), posted.headers.get('allow')]).toEqual(['405 SERVICE_INVALID', 'GET']);
  });

  test('to a place or a bank that is not there is 404', async () => {
    expect(codeOf(await tpp().call('/payments/sepa-credit-transfers'))).toBe('404 RESOURCE_UNKNOWN');
    expect(codeOf(await tpp().call('/accounts', { bank: 'no-such-bank' }))).toBe('404 RESOURCE_UNKNOWN');
  });

  test('that takes no JSON is told so', async () => {
    const xml = await tpp().createConsent(allAccounts, { headers: { Accept: 'application/xml' } });
    expect(codeOf(xml)).toBe('406 REQUESTED_FORMATS_INVALID');
    const both = await tpp().createConsent(allAccounts, {
      headers: { Accept: 'text/plain, application/json;q=0.5' },
    });
    expect(both.status).toBe(201);
  });

  test('to the bank that is offline is 503 and a page', async () => {
    for (const path of ['/consents', '/accounts', '/consents/1/status', '/nothing']) {
      const answer = await tpp().call(path, { bank: 'trellis-offline-bank' });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    }
    const created = await tpp().createConsent(allAccounts, { bank: 'trellis-offline-bank' });
    expect([created.status, created.text.startsWith('<!doctype html>')]).toEqual([503, true]);
  });
});
