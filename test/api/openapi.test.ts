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

test('the reference and the errors can be read, with nothing from elsewhere', async () => {
  const page = await browser.newPage({ width: 390, height: 844 });
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(app.url)) foreign.push(request.url());
  });
  await page.goto(`${app.url}/docs`);
  expect(await page.textContent('h1')).toBe('Trellis API');
  expect(await page.getByText('/data/session/create').first().isVisible()).toBe(true);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  const { body } = await app.call('/data/session/retrieve?id=x');
  await page.goto(body.docUrl);
  expect(await page.locator(':target h3').textContent()).toContain('NOT_FOUND');
  expect(foreign).toEqual([]);
});
