import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newMasterKey } from '../../src/config.ts';
import { ask } from '../platform/postgres-owner.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { runCommand, startCommand } from '../support/started.ts';

// Several processes one after the other, each of which compiles its sources first.
vi.setConfig({ testTimeout: 60_000 });

let database: TestDatabase;
let server: Awaited<ReturnType<typeof startCommand>>;
let url: string;
let environment: Record<string, string>;

/** `serve` as an operator has it behind a proxy on this machine. */
beforeAll(async () => {
  database = await createTestDatabase();
  environment = {
    DATABASE_URL: database.connectionString,
    TRELLIS_MASTER_KEY: newMasterKey(),
    PUBLIC_URL: 'https://data.example.com',
    HOST: '127.0.0.1',
    PORT: '0',
    TRUSTED_PROXIES: '127.0.0.1',
    FLOW_REQUESTS_PER_MINUTE: '3',
  };
  server = await startCommand(['serve'], environment, '"ready"');
  url = /"address":"([^"]+)"/.exec(server.output())?.[1] ?? '';
});
afterAll(async () => {
  await server.interrupt();
  await database.drop();
});

async function merchant(...args: string[]) {
  const { code, output } = await runCommand(['merchant', ...args], environment);
  return {
    code,
    output: output.trim(),
    id: /merchant ([a-z0-9]{8})\b/i.exec(output)?.[1] ?? '',
    key: /^(?:live|sbx)_\S+$/m.exec(output)?.[0] ?? '',
  };
}

async function post(path: string, key: string, body: unknown) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'x-ivy-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const ping = async (key: string) =>
  (await fetch(`${url}/ping`, { headers: { 'x-ivy-api-key': key } })).status;

describe('merchant', () => {
  test('create: what is registered for a merchant is what his sessions go by', async () => {
    const urls = ['--success-url', 'https://shop.example/done', '--error-url', 'juniper:oops'];
    const places = ['--return-origin', 'https://shop.example', '--return-origin', 'http://localhost:8080'];
    const { code, key } = await merchant(
      ...[
        'create',
        '--name',
        'Shop',
        '--country',
        'DE',
        '--environment',
        'sandbox',
        '--app-scheme',
        'Juniper',
      ],
      ...urls,
      ...places,
    );
    expect(code).toBe(0);
    const own = await post('/data/session/create', key, { referenceId: 'own', market: 'DE' });
    expect(own).toMatchObject({
      status: 200,
      body: { successCallbackUrl: 'https://shop.example/done', errorCallbackUrl: 'juniper:oops' },
    });
    const session = (returnUrl: string) =>
      post('/data/session/create', key, { referenceId: returnUrl, permissions: ['identity'], returnUrl });
    expect((await session('http://localhost:8080/return')).status).toBe(200);
    expect((await session('https://elsewhere.example/return')).status).toBe(400);
  });

  test('create: every value that the API would refuse is named, and nothing is made', async () => {
    const wrong = {
      'success-url': 'http://shop.example/done',
      'error-url': 'javascript:alert(1)',
      'return-origin': 'https://shop.example/path',
      'app-scheme': 'https',
    };
    const options = Object.entries(wrong).flatMap(([name, value]) => [`--${name}`, value]);
    const { code, output } = await merchant('create', '--name', 'Refused', '--country', 'DE', ...options);
    expect(code).toBe(1);
    const lines = output.split('\n');
    for (const [name, value] of Object.entries(wrong))
      expect(lines).toContainEqual(expect.stringContaining(`--${name} ${value} must `));
    expect(lines).toHaveLength(4);
    const made = "SELECT count(*)::int FROM merchant WHERE name = 'Refused'";
    expect(await ask(database.connectionString, made)).toBe(0);
  });

  test('add-key and revoke-key: one key takes the place of another without a gap', async () => {
    const first = await merchant('create', '--name', 'Shop', '--country', 'DE');
    const second = await merchant('add-key', '--merchant', first.id, '--name', 'rotation');
    expect([await ping(first.key), await ping(second.key)]).toEqual([200, 200]);
    const [appId = ''] = first.key.split('.');
    expect(await merchant('revoke-key', '--app-id', appId)).toMatchObject({ code: 0 });
    await expect.poll(() => ping(first.key), { timeout: 10_000, interval: 250 }).toBe(401);
    expect(await ping(second.key)).toBe(200);

    const again = await merchant('revoke-key', '--app-id', appId);
    expect(again).toMatchObject({ code: 1, output: `There is no key ${appId} that works.` });
    const nobody = await merchant('add-key', '--merchant', 'nobody');
    expect(nobody).toMatchObject({ code: 1, output: 'There is no merchant nobody.' });
  });

  test.each([[['add-key']], [['revoke-key']], [['create', '--name', 'Shop']], [['remove']], [[]]])(
    '%j is answered with the usage',
    async (args) => {
      expect(await merchant(...args)).toMatchObject({ code: 1, output: expect.stringMatching(/^usage: /) });
    },
  );
});

test('the flow’s limit is per address, which behind a trusted proxy is the user’s', async () => {
  const visit = async (address: string) => {
    const headers = { 'x-forwarded-for': address };
    return (await fetch(`${url}/flow/none`, { headers })).status;
  };
  const one = [await visit('192.0.2.1'), await visit('192.0.2.1'), await visit('192.0.2.1')];
  expect(one).toEqual([404, 404, 404]);
  expect([await visit('192.0.2.1'), await visit('192.0.2.2')]).toEqual([429, 404]);
});
