import { randomUUID, X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../src/sandbox-bank/limits.ts';
import { type SandboxBank, startSandboxBank } from '../../src/sandbox-bank/sandbox-bank.ts';
import { credentialIn, pemOf } from '../../src/sandbox-bank/tpp/certificate.ts';
import {
  newLeaf,
  renewedCertificates,
  type SandboxCertificates,
} from '../../src/sandbox-bank/tpp/sandbox-certificates.ts';
import { SeenMessages } from '../../src/sandbox-bank/tpp/seen-messages.ts';
import { PsuBrowser, wayOut } from './support/psu.ts';
import { type SealedCall, SealedTpp } from './support/sealed-tpp.ts';
import { allAccounts, callback } from './support/tpp.ts';

const dayMs = 86_400_000;
const body = {
  ...allAccounts,
  recurringIndicator: false,
  frequencyPerDay: 1,
  validUntil: new Date(Date.now() + 30 * dayMs).toISOString().slice(0, 10),
};
const consent: SealedCall = {
  method: 'POST',
  path: '/consents',
  body,
  headers: { 'tpp-redirect-uri': callback, 'psu-id': 'ada' },
};

let certificates: SandboxCertificates;
let foreign: SandboxCertificates;
let bank: SandboxBank;
let tpp: SealedTpp;

beforeAll(async () => {
  const now = new Date();
  [certificates, foreign] = await Promise.all([renewedCertificates({}, now), renewedCertificates({}, now)]);
  bank = await startSandboxBank({ host: '127.0.0.1', port: 0, tls: { port: 0, certificates } });
  tpp = new SealedTpp(bank.tlsUrl ?? '', certificates);
});
afterEach(() => void bank.control.moveClock({ now: new Date() }));
afterAll(() => bank.close());

const refusedAs = async (call: SealedCall) => (await tpp.call({ ...consent, ...call })).refused;
const without =
  (...names: string[]) =>
  (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
const changed = (more: Record<string, string>) => (headers: Record<string, string>) => ({
  ...headers,
  ...more,
});
const signatureChanged = (from: string | RegExp, to: string) => (headers: Record<string, string>) => ({
  ...headers,
  signature: (headers.signature ?? '').replace(from, to),
});

describe('a bank that demands a certificate and a seal', () => {
  test('is used from the consent to the accounts, with pages that need no certificate', async () => {
    const created = await tpp.call(consent);
    expect(created.status).toBe(201);
    const page: string = created.json._links.scaRedirect.href;
    expect(page).toMatch(/^http:\/\//);
    expect(wayOut(await new PsuBrowser().visit(page, 'ada'))?.href).toBe(callback);
    const status = await tpp.call({ path: created.json._links.status.href });
    expect(status.json).toEqual({ consentStatus: 'valid' });
    const accounts = await tpp.call({ headers: { 'consent-id': created.json.consentId } });
    expect(accounts.json.accounts).toHaveLength(1);
    const ended = await tpp.call({ method: 'DELETE', path: `/consents/${created.json.consentId}` });
    expect(ended.status).toBe(204);
  });

  test('takes SHA-512 too, and names in capitals', async () => {
    expect((await tpp.call({ ...consent, hash: 'sha512' })).status).toBe(201);
    const signed = ['Digest', 'X-Request-ID', 'PSU-ID', 'TPP-Redirect-URI', 'Date'];
    expect((await tpp.call({ ...consent, signed })).status).toBe(201);
  });

  test('looks at nothing of a message before its seal', async () => {
    expect(await refusedAs({ sentBody: 'not even JSON' })).toBe('401 SIGNATURE_INVALID Digest');
    const bytes = 'x'.repeat(70_000);
    expect(await refusedAs({ sentBody: bytes })).toBe('413 FORMAT_ERROR');
  });
});

describe('a connection', () => {
  test.each([
    ['without a certificate', '401 CERTIFICATE_MISSING', () => null],
    ['of a TPP of another authority', '401 CERTIFICATE_INVALID', () => foreign.qwac],
    ['with a certificate for seals', '401 CERTIFICATE_INVALID', () => certificates.qseal],
    ['with the certificate of a server', '401 CERTIFICATE_INVALID', () => certificates.server],
  ])('%s is refused', async (_, refused, connectAs) => {
    expect(await refusedAs({ connectAs: connectAs() })).toBe(refused);
  });

  test('over plain HTTP is refused', async () => {
    const { refused } = await new SealedTpp(bank.url, certificates).call();
    expect(refused).toBe('401 CERTIFICATE_MISSING');
  });

  test('is refused once the certificate has expired by the clock of the bank', async () => {
    bank.control.moveClock({ now: new Date(Date.now() + 400 * dayMs) });
    expect(await refusedAs({})).toBe('401 CERTIFICATE_EXPIRED');
    bank.control.moveClock({ now: new Date(Date.now() - dayMs) });
    expect(await refusedAs({})).toBe('401 CERTIFICATE_INVALID');
  });

  test('need not be known at other banks', async () => {
    const path = '/berlin-group/trellis-redirect-bank/v1/consents';
    const call = {
      ...consent,
      path,
      tamper: without('digest', 'signature', 'tpp-signature-certificate', 'psu-id'),
    };
    expect((await tpp.call({ ...call, connectAs: null })).status).toBe(201);
  });
});

describe('a message', () => {
  const past = { date: new Date(Date.now() - 3_600_000).toUTCString() };
  const future = { date: new Date(Date.now() + 3_600_000).toUTCString() };

  test.each<[string, string, SealedCall]>([
    ['without Signature', '401 SIGNATURE_MISSING Signature', { tamper: without('signature') }],
    [
      'without its certificate',
      '401 CERTIFICATE_MISSING TPP-Signature-Certificate',
      { tamper: without('tpp-signature-certificate') },
    ],
    [
      'with something else as certificate',
      '401 CERTIFICATE_INVALID TPP-Signature-Certificate',
      { tamper: changed({ 'tpp-signature-certificate': 'dGV4dA==' }) },
    ],
    ['without Digest', '400 FORMAT_ERROR Digest', { tamper: without('digest') }],
    ['without Date', '400 FORMAT_ERROR Date', { tamper: without('date') }],
    ['whose body is another', '401 SIGNATURE_INVALID Digest', { sentBody: '{"access":{}}' }],
    ['whose body is gone', '401 SIGNATURE_INVALID Digest', { sentBody: '' }],
    [
      'whose digest is unknown',
      '401 SIGNATURE_INVALID Digest',
      { tamper: changed({ digest: 'MD5=1B2M2Y8AsgTpgAmY7PhCfg==' }) },
    ],
    [
      'that comes back to another address',
      '401 SIGNATURE_INVALID Signature',
      { tamper: changed({ 'tpp-redirect-uri': 'https://evil.example/' }) },
    ],
    ['for another person', '401 SIGNATURE_INVALID Signature', { tamper: changed({ 'psu-id': 'joint' }) }],
    [
      'with another request id',
      '401 SIGNATURE_INVALID Signature',
      { tamper: changed({ 'x-request-id': '5d5c4a8e-6a8c-4b1f-9a66-0f7b6f4f2f11' }) },
    ],
    ['whose date was renewed', '401 SIGNATURE_INVALID Signature', { headers: past, tamper: changed(future) }],
    ['sent an hour later', '400 TIMESTAMP_INVALID Date', { headers: { ...consent.headers, ...past } }],
    ['from an hour ahead', '400 TIMESTAMP_INVALID Date', { headers: { ...consent.headers, ...future } }],
    [
      'that leaves a header unsigned',
      '401 SIGNATURE_INVALID Signature',
      { signed: ['digest', 'x-request-id', 'psu-id', 'date'] },
    ],
    [
      'signed in another order',
      '401 SIGNATURE_INVALID Signature',
      { signed: ['x-request-id', 'digest', 'psu-id', 'tpp-redirect-uri', 'date'] },
    ],
    [
      'signed over more headers',
      '401 SIGNATURE_INVALID Signature',
      { signed: ['digest', 'x-request-id', 'psu-id', 'tpp-redirect-uri', 'date', 'psu-ip-address'] },
    ],
    [
      'of another key id',
      '401 SIGNATURE_INVALID Signature',
      { tamper: signatureChanged(/SN=\w+/, 'SN=9FA1') },
    ],
    [
      'of another authority',
      '401 SIGNATURE_INVALID Signature',
      { tamper: signatureChanged('CN=', 'CN=Other%20') },
    ],
    [
      'of another algorithm',
      '401 SIGNATURE_INVALID Signature',
      { tamper: signatureChanged('rsa-sha256', 'none') },
    ],
    [
      'of a weaker algorithm',
      '401 SIGNATURE_INVALID Signature',
      { tamper: signatureChanged('sha256', 'sha1') },
    ],
    ['with a part twice', '401 SIGNATURE_INVALID Signature', { tamper: signatureChanged(/$/, ',keyId="x"') }],
    ['with an unreadable seal', '401 SIGNATURE_INVALID Signature', { tamper: changed({ signature: 'x' }) }],
    [
      'with a broken seal',
      '401 SIGNATURE_INVALID Signature',
      { tamper: signatureChanged('signature="', 'signature="AAAA') },
    ],
  ])('%s is refused', async (_, refused, call) => {
    expect(await refusedAs(call)).toBe(refused);
  });

  const onlyOnce = '401 SIGNATURE_INVALID X-Request-ID';

  test('sent again is refused, and so is another one with its request id', async () => {
    const headers = { ...consent.headers, 'x-request-id': randomUUID(), date: new Date().toUTCString() };
    expect((await tpp.call({ ...consent, headers })).status).toBe(201);
    expect(await refusedAs({ headers })).toBe(onlyOnce);
    const id = headers['x-request-id'].toUpperCase();
    expect((await tpp.call({ headers: { 'x-request-id': id } })).refused).toBe(onlyOnce);
    expect(
      (await tpp.call({ ...consent, headers: { ...headers, 'x-request-id': randomUUID() } })).status,
    ).toBe(201);
  });

  test('that did not hold has used up no request id', async () => {
    const headers = { ...consent.headers, 'x-request-id': randomUUID() };
    expect(await refusedAs({ headers, sentBody: '' })).toBe('401 SIGNATURE_INVALID Digest');
    expect((await tpp.call({ ...consent, headers })).status).toBe(201);
  });

  const certificateRefused = '401 CERTIFICATE_INVALID TPP-Signature-Certificate';

  test('sealed with what is no seal is refused', async () => {
    expect(await refusedAs({ sealedBy: certificates.qwac })).toBe(certificateRefused);
    expect(await refusedAs({ sealedBy: foreign.qseal })).toBe(certificateRefused);
  });

  test('sealed with an expired certificate is refused', async () => {
    const ca = credentialIn(certificates.ca);
    if (ca === undefined) throw new Error('no authority');
    const old = await newLeaf('qseal', ca, new Date(Date.now() - 10 * dayMs), 9);
    expect(await refusedAs({ sealedBy: pemOf(old) })).toBe(
      '401 CERTIFICATE_EXPIRED TPP-Signature-Certificate',
    );
  });

  test('is judged by the date of its TPP, wherever the clock of the bank stands', async () => {
    bank.control.moveClock({ now: new Date(Date.now() + 20 * dayMs) });
    expect((await tpp.call(consent)).status).toBe(201);
  });
});

test('request ids are remembered while their message could come again, and never more than so many', () => {
  const seen = new SeenMessages();
  const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1000);
  const again = 2 * limits.signatureSeconds;
  expect(seen.isNew('a', '1', at(0))).toBe(true);
  expect(seen.isNew('b', '1', at(0))).toBe(true);
  expect(seen.isNew('a', '1', at(again))).toBe(false);
  expect(seen.isNew('a', '1', at(again + 1))).toBe(true);
  for (let count = 0; count < limits.maxSeenMessages; count += 1)
    seen.isNew('c', String(count), at(again + 1));
  expect(seen.isNew('a', '1', at(again + 1))).toBe(true);
  expect(seen.isNew('c', String(limits.maxSeenMessages - 1), at(again + 1))).toBe(false);
});

describe('the certificates of the sandbox', () => {
  const validTo = (pem: string) => Date.parse(new X509Certificate(pem).validTo);

  test('stay until sixty days before their end, each by itself', async () => {
    const now = Date.now();
    const later = (days: number) => renewedCertificates(certificates, new Date(now + days * dayMs));
    expect(await later(300)).toEqual(certificates);
    const renewed = await later(350);
    expect(renewed.ca).toBe(certificates.ca);
    for (const name of ['server', 'qwac', 'qseal'] as const) {
      expect(validTo(renewed[name]) - now).toBeGreaterThan(700 * dayMs);
    }
    const { qseal: _, ...withoutSeal } = certificates;
    const mended = await renewedCertificates(withoutSeal, new Date(now));
    expect({ ...mended, qseal: '' }).toEqual({ ...certificates, qseal: '' });
  });

  test('are all made anew where the authority is lost', async () => {
    const damaged = { ...certificates, ca: certificates.ca.slice(0, 300) };
    const anew = await renewedCertificates(damaged, new Date());
    const ca = new X509Certificate(anew.ca);
    for (const name of ['server', 'qwac', 'qseal'] as const) {
      expect(anew[name]).not.toBe(certificates[name]);
      expect(new X509Certificate(anew[name]).verify(ca.publicKey)).toBe(true);
    }
  });

  test('are those of an account information service', () => {
    const seal = new X509Certificate(certificates.qseal);
    expect(seal.subject).toContain('organizationIdentifier=PSDDE-BAFIN-000000');
    expect(seal.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2_048);
    expect(new X509Certificate(certificates.server).checkIP('127.0.0.1')).toBe('127.0.0.1');
  });
});
