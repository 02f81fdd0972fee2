import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
    referenceId: `create-${count}`,
    permissions: ['identity'],
    returnUrl: 'https://example.com/callback/result',
    ...more,
  };
}

function create(body: unknown, options?: Parameters<TestApp['call']>[2]) {
  return app.call('/data/session/create', body, options);
}

describe('200', () => {
  test.each(['', '/api/service'])('the seed’s example, served under "%s"', async (prefix) => {
    const body = request();
    const { status, body: session, headers } = await app.call(`${prefix}/data/session/create`, body);
    expect(status).toBe(200);
    expect(session).toMatchObject({
      ...body,
      status: 'started',
      prefill: {},
      disableBankSelection: false,
      access: 'once',
    });
    expect(session.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(session.redirectUrl).toMatch(new RegExp(`^${app.url}/flow/start\\?t=`));
    expect(session.redirectUrl).not.toContain(session.id);
    expect(session.expiresAt - session.createdAt).toBe(3600);
    expect(session).not.toHaveProperty('data');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('the key as a bearer token', async () => {
    const { status } = await create(request(), { key: '', headers: { authorization: `Bearer ${app.key}` } });
    expect(status).toBe(200);
  });

  test('every field that can be honoured comes back', async () => {
    const now = Math.floor(app.clock.now().getTime() / 1000);
    const fields = {
      permissions: ['transactions', 'identity', 'balances'],
      market: 'AT',
      locale: 'de',
      themeVariant: 'dark',
      prefill: { bankId: 'de-trellis-test-bank' },
      disableBankSelection: true,
      displayId: 'Order 7',
      metadata: {
        z: 1,
        order: 7,
        nested: { deep: [true, null, 'x'] },
        emoji: '🦦 עברית',
        'a\nb': '',
        2: 'two',
      },
      createdAt: now,
      expiresAt: now + 7200,
      unknown: 'ignored',
    };
    const created = await create(request(fields));
    expect(created.status, JSON.stringify(created.body)).toBe(200);
    const { body } = await app.call(`/data/session/retrieve?id=${created.body.id}`);
    const { themeVariant: _theme, unknown: _unknown, ...echoed } = fields;
    expect(body).toMatchObject(echoed);
    expect(JSON.stringify(body.metadata)).toBe(JSON.stringify(fields.metadata));
    expect(body).not.toHaveProperty('unknown');
    expect(body).not.toHaveProperty('redirectUrl');
  });

  test('a customer is found by address or id, and echoed as sent', async () => {
    const first = await create(request({ customer: { email: 'Ada@Example.com' } }));
    const { customerId } = first.body.customer;
    expect(first.body.customer).toEqual({ email: 'Ada@Example.com', customerId });
    const again = await create(request({ customer: { email: ' ada@example.COM'.trim() } }));
    expect(again.body.customer).toEqual({ email: 'ada@example.COM', customerId });
    const byId = await create(request({ customer: { id: customerId } }));
    expect(byId.body.customer).toEqual({ customerId });
    const both = await create(request({ customer: { customerId, email: 'ada@example.com' } }));
    expect(both.status).toBe(200);
    const retrieved = await app.call(`/data/session/retrieve?id=${both.body.id}`);
    expect(retrieved.body.customer).toEqual({ customerId, email: 'ada@example.com' });
  });

  test('what a person’s name may look like', async () => {
    const referenceId = `🦦 ${'é'.repeat(100)} ‮rtl‬ <script>`;
    const { status, body } = await create(request({ referenceId }));
    expect(status).toBe(200);
    expect(body.referenceId).toBe(referenceId);
  });
});

describe('the form of the vendor’s last client', () => {
  test('neither permissions nor returnUrl: settings decide, and the answer is in its words', async () => {
    const referenceId = 'v3-1';
    const { status, body } = await create({ referenceId, locale: 'en' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      referenceId,
      displayId: referenceId,
      merchantId: 'shop',
      successCallbackUrl: 'https://shop.example/success',
      errorCallbackUrl: 'https://shop.example/error',
      market: 'DE',
      status: 'open',
    });
    expect(body.availableMarkets).toContain('DE');
    expect(body).not.toHaveProperty('permissions');
    expect(body).not.toHaveProperty('returnUrl');
    const details = await app.call('/api/service/data/session/details', { id: body.id });
    const { redirectUrl: _url, availableMarkets: _markets, ...rest } = body;
    expect(details.body).toEqual(rest);
  });

  test('its own URLs, and a seed session in its words', async () => {
    const urls = { successCallbackUrl: 'https://a.example/ok', errorCallbackUrl: 'https://a.example/no' };
    const { body } = await create({ referenceId: 'v3-2', ...urls });
    expect(body).toMatchObject(urls);
    const seed = await create(request({ displayId: 'shown' }));
    const details = await app.call('/data/session/details', { id: seed.body.id });
    expect(details.body).toMatchObject({
      displayId: 'shown',
      status: 'open',
      successCallbackUrl: 'https://example.com/callback/result',
      errorCallbackUrl: 'https://example.com/callback/result',
    });
  });
});

describe('400 names the field', () => {
  test.each<[string, unknown, Record<string, unknown>]>([
    ['referenceId', undefined, {}],
    ['referenceId', '', {}],
    ['referenceId', 7, {}],
    ['referenceId', null, {}],
    ['referenceId', 'x'.repeat(201), {}],
    ['permissions', undefined, {}],
    ['permissions', [], {}],
    ['permissions', 'identity', {}],
    ['permissions', ['identity', 'identity'], {}],
    ['permissions[1]', ['identity', 'payments'], {}],
    ['permissions[0]', [null], {}],
    ['returnUrl', undefined, {}],
    ['returnUrl', 'javascript:alert(1)', {}],
    ['returnUrl', 'http://example.com', {}],
    ['returnUrl', 'https://user:pw@example.com', {}],
    ['returnUrl', 'https://example.com/\r\nx: y', {}],
    ['market', 'de', {}],
    ['market', 'Germany', {}],
    ['market', 'XX', {}],
    ['market', 'XK', {}],
    ['market', 'EU', {}],
    ['locale', 'tlh', {}],
    ['themeVariant', 'blue', {}],
    ['prefill.bankId', 'de-no-such-bank', { prefill: { bankId: 'de-no-such-bank' } }],
    ['prefill', 'bank', {}],
    ['disableBankSelection', true, {}],
    ['disableBankSelection', 'true', {}],
    ['metadata', [], {}],
    ['metadata', { big: 'x'.repeat(16_400) }, {}],
    ['metadata', Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 1])), {}],
    ['customer', {}, {}],
    ['customer', 'ada@example.com', {}],
    ['customer.email', undefined, { customer: { email: 'no address' } }],
    ['customer.email', undefined, { customer: { email: 7 } }],
    ['customer.customerId', undefined, { customer: { customerId: '0192aaaa-0000-7000-8000-000000000000' } }],
    ['customer.customerId', undefined, { customer: { customerId: "' OR 1=1 --" } }],
    ['customer.id', undefined, { customer: { id: 'a', customerId: 'b' } }],
    ['expiresAt', 1, {}],
    ['expiresAt', '2030', {}],
    ['createdAt', 1, {}],
    ['createdAt', 1.5, {}],
    ['access', 'forever', {}],
    ['requireConfirmation', true, {}],
    ['renewOf', 'x', {}],
    ['renewOf', '0192aaaa-0000-7000-8000-000000000000', {}],
    ['renewOf', 7, {}],
    ['accessDays', 90, {}],
    ['accessDays', 90, { access: 'once' }],
    ['accessDays', 0, { access: 'ongoing' }],
    ['accessDays', 1.5, { access: 'ongoing' }],
    ['accessDays', '90', { access: 'ongoing' }],
    ['accessDays', 181, { access: 'ongoing' }],
    ['accessDays', 181, { access: 'ongoing', prefill: { bankId: 'de-trellis-test-bank' } }],
    ['transactionsFrom', '2999-01-01', {}],
    ['transactionsFrom', '2001-01-01', {}],
    ['transactionsFrom', '2026-02-30', {}],
    ['transactionsFrom', '2026-01-01T00:00:00Z', {}],
    ['transactionsFrom', 20260101, {}],
    ['metadata', JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`), {}],
  ])('%s = %j', async (param, value, more) => {
    const body = request(param.includes('.') || param.includes('[') ? more : { [param]: value, ...more });
    if (param.includes('[')) body[param.split('[')[0] ?? ''] = value;
    const { status, body: error, headers } = await create(body);
    expect(status, JSON.stringify(error)).toBe(400);
    expect(error).toMatchObject({
      code: 'VALIDATION',
      category: 'invalid_request_error',
      param,
      statusCode: 400,
      data: {},
    });
    expect(error.message).toBe(error.devMessage);
    expect(error.docUrl).toMatch(/#validation$/);
    expect(headers.get('x-should-retry')).toBe('false');
  });

  test.each([
    [{ market: 'de' }, 'market must be two upper-case letters, e.g. DE.'],
    [{ market: 'XX' }, 'market must be the ISO 3166-1 code of a country, e.g. DE.'],
    [{ customer: { email: 'no address' } }, 'customer.email must be an email address.'],
    [{ customer: { email: '@' } }, 'customer.email must have at least 3 characters.'],
  ])('and says in plain words what would be right: %j', async (more, message) => {
    expect((await create(request(more))).body.message).toBe(message);
  });

  test('two customers that are not one', async () => {
    const { body } = await create(request({ customer: { email: 'one@example.com' } }));
    const { customerId } = body.customer;
    const other = await create(request({ customer: { customerId, email: 'two@example.com' } }));
    expect(other.body).toMatchObject({ statusCode: 400, param: 'customer' });
  });
});

describe('400: a body that is not strict JSON', () => {
  test('the trailing comma of the seed’s printed example is pointed at', async () => {
    const printed =
      '{\n"referenceId": "123456789",\n"permissions": ["identity"],\n"returnUrl": "https://example.com/callback/result",\n}';
    const { status, body } = await create(printed);
    expect(status).toBe(400);
    expect(body.message).toBe(
      'The body is not valid JSON: a comma stands before the closing "}" at line 4, column 51.',
    );
  });

  test.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['white space', '  '],
    ['null', 'null'],
    ['an array', '[]'],
    ['a number', '7'],
    ['a broken string', '{"referenceId": "'],
    ['single quotes', "{'referenceId': 'x'}"],
    ['NaN', '{"expiresAt": NaN}'],
    ['a byte order mark', Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), Buffer.from('{}')])],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['__proto__', '{"__proto__": {"referenceId": "x"}}'],
    ['an escaped __proto__', '{"\\u005f_proto__": {"a": 1}}'],
    ['another escaped __proto__', '{"metadata": {"_\\u005fproto\\u005f_": {"a": 1}}}'],
    ['a number that is none', '{"referenceId": "x", "metadata": {"a": [1, 1e400]}}'],
    ['NUL', '{"referenceId": "a\\u0000b"}'],
    ['half a surrogate pair', '{"referenceId": "\\ud800"}'],
    ['NUL in a key of metadata', '{"referenceId": "x", "metadata": {"a\\u0000": 1}}'],
    ['depth 30,000', `{"referenceId": ${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    [
      '1e400',
      '{"referenceId":"x","permissions":["identity"],"returnUrl":"https://a.example","expiresAt":1e400}',
    ],
  ])('%s', async (_name, body) => {
    const { status, body: error } = await create(body);
    expect(status).toBe(400);
    expect(error.code).toBe('VALIDATION');
    expect(JSON.stringify(error)).not.toMatch(/ at .*\.ts|node_modules/);
  });
});

describe('the other documented statuses', () => {
  test.each([
    ['no key', ''],
    ['no such key', 'sbx_shop_aaaaaaaa.bbbbbbbbbbbbbbbb'],
    ['no form of a key', 'hello'],
    ['another merchant’s form', 'sbx_other_aaaaaaaa.bbbbbbbbbbbbbbbb'],
  ])('401: %s', async (_name, key) => {
    const { status, body, headers } = await create(request(), { key });
    expect(status).toBe(401);
    expect(body).toMatchObject({ code: 'UNAUTHENTICATED', statusCode: 401 });
    expect(headers.get('x-should-retry')).toBe('false');
  });

  test('401: the right app id with a wrong secret', async () => {
    const wrong = `${app.key.slice(0, -2)}zz`;
    expect((await create(request(), { key: wrong })).status).toBe(401);
  });

  test('401 comes before the body is looked at', async () => {
    expect((await create('{', { key: '' })).status).toBe(401);
  });

  test('409: a referenceId that was used, with the id of its session', async () => {
    const body = request();
    const first = await create(body);
    const second = await create({ ...body, permissions: ['balances'] });
    expect(second.status).toBe(409);
    expect(second.body).toMatchObject({
      code: 'CONFLICT',
      category: 'invalid_request_error',
      param: 'referenceId',
      data: { id: first.body.id },
    });
    expect(second.headers.get('x-should-retry')).toBe('false');
  });

  test('the same referenceId of another merchant or environment is another session', async () => {
    const body = request();
    await create(body);
    expect((await create(body, { key: await app.addMerchant('other1') })).status).toBe(200);
    expect((await create(body, { key: await app.addMerchant('shop', 'live') })).status).toBe(200);
  });

  test('400: a live key cannot reach a test bank', async () => {
    const key = await app.addMerchant('shop', 'live');
    const { body } = await create(request({ prefill: { bankId: 'de-trellis-test-bank' } }), { key });
    expect(body).toMatchObject({ statusCode: 400, param: 'prefill.bankId' });
  });

  test('413: a body above 64 KiB; at the limit it is read', async () => {
    const padded = (bytes: number) => {
      const json = JSON.stringify(request());
      return json.padEnd(bytes, ' ');
    };
    expect((await create(padded(64 * 1024))).status).toBe(200);
    const { status, body } = await create(padded(64 * 1024 + 1));
    expect(status).toBe(413);
    expect(body).toMatchObject({ code: 'VALIDATION', statusCode: 413 });
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/jsonx'])(
    '415: %s',
    async (type) => {
      const { status, body } = await create(JSON.stringify(request()), { headers: { 'content-type': type } });
      expect(status).toBe(415);
      expect(body.code).toBe('VALIDATION');
    },
  );

  test('404 and 405 in the same words of JSON', async () => {
    const nowhere = await app.call('/data/session/nothing', {});
    expect(nowhere).toMatchObject({ status: 404, body: { code: 'NOT_FOUND', statusCode: 404 } });
    const wrongMethod = await app.call('/data/session/create', undefined, { method: 'GET' });
    expect(wrongMethod).toMatchObject({ status: 405, body: { code: 'NOT_FOUND', statusCode: 405 } });
    expect(wrongMethod.headers.get('allow')).toBe('POST');
  });

  test('429 with Retry-After and RateLimit headers', async () => {
    const small = await startTestApp({ worker: false, requestsPerMinute: 2 });
    try {
      await small.call('/ping');
      await small.call('/ping');
      const { status, body, headers } = await small.call('/ping');
      expect(status).toBe(429);
      expect(body).toMatchObject({ code: 'TOO_MANY_REQUESTS', category: 'rate_limiting' });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(30);
      expect(headers.get('ratelimit-remaining')).toBe('0');
      expect(headers.get('x-should-retry')).toBe('false');
    } finally {
      await small.close();
    }
  });
});
