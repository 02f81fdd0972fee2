import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ivySignature, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { startWebhookApp, type WebhookApp } from '../webhooks/webhook-app.ts';

let app: WebhookApp;
let receiver: WebhookReceiver;
let key: string;
let merchantId: string;
let merchants = 0;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  app = await startWebhookApp({ forbiddenPorts: [5432] });
});
afterAll(async () => {
  await app.close();
  await receiver.close();
});
beforeEach(async () => {
  merchants += 1;
  merchantId = `m${merchants}`;
  key = await app.addMerchant(merchantId);
  receiver.answerWith({ status: 200 });
});

const create = (body: unknown, more: { idempotencyKey?: string; key?: string } = {}) =>
  app.call('/webhook-subscription/create', body, { key, ...more });
const list = (body: unknown = {}, more: { key?: string } = {}) =>
  app.call('/webhook-subscription/list', body, { key, ...more });

describe('create', () => {
  test('answers exactly the documented shape, and listens to completed sessions and tests by default', async () => {
    const { status, body } = await create({ url: receiver.url });
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(
      ['createdAt', 'events', 'id', 'merchant', 'merchantApp', 'updatedAt', 'url'].sort(),
    );
    expect(body).toMatchObject({
      url: receiver.url,
      events: ['data_session_completed', 'test'],
      merchant: merchantId,
      merchantApp: key.split('.')[0],
      updatedAt: body.createdAt,
    });
    expect(new Date(body.createdAt).toISOString()).toBe(body.createdAt);
    expect((await app.call('/api/service/webhook-subscription/list', {}, { key })).body.items).toEqual([
      body,
    ]);
  });

  test('accepts and echoes the names of the vendor’s last client, ours, and the star', async () => {
    const events = ['order_created', 'refund.succeeded', 'fx.failed', 'user_payout.paid', 'consent_expiring'];
    expect((await create({ url: `${receiver.url}/1`, events })).body.events).toEqual(events);
    expect((await create({ url: `${receiver.url}/2`, events: ['*'] })).body.events).toEqual(['*']);
  });

  test.each([
    [{}, 'url'],
    [{ url: 7 }, 'url'],
    [{ url: '' }, 'url'],
    [{ url: 'https://shop.example/hook', events: [] }, 'events'],
    [{ url: 'https://shop.example/hook', events: 'test' }, 'events'],
    [{ url: 'https://shop.example/hook', events: ['test', 'nonsense'] }, 'events[1]'],
    [{ url: 'https://shop.example/hook', events: ['test', 'test'] }, 'events'],
    [{ url: `https://shop.example/${'a'.repeat(2_028)}` }, 'url'],
    [{ url: `https://8.8.8.8/${'"'.repeat(1_000)}` }, 'url'],
  ])('refuses %j', async (body, param) => {
    const answer = await create(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION', param, statusCode: 400 } });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect((await list()).body.count).toBe(0);
  });

  test.each([
    'http://shop.example/hook',
    'ftp://shop.example/hook',
    'javascript:alert(1)',
    'shop.example/hook',
    '//shop.example/hook',
    'https://user:pass@8.8.8.8/hook',
    'https://8.8.8.8:0/hook',
    'https://8.8.8.8/a\nb',
    'https://8.8.8.8/a\\b',
    'https://ѕhop.example/hook',
    'https://10.0.0.1/hook',
    'https://192.168.1.1/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00::1]/hook',
    'https://[::ffff:10.0.0.1]/hook',
    'https://[64:ff9b::a00:1]/hook',
    'https://0x0a000001/hook',
    'https://167772161/hook',
    'https://012.0.0.1/hook',
    'https://0.0.0.0/hook',
    'https://no-such-host.invalid/hook',
    'http://127.0.0.1:5432/hook',
    'http://localhost:5432/hook',
  ])('refuses to ever call %j', async (url) => {
    const { status, body } = await create({ url });
    expect({ status, code: body.code, param: body.param }).toEqual({
      status: 400,
      code: 'VALIDATION',
      param: 'url',
    });
    expect(JSON.stringify(body)).not.toMatch(/10\.0\.0\.1|169\.254/);
  });

  test('one subscription per address and environment', async () => {
    const first = await create({ url: receiver.url });
    expect(await create({ url: receiver.url })).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT', param: 'url', data: { id: first.body.id } },
    });
    const liveKey = await app.addMerchant(merchantId, 'live');
    expect((await create({ url: receiver.url }, { key: liveKey })).status).toBe(200);
  });

  test('one address has one spelling, however it is written', async () => {
    const { body: first } = await create({ url: `HTTP://127.0.0.1:${receiver.port}/a/../hook#top` });
    expect(first.url).toBe(receiver.url);
    for (const url of [receiver.url, `http://127.1:${receiver.port}/hook`, `${receiver.url}#`])
      expect(await create({ url })).toMatchObject({ status: 409, body: { data: { id: first.id } } });
    const { body: other } = await create({ url: `http://127.0.0.1:${receiver.port}` });
    expect(other.url).toBe(`http://127.0.0.1:${receiver.port}/`);
    const moved = { id: other.id, url: `hTTp://127.0.0.1:${receiver.port}/%68/../hook` };
    expect((await app.call('/webhook-subscription/update', moved, { key })).status).toBe(409);
  });

  test('two at once for one address: one of them gets it', async () => {
    const statuses = (await Promise.all([1, 2, 3, 4].map(() => create({ url: receiver.url })))).map(
      ({ status }) => status,
    );
    expect(statuses.sort()).toEqual([200, 409, 409, 409]);
  });

  test('at most 50', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, index) => create({ url: `${receiver.url}/${index}` })));
    expect((await list()).body.count).toBe(50);
    expect(await create({ url: `${receiver.url}/one-more` })).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT' },
    });
  });

  test('the same Idempotency-Key: the same answer; another body: refused', async () => {
    const first = await create({ url: receiver.url }, { idempotencyKey: 'k1' });
    const again = await create({ url: receiver.url }, { idempotencyKey: 'k1' });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await create({ url: `${receiver.url}/x` }, { idempotencyKey: 'k1' })).toMatchObject({
      status: 409,
      body: { category: 'idempotency_error' },
    });
    expect((await list()).body.count).toBe(1);
  });

  test('needs a key', async () => {
    expect((await create({ url: receiver.url }, { key: 'sbx_m1_aaaaaaaa.wrongwrongwrong' })).status).toBe(
      401,
    );
  });
});

describe('list', () => {
  test('oldest first, in pages', async () => {
    for (const path of ['a', 'b', 'c']) await create({ url: `${receiver.url}/${path}` });
    const first = await list({ limit: 2 });
    expect(first.body).toMatchObject({ count: 3, skip: 0, hasNext: true });
    const second = await list({ limit: 2, skip: 2 });
    expect(second.body).toMatchObject({ count: 3, skip: 2, hasNext: false });
    expect([...first.body.items, ...second.body.items].map(({ url }) => url.at(-1))).toEqual(['a', 'b', 'c']);
    expect((await list({ skip: 9 })).body).toMatchObject({ items: [], count: 3, hasNext: false });
  });

  test.each([{ limit: 0 }, { limit: 101 }, { limit: '5' }, { skip: -1 }, { skip: 1.5 }])(
    'refuses %j',
    async (body) => expect((await list(body)).status).toBe(400),
  );
});

describe('update', () => {
  const update = (body: unknown, more: { key?: string } = {}) =>
    app.call('/webhook-subscription/update', body, { key, ...more });

  test('changes what is given', async () => {
    const { body: made } = await create({ url: receiver.url });
    app.clock.advance(1_000);
    const moved = await update({ id: made.id, url: `${receiver.url}/new` });
    expect(moved.body).toMatchObject({ id: made.id, url: `${receiver.url}/new`, events: made.events });
    expect(moved.body.createdAt).toBe(made.createdAt);
    expect(Date.parse(moved.body.updatedAt)).toBeGreaterThan(Date.parse(made.updatedAt));
    const narrowed = await update({ id: made.id, events: ['test'] });
    expect(narrowed.body).toMatchObject({ url: `${receiver.url}/new`, events: ['test'] });
    expect((await list()).body.items).toEqual([narrowed.body]);
  });

  test('an address that another one has: 409; one that may not be called: 400; the old one stays', async () => {
    const { body: one } = await create({ url: `${receiver.url}/1` });
    const { body: two } = await create({ url: `${receiver.url}/2` });
    expect(await update({ id: two.id, url: one.url })).toMatchObject({
      status: 409,
      body: { param: 'url', data: { id: one.id } },
    });
    expect((await update({ id: two.id, url: 'https://10.0.0.1/' })).body).toMatchObject({ param: 'url' });
    expect((await list()).body.items).toEqual([one, two]);
  });
});

describe('whose it is', () => {
  test.each(['update', 'delete', 'ping'])(
    '%s: a foreign, unknown or impossible id is a 404',
    async (route) => {
      const { body: mine } = await create({ url: receiver.url });
      const otherKey = await app.addMerchant(`${merchantId}x`);
      const liveKey = await app.addMerchant(merchantId, 'live');
      const attempts = [
        { id: mine.id, key: otherKey },
        { id: mine.id, key: liveKey },
        { id: '00000000-0000-7000-8000-000000000000', key },
        { id: '../../etc', key },
        { id: mine.id.toUpperCase(), key },
        { id: '%00', key },
      ];
      for (const { id, key: as } of attempts)
        expect(await app.call(`/webhook-subscription/${route}`, { id }, { key: as })).toMatchObject({
          status: 404,
          body: { code: 'NOT_FOUND' },
        });
      expect((await list()).body.items).toEqual([mine]);
      expect((await list({}, { key: otherKey })).body.count).toBe(0);
    },
  );
});

describe('delete', () => {
  test('takes it away; again is a 404, but the same Idempotency-Key answers as before', async () => {
    const { body: made } = await create({ url: receiver.url });
    const remove = (idempotencyKey?: string) =>
      app.call(
        '/webhook-subscription/delete',
        { id: made.id },
        { key, ...(idempotencyKey && { idempotencyKey }) },
      );
    expect(await remove('d1')).toMatchObject({ status: 200, body: { success: true } });
    expect((await list()).body.count).toBe(0);
    expect((await remove()).status).toBe(404);
    expect(await remove('d1')).toMatchObject({ status: 200, body: { success: true } });
    expect((await create({ url: receiver.url })).status).toBe(200);
  });
});

describe('ping', () => {
  const ping = (id: string, idempotencyKey?: string) =>
    app.call('/webhook-subscription/ping', { id }, { key, ...(idempotencyKey && { idempotencyKey }) });

  test('sends a signed test event now and tells what came back, a kilobyte of it', async () => {
    const secret = (await app.call('/webhook-secret/rotate', {}, { key })).body.secret;
    const { body: made } = await create({ url: receiver.url, events: ['data_session_completed'] });
    receiver.answerWith({ status: 201, body: 'thanks '.repeat(1_000) });
    const before = receiver.received.length;
    const { status, body } = await ping(made.id);
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['date', 'id', 'response', 'statusCode', 'success']);
    expect(body).toMatchObject({ id: made.id, statusCode: 201, success: true });
    expect(body.response).toBe('thanks '.repeat(1_000).slice(0, 1_024));
    const sent = receiver.received.slice(before);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.event).toMatchObject({ type: 'test', payload: { subscriptionId: made.id } });
    expect(sent[0]?.headers['x-ivy-signature']).toBe(ivySignature(secret, sent[0]?.body as Buffer));
  });

  test('a receiver that refuses: 200 with success false', async () => {
    const { body: made } = await create({ url: receiver.url });
    receiver.answerWith({ status: 500, body: Buffer.from([0xff, 0x00, 0x41]) });
    expect(await ping(made.id)).toMatchObject({
      status: 200,
      body: { statusCode: 500, success: false, response: '\ufffd\ufffdA' },
    });
  });

  test('a receiver that is not there: 502 that says why, and the same key may be sent again', async () => {
    const gone = await startWebhookReceiver();
    const { body: made } = await create({ url: gone.url });
    await gone.close();
    const answer = await ping(made.id, 'p1');
    expect(answer).toMatchObject({ status: 502, body: { code: 'REQUEST_FAILED', category: 'api_error' } });
    expect(answer.body.message).toContain('accepts no connection');
    expect((await ping(made.id, 'p1')).status).toBe(502);
  });

  test('the same Idempotency-Key sends once', async () => {
    const { body: made } = await create({ url: receiver.url });
    const before = receiver.received.length;
    const first = await ping(made.id, 'p2');
    expect((await ping(made.id, 'p2')).body).toEqual(first.body);
    expect(receiver.received.length).toBe(before + 1);
  });
});
