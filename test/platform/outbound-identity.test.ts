import { once } from 'node:events';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certificatesIn, type Identity, keyPairOf } from '../../src/platform/outbound/identity.ts';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';
import {
  renewedCertificates,
  type SandboxCertificates,
} from '../../src/sandbox-bank/tpp/sandbox-certificates.ts';

let bank: SandboxCertificates;
let others: SandboxCertificates;
let outbound = createOutbound({ allowedOrigins: [], loopbackHttp: true, forbiddenPorts: [] });
const servers: Server[] = [];

beforeAll(async () => {
  const now = new Date();
  [bank, others] = await Promise.all([renewedCertificates({}, now), renewedCertificates({}, now)]);
});

afterEach(async () => {
  await outbound.close();
  outbound = createOutbound({ allowedOrigins: [], loopbackHttp: true, forbiddenPorts: [] });
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => outbound.close());

function identity(name: string, from: SandboxCertificates, trusted = from): Identity {
  return {
    name,
    client: keyPairOf(from.qwac, from.qwac),
    authorities: certificatesIn(trusted.ca).map(String).join(''),
  };
}

/** A bank that demands a certificate of its own authority, and tells whose it saw on which connection. */
async function served(options: ServerOptions = {}) {
  const connections: TLSSocket[] = [];
  const server = createServer(
    {
      key: bank.server,
      cert: bank.server,
      ca: bank.ca,
      requestCert: true,
      rejectUnauthorized: true,
      ...options,
    },
    (request, reply) => {
      const socket = request.socket as TLSSocket;
      reply.end(socket.getPeerX509Certificate()?.serialNumber ?? 'nobody');
    },
  );
  server.on('secureConnection', (socket) => connections.push(socket));
  server.on('tlsClientError', () => undefined);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}/`, connections };
}

async function get(url: string, as?: Identity): Promise<string> {
  const request = { method: 'GET', url, timeoutMs: 25_000, maxBodyBytes: 1_000 } as const;
  return (await outbound.send({ ...request, ...(as && { identity: as }) })).body.toString();
}

describe('a request as somebody', () => {
  it('shows the certificate of its identity, on connections that are kept', async () => {
    const { url, connections } = await served();
    const me = identity('me', bank);
    for (let call = 0; call < 20; call += 1)
      expect(await get(url, me)).toBe(me.client?.certificate.serialNumber);
    expect(connections.length).toBeLessThan(5);
  });

  it('never travels on the connection of another identity, nor of nobody', async () => {
    const { url, connections } = await served({ rejectUnauthorized: false });
    const me = identity('me', bank);
    const other = identity('other', others, bank);
    const nobody: Identity = { name: 'nobody', authorities: me.authorities ?? '' };
    const serialOf = (each: Identity) => each.client?.certificate.serialNumber ?? 'nobody';
    for (const who of [me, other, nobody, me, other, nobody]) expect(await get(url, who)).toBe(serialOf(who));
    expect(connections.length).toBeGreaterThanOrEqual(3);
  });

  it('shows its certificate to nobody who does not ask', async () => {
    const { url } = await served({ requestCert: false });
    expect(await get(url, identity('me', bank))).toBe('nobody');
  });

  it('goes through the same guard', async () => {
    const strict = createOutbound({ allowedOrigins: [], loopbackHttp: false, forbiddenPorts: [] });
    const { url, connections } = await served();
    const request = { method: 'GET', url, timeoutMs: 25_000, maxBodyBytes: 1_000 } as const;
    await expect(strict.send({ ...request, identity: identity('me', bank) })).rejects.toMatchObject({
      reason: 'refused-address',
    });
    expect(connections).toEqual([]);
    await strict.close();
  });

  it('trusts the authorities of its identity, and nobody else does', async () => {
    const { url } = await served();
    await expect(get(url)).rejects.toMatchObject({ reason: 'tls', code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    await expect(get(url, identity('me', bank, others))).rejects.toMatchObject({ reason: 'tls' });
    const name = url.replace('127.0.0.1', 'a.localhost');
    await expect(get(name, identity('me', bank))).rejects.toMatchObject({
      reason: 'tls',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it.each(['TLSv1.3', 'TLSv1.2'] as const)(
    'without a certificate is refused by the server, %s',
    async (version) => {
      const { url } = await served({ minVersion: version, maxVersion: version });
      const nobody: Identity = { name: 'nobody', authorities: identity('me', bank).authorities ?? '' };
      for (let call = 0; call < 10; call += 1) {
        await expect(get(url, nobody)).rejects.toMatchObject({
          reason: 'tls',
          code: expect.stringMatching(/ALERT/),
        });
      }
    },
  );
});

describe('a certificate and its key', () => {
  it.each([
    ['holds no certificate in PEM form', () => keyPairOf('text', bank.qwac)],
    [
      'holds a damaged certificate',
      () => keyPairOf(bank.qwac.replace(/\n[\w+/]{10}/, '\nAAAAAAAAAA'), bank.qwac),
    ],
    ['has a key that is damaged', () => keyPairOf(bank.qwac, 'text')],
    ['is not the certificate of this key', () => keyPairOf(bank.qwac, bank.qseal)],
  ])('%s', (message, read) => {
    expect(read).toThrow(message);
  });

  it('needs its passphrase, and the right one', () => {
    const pair = keyPairOf(bank.qwac, bank.qwac);
    const how = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'a secret' } as const;
    const encrypted = pair.key.export(how);
    expect(keyPairOf(bank.qwac, encrypted, 'a secret').key.equals(pair.key)).toBe(true);
    expect(() => keyPairOf(bank.qwac, encrypted, 'another')).toThrow('has another passphrase');
    expect(() => keyPairOf(bank.qwac, encrypted)).toThrow('without a passphrase');
  });

  it('keeps the chain, and nothing of the key in it', () => {
    const pair = keyPairOf(`${bank.qwac}${bank.ca}`, bank.qwac);
    expect(pair.chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(pair.chain).not.toContain('PRIVATE');
  });
});
