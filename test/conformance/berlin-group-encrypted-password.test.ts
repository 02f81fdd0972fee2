import { beforeAll, describe, expect, it } from 'vitest';
import { PasswordKey } from '../../src/sandbox-bank/sca/password-key.ts';
import {
  answer,
  bank,
  connector,
  failureOf,
  form,
  formIn,
  now,
  origin,
  request,
  scripted,
  tppError,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';
import type { Reply } from './scripted-bank.ts';

useScriptedBank();

const key = new PasswordKey();
let pem = '';
beforeAll(async () => {
  pem = await key.certificateAt(now);
});

const authorisation = '/v1/consents/consent-1/authorisations/a-1';
const row = (more: object = {}) =>
  bank({ sca: 'embedded', passwordCertificateUrl: `${origin}/passwords.pem`, ...more });
const login = { psuId: 'ada', password: 'canary-pässword' };

/** Up to the answer to the login, at a bank whose first answer has these links. */
async function logIn(links: Record<string, string>, exceptions: Record<string, Reply | Reply[]> = {}) {
  const next = answer({ authoriseTransaction: authorisation }, { scaStatus: 'scaMethodSelected' });
  scripted.follow(
    working({
      'POST /v1/consents': answer(links),
      [`PUT ${authorisation}`]: next,
      'POST /v1/consents/consent-1/authorisations': next,
      'GET /passwords.pem': { text: pem },
      ...exceptions,
    }),
  );
  const { attempt } = formIn(await connector.begin(row(), request()));
  return connector.resume(row(), attempt, form(login));
}

/** What the bank got for a password, opened. */
function sentTo(route: string) {
  return scripted.to(route).map(({ body }) => {
    const { psuData } = JSON.parse(body);
    expect(Object.keys(psuData)).toEqual(['encryptedPassword']);
    return { jwe: psuData.encryptedPassword, opened: key.open(psuData.encryptedPassword) };
  });
}

describe('a password for the eyes of the bank alone', () => {
  it.each([
    ['PUT', { updateEncryptedPsuAuthentication: authorisation }],
    ['PUT', { updatePsuAuthentication: '/plain', updateEncryptedPsuAuthentication: authorisation }],
    // The name of a link is no reason to send what the operator has forbidden.
    ['PUT', { updatePsuAuthentication: authorisation }],
    ['POST', { startAuthorisationWithEncryptedPsuAuthentication: '/v1/consents/consent-1/authorisations' }],
  ] as const)('is a JWE for its certificate: %s %o', async (method, links) => {
    expect(await logIn({ ...links })).toMatchObject({ kind: 'form', purpose: 'second-factor' });
    const path = method === 'PUT' ? authorisation : `${authorisation.slice(0, -4)}`;
    const [sent, ...others] = sentTo(`${method} ${path}`);
    expect(others).toEqual([]);
    expect(sent?.opened).toEqual({
      text: login.password,
      header: { x5u: `${origin}/passwords.pem`, x5c: [pem.replaceAll(/-----[A-Z ]+-----|\s/g, '')] },
    });
    const wire = scripted.calls.map(({ body, headers }) => body + JSON.stringify(headers)).join();
    expect(wire).not.toContain('canary');
  });

  it('is encrypted anew for each try, to what the bank publishes then', async () => {
    const links = { updateEncryptedPsuAuthentication: authorisation };
    const refused = tppError(401, 'PSU_CREDENTIALS_INVALID');
    const again = formIn(
      await logIn(links, {
        [`PUT ${authorisation}`]: [refused, answer({ authoriseTransaction: authorisation })],
        [`GET ${authorisation}`]: { json: { scaStatus: 'psuIdentified' } },
        'GET /v1/consents/consent-1/status': { json: { consentStatus: 'received' } },
      }),
    );
    expect(again).toMatchObject({ purpose: 'credentials', rejected: { field: 'password' } });
    expect(JSON.stringify(again)).not.toContain('canary');
    await connector.resume(row(), again.attempt, form({ ...login, password: 'other' }));
    const sent = sentTo(`PUT ${authorisation}`);
    expect(sent.map(({ opened }) => opened?.text)).toEqual([login.password, 'other']);
    expect(scripted.to('GET /passwords.pem')).toHaveLength(2);
  });

  it('is asked for once more where the bank has another, and encrypted like the first', async () => {
    const further = answer({ updateAdditionalEncryptedPsuAuthentication: authorisation });
    const refused = tppError(401, 'PSU_CREDENTIALS_INVALID');
    const done = answer({ authoriseTransaction: authorisation });
    const asked = formIn(
      await logIn(
        { updateEncryptedPsuAuthentication: authorisation },
        {
          [`PUT ${authorisation}`]: [further, refused, further, done],
          'GET /v1/consents/consent-1/status': { json: { consentStatus: 'received' } },
        },
      ),
    );
    expect(asked).toMatchObject({
      purpose: 'credentials',
      fields: [{ name: 'additionalPassword', label: 'additional-password', type: 'password', secret: true }],
    });
    expect(asked).not.toHaveProperty('rejected');
    let step = asked;
    // Nothing typed, wrong, and wrong without a word of the bank.
    for (const additionalPassword of ['', 'canary-2', 'canary-3']) {
      step = formIn(await connector.resume(row(), step.attempt, form({ additionalPassword })));
      expect(step.rejected).toEqual({ field: 'additionalPassword' });
      expect(JSON.stringify(step)).not.toContain('canary');
    }
    const last = await connector.resume(row(), step.attempt, form({ additionalPassword: 'canary-4' }));
    expect(last).toMatchObject({ purpose: 'second-factor' });
    const sent = scripted.to(`PUT ${authorisation}`).map(({ body }) => JSON.parse(body).psuData);
    expect(sent.map((psuData) => Object.keys(psuData).join())).toEqual([
      'encryptedPassword',
      ...Array(3).fill('additionalEncryptedPassword'),
    ]);
    const texts = sent.slice(1).map(({ additionalEncryptedPassword: jwe }) => key.open(jwe)?.text);
    expect(texts).toEqual(['canary-2', 'canary-3', 'canary-4']);
  });

  it.each<[string, () => Reply, string]>([
    ['is away', () => ({ status: 503 }), 'retry-later'],
    ['is nowhere', () => ({ status: 404 }), 'operator-fault'],
    ['is a page', () => ({ text: '<html>Moved</html>' }), 'operator-fault'],
    ['is cut short', () => ({ text: `${pem.slice(0, 200)}\n-----END CERTIFICATE-----` }), 'retry-later'],
    ['is too long', () => ({ text: 'x'.repeat(70_000) }), 'bank-refused'],
    ['has no key of RSA', () => ({ text: elliptic }), 'operator-fault'],
    ['has a weak key', () => ({ text: weak }), 'operator-fault'],
  ])('is not sent at all where that certificate %s', async (_what, reply, kind) => {
    const links = { updateEncryptedPsuAuthentication: authorisation };
    const failure = await failureOf(logIn(links, { 'GET /passwords.pem': reply() }));
    expect(failure.kind).toBe(kind);
    expect(scripted.to(`PUT ${authorisation}`)).toHaveLength(0);
    expect(scripted.to('DELETE /v1/consents/consent-1')).toHaveLength(1);
    expect(`${failure.stack} ${JSON.stringify(failure.details)}`).not.toContain('canary');
  });

  it('is not sent where it has expired', async () => {
    const old = await new PasswordKey().certificateAt(new Date(now.getTime() - 500 * 86_400_000));
    const links = { updateEncryptedPsuAuthentication: authorisation };
    expect((await failureOf(logIn(links, { 'GET /passwords.pem': { text: old } }))).kind).toBe(
      'operator-fault',
    );
  });

  it('is taken from no other host than the bank’s', async () => {
    const elsewhere = row({ passwordCertificateUrl: 'http://127.0.0.1:9/passwords.pem' });
    scripted.follow(
      working({ 'POST /v1/consents': answer({ updateEncryptedPsuAuthentication: authorisation }) }),
    );
    const { attempt } = formIn(await connector.begin(elsewhere, request()));
    expect((await failureOf(connector.resume(elsewhere, attempt, form(login)))).kind).toBe('operator-fault');
  });

  it('needs a bank that takes passwords here', () => {
    expect(() => connector.checkProfile(row({ sca: 'redirect' }))).toThrow('.passwordCertificateUrl needs');
    const both = row({ preAuthorisationUrl: `${origin}/token` });
    expect(() => connector.checkProfile(both)).toThrow('.passwordCertificateUrl needs');
  });
});

const certificateOf = (base64: string) =>
  `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;

/** Self-signed, from 2020 to 2049. */
const elliptic = certificateOf(
  'MIIBBTCBq6ADAgECAgEBMAoGCCqGSM49BAMCMAwxCjAIBgNVBAMMAUIwHhcNMjAw' +
    'MTAxMDAwMDAwWhcNNDkxMjMxMDAwMDAwWjAMMQowCAYDVQQDDAFCMFkwEwYHKoZI' +
    'zj0CAQYIKoZIzj0DAQcDQgAEHwcxO5Gx7ecQl3W2xblGmXRpCBhSOvevWu1yo6Sh' +
    '2+64fZZlwobGzutKo6cEcGSxDknqIzMd+3i61fCytwncGTAKBggqhkjOPQQDAgNJ' +
    'ADBGAiEA9X3BwR9zB4A8WvcvT3Ybz16/ltFFyevkgkayjNcMXfkCIQC2vFXAfapE' +
    '3jPwFGGi7SqwhZsvlxddKJLdLXHm51+Edw==',
);
/** RSA of 1024 bits. */
const weak = certificateOf(
  'MIIBizCB9aADAgECAgEBMA0GCSqGSIb3DQEBCwUAMAwxCjAIBgNVBAMMAUIwHhcN' +
    'MjAwMTAxMDAwMDAwWhcNNDkxMjMxMDAwMDAwWjAMMQowCAYDVQQDDAFCMIGfMA0G' +
    'CSqGSIb3DQEBAQUAA4GNADCBiQKBgQCtdZfSsreAxaz4CIxC6YtLZQqv0qk/xetL' +
    'JyUi+i22i/0wxpCCu9pKaIK6skxubRQ1tof6pM2d1eN52FCqtWjO+vlU4L7FEOIa' +
    'gm5+3dhYLGl9vMvNnutGuNcw6vAsztbOwC9WL8H4LaZulyArw1OWskmf6BSP/g/M' +
    '+ANtv1pr4wIDAQABMA0GCSqGSIb3DQEBCwUAA4GBAGpBjw25JonW332KazVT4jc1' +
    'prCO3c+kScnoxVnqg6Makr96XJC2P44t0Z4Z5kGqplHU599AbwQm8jgeya6/nkF7' +
    'owAPH8sYx1kznXjCHi6Gyacu1Qu0oS3h4/CBEwV03mCxgiQAE1tGL4G/b8XooUBv' +
    'nge8wnUl+bMFvQ+uyEfS',
);
