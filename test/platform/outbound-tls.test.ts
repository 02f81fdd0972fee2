import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';
import { makeCertificate } from './outbound-certificate.ts';

const dayMs = 86_400_000;
const yesterday = new Date(Date.now() - dayMs);
const tomorrow = new Date(Date.now() + dayMs);

const certificates = {
  good: makeCertificate(['localhost'], yesterday, tomorrow),
  expired: makeCertificate(['localhost'], new Date(Date.now() - 2 * dayMs), yesterday),
  early: makeCertificate(['localhost'], tomorrow, new Date(Date.now() + 2 * dayMs)),
  otherName: makeCertificate(['bank.test'], yesterday, tomorrow),
  untrusted: makeCertificate(['localhost'], yesterday, tomorrow),
};

const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: true, forbiddenPorts: [] });
const servers: Server[] = [];
const usual = getCACertificates('default');

beforeAll(() => {
  const { good, expired, early, otherName } = certificates;
  setDefaultCACertificates([...usual, good.cert, expired.cert, early.cert, otherName.cert]);
});

afterAll(async () => {
  await outbound.close();
  for (const server of servers) server.close();
  setDefaultCACertificates(usual);
});

async function served(certificate: { key: string; cert: string }): Promise<string> {
  const server = createServer(certificate, (_request, reply) => reply.end('over TLS'));
  servers.push(server);
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return `https://localhost:${port}/`;
}

function get(url: string) {
  return outbound.send({ method: 'GET', url, timeoutMs: 25_000, maxBodyBytes: 1_000 });
}

describe('TLS', () => {
  it('is spoken with a server whose certificate is good', async () => {
    expect((await get(await served(certificates.good))).body.toString()).toBe('over TLS');
  });

  it.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['early', 'CERT_NOT_YET_VALID'],
    ['otherName', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['untrusted', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ] as const)('is refused with a certificate that is %s', async (which, code) => {
    const url = await served(certificates[which]);
    await expect(get(url)).rejects.toMatchObject({ reason: 'tls', code });
  });

  it('is not spoken by a plain server', async () => {
    const plain = createHttpServer((_request, reply) => reply.end());
    plain.listen(0);
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    await expect(get(`https://localhost:${port}/`)).rejects.toMatchObject({ reason: 'tls' });
    plain.close();
  });
});
