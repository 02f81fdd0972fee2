import { Ajv, type ValidateFunction } from 'ajv';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown> | undefined;
  readonly query: string[];
  readonly isError: ValidateFunction;
}

let app: TestApp;
let operations: Operation[];

beforeAll(async () => {
  app = await startTestApp({ worker: false, requestsPerMinute: 1_000_000 });
  operations = await readOperations();
  const bystander = { key: await app.addMerchant('bystander') };
  const body = { referenceId: 'b', permissions: ['identity'], returnUrl: 'https://b.example' };
  expect((await app.call('/data/session/create', body, bystander)).status).toBe(200);
});
afterAll(() => app.close());

/** Every operation of the server's own API description: what is added later is attacked without a new test. */
async function readOperations(): Promise<Operation[]> {
  const { body: document } = await app.call('/openapi.json');
  const isError = new Ajv({ strict: false }).compile(document.components.schemas.Error);
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    // biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document
    Object.entries(methods as Record<string, any>).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      body: operation.requestBody?.content['application/json'].schema,
      query: (operation.parameters ?? [])
        .filter((each: { in: string }) => each.in === 'query')
        .map((each: { name: string }) => each.name),
      isError,
    })),
  );
}

const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    '\u202e\u200b\ufeff',
    '../../../etc/passwd',
    '%00',
    "'; DROP TABLE data_session; --",
    '{{7*7}}',
    '<script>alert(1)</script>',
    '0000-00-00',
    '9999-12-31',
    '2024-02-29',
    '1,00',
    '1e400',
    'NaN',
    'javascript:alert(1)',
    'https://127.0.0.1:5432/',
    'http://169.254.169.254/latest/meta-data',
    'https://user@host/',
    'x'.repeat(2_049),
    '0192aaaa-0000-7000-8000-000000000000',
  ),
);

const hostileValue = fc.oneof(
  hostileText,
  fc.constantFrom(null, true, 0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER, [], {}, [[]], [null], {
    toString: 1,
  }),
  fc.array(hostileText, { maxLength: 3 }),
  fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
);

/** A body with the operation's own field names, each missing, hostile, or one that might be right. */
function bodyFor(schema: Record<string, unknown>): fc.Arbitrary<unknown> {
  const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown>>;
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [
      name,
      fc.oneof({ weight: 2, arbitrary: hostileValue }, { weight: 3, arbitrary: plausible(field) }),
    ]),
  );
  return fc.oneof(
    { weight: 6, arbitrary: fc.record(fields, { requiredKeys: [] }) },
    { weight: 1, arbitrary: hostileValue },
  );
}

function plausible(field: Record<string, unknown>): fc.Arbitrary<unknown> {
  if (Array.isArray(field.enum)) return fc.constantFrom(...field.enum);
  if (field.type === 'array')
    return fc.array(plausible((field.items ?? {}) as Record<string, unknown>), { maxLength: 4 });
  if (field.type === 'boolean') return fc.boolean();
  if (field.type === 'integer') return fc.integer({ min: 0, max: 4_000_000_000 });
  if (field.type === 'object') return bodyFor(field);
  return fc.oneof(fc.uuid(), fc.webUrl(), fc.string({ minLength: 1, maxLength: 30 }), fc.emailAddress());
}

/** Every answer is a success or the flat error, has a request id, tells nothing of the inside, and is no 5xx. */
async function judge(operation: Operation, answer: Awaited<ReturnType<TestApp['call']>>): Promise<void> {
  const seen = `${operation.method} ${operation.path} ${answer.status} ${JSON.stringify(answer.body)}`;
  expect(answer.status, seen).toBeLessThan(500);
  expect(answer.headers.get('x-request-id'), seen).toBeTruthy();
  if (answer.status < 400) return;
  expect(operation.isError(answer.body), seen).toBe(true);
  expect(JSON.stringify(answer.body), seen).not.toMatch(
    /\.ts:\d|node_modules|SELECT |INSERT |pg_|syntax error at/,
  );
}

describe('the flow, without a key', () => {
  test.each([
    '/flow/a%00b/0192aaaa-0000-7000-8000-000000000000',
    '/flow/shop/0192aaaa-0000-7000-8000-000000000000%00',
    '/flow/%F0%9F%A6%A6/0192aaaa-0000-7000-8000-000000000000/leave',
    '/flow/start?t=%00',
    '/flow/callback/%00?state=%00',
    '/flow/callback/de-trellis-test-bank?state=shop.AAAAAAAAAAAAAAAAAAAAAA.%00',
    '/flow/assets/..%2f..%2fpackage.json',
    '/flow/%zz',
  ])('%s', async (path) => {
    for (const method of ['GET', 'POST']) {
      const { status, headers } = await app.call(path, undefined, { key: '', method });
      expect(status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
      expect(status, `${method} ${path}`).toBeLessThan(500);
      expect(headers.get('x-request-id')).toBeTruthy();
    }
  });
});

describe('whatever is sent', () => {
  test('the description names the routes', () => {
    expect(operations.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        '/data/session/create',
        '/data/session/retrieve',
        '/webhook-subscription/create',
      ]),
    );
  });

  test('bodies with the right names and wrong values', async () => {
    for (const operation of operations.filter(({ body }) => body)) {
      await fc.assert(
        fc.asyncProperty(bodyFor(operation.body ?? {}), async (body) => {
          await judge(operation, await app.call(operation.path, body));
        }),
        { numRuns: 60 },
      );
    }
  }, 60_000);

  test('bytes that are no JSON at all', async () => {
    for (const operation of operations.filter(({ body }) => body)) {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
          const answer = await app.call(operation.path, Buffer.from(bytes));
          expect(answer.status).toBe(400);
          await judge(operation, answer);
        }),
        { numRuns: 20 },
      );
    }
  }, 60_000);

  test('a body where none is asked for', async () => {
    for (const operation of operations.filter(({ method, body }) => method === 'POST' && !body)) {
      await fc.assert(
        fc.asyncProperty(fc.oneof(hostileValue, fc.uint8Array({ maxLength: 200 })), async (body) => {
          const bytes = body instanceof Uint8Array ? Buffer.from(body) : body;
          await judge(operation, await app.call(operation.path, bytes));
        }),
        { numRuns: 20 },
      );
    }
  });

  test('every header of ours, with what does not belong into it', async () => {
    const text = fc.string({
      unit: fc
        .integer({ min: 0x20, max: 0xff })
        .filter((code) => code !== 0x7f)
        .map((code) => String.fromCharCode(code)),
    });
    const hostile = fc.dictionary(
      fc.constantFrom(
        'x-ivy-api-key',
        'authorization',
        'idempotency-key',
        'content-type',
        'content-encoding',
        'x-forwarded-for',
        'accept',
        'cookie',
      ),
      fc.oneof(
        text,
        text.map((secret) => `Bearer ${secret}`),
        text.map((id) => `application/json; charset=${id}`),
      ),
    );
    for (const operation of operations) {
      await fc.assert(
        fc.asyncProperty(hostile, async (headers) => {
          const body = operation.method === 'POST' ? { id: 'x', referenceId: 'x' } : undefined;
          await judge(operation, await app.call(operation.path, body, { method: operation.method, headers }));
        }),
        { numRuns: 20 },
      );
    }
  });

  test('queries', async () => {
    for (const operation of operations.filter(({ query }) => query.length > 0)) {
      await fc.assert(
        fc.asyncProperty(
          fc.dictionary(fc.constantFrom(...operation.query, 'x'), hostileText),
          async (query) => {
            const text = Object.entries(query).map(
              ([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`,
            );
            await judge(operation, await app.call(`${operation.path}?${text.join('&')}`));
          },
        ),
        { numRuns: 60 },
      );
    }
  });

  test('nine thousand keys, and a deep array, at the limit of the body', async () => {
    const keys = `{${Array.from({ length: 9_000 }, (_, index) => `"${index}":1`).join(',')}}`;
    const deep = `{"referenceId":"deep","permissions":["identity"],"returnUrl":"https://a.example","metadata":{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`;
    for (const operation of operations.filter(({ body }) => body)) {
      for (const body of [keys, deep]) await judge(operation, await app.call(operation.path, body));
    }
  });

  test('nothing of another merchant was touched by all this', async () => {
    const { rows } = await app.pool.query(
      `SELECT status, updated_at = created_at AS untouched FROM data_session WHERE merchant_id = 'bystander'`,
    );
    expect(rows).toEqual([{ status: 'started', untouched: true }]);
  });
});
