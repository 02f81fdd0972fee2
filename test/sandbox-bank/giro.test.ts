import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { allAccounts, codeOf, pathOf, Tpp } from './support/tpp.ts';

const bank = openBank();
const name = 'trellis-giro-bank';
const base = `/berlin-group/${name}/ais/DE/TRGI/v1`;
const date = { Date: 'Fri, 12 Mar 2027 12:00:00 GMT' };
const psu = { ...date, 'PSU-ID': 'ada0000000', 'PSU-ID-Type': 'DE_ONLB_TRGI' };
const certificateUrl = () => `${bank.current.url}/berlin-group/${name}/password-certificate.pem`;

async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string | null> = {},
) {
  return new Tpp(bank.current.url).call(path, { method, body, headers: { ...psu, ...headers } });
}

/** By Web Cryptography: what any TPP might have written. */
async function jweOf(text: string, header: object = {}): Promise<string> {
  const certificate = new X509Certificate(await (await fetch(certificateUrl())).text());
  const spki = new Uint8Array(certificate.publicKey.export({ type: 'spki', format: 'der' }));
  const rsa = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const theirs = await crypto.subtle.importKey('spki', spki, rsa, false, ['encrypt']);
  const content = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const encode = (part: ArrayBuffer | Uint8Array | string) =>
    Buffer.from(part as Uint8Array).toString('base64url');
  const protectedHeader = encode(
    JSON.stringify({ alg: 'RSA-OAEP-256', enc: 'A256GCM', x5u: certificateUrl(), ...header }),
  );
  const additionalData = new TextEncoder().encode(protectedHeader);
  const sealed = Buffer.from(
    await crypto.subtle.encrypt(
      { name: 'AES-GCM', iv, additionalData },
      content,
      new TextEncoder().encode(text),
    ),
  );
  const key = await crypto.subtle.encrypt('RSA-OAEP', theirs, await crypto.subtle.exportKey('raw', content));
  return [
    protectedHeader,
    encode(key),
    encode(iv),
    encode(sealed.subarray(0, -16)),
    encode(sealed.subarray(-16)),
  ].join('.');
}

/** A consent that awaits the password. */
async function awaiting(): Promise<string> {
  const { json } = await send('POST', `${base}/consents`, allAccounts);
  return json._links.updateEncryptedPsuAuthentication.href;
}

describe('giro: an address for each service', () => {
  test('is the only one', async () => {
    expect((await send('POST', `${base}/consents`, allAccounts)).status).toBe(201);
    const usual = await send('POST', `/berlin-group/${name}/v1/consents`, allAccounts);
    expect(codeOf(usual)).toBe('404 RESOURCE_UNKNOWN');
    const other = `/berlin-group/${name}/pis/DE/TRGI/v1/consents`;
    expect((await send('POST', other, allAccounts)).status).toBe(404);
  });

  test('is in every link', async () => {
    const { json, headers } = await send('POST', `${base}/consents`, allAccounts);
    for (const { href } of Object.values<{ href: string }>(json._links))
      expect(href).toContain(`${base}/consents/`);
    expect(headers.get('location')).toBe(json._links.self.href);
  });
});

test('giro: ten characters of a login at most, whatever follows the name', async () => {
  const create = (psuId: string) => send('POST', `${base}/consents`, allAccounts, { 'PSU-ID': psuId });
  for (const psuId of ['ada', 'ada0000000']) expect((await create(psuId)).status).toBe(201);
  const long = await create('ada000000012');
  expect([codeOf(long), pathOf(long)]).toEqual(['400 FORMAT_ERROR', 'PSU-ID']);
});

describe('giro: passwords for its eyes alone', () => {
  const put = async (psuData: object) => send('PUT', await awaiting(), { psuData });

  test('are opened, right and wrong', async () => {
    const right = await put({ encryptedPassword: await jweOf('any') });
    expect(right.json.scaStatus).toBe('psuAuthenticated');
    expect(codeOf(await put({ encryptedPassword: await jweOf('wrong') }))).toBe(
      '401 PSU_CREDENTIALS_INVALID',
    );
  });

  test('are asked for by a link of their own, when a TPP starts too', async () => {
    const explicit = { 'TPP-Explicit-Authorisation-Preferred': 'true' };
    const { json } = await send('POST', `${base}/consents`, allAccounts, explicit);
    const { href } = json._links.startAuthorisationWithEncryptedPsuAuthentication;
    const started = await send('POST', href, { psuData: { encryptedPassword: await jweOf('any') } });
    expect(started.json.scaStatus).toBe('psuAuthenticated');
  });

  test('are two for businesses, one after the other', async () => {
    const business = { 'PSU-ID-Type': 'DE_ONLB_TRGB' };
    const { json } = await send('POST', `${base}/consents`, allAccounts, business);
    const { href } = json._links.updateEncryptedPsuAuthentication;
    const enter = (psuData: object) => send('PUT', href, { psuData }, business);
    const additional = async (text: string) => enter({ additionalEncryptedPassword: await jweOf(text) });
    expect(pathOf(await additional('any'))).toBe('psuData.additionalEncryptedPassword');
    const first = await enter({ encryptedPassword: await jweOf('any') });
    expect(first.json).toMatchObject({ scaStatus: 'psuIdentified' });
    expect(first.json._links.updateAdditionalEncryptedPsuAuthentication).toEqual({ href });
    expect(codeOf(await additional('wrong'))).toBe('401 PSU_CREDENTIALS_INVALID');
    expect(pathOf(await enter({ encryptedPassword: await jweOf('any') }))).toBe('psuData.encryptedPassword');
    expect((await additional('any')).json.scaStatus).toBe('psuAuthenticated');
  });

  test('are refused in plain text', async () => {
    const answer = await put({ password: 'any' });
    expect([codeOf(answer), pathOf(answer)]).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'psuData.password']);
  });

  test.each<[string, () => Promise<string>]>([
    ['no JWE', async () => 'any'],
    ['for another certificate', () => jweOf('any', { x5u: 'https://other.example/cert.pem' })],
    ['of another algorithm', () => jweOf('any', { alg: 'RSA1_5' })],
    [
      'that was changed',
      async () => (await jweOf('any')).replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
    ],
    ['of another key', async () => (await jweOf('any')).replace(/\.[^.]+/, `.${'A'.repeat(342)}`)],
    ['far too long', async () => `${await jweOf('any')}${'A'.repeat(20_000)}`],
  ])('are refused where they are %s', async (_what, jwe) => {
    const answer = await put({ encryptedPassword: await jwe() });
    expect([codeOf(answer), pathOf(answer)]).toEqual(['400 FORMAT_ERROR', 'psuData.encryptedPassword']);
  });

  test('have a certificate at this bank, and at no other', async () => {
    const { headers, status } = await fetch(certificateUrl());
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-pem-file']);
    expect((await fetch(certificateUrl().replace(name, 'trellis-embedded-bank'))).status).toBe(404);
  });
});
