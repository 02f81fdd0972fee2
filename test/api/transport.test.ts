import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repeatedKeyOf } from '../../src/platform/http/repeated-key.ts';
import { startTestApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ worker: false });
});
afterAll(() => app.close());

/** Sends bytes as they are, and reads until the server closes. */
function send(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(app.url).port), 'localhost', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

async function answerTo(bytes: string): Promise<{ head: string; body: string }> {
  const [head = '', body = ''] = (await send(bytes)).split('\r\n\r\n');
  return { head, body };
}

describe('bytes that are no request get the flat error and a request id', () => {
  test.each([
    [400, 'no HTTP', 'hello\r\n\r\n'],
    [
      400,
      'two lengths',
      'POST /ping HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    ],
    [
      400,
      'a length and chunks',
      'POST /ping HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [400, 'a line break in a header', 'GET /ping HTTP/1.1\r\nHost: x\r\nX-A: a\rb\r\n\r\n'],
    [431, 'huge headers', `GET /ping HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('%d: %s', async (status, _name, bytes) => {
    const { head, body } = await answerTo(bytes);
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toMatch(/x-request-id: [0-9a-f-]{36}/i);
    expect(JSON.parse(body)).toMatchObject({
      code: 'VALIDATION',
      statusCode: status,
      category: 'invalid_request_error',
    });
  });
});

describe('requests that HTTP itself has a word on get the flat error and a request id', () => {
  const rest = 'Connection: close\r\n\r\n';
  test.each([
    [417, 'Expect', 'an unknown expectation', `GET /ping HTTP/1.1\r\nHost: x\r\nExpect: 200-foo\r\n${rest}`],
    [400, 'Host', 'no host', `GET /ping HTTP/1.1\r\n${rest}`],
    [405, undefined, 'a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n'],
    [405, undefined, 'another method', `PROPFIND /ping HTTP/1.1\r\nHost: x\r\n${rest}`],
    [404, undefined, 'a trace', `TRACE /nowhere HTTP/1.1\r\nHost: x\r\n${rest}`],
    [405, undefined, 'all of the server', `OPTIONS * HTTP/1.1\r\nHost: x\r\n${rest}`],
    [400, undefined, 'another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%d, param %s: %s', async (status, param, _name, bytes) => {
    const { head, body } = await answerTo(bytes);
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toMatch(/x-request-id: [0-9a-f-]{36}/i);
    expect(head).toMatch(/x-should-retry: false/i);
    const error = JSON.parse(body);
    expect(error).toMatchObject({ statusCode: status, category: 'invalid_request_error' });
    expect(error.message).toMatch(/\w/);
    expect(error.param).toBe(param);
  });

  test('a caller that wants to upgrade is answered as one that does not', async () => {
    const { head } = await answerTo(
      `GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`,
    );
    expect(head).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('what was expected and can be met is met, and HTTP/1.0 needs no host', async () => {
    const expects = await send(
      `POST /data/session/retrieve HTTP/1.1\r\nHost: x\r\nX-Ivy-Api-Key: ${app.key}\r\nContent-Type: application/json\r\nContent-Length: 10\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n{"id":"x"}`,
    );
    expect(expects).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 404 /);
    expect((await answerTo('GET /healthz HTTP/1.0\r\n\r\n')).head).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('a body in another form than plain UTF-8 JSON', () => {
  const list = '/webhook-subscription/list';
  test.each([
    ['Content-Encoding', 'gzip'],
    ['Content-Encoding', 'br'],
    ['Content-Encoding', 'identity, gzip'],
    ['Content-Type', 'application/json; charset=iso-8859-1'],
    ['Content-Type', 'application/json;charset="UTF-16"'],
  ])('415: %s: %s', async (name, value) => {
    const { status, body, headers } = await app.call(list, {}, { headers: { [name.toLowerCase()]: value } });
    expect(status).toBe(415);
    expect(body).toMatchObject({ code: 'VALIDATION', param: name });
    expect(body.message).toContain(name);
    expect(headers.get('x-should-retry')).toBe('false');
  });

  test.each([
    ['content-encoding', 'identity'],
    ['content-encoding', 'Identity'],
    ['content-type', 'application/json; charset=utf-8'],
    ['content-type', 'application/json;charset="UTF-8"'],
    ['content-type', 'application/json; charset=utf8'],
  ])('200: %s: %s', async (name, value) => {
    expect((await app.call(list, {}, { headers: { [name]: value } })).status).toBe(200);
  });
});

describe('a key that stands twice', () => {
  test.each([
    ['referenceId', '{"referenceId":"a","referenceId":"b"}'],
    ['referenceId', '{"referenceId":"a",\n "\\u0072eferenceId" : "a"}'],
    ['customer.email', '{"referenceId":"a","customer":{"email":"a@b","id":"1","email":"c@d"}}'],
    ['metadata.list[1].a', '{"metadata":{"list":[{"a":1,"b":[1,2]},{"a":":","a":2}]}}'],
    ['metadata.a"b', '{"metadata":{"a\\"b":1,"a\\"b":2}}'],
  ])('400 that names %s', async (param, text) => {
    const { status, body } = await app.call('/data/session/create', text);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'VALIDATION', param });
    expect(body.message).toContain('more than once');
  });

  test('in two objects is none that stands twice, and a colon in a text is no key', async () => {
    const metadata = { a: { x: ':', y: [{ x: '":"' }, { x: '\\' }] }, x: '{"x":1,"x":2}' };
    const body = {
      referenceId: 'twice',
      permissions: ['identity'],
      returnUrl: 'https://a.example',
      metadata,
    };
    const answer = await app.call('/data/session/create', body);
    expect([answer.status, answer.body.metadata]).toEqual([200, metadata]);
  });

  test('any JSON without one is taken as JSON.parse takes it', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        (value) => repeatedKeyOf(JSON.stringify(value, null, 1), value) === undefined,
      ),
    );
  });

  test('one in a deep body is found', () => {
    const text = `${'{"a":['.repeat(5_000)}{"b":1,"b":2}${']}'.repeat(5_000)}`;
    expect(repeatedKeyOf(text, JSON.parse(text))).toMatch(/^a\[0\]\.a/);
  });
});

describe('a route whose fields are all optional', () => {
  const lists = ['/webhook-subscription/list', '/webhook-delivery/list', '/event/list'];
  test.each(lists)('%s takes no body and an empty one for {}', async (path) => {
    const whole = await app.call(path, {});
    expect(whole.status).toBe(200);
    for (const answer of [
      await app.call(path, undefined, { method: 'POST' }),
      await app.call(path, ''),
      await app.call(path, undefined, { method: 'POST', headers: { 'content-type': 'application/json' } }),
    ])
      expect([answer.status, answer.body]).toEqual([200, whole.body]);
    expect((await app.call(path, 'null')).status).toBe(400);
    expect((await app.call(path, ' ')).status).toBe(400);
  });

  test('one that needs a field does not', async () => {
    for (const answer of [
      await app.call('/data/session/retrieve', undefined, { method: 'POST' }),
      await app.call('/data/session/retrieve', ''),
    ])
      expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION']);
  });
});

test.each(['/data/session/%zz', '/%', '/api/service/%E0%A4%A'])(
  'a path that cannot be decoded: %s',
  async (path) => {
    const { status, body, headers } = await app.call(path);
    expect(status).toBe(400);
    expect(body.code).toBe('VALIDATION');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  },
);

test.each([
  '//data/session/create',
  '/data/session/create/',
  '/api/service/api/service/ping',
  '/DATA/session/create',
])('another spelling is another route: %s', async (path) => {
  expect((await app.call(path, {})).status).toBe(404);
});

test('answers are not sniffed', async () => {
  expect((await app.call('/ping')).headers.get('x-content-type-options')).toBe('nosniff');
});
