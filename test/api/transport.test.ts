import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
    const [head = '', body = ''] = (await send(bytes)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toMatch(/x-request-id: [0-9a-f-]{36}/i);
    expect(JSON.parse(body)).toMatchObject({
      code: 'VALIDATION',
      statusCode: status,
      category: 'invalid_request_error',
    });
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
