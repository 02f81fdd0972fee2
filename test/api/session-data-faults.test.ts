import { once as happened } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Institution } from '../../src/institutions/institution.ts';
import { makeCertificate } from '../platform/outbound-certificate.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type Fault, FaultProxy } from '../support/fault-proxy.ts';
import { completeSession, eventually } from '../support/visitor.ts';

// What a merchant sees of every way in which a bank can fail while it is read again. That no answer and one of a byte a
// second end in time is shown by the connectors' conformance, with limits that tests can wait for.

const dayMs = 86_400_000;
const path = '/berlin-group/trellis-redirect-bank/v1';

let app: TestApp;
const proxy = new FaultProxy();
/** In place of the proxy, for faults of the bank's address itself. */
let elsewhere: string | undefined;
const addresses = {
  nobody: 'http://127.0.0.1:1',
  nowhere: 'http://bank.invalid',
  expired: '',
  otherName: '',
};

const bank: Institution = {
  id: 'de-spoiled-bank',
  name: 'Spoiled Bank',
  markets: ['DE'],
  currencies: ['EUR'],
  protocol: 'berlin-group',
  test: true,
  aliases: [],
  bankCodes: [],
  get profile() {
    const linkHosts = proxy.bankUrl === '' ? [] : [new URL(proxy.bankUrl).host];
    return { baseUrl: `${elsewhere ?? proxy.url}${path}`, sca: 'redirect', linkHosts };
  },
};

let sessionId = '';
beforeAll(async () => {
  await proxy.listen();
  addresses.expired = await overTls('localhost', Date.now() - dayMs);
  addresses.otherName = await overTls('bank.test', Date.now() + dayMs);
  app = await startTestApp({
    banks: [bank],
    bankOrigins: [proxy.url, ...Object.values(addresses)],
  });
  proxy.bankUrl = app.bank.url;
  const ongoing = { access: 'ongoing', permissions: ['balances', 'transactions'] };
  sessionId = await completeSession(app, 'ada', ongoing, bank.id);
});
afterEach(() => {
  proxy.clear();
  elsewhere = undefined;
});
afterAll(async () => {
  setDefaultCACertificates(usualAuthorities);
  for (const server of servers) server.close();
  await app.close();
  await proxy.close();
});

const usualAuthorities = getCACertificates('default');
const servers: Server[] = [];
/** To any of them. */
let connections = 0;

/** A server that everybody would trust, if its certificate were of this machine and of today. */
async function overTls(name: string, until: number): Promise<string> {
  const certificate = makeCertificate([name], new Date(0), new Date(until));
  const server = createServer(certificate, (_request, reply) => reply.end());
  servers.push(server);
  server.on('connection', () => {
    connections += 1;
  });
  setDefaultCACertificates([...getCACertificates('default'), certificate.cert]);
  server.listen(0);
  await happened(server, 'listening');
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

async function retrieve() {
  return (await app.call('/data/session/retrieve', { id: sessionId })).body;
}

async function transactions(): Promise<{ id: string; status: string }[]> {
  return (await app.call('/data/transactions/list', { sessionId, from: '2020-01-01' })).body.transactions;
}

/** The session after a refresh of the next day, its second try included. */
async function refreshed() {
  await app.advance(dayMs);
  const { status, body } = await app.call('/data/session/refresh', { id: sessionId });
  expect([status, body.message]).toEqual([200, undefined]);
  const lookLater = async () => {
    await app.advance(5_000);
    return retrieve();
  };
  return eventually(lookLater, ({ refresh }) => refresh.status !== 'running');
}

const json = { 'content-type': 'application/json' };
const html = { 'content-type': 'text/html' };

function answering(status: number, body: string | Buffer, headers: Record<string, string> = json): Fault {
  return (reply) => void reply.writeHead(status, headers).end(body);
}

function saying(status: number, code: string, headers: Record<string, string> = {}): Fault {
  const body = JSON.stringify({ tppMessages: [{ category: 'ERROR', code }] });
  return answering(status, body, { ...json, ...headers });
}

interface Report {
  booked: unknown[];
  _links: Record<string, unknown>;
}

/** The bank's own report, changed. */
function changing(change: (report: Report) => void): Fault {
  return async (reply, pass) => {
    const { status, headers, text } = await pass();
    const answer = JSON.parse(text);
    change(answer.transactions);
    reply.writeHead(status, headers).end(JSON.stringify(answer));
  };
}

/** One page again and again, each with a link to a next one, in a circle. */
function circling(): Fault {
  let report: string | undefined;
  let page = 0;
  return async (reply, pass) => {
    report ??= (await pass()).text;
    page = (page + 1) % 3;
    const answer = JSON.parse(report);
    answer.transactions._links.next = { href: `${path}/accounts/1/transactions?page=${page}` };
    reply.writeHead(200, json).end(JSON.stringify(answer));
  };
}

function once(fault: Fault): Fault {
  let times = 0;
  return async (reply, pass) => {
    times += 1;
    if (times === 1) return fault(reply, pass);
    const { status, headers, text } = await pass();
    reply.writeHead(status, headers).end(text);
  };
}

const endless: Fault = (reply) => {
  const more = () => {
    while (!reply.destroyed && reply.write(' '.repeat(65_536)));
  };
  reply.writeHead(200, json).on('drain', more);
  more();
};

const cut: Fault = async (reply, pass) => {
  const { status, headers, text } = await pass();
  reply.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
  reply.write(text.slice(0, text.length / 2), () => reply.destroy());
};

const bomb = gzipSync(Buffer.alloc(64 * 1_024 * 1_024, ' '));
const reports = /\/transactions\?/;
const lists = /\/accounts$/;

describe('what may pass', () => {
  test.each<[string, RegExp, Fault]>([
    ['429 without a time', reports, saying(429, 'SERVICE_BLOCKED')],
    ['5xx', reports, answering(503, '<h1>Maintenance</h1>', html)],
    ['HTML with 200', reports, answering(200, '<html><body>Maintenance</body></html>', html)],
    ['truncated JSON', reports, answering(200, '{"transactions":{"booked":[{"transac')],
    ['an answer that ends in the middle', reports, cut],
    ['a reset', reports, (reply) => void reply.destroy()],
    ['something else than HTTP', reports, (reply) => void reply.socket?.end('SSH-2.0\r\n')],
    ['an empty answer', reports, answering(200, '')],
    ['5xx for balances only', /\/balances/, answering(500, '')],
    ['HTML in place of accounts', lists, answering(200, '<html></html>', html)],
  ])('%s: nothing changes, and the bank is said to be unavailable', async (_fault, at, fault) => {
    const [before, rows] = [await retrieve(), await transactions()];
    proxy.set(at, fault);
    const { refresh, data } = await refreshed();
    expect(refresh).toMatchObject({ status: 'failed', failure: { code: 'bank_unavailable' } });
    expect(data).toEqual(before.data);
    expect(await transactions()).toEqual(rows);
  });

  test('5xx, and then well: the second try brings everything', async () => {
    proxy.set(reports, once(answering(500, '')));
    expect((await refreshed()).refresh.status).toBe('complete');
  });

  test('429 with a time: the merchant is told it', async () => {
    proxy.set(reports, saying(429, 'ACCESS_EXCEEDED', { 'retry-after': '7200' }));
    const { startedAt, failure } = (await refreshed()).refresh;
    expect(failure).toMatchObject({ code: 'too_many_calls', retryAt: expect.any(Number) });
    expect(Math.abs(failure.retryAt - startedAt - 7_200)).toBeLessThan(120);
  });
});

test.each([
  ['nobody listens', 'bank_unavailable', 'nobody', 0],
  ['no such name', 'bank_unavailable', 'nowhere', 0],
  ['a certificate that has expired', 'internal', 'expired', 1],
  ['a certificate of another name', 'internal', 'otherName', 1],
] as const)('at the address of the bank %s: nothing changes (%s)', async (_fault, code, address, dialled) => {
  const before = await retrieve();
  elsewhere = addresses[address];
  connections = 0;
  const { refresh, data } = await refreshed();
  expect(refresh).toMatchObject({ status: 'failed', failure: { code } });
  expect([data, connections]).toEqual([before.data, dialled]);
});

describe('what no second try would mend', () => {
  test.each<[string, 'refused_by_bank' | 'failed', Fault]>([
    ['an endless answer', 'refused_by_bank', endless],
    ['a gzip bomb', 'refused_by_bank', answering(200, bomb, { ...json, 'content-encoding': 'gzip' })],
    ['an account that is gone', 'refused_by_bank', saying(404, 'RESOURCE_UNKNOWN')],
    [
      'a row that cannot be read',
      'refused_by_bank',
      changing(({ booked }) => booked.push({ transactionAmount: { amount: '1,00', currency: 'EUR' } })),
    ],
    ['403 of this account', 'refused_by_bank', answering(403, '')],
    ['403 with a word about this account', 'refused_by_bank', saying(403, 'RESOURCE_UNKNOWN')],
    ['our certificate refused', 'failed', saying(401, 'CERTIFICATE_REVOKED')],
    ['a redirect', 'failed', answering(302, '', { location: 'http://elsewhere.test/' })],
    [
      'a link to another host',
      'failed',
      changing((report) => {
        report._links = { ...report._links, next: { href: 'https://elsewhere.test/' } };
      }),
    ],
  ])(
    '%s: that part is missing (%s), the rest is there, and later all of it',
    async (_fault, reason, fault) => {
      const rows = await transactions();
      proxy.set(reports, fault);
      const { refresh, data } = await refreshed();
      const [{ id: accountId }] = data.accounts;
      expect(refresh.status).toBe('complete');
      expect(data.missing).toEqual([{ permission: 'transactions', accountId, reason }]);
      expect(data.balances).toHaveLength(1);
      expect(await transactions()).toEqual(rows);
      proxy.clear();
      expect((await refreshed()).data).not.toHaveProperty('missing');
      const booked = rows.filter(({ status }) => status === 'booked').map(({ id }) => id);
      expect((await transactions()).map(({ id }) => id)).toEqual(expect.arrayContaining(booked));
    },
  );
});

test.each<[string, Fault]>([
  ['403 of the consent', saying(403, 'CONSENT_UNKNOWN')],
  ['401 for good', answering(401, '')],
])('%s, though it lives: nothing changes, and the bank is said to deny', async (_fault, fault) => {
  const before = await retrieve();
  proxy.set(reports, fault);
  const { refresh, data } = await refreshed();
  expect(refresh).toMatchObject({ status: 'failed', failure: { code: 'bank_denied' } });
  expect(data).toEqual(before.data);
});

test('pages in a circle, each row many times: nothing twice', async () => {
  proxy.set(/\/transactions/, circling());
  expect((await refreshed()).refresh.status).toBe('complete');
  const rows = await transactions();
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  proxy.clear();
  await refreshed();
  const booked = rows.filter(({ status }) => status === 'booked').map(({ id }) => id);
  expect((await transactions()).map(({ id }) => id)).toEqual(expect.arrayContaining(booked));
});

test('no account any more: what was there stays', async () => {
  const before = await retrieve();
  proxy.set(lists, answering(200, '{"accounts":[]}'));
  const { refresh, data } = await refreshed();
  expect(refresh).toMatchObject({ status: 'failed', failure: { code: 'no_accounts' } });
  expect(data).toEqual(before.data);
});

test('a consent that its user ends while it is read: nothing of that is published', async () => {
  const before = await retrieve();
  proxy.set(/\/balances/, async (reply, pass) => {
    const { id = '' } = app.bank.control.consents().at(-1) ?? {};
    app.bank.control.setConsentStatus(id, 'revokedByPsu');
    const { status, headers, text } = await pass();
    reply.writeHead(status, headers).end(text);
  });
  const { refresh, data } = await refreshed();
  expect(refresh).toMatchObject({ status: 'failed', failure: { code: 'consent_revoked' } });
  expect(data).toEqual(before.data);
});
