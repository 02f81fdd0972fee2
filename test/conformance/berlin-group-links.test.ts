import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/banking/step.ts';
import {
  answer,
  bank,
  callback,
  callbackUrl,
  connector,
  failureOf,
  form,
  formIn,
  headersOf,
  now,
  origin,
  psu,
  redirected,
  request,
  scripted,
  status,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';

useScriptedBank();

const authorisations = '/v1/consents/consent-1/authorisations';
const authorisation = `${authorisations}/a-1`;

/** Up to the answer to the user's login. */
async function login(profile: object, values: Record<string, string>): Promise<Step> {
  const row = bank(profile);
  const step = formIn(await connector.begin(row, request()));
  return connector.resume(row, JSON.parse(JSON.stringify(step.attempt)), form(values));
}

const decoupled = { sca: 'decoupled' };
const embedded = { sca: 'embedded' };
const ada = { psuId: 'ada', password: 'secret-password' };

describe('what is sent of the user', () => {
  const app = { 'POST /v1/consents': answer({ scaStatus: authorisation }, { scaStatus: 'started' }) };

  it('is PSU-ID and its companions, as the bank has them', async () => {
    scripted.follow(working(app));
    const profile = { ...decoupled, psuIdTypes: [{ value: 'T1' }, { value: 'T2' }], corporateId: true };
    const values = { psuId: ' 1234567890AB ', psuIdType: 'T2', corporateId: 'corp' };
    await login({ ...profile, psuIdCutTo: 10 }, values);
    expect(headersOf('POST /v1/consents')).toMatchObject({
      'psu-id': '1234567890',
      'psu-id-type': 'T2',
      'psu-corporate-id': 'corp',
      'tpp-redirect-preferred': 'false',
      'tpp-decoupled-preferred': 'true',
      'tpp-redirect-uri': `${callbackUrl}?state=state-1`,
      'psu-ip-address': '192.0.2.10',
    });
  });

  it('is nothing that he did not say: no header is empty', async () => {
    scripted.follow(working(app));
    await login(decoupled, { psuId: 'ada', psuIdType: '', corporateId: '' });
    expect(headersOf('POST /v1/consents')).toMatchObject({ 'psu-id': 'ada' });
    for (const name of ['psu-id-type', 'psu-corporate-id'])
      expect(headersOf('POST /v1/consents')).not.toHaveProperty(name);
  });

  it('comes with the authorisation only where the consent must not have it', async () => {
    const start = answer({ startAuthorisationWithPsuIdentification: authorisations });
    const started = answer({ scaStatus: authorisation }, { scaStatus: 'started', psuMessage: 'Use the app' });
    scripted.follow(working({ 'POST /v1/consents': start, [`POST ${authorisations}`]: started }));
    const step = await login({ ...decoupled, psuIdOnConsent: false }, { psuId: 'ada' });
    expect(step).toMatchObject({ kind: 'decoupled', message: 'Use the app' });
    expect(headersOf('POST /v1/consents')).not.toHaveProperty('psu-id');
    expect(headersOf(`POST ${authorisations}`)).toMatchObject({ 'psu-id': 'ada' });
    expect(scripted.to(`POST ${authorisations}`)[0]?.body).toBe('{}');
  });
});

describe('the approach is the bank’s to choose', () => {
  const redirects = answer(
    { scaRedirect: '/login', startAuthorisationWithPsuIdentification: authorisations },
    {},
    { 'aspsp-sca-approach': 'REDIRECT' },
  );

  it.each([decoupled, embedded])('redirect, though %j was preferred', async (profile) => {
    scripted.follow(working({ 'POST /v1/consents': redirects }));
    const { url, attempt } = await redirected(login(profile, ada));
    expect(url.href).toBe(`${origin}/login`);
    const step = await connector.resume(bank(profile), attempt, callback({ state: 'state-1' }));
    expect(step).toMatchObject({ kind: 'authorised' });
    expect(scripted.calls.map(({ body }) => body).join()).not.toContain('secret-password');
  });

  it('the app, though redirect was preferred: then it is asked who the user is', async () => {
    const json = { psuMessage: 'Use the app', scaStatus: 'started' };
    scripted.follow(
      working({
        'POST /v1/consents': answer(
          { startAuthorisationWithPsuIdentification: authorisations },
          {},
          { 'aspsp-sca-approach': 'DECOUPLED' },
        ),
        [`POST ${authorisations}`]: answer({ scaStatus: authorisation }, json),
        [`GET ${authorisation}`]: { json: { scaStatus: 'finalised' } },
      }),
    );
    const row = bank({ sca: 'redirect' });
    const asked = formIn(await connector.begin(row, request()));
    expect(asked).toMatchObject({ purpose: 'bank-details', fields: [{ name: 'psuId' }] });
    const wait = await connector.resume(row, { ...asked.attempt }, form({ psuId: 'ada' }));
    if (wait.kind !== 'decoupled') throw new Error(`expected a wait, got ${wait.kind}`);
    expect(wait.expiresAt).toEqual(new Date(now.getTime() + 300_000));
    expect(await connector.resume(row, wait.attempt, { kind: 'poll', psu })).toMatchObject({
      kind: 'authorised',
    });
  });

  it('redirect, where the bank would take a password too and the profile knows of none', async () => {
    const links = { updatePsuAuthentication: authorisation, scaRedirect: '/login' };
    scripted.follow(
      working({ 'POST /v1/consents': answer(links, {}, { 'aspsp-sca-approach': 'EMBEDDED' }) }),
    );
    const { url } = await redirected(connector.begin(bank({ sca: 'redirect' }), request()));
    expect(url.pathname).toBe('/login');
  });

  it('and stays as it was named, where later answers do not name it', async () => {
    const header = { 'aspsp-sca-approach': 'DECOUPLED' };
    const start = answer({ startAuthorisationWithPsuIdentification: authorisations }, {}, header);
    scripted.follow(
      working({
        'POST /v1/consents': start,
        [`POST ${authorisations}`]: answer({}, { scaStatus: 'received' }),
      }),
    );
    const row = bank({ sca: 'redirect' });
    const asked = formIn(await connector.begin(row, request()));
    const step = await connector.resume(row, asked.attempt, form({ psuId: 'ada' }));
    expect(step).toMatchObject({ kind: 'decoupled' });
    if (step.kind !== 'decoupled') return;
    // Without a link to the authorisation, the consent tells.
    scripted.follow(working({ 'GET /v1/consents/consent-1/status': status('received', 'valid') }));
    scripted.calls.length = 0;
    expect(await connector.resume(row, step.attempt, { kind: 'poll', psu })).toMatchObject({
      kind: 'decoupled',
    });
    expect(await connector.resume(row, step.attempt, { kind: 'poll', psu })).toMatchObject({
      kind: 'authorised',
    });
  });

  it('redirect, and the bank must know the user all the same: he is asked', async () => {
    const unknown = { status: 400, json: { tppMessages: [{ code: 'FORMAT_ERROR', path: 'PSU-ID' }] } };
    scripted.follow(working({ 'POST /v1/consents': [unknown, answer({ scaRedirect: '/login' })] }));
    const row = bank({ sca: 'redirect' });
    const asked = formIn(await connector.begin(row, request()));
    expect(asked.purpose).toBe('bank-details');
    expect(asked).not.toHaveProperty('rejected');
    const { attempt } = await redirected(connector.resume(row, asked.attempt, form({ psuId: 'ada' })));
    expect(headersOf('POST /v1/consents')).toMatchObject({ 'psu-id': 'ada' });
    expect(JSON.stringify(attempt)).not.toContain('"fields"');
  });

  it('but nobody is asked for a password that the profile does not know of', async () => {
    for (const profile of [decoupled, { sca: 'redirect' }, { sca: 'oauth-integrated' }]) {
      const wants = { startAuthorisationWithPsuAuthentication: authorisations };
      scripted.follow(
        working({ 'POST /v1/consents': answer(wants, {}, { 'aspsp-sca-approach': 'EMBEDDED' }) }),
      );
      const begun = profile === decoupled ? login(profile, ada) : connector.begin(bank(profile), request());
      expect((await failureOf(begun)).kind).toBe('operator-fault');
    }
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(3);
  });

  it('and links that lead in circles are followed a while only', async () => {
    const again = answer({ startAuthorisation: authorisations });
    scripted.follow(working({ 'POST /v1/consents': again, [`POST ${authorisations}`]: again }));
    const failure = await failureOf(connector.begin(bank({ sca: 'redirect' }), request()));
    expect(failure.kind).toBe('operator-fault');
    expect(scripted.to(`POST ${authorisations}`)).toHaveLength(8);
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(1);
  });
});

describe('the embedded approach', () => {
  it('by every link that the standard has, in a list of links as some banks send it', async () => {
    const at = (name: string) => ({ [name]: { href: authorisation } });
    const method = (id: string) => ({ authenticationMethodId: id, authenticationType: 'CHIP_OTP', name: id });
    const chosen = { challengeData: { data: ['1', 7, '2'], otpMaxLength: '8', otpFormat: 'characters' } };
    scripted.follow(
      working({
        'POST /v1/consents': {
          status: 201,
          json: {
            consentId: 'consent-1',
            _links: [
              { startAuthorisation: { href: authorisations } },
              { self: { href: '/v1/consents/consent-1' } },
            ],
          },
        },
        [`POST ${authorisations}`]: { status: 201, json: { _links: [at('updatePsuIdentification')] } },
        [`PUT ${authorisation}`]: [
          { json: { scaStatus: 'psuIdentified', _links: at('updatePsuAuthentication') } },
          {
            json: {
              scaStatus: 'psuAuthenticated',
              scaMethods: [method('m1'), method('m2')],
              _links: at('selectAuthenticationMethod'),
            },
          },
          { json: { scaStatus: 'scaMethodSelected', ...chosen, _links: at('authoriseTransaction') } },
          { json: { scaStatus: 'finalised' } },
        ],
      }),
    );
    const row = bank(embedded);
    const choice = formIn(await login(embedded, ada));
    expect(choice.fields[0]?.options?.map(({ value }) => value)).toEqual(['m1', 'm2']);
    const code = formIn(await connector.resume(row, choice.attempt, form({ method: 'm2' })));
    expect(code).toMatchObject({
      challenge: { data: ['1', '2'] },
      fields: [{ characters: 'any', maxLength: 8 }],
    });
    expect(await connector.resume(row, code.attempt, form({ code: 'ab12' }))).toMatchObject({
      kind: 'authorised',
    });
    expect(scripted.to(`PUT ${authorisation}`).map(({ body }) => JSON.parse(body))).toEqual([
      {},
      { psuData: { password: 'secret-password' } },
      { authenticationMethodId: 'm2' },
      { scaAuthenticationData: 'ab12' },
    ]);
  });

  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('rest')]).toString('base64');
  it.each([
    ['a picture', { image: png }, { image: { mediaType: 'image/png', base64: png } }],
    ['one with a prefix', { image: `data:image/png;base64,${png}` }, { image: { mediaType: 'image/png' } }],
    ['one line', { data: ' 1234 ' }, { data: ['1234'] }],
    ['words', { additionalInformation: 'Use\u0000it' }, { text: 'Use it' }],
    ['a page instead of a picture', { image: Buffer.from('<svg>').toString('base64') }, undefined],
    ['a picture that is too large', { image: `${png}${'A'.repeat(20_000)}` }, undefined],
    ['other things', { image: 7, data: [[], {}], additionalInformation: 7 }, undefined],
  ])('tells %s', async (_what, challengeData, expected) => {
    const links = { authoriseTransaction: authorisation };
    scripted.follow(
      working({ 'POST /v1/consents': answer(links, { scaStatus: 'scaMethodSelected', challengeData }) }),
    );
    const { challenge } = formIn(await login(embedded, ada));
    if (expected === undefined) expect(challenge).toBeUndefined();
    else expect(challenge).toMatchObject(expected);
  });

  it.each([
    ['a picture', '/picture', true],
    ['a page', '/page', false],
    ['nothing', '/nothing', false],
    ['another host', 'https://evil.test/picture', false],
  ])('fetches the picture that is behind a link to %s', async (_what, imageLink, isThere) => {
    const challengeData = { imageLink, additionalInformation: 'Scan it' };
    const more = { scaStatus: 'scaMethodSelected', challengeData };
    scripted.follow(
      working({
        'POST /v1/consents': answer({ authoriseTransaction: authorisation }, more),
        'GET /picture': { headers: { 'content-type': 'image/gif' }, text: 'GIF89a' },
        'GET /page': { text: '<html>' },
      }),
    );
    const image = { mediaType: 'image/gif', base64: Buffer.from('GIF89a').toString('base64') };
    expect(formIn(await login(embedded, ada)).challenge).toEqual({
      text: 'Scan it',
      ...(isThere && { image }),
    });
  });

  it('asks for the password again where the bank, without a word, wants it again', async () => {
    const wants = answer({ updatePsuAuthentication: authorisation }, { scaStatus: 'psuIdentified' });
    scripted.follow(working({ 'POST /v1/consents': wants, [`PUT ${authorisation}`]: wants }));
    expect(await login(embedded, ada)).toMatchObject({
      purpose: 'credentials',
      rejected: { field: 'password' },
    });
    expect(scripted.to(`PUT ${authorisation}`)).toHaveLength(1);
  });

  it('asks for the code again where the bank, without a word, sends another challenge', async () => {
    const challenge = (data: string) => ({ scaStatus: 'scaMethodSelected', challengeData: { data } });
    scripted.follow(
      working({
        'POST /v1/consents': answer({ authoriseTransaction: authorisation }, challenge('first')),
        [`PUT ${authorisation}`]: answer({ authoriseTransaction: authorisation }, challenge('second')),
      }),
    );
    const first = formIn(await login(embedded, ada));
    expect(first).toMatchObject({ challenge: { data: ['first'] } });
    expect(first).not.toHaveProperty('rejected');
    expect(await connector.resume(bank(embedded), first.attempt, form({ code: '1' }))).toMatchObject({
      challenge: { data: ['second'] },
      rejected: { field: 'code' },
    });
  });

  it('takes no password for a bank that wants it encrypted, where nothing says to what', async () => {
    const links = { startAuthorisationWithEncryptedPsuAuthentication: authorisations };
    scripted.follow(
      working({
        'POST /v1/consents': answer(links),
        'GET /v1/consents/consent-1/status': { json: { consentStatus: 'received' } },
      }),
    );
    expect((await failureOf(login(embedded, ada))).kind).toBe('operator-fault');
  });

  it('fails where the bank says that it has', async () => {
    scripted.follow(
      working({ 'POST /v1/consents': answer({ scaStatus: authorisation }, { scaStatus: 'failed' }) }),
    );
    expect(await login(embedded, ada)).toEqual({ kind: 'refused', reason: 'denied' });
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(1);
  });
});

it('lasting consents only: one is asked for though one fetch was', async () => {
  scripted.follow(working());
  await connector.begin(bank({ recurring: 'always' }), request());
  expect(JSON.parse(scripted.to('POST /v1/consents')[0]?.body ?? '')).toMatchObject({
    recurringIndicator: true,
    frequencyPerDay: 4,
    validUntil: '2026-05-06',
  });
});
