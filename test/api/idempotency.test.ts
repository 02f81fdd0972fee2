import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

let app: TestApp;
let count = 0;

beforeAll(async () => {
  app = await startTestApp({ worker: false });
});
afterAll(() => app.close());

/** The seed's example request, with a reference of its own. */
function request(more: Record<string, unknown> = {}): Record<string, unknown> {
  count += 1;
  return {
    referenceId: `once-${count}`,
    permissions: ['identity'],
    returnUrl: 'https://example.com/callback/result',
    ...more,
  };
}

function create(body: unknown, options?: Parameters<TestApp['call']>[2]) {
  return app.call('/data/session/create', body, options);
}

const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

test('the same request again gives the same answer, redirectUrl included', async () => {
  const body = request();
  const first = await create(body, keyed('k1'));
  const again = await create(body, keyed('k1'));
  expect(again.body).toEqual(first.body);
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  const prefixed = await app.call('/api/service/data/session/create', body, keyed('k1'));
  expect(prefixed.body).toEqual(first.body);
});

test('what was answered once stays answered, though by now it would be refused', async () => {
  const body = request({ createdAt: Math.floor(app.clock.now().getTime() / 1000) });
  const first = await create(body, keyed('k8'));
  await app.advance(6 * 60_000);
  const again = await create(body, keyed('k8'));
  expect(again.body).toEqual(first.body);
  expect((await create(request({ createdAt: body.createdAt }), keyed('k9'))).status).toBe(400);
});

test('409: the same key for another request', async () => {
  await create(request(), keyed('k2'));
  const { status, body, headers } = await create(request(), keyed('k2'));
  expect(status).toBe(409);
  expect(body).toMatchObject({ code: 'CONFLICT', category: 'idempotency_error' });
  expect(headers.get('x-should-retry')).toBe('false');
});

test('a final refusal is replayed too', async () => {
  const body = request();
  await create(body);
  const refused = await create(body, keyed('k3'));
  const again = await create(body, keyed('k3'));
  expect(refused.status).toBe(409);
  expect(again).toMatchObject({ status: 409, body: refused.body });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
});

test('twenty at once make one session', async () => {
  const body = request();
  const answers = await Promise.all(Array.from({ length: 20 }, () => create(body, keyed('k4'))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
});

test('another merchant’s key of the same name is another key', async () => {
  const key = await app.addMerchant('other2');
  const body = request();
  const mine = await create(body, keyed('k5'));
  const theirs = await create(body, { ...keyed('k5'), key });
  expect(theirs.status).toBe(200);
  expect(theirs.body.id).not.toBe(mine.body.id);
});

test('after 24 hours the key is free again', async () => {
  const first = request();
  await create(first, keyed('k6'));
  await app.advance(24 * 3_600_000 + 1_000);
  const { status, headers } = await create(request(), keyed('k6'));
  expect(status).toBe(200);
  expect(headers.get('idempotent-replayed')).toBeNull();
});

test.each(['', 'x'.repeat(256)])('400: a key of %#', async (key) => {
  const { status, body } = await create(request(), keyed(key));
  expect(status).toBe(400);
  expect(body.param).toBe('Idempotency-Key');
});

test('stored answers are not readable in the database', async () => {
  const { body } = await create(request(), keyed('k7'));
  const { rows } = await app.pool.query(
    'SELECT row_to_json(idempotency_key)::text AS text FROM idempotency_key',
  );
  expect(rows.length).toBeGreaterThan(0);
  const token = body.redirectUrl.split('t=')[1];
  for (const { text } of rows) {
    expect(Buffer.from(text.replaceAll(/\\\\x([0-9a-f]*)/g, '$1'), 'hex').includes(token)).toBe(false);
    expect(text).not.toContain(token);
  }
});
