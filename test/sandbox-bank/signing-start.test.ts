import { once } from 'node:events';
import { rm, stat } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeStartFolder, type Started, startEverything, startInVain } from '../support/started.ts';
import { authoriseAtBank, goToBank, leavesTo, Visitor } from '../support/visitor.ts';

// Processes one after the other, each of which compiles its sources first.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dataDir: string;
let started: Started;

beforeAll(async () => {
  dataDir = await makeStartFolder();
  started = await startEverything(dataDir);
});
afterAll(async () => {
  await started.interrupt();
  await rm(dataDir, { recursive: true });
});

async function call(route: string, body?: unknown) {
  const response = await fetch(`${started.urls.api}${route}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'x-ivy-api-key': started.key, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, string>;
}

test('a newcomer connects the bank that demands certificates, which were made for him', async () => {
  for (const name of ['ca', 'server', 'qwac', 'qseal']) {
    const file = path.join(dataDir, `sandbox-${name}.pem`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  }
  const session = await call('/data/session/create', {
    referenceId: 'sealed',
    permissions: ['identity', 'balances', 'transactions'],
    returnUrl: 'https://shop.example/back',
    market: 'DE',
  });
  const visitor = new Visitor();
  const away = await goToBank(visitor, session.redirectUrl ?? '', 'de-trellis-sealed-bank');
  expect(leavesTo(away)).toContain(started.urls.bank);
  await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
  const status = async () => (await call(`/data/session/retrieve?id=${session.id}`)).status;
  await vi.waitFor(async () => expect(await status()).toBe('complete'), { timeout: 20_000, interval: 100 });
});

test('SANDBOX_BANK_TLS_PORT is taken', async () => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const other = await makeStartFolder();
  const { code, output } = await startInVain(other, { SANDBOX_BANK_TLS_PORT: String(port) });
  taken.close();
  expect(code).toBe(1);
  expect(output).toContain(
    `Port ${port} is in use. Stop what uses it, or set SANDBOX_BANK_TLS_PORT to a free port.`,
  );
  await rm(other, { recursive: true });
});
