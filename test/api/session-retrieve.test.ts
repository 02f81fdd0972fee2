import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

let app: TestApp;
let id: string;

beforeAll(async () => {
  app = await startTestApp({ worker: false });
  const { body } = await app.call('/data/session/create', {
    referenceId: 'r1',
    permissions: ['identity'],
    returnUrl: 'https://example.com/callback/result',
  });
  id = body.id;
});
afterAll(() => app.close());

describe('200', () => {
  test.each(['', '/api/service'])('by GET and by POST, under "%s"', async (prefix) => {
    const byGet = await app.call(`${prefix}/data/session/retrieve?id=${id}`);
    const byPost = await app.call(`${prefix}/data/session/retrieve`, { id });
    expect(byGet.status).toBe(200);
    expect(byPost.body).toEqual(byGet.body);
    expect(byGet.body).toMatchObject({ id, referenceId: 'r1', status: 'started' });
    expect(byGet.body).not.toHaveProperty('redirectUrl');
    expect(byGet.headers.get('cache-control')).toBe('no-store');
  });

  test('a key that works says whose it is', async () => {
    const { status, body } = await app.call('/ping');
    expect(status).toBe(200);
    expect(body).toEqual({ merchant: 'Shop & Söhne', environment: 'sandbox' });
  });

  test('the process lives and is ready, without a key', async () => {
    expect((await app.call('/healthz', undefined, { key: '' })).status).toBe(200);
    expect((await app.call('/readyz', undefined, { key: '' })).status).toBe(200);
  });
});

describe('what does not exist for this key is 404, whatever it looks like', () => {
  const upper = () => id.toUpperCase();
  test.each<[string, () => string]>([
    ['unknown', () => '0192aaaa-0000-7000-8000-000000000000'],
    ['in upper case', upper],
    ['with white space', () => ` ${id}`],
    ['a path', () => '../../etc/passwd'],
    ['NUL', () => 'a\u0000b'],
    ['SQL', () => "' OR '1'='1"],
    ['a number', () => '1'],
  ])('%s', async (_name, make) => {
    const byPath = await app.call(`/data/session/retrieve?id=${encodeURIComponent(make())}`);
    expect(byPath).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    for (const route of ['/data/session/retrieve', '/data/session/details']) {
      if (make().includes('\0')) continue;
      expect(await app.call(route, { id: make() })).toMatchObject({
        status: 404,
        body: { code: 'NOT_FOUND' },
      });
    }
  });

  test('another merchant’s, and the same merchant’s in the other environment', async () => {
    for (const key of [await app.addMerchant('other'), await app.addMerchant('shop', 'live')]) {
      const foreign = await app.call(`/data/session/retrieve?id=${id}`, undefined, { key });
      const unknown = await app.call(
        '/data/session/retrieve?id=0192aaaa-0000-7000-8000-000000000000',
        undefined,
        { key },
      );
      expect(foreign).toMatchObject({ status: 404, body: unknown.body });
      expect((await app.call('/data/session/details', { id }, { key })).status).toBe(404);
    }
  });
});

describe('400', () => {
  test('no id, an empty one, or two', async () => {
    for (const query of ['', '?id=', `?id=${id}&id=${id}`, `?ID=${id}`]) {
      const { status, body } = await app.call(`/data/session/retrieve${query}`);
      expect(status).toBe(400);
      expect(body.param).toBe('id');
    }
    expect((await app.call('/data/session/retrieve', { id: 7 })).body).toMatchObject({
      statusCode: 400,
      param: 'id',
    });
  });
});
