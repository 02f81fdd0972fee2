import { rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeStartFolder, runCommand, type Started, startEverything } from '../support/started.ts';
import { authoriseAtBank, eventually, goToBank, leavesTo, testBank, Visitor } from '../support/visitor.ts';
import {
  ivySignature,
  standardSignature,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';

// Several processes one after the other, each of which compiles its sources first.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** What a newcomer does beside one running `npm start`, which is as many processes as a test can have. */
let dataDir: string;
let started: Started;
let receiver: WebhookReceiver;
beforeAll(async () => {
  dataDir = await makeStartFolder();
  [started, receiver] = await Promise.all([startEverything(dataDir), startWebhookReceiver()]);
});
afterAll(async () => {
  await receiver?.close();
  await started?.interrupt();
  await rm(dataDir, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered
async function call(route: string, body?: object): Promise<any> {
  const response = await fetch(`${started.urls.api}/${route}`, {
    method: 'POST',
    headers: { 'x-ivy-api-key': started.key, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.status, route).toBe(200);
  return response.json();
}

const create = ['merchant', 'create', '--name', 'Shop', '--country', 'DE', '--environment', 'sandbox'];
const beside = (...args: string[]) => runCommand(args, { TRELLIS_DATA_DIR: dataDir });

async function pinged(key: string): Promise<number> {
  return (await fetch(`${started.urls.api}/ping`, { headers: { 'x-ivy-api-key': key } })).status;
}

test('the operator’s commands work beside npm start without being told where it is', async () => {
  const created = await beside(...create);
  expect(created).toMatchObject({ code: 0, output: expect.stringContaining(`runs in ${dataDir}.`) });
  const key = /^sbx_\S+$/m.exec(created.output)?.[0] ?? '';
  expect(await pinged(key)).toBe(200);

  const [appId = ''] = key.split('.');
  expect(await beside('merchant', 'revoke-key', '--app-id', appId)).toMatchObject({ code: 0 });
  await expect.poll(() => pinged(key), { timeout: 10_000, interval: 250 }).toBe(401);

  const listed = await beside('banks', 'list');
  expect(listed).toMatchObject({ code: 0, output: expect.stringContaining('No banks were imported yet.') });
  const file = path.join(dataDir, 'own.json');
  const profile = {
    baseUrl: 'https://own.example/v1',
    sca: 'redirect',
    headers: { 'X-API-Key': 'of-own-bank' },
  };
  const own = {
    id: 'de-own',
    name: 'Own',
    markets: ['DE'],
    currencies: ['EUR'],
    protocol: 'berlin-group',
    profile,
  };
  await writeFile(file, JSON.stringify([own]));
  expect(await beside('banks', 'import', file)).toMatchObject({ code: 0 });
  // Sealed with the key of the data folder, which the command finds by itself.
  expect((await beside('banks', 'export')).output).toContain('"X-API-Key":"of-own-bank"');
  expect(await pinged(started.key)).toBe(200);
});

test('where nothing runs, all that could be set is named at once and nothing is made', async () => {
  const elsewhere = path.join(dataDir, 'none');
  const said = async (args: string[], env: Record<string, string> = {}) => {
    const { code, output } = await runCommand(args, { TRELLIS_DATA_DIR: elsewhere, ...env });
    return { code, output: output.trim() };
  };
  const nothing = `Nothing runs in ${elsewhere}: start it with npm start, or set`;
  expect(await said(create)).toEqual({ code: 1, output: `${nothing} DATABASE_URL and TRELLIS_MASTER_KEY.` });
  expect(await said(['banks', 'list'])).toEqual({ code: 1, output: `${nothing} DATABASE_URL.` });
  await expect(rm(elsewhere)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a newcomer connects the bank that demands certificates, which were made for him', async () => {
  for (const name of ['ca', 'server', 'qwac', 'qseal']) {
    const file = path.join(dataDir, `sandbox-${name}.pem`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  }
  const session = await call('data/session/create', {
    referenceId: 'sealed',
    permissions: ['identity', 'balances', 'transactions'],
    returnUrl: 'https://shop.example/back',
    market: 'DE',
  });
  const visitor = new Visitor();
  const away = await goToBank(visitor, session.redirectUrl, 'de-trellis-sealed-bank');
  expect(leavesTo(away)).toContain(started.urls.bank);
  await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
  await eventually(
    async () => (await call('data/session/retrieve', { id: session.id })).status,
    (status) => status === 'complete',
    20_000,
  );
});

/** From the shop to the bank and back, until the shop shows the webhook that it got; the session's id. */
async function connectAtShop(): Promise<string> {
  const visitor = new Visitor();
  const choice = await visitor.submit(await visitor.open(started.urls.shop), 'connect');
  const consent = await visitor.submit(choice, 'choose', { bank: testBank });
  const back = await authoriseAtBank(visitor, leavesTo(await visitor.submit(consent, 'agree')));
  const done = await visitor.open(leavesTo(await visitor.open(back)));
  expect(new URL(done.url).pathname).toBe('/deposit');
  const shown = await eventually(
    async () => /<pre[^>]*>([\s\S]*)<\/pre>/.exec((await visitor.open(done.url)).html)?.[1] ?? '',
    (text) => text.includes('data_session_completed'),
  );
  return JSON.parse(shown.replaceAll('&#34;', '"')).payload.id;
}

/** Which of the secrets the own receiver could check its latest webhook with, in either style. */
async function acceptedBy(sessionId: string | undefined, secrets: Record<string, string>) {
  const latest = await eventually(
    async () => receiver.received.findLast(({ event }) => event.payload.id === sessionId),
    (found) => found !== undefined,
  );
  if (!latest) throw new Error('nothing came');
  const standard = latest.headers['webhook-signature']?.split(' ') ?? [];
  const names = Object.entries(secrets);
  return {
    ivy: names
      .filter(([, one]) => latest.headers['x-ivy-signature'] === ivySignature(one, latest.body))
      .map(([name]) => name),
    standard: names
      .filter(([, one]) => standard.includes(standardSignature(one, latest)))
      .map(([name]) => name),
  };
}

test('a newcomer’s first secret is the primary at once, and his rotations leave the example shop working', async () => {
  const events = ['data_session_completed', 'test'];
  const { id } = await call('webhook-subscription/create', { url: receiver.url, events });
  const first = await call('webhook-secret/rotate');
  expect(first.role).toBe('primary');
  expect(await call('webhook-subscription/ping', { id })).toMatchObject({ success: true });
  const secrets = { first: first.secret };
  expect(await acceptedBy(undefined, secrets)).toEqual({ ivy: ['first'], standard: ['first'] });
  expect(await acceptedBy(await connectAtShop(), secrets)).toEqual({ ivy: ['first'], standard: ['first'] });

  const next = await call('webhook-secret/rotate');
  expect(next.role).toBe('next');
  const both = { ...secrets, next: next.secret };
  expect(await acceptedBy(await connectAtShop(), both)).toEqual({
    ivy: ['first'],
    standard: ['first', 'next'],
  });

  await call('webhook-secret/promote');
  expect(await acceptedBy(await connectAtShop(), both)).toEqual({ ivy: ['next'], standard: ['next'] });

  // A forged webhook is refused as ever, whatever it makes the shop ask.
  const forged = await fetch(`${started.urls.shop}/webhooks/trellis`, { method: 'POST', body: '{}' });
  expect(forged.status).toBe(401);
});
