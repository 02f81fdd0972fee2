import { constants, publicDecrypt, verify } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bank } from '../../src/banking/bank.ts';
import { settledPort } from '../../src/commands/ports.ts';
import { berlinGroupConnector } from '../../src/connectors/berlin-group/connector.ts';
import { sealHeaders } from '../../src/connectors/berlin-group/signature.ts';
import { type Identity, type KeyPair, keyPairOf } from '../../src/platform/outbound/identity.ts';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';
import { type SandboxBank, startSandboxBank } from '../../src/sandbox-bank/sandbox-bank.ts';
import { credentialIn, issue, pemOf } from '../../src/sandbox-bank/tpp/certificate.ts';
import {
  newLeaf,
  renewedCertificates,
  type SandboxCertificates,
} from '../../src/sandbox-bank/tpp/sandbox-certificates.ts';
import { BankCustomer } from './bank-customer.ts';
import { type BerlinGroupFace, openBerlinGroupFace } from './berlin-group-face.ts';
import { accessTo, Bench, failureOf } from './conformance-bench.ts';
import { checkBalance, checkTransaction } from './conformance-money.ts';

const dayMs = 86_400_000;
const order = ['digest', 'x-request-id', 'psu-id', 'psu-corporate-id', 'tpp-redirect-uri', 'date'];

let certificates: SandboxCertificates;
let foreign: SandboxCertificates;
let bank: SandboxBank;
let face: BerlinGroupFace;
const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: true, forbiddenPorts: [] });

beforeAll(async () => {
  const now = new Date();
  [certificates, foreign] = await Promise.all([renewedCertificates({}, now), renewedCertificates({}, now)]);
  bank = await startSandboxBank({ host: '127.0.0.1', port: 0, tls: { port: 0, certificates } });
  face = await openBerlinGroupFace();
});
afterAll(async () => {
  await face.close();
  await outbound.close();
  await bank.close();
});

const pairOf = (pem: string) => keyPairOf(pem, pem);

function identity(changes: Partial<Identity> = {}): Identity {
  return {
    name: 'sealed',
    client: pairOf(certificates.qwac),
    seal: pairOf(certificates.qseal),
    authorities: certificates.ca,
    ...changes,
  };
}

/** The platform at the sealed bank, as this identity and by this profile. */
function benchAs(
  who: Identity | undefined,
  changes: object = {},
  identities = new Map(who === undefined ? [] : [[who.name, who]]),
): Bench {
  const connector = berlinGroupConnector({
    outbound,
    clock: { now: () => new Date() },
    tpp: { clientId: 'PSDDE-BAFIN-000000' },
    identities,
    limits: { statusPollEveryMs: 20, statusPollForMs: 200 },
  });
  const row: Bank = {
    ...face.bank('plain-redirect'),
    id: 'de-trellis-sealed-bank',
    profile: {
      baseUrl: `${bank.tlsUrl}/berlin-group/trellis-sealed-bank/v1`,
      sca: 'redirect',
      identity: 'sealed',
      signing: 'qseal',
      dateHeader: true,
      linkHosts: [new URL(bank.url).origin],
      ...changes,
    },
  };
  return new Bench({ ...face, connector }, 'plain-redirect', row);
}

describe('a bank of mutual TLS and sealed messages', () => {
  it('is read from the consent to the last transaction, and left', async () => {
    const on = benchAs(identity());
    const { access, accounts } = await on.open('one account');
    const [account] = accounts;
    if (account === undefined) throw new Error('no account');
    for (const balance of await on.connector.balances(on.bank, access, account)) checkBalance(balance);
    const rows = (await on.report(access, account)).flat();
    for (const row of rows) checkTransaction(row);
    expect(rows.length).toBeGreaterThan(200);
    await on.connector.revoke(on.bank, access);
    expect(await on.connector.status(on.bank, access)).not.toBe('valid');
    const found = bank.control.consents().find(({ id }) => id === access.consent.bankConsentId);
    expect(found?.status).toBe('terminatedByTpp');
  });

  it('is read unattended too, without the headers of a person', async () => {
    const on = benchAs(identity());
    const { access } = accessTo(await on.connect('one account', 'ongoing'), 'absent');
    expect((await on.connector.accounts(on.bank, access, ['identity'])).accounts).toHaveLength(1);
  });

  it('is shown renewed certificates from the next call on', async () => {
    const old = identity({ client: pairOf(foreign.qwac) });
    const identities = new Map([[old.name, old]]);
    const on = benchAs(undefined, {}, identities);
    await expect(on.begin()).rejects.toThrow(/CERTIFICATE_INVALID|certificate/);
    identities.set(old.name, identity());
    expect((await on.begin()).step.kind).toBe('redirect');
  });

  it('knows us by the number in our certificate', async () => {
    const who = identity({ name: 'default', clientId: 'PSDDE-BAFIN-654321' });
    const on = new Bench(
      { ...face, connector: benchAs(who).connector },
      'oauth-redirect',
      face.bank('oauth-redirect'),
    );
    const { step } = await on.begin();
    const url = step.kind === 'redirect' ? step.url : undefined;
    expect(new URL(url ?? '').searchParams.get('client_id')).toBe('PSDDE-BAFIN-654321');
  });
});

describe('a bank of OAuth over mutual TLS', () => {
  it('is asked for metadata and tokens as the same identity', async () => {
    const port = await settledPort(0);
    const publicUrl = `https://127.0.0.1:${port}`;
    const other = await startSandboxBank({
      host: '127.0.0.1',
      port: 0,
      publicUrl,
      tls: { port, certificates },
    });
    const on = benchAs(identity(), {
      baseUrl: `${publicUrl}/berlin-group/trellis-test-bank/v1`,
      sca: 'oauth-integrated',
      signing: 'none',
    });
    const { connector } = on;
    const request = on.request();
    const step = await connector.begin(on.bank, request);
    if (step.kind !== 'redirect') throw new Error('expected a redirect');
    // His browser trusts no authority of the sandbox: it takes the plain port.
    const page = new URL(step.url);
    const customer = new BankCustomer({ userName: 'ada', password: 'any' }, ['confirm']);
    const back = await customer.walk(`http://127.0.0.1:${other.port}${page.pathname}${page.search}`);
    const done = await connector.resume(on.bank, step.attempt, {
      kind: 'callback',
      query: Object.fromEntries(back.searchParams),
      psu: request.psu,
      nextState: 'next',
      nextNokState: 'next-nok',
    });
    expect(done.kind).toBe('authorised');
    expect(other.control.requests().map(({ route }) => route)).toEqual(
      expect.arrayContaining(['createConsent', 'metadata', 'token', 'consentStatus']),
    );
    await other.close();
  });
});

describe('only the operator can help', () => {
  const failing = async (who: Identity | undefined, changes: object = {}) => {
    const on = benchAs(who, changes);
    bank.control.clearRequests();
    const { kind, message, details } = await failureOf(on.begin());
    return { kind, message, code: details.bankCode, calls: bank.control.requests().length };
  };
  const locally = (message: string) => ({
    kind: 'operator-fault',
    message: expect.stringContaining(message),
    calls: 0,
  });
  const atBank = (code: string) => expect.objectContaining({ kind: 'operator-fault', code });

  it('where certificates are missing: the bank is not asked', async () => {
    expect(await failing(undefined)).toMatchObject(locally('the certificates named sealed are not loaded'));
    const { seal: _, ...unsealed } = identity();
    expect(await failing(unsealed)).toMatchObject(locally('no QSEAL certificate is loaded'));
    expect(await failing(undefined, { identity: 'default' })).toMatchObject(locally('no QSEAL'));
  });

  it('where certificates are not valid: the bank is not asked', async () => {
    const ca = credentialIn(certificates.ca);
    if (ca === undefined) throw new Error('no authority');
    const old = new Date(Date.now() - 10 * dayMs);
    const [qwac, qseal, early] = await Promise.all([
      newLeaf('qwac', ca, old, 9),
      newLeaf('qseal', ca, old, 9),
      newLeaf('qseal', ca, new Date(Date.now() + dayMs)),
    ]);
    const expired = (pair: Parameters<typeof pemOf>[0]) => pairOf(pemOf(pair));
    expect(await failing(identity({ client: expired(qwac) }))).toMatchObject(locally('our QWAC certificate'));
    expect(await failing(identity({ seal: expired(qseal) }))).toMatchObject(locally('our QSEAL certificate'));
    expect(await failing(identity({ seal: expired(early) }))).toMatchObject(locally('our QSEAL certificate'));
  });

  it('where the bank does not take them', async () => {
    expect(await failing(identity({ client: pairOf(foreign.qwac) }))).toEqual(atBank('CERTIFICATE_INVALID'));
    expect(await failing(identity({ seal: pairOf(foreign.qseal) }))).toEqual(atBank('CERTIFICATE_INVALID'));
    expect(await failing(identity({ seal: pairOf(certificates.qwac) }))).toEqual(
      atBank('CERTIFICATE_INVALID'),
    );
    const { client: _, ...anonymous } = identity();
    expect(await failing(anonymous)).toEqual(atBank('CERTIFICATE_MISSING'));
    expect(await failing(identity(), { signing: 'none' })).toEqual(atBank('SIGNATURE_MISSING'));
    expect(await failing(identity(), { signedHeaders: ['x-request-id', 'digest', 'date'] })).toEqual(
      atBank('SIGNATURE_INVALID'),
    );
  });

  it('where the bank is not who it should be', async () => {
    const words = (message: string) =>
      expect.objectContaining({
        kind: 'operator-fault',
        message: expect.stringContaining(message),
        calls: 0,
      });
    expect(await failing(identity({ authorities: foreign.ca }))).toEqual(
      words('no authority that is trusted'),
    );
    const { authorities: _, ...usual } = identity();
    expect(await failing(usual)).toEqual(words('no authority that is trusted'));
    const elsewhere = `${bank.tlsUrl?.replace('127.0.0.1', 'a.localhost')}/berlin-group/trellis-sealed-bank/v1`;
    expect(await failing(identity(), { baseUrl: elsewhere })).toEqual(words('for another name'));
  });
});

describe('a seal', () => {
  const requestId = '99391c7e-ad88-49ec-a2ad-99ddcb1f7721';
  const post = {
    method: 'POST',
    url: 'https://bank.test/psd2/v1/consents?a=b%20c',
    headers: { 'X-Request-ID': requestId, 'psu-id': 'PSU-1234', date: 'Sun, 06 Aug 2017 15:02:37 GMT' },
    body: '{"hello": "world"}',
  } as const;
  const partOf = (header: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(header)?.[1] ?? '';

  it('has known digests, of an empty body too', async () => {
    const seal = pairOf(certificates.qseal);
    const digest = async (request: object) =>
      (await sealHeaders({ ...post, ...request }, seal, order)).digest;
    // The second is the example of draft-cavage-http-signatures, appendix C.
    expect(await digest({ body: undefined })).toBe('SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
    expect(await digest({})).toBe('SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=');
    expect(await digest({ body: Buffer.from('Größe €') })).toBe(await digest({ body: 'Größe €' }));
  });

  it('is one of the lines of the standard, in its order, of what is there', async () => {
    const seal = pairOf(certificates.qseal);
    const sealed = await sealHeaders(post, seal, order);
    const lines = [
      'digest: SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=',
      `x-request-id: ${requestId}`,
      'psu-id: PSU-1234',
      'date: Sun, 06 Aug 2017 15:02:37 GMT',
    ];
    const bytes = Buffer.from(partOf(sealed.signature ?? '', 'signature'), 'base64');
    expect(verify('sha256', Buffer.from(lines.join('\n')), seal.certificate.publicKey, bytes)).toBe(true);
    expect(sealed.signature).toMatch(
      /^keyId="SN=[0-9A-F]{32},CA=CN=Trellis%20Sandbox%20CA,O=Trellis%20Sandbox,C=DE",algorithm="rsa-sha256",headers="digest x-request-id psu-id date",signature="[A-Za-z0-9+/]{342}=="$/,
    );
    // PKCS #1 v1.5, which is what rsa-sha256 means, and no other padding.
    const padded = publicDecrypt(
      { key: seal.certificate.publicKey, padding: constants.RSA_PKCS1_PADDING },
      bytes,
    );
    expect(padded.subarray(0, 19).toString('hex')).toBe('3031300d060960864801650304020105000420');
  });

  it('covers method and path where the bank wants that', async () => {
    const seal = pairOf(certificates.qseal);
    const sealed = await sealHeaders(post, seal, ['(request-target)', 'date', 'digest']);
    expect(partOf(sealed.signature ?? '', 'headers')).toBe('(request-target) date digest');
    const lines = [
      '(request-target): post /psd2/v1/consents?a=b%20c',
      'date: Sun, 06 Aug 2017 15:02:37 GMT',
      `digest: ${sealed.digest}`,
    ];
    const bytes = Buffer.from(partOf(sealed.signature ?? '', 'signature'), 'base64');
    expect(verify('sha256', Buffer.from(lines.join('\n')), seal.certificate.publicKey, bytes)).toBe(true);
  });

  it.each([
    [
      { C: 'DE', O: 'D-Trust GmbH', CN: 'D-TRUST CA 2-1 2015' },
      'CN=D-TRUST%20CA%202-1%202015,O=D-Trust%20GmbH,C=DE',
    ],
    [{ C: 'FR', O: 'Émetteur "A", 100%', CN: 'X' }, 'CN=X,O=%C3%89metteur%20%5C%22A%5C%22%5C,%20100%25,C=FR'],
  ])('names the issuer %j as the standard writes names', async (name, expected) => {
    const validity = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + dayMs) };
    const ca = await issue({ subject: name, ...validity, extensions: [] });
    const leaf = pemOf(
      await issue({ subject: { CN: 'seal' }, ...validity, extensions: [] }, { ...ca, name }),
    );
    const seal: KeyPair = pairOf(leaf);
    const { signature = '' } = await sealHeaders(post, seal, order);
    expect(partOf(signature, 'keyId')).toBe(`SN=${seal.certificate.serialNumber},CA=${expected}`);
  });

  it('holds for any body and headers, and for nothing else', async () => {
    const seal = pairOf(certificates.qseal);
    const value = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), value, value, async (body, psuId, other) => {
        const request = { ...post, body, headers: { ...post.headers, 'psu-id': psuId } };
        const { signature = '', digest } = await sealHeaders(request, seal, order);
        const text = (id: string) =>
          `digest: ${digest}\nx-request-id: ${requestId}\npsu-id: ${id}\ndate: ${post.headers.date}`;
        const bytes = Buffer.from(partOf(signature, 'signature'), 'base64');
        const holds = (id: string) =>
          verify('sha256', Buffer.from(text(id)), seal.certificate.publicKey, bytes);
        expect(holds(psuId)).toBe(true);
        expect(holds(other)).toBe(psuId === other);
      }),
      { numRuns: 50 },
    );
  });
});
