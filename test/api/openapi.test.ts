import { afterAll, beforeAll, expect, test } from 'vitest';
import { version } from '../../src/commands/version.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openBrowser } from '../support/browser.ts';

const browser = openBrowser();
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ worker: false, version });
});
afterAll(() => app.close());

/** Every route of the server itself, as `POST /data/session/create`; read from the tree that the router prints. */
function servedRoutes(): string[] {
  const parents: string[] = [];
  return app.app.server
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] = /^([│ ]*)[├└]── (\S+) \(([^)]+)\)$/.exec(line) ?? [];
      if (part === '') return [];
      const depth = indent.length / 4;
      parents[depth] = depth === 0 ? part : `${parents[depth - 1]}${part}`;
      const own = methods.split(', ').filter((method) => method !== 'HEAD');
      return own.map((method) => `${method} ${parents[depth]}`);
    });
}

/** Pages for people, and what supervisors ask: no part of the API. */
const beside = /^(?:GET (?:\/|\/openapi\.json|\/docs(?:\/.*)?|\/healthz|\/readyz)|\w+ \/flow\/.*)$/;

test('every route that is served is described, and nothing else is', async () => {
  const served = servedRoutes();
  expect(served).toEqual(
    expect.arrayContaining(['GET /ping', 'GET /flow/start', 'POST /flow/start/:action']),
  );
  const { body } = await app.call('/openapi.json');
  const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual(served.filter((route) => !beside.test(route)).toSorted());
});

/** `npx vitest run test/api/openapi.test.ts -u` writes the file anew. */
test('openapi.json in the repository is what the server says', async () => {
  const { body } = await app.call('/openapi.json', undefined, { key: '' });
  await expect(`${JSON.stringify(body, null, 2)}\n`).toMatchFileSnapshot('../../openapi.json');
});

test('every route of the API is described, with its errors', async () => {
  const { body } = await app.call('/openapi.json');
  for (const [path, methods] of Object.entries(
    body.paths as Record<string, Record<string, { summary?: string; responses: object }>>,
  ))
    for (const [method, operation] of Object.entries(methods)) {
      expect(operation.summary, `${method} ${path}`).toBeTypeOf('string');
      expect(Object.keys(operation.responses), `${method} ${path}`).toEqual(
        expect.arrayContaining(['200', '4XX', '5XX']),
      );
    }
});

test('what must follow a pattern says so in plain words', async () => {
  const { body } = await app.call('/openapi.json');
  const silent: string[] = [];
  JSON.stringify(body, (key, value) => {
    if (typeof value?.pattern === 'string' && typeof value['x-expected'] !== 'string')
      silent.push(`${key}: ${value.pattern}`);
    return value;
  });
  expect(silent).toEqual([]);
});

test('the reference and the errors can be read, with nothing from elsewhere', async () => {
  const page = await browser.newPage({ width: 390, height: 844 });
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(app.url)) foreign.push(request.url());
  });
  await page.goto(`${app.url}/docs`);
  expect(await page.textContent('h1')).toBe('Trellis API');
  expect(await page.getByText('/data/session/create').first().isVisible()).toBe(true);
  expect(await page.textContent('main')).not.toContain('`');
  const sync = page.locator('#post-data-transactions-sync .soft').first();
  expect(await sync.locator('code').allTextContents()).toEqual(['hasNext', 'nextCursor', 'removed']);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  const { body } = await app.call('/data/session/retrieve?id=x');
  await page.goto(body.docUrl);
  expect(await page.locator(':target h3').textContent()).toContain('NOT_FOUND');
  expect(foreign).toEqual([]);
});
