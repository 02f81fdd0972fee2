import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { PsuBrowser, wayOut } from './support/psu.ts';
import { type Answer, allAccounts, clientId, codeOf, pathOf, Tpp } from './support/tpp.ts';

const bank = openBank();
const refused = (answer: Answer) => [codeOf(answer), pathOf(answer)];

describe('credentials: a token of the TPP itself', () => {
  const name = 'trellis-credentials-bank';
  const own = (tpp: Tpp, at = name) => tpp.token({ grant_type: 'client_credentials' }, at);

  test('comes before a consent, and reads nothing', async () => {
    const tpp = new Tpp(bank.current.url);
    expect(refused(await tpp.createConsent(allAccounts, { bank: name }))).toEqual([
      '401 TOKEN_UNKNOWN',
      'Authorization',
    ]);
    const { json } = await own(tpp);
    expect(json).toMatchObject({ token_type: 'Bearer', scope: 'AIS' });
    expect(json.refresh_token).toBeUndefined();
    const headers = { Authorization: `Bearer ${json.access_token}` };
    const { consentId, _links } = (await tpp.createConsent(allAccounts, { bank: name, headers })).json;
    expect(_links.scaOAuth.href).toBe('/v1/oauth-metadata');
    expect((await tpp.call(`/consents/${consentId}/status`, { bank: name, headers })).status).toBe(200);
    bank.current.control.setConsentStatus(consentId, 'valid');
    const read = await tpp.call('/accounts', {
      bank: name,
      headers: { ...headers, 'Consent-ID': consentId },
    });
    expect(codeOf(read)).toBe('401 TOKEN_INVALID');
    const metadata = (path: string) => fetch(`${bank.current.url}${path}`);
    expect((await metadata('/v1/oauth-metadata')).status).toBe(404);
    expect((await metadata(`/berlin-group/${name}/v1/oauth-metadata`)).status).toBe(200);
    expect((await metadata('/berlin-group/trellis-test-bank/v1/oauth-metadata')).status).toBe(404);
  });

  test('is nothing that other banks have', async () => {
    const answer = await own(new Tpp(bank.current.url), 'trellis-test-bank');
    expect([answer.status, answer.json.error]).toEqual([400, 'unsupported_grant_type']);
  });
});

describe('subject: a server of several banks, and tokens that name the customer', () => {
  const name = 'trellis-subject-bank';

  test('wants its BIC and its own scope', async () => {
    const tpp = new Tpp(bank.current.url);
    const status = async (changes: Record<string, string>) =>
      (await new PsuBrowser().open((await tpp.authorizeUrl('', changes, name)).url)).status;
    expect(await status({ scope: 'ais', bic: 'TRSUDEFFXXX' })).toBe(200);
    expect(await status({ scope: 'ais' })).toBe(400);
    expect(await status({ scope: 'ais', bic: 'TRLSDEFFXXX' })).toBe(400);
    const { url } = await tpp.authorizeUrl('', { scope: 'AIS', bic: 'TRSUDEFFXXX' }, name);
    const sentBack = await fetch(url, { redirect: 'manual' });
    expect(new URL(sentBack.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_scope');
  });

  test('takes no other PSU-ID than the subject', async () => {
    const tpp = new Tpp(bank.current.url);
    const asked = { scope: 'ais', bic: 'TRSUDEFFXXX' };
    const { url, verifier } = await tpp.authorizeUrl('', asked, name);
    const psu = new PsuBrowser();
    const back = wayOut(await psu.press(await psu.open(url), 'userName', 'ada'));
    const { json } = await tpp.exchange(back?.searchParams.get('code') ?? '', verifier, name);
    const claims = JSON.parse(Buffer.from(json.access_token.split('.')[1], 'base64url').toString());
    expect(claims).toEqual({ sub: expect.stringMatching(/^\d{12}$/), scope: 'ais' });
    const create = (psuId: string | null) => {
      const headers = { Authorization: `Bearer ${json.access_token}`, 'PSU-ID': psuId };
      return tpp.createConsent(allAccounts, { bank: name, headers });
    };
    expect(refused(await create(null))).toEqual(['400 FORMAT_ERROR', 'PSU-ID']);
    expect(refused(await create('ada'))).toEqual(['401 PSU_CREDENTIALS_INVALID', 'PSU-ID']);
    expect((await create(claims.sub)).status).toBe(201);
  });
});

test('commerce: the token endpoint is told nowhere', async () => {
  const name = 'trellis-commerce-bank';
  const tpp = new Tpp(bank.current.url);
  expect(await tpp.metadata(name)).not.toHaveProperty('token_endpoint');
  const ask = (path: string) =>
    fetch(`${bank.current.url}/berlin-group/${name}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `client_id=${clientId}&grant_type=refresh_token&refresh_token=x`,
    });
  expect((await ask('token')).status).toBe(404);
  const there = await ask('idp/v1/token');
  expect([there.status, await there.text()]).toEqual([400, '{"error":"invalid_grant"}']);
});
