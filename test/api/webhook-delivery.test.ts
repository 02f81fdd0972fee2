import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { transaction } from '../../src/platform/postgres/pool.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { startWebhookApp, type WebhookApp } from '../webhooks/webhook-app.ts';

const hourMs = 3_600_000;
const unknownId = '00000000-0000-7000-8000-000000000000';
let app: WebhookApp;
let receiver: WebhookReceiver;
let key: string;
let merchantId: string;
let merchants = 0;

beforeAll(async () => {
  app = await startWebhookApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  receiver = await startWebhookReceiver();
  merchants += 1;
  merchantId = `m${merchants}`;
  key = await app.addMerchant(merchantId);
});
afterEach(() => receiver.close());

const post = (route: string, body: unknown = {}, more: { key?: string; idempotencyKey?: string } = {}) =>
  app.call(route, body, { key, ...more });

async function subscribe(url = receiver.url): Promise<string> {
  return (await post('/webhook-subscription/create', { url, events: ['*'] })).body.id;
}

async function sweep(): Promise<void> {
  await app.webhooks.deliveries.sweep();
  await app.webhooks.deliveries.idle();
}

describe('delivery list', () => {
  test('shows every attempt with status, duration and the next one', async () => {
    const subscriptionId = await subscribe();
    receiver.answerWith({ status: 500 });
    await app.publish({ merchantId, subject: 'session-1' });
    await sweep();
    app.clock.advance(hourMs);
    await sweep();
    const { status, body } = await post('/webhook-delivery/list');
    expect(status).toBe(200);
    expect(body).toMatchObject({ hasNext: false, items: [{ status: 'waiting' }] });
    const [delivery] = body.items;
    expect(delivery).toMatchObject({
      eventType: 'data_session_completed',
      eventId: receiver.received[0]?.event.id,
      sessionId: 'session-1',
      subscriptionId,
      attempts: [
        { number: 1, statusCode: 500 },
        { number: 2, statusCode: 500 },
      ],
    });
    expect(Date.parse(delivery.nextAttemptAt)).toBeGreaterThan(app.clock.now().getTime());
    expect(Number.isInteger(delivery.attempts[0].durationMs)).toBe(true);
    expect(JSON.stringify(body)).not.toContain('ref 1');
  });

  test('filters by event, subscription, session and status', async () => {
    const other = await startWebhookReceiver();
    const [first, second] = [await subscribe(), await subscribe(other.url)];
    other.answerWith({ status: 500 });
    await app.publish({ merchantId, subject: 'session-1' });
    await app.publish({ merchantId, subject: 'session-2' });
    await sweep();
    const count = async (filter: unknown) => (await post('/webhook-delivery/list', filter)).body.items.length;
    expect(await count({})).toBe(4);
    expect(await count({ subscriptionId: first })).toBe(2);
    expect(await count({ subscriptionId: second, status: 'waiting' })).toBe(2);
    expect(await count({ subscriptionId: second, status: 'delivered' })).toBe(0);
    expect(await count({ sessionId: 'session-2' })).toBe(2);
    expect(await count({ eventId: receiver.received[0]?.event.id })).toBe(2);
    expect(await count({ eventId: unknownId })).toBe(0);
    expect(await count({ eventId: 'no id at all' })).toBe(0);
    await other.close();
  });

  test('pages newest first, each row once, while new ones come', async () => {
    await subscribe();
    for (let index = 0; index < 5; index += 1) await app.publish({ merchantId, subject: `s${index}` });
    const seen: string[] = [];
    let afterCursor: string | undefined;
    do {
      const { body } = await post('/webhook-delivery/list', {
        limit: 2,
        ...(afterCursor && { afterCursor }),
      });
      seen.push(...body.items.map(({ sessionId }: { sessionId: string }) => sessionId));
      expect(body.hasNext).toBe(body.nextCursor !== undefined);
      afterCursor = body.nextCursor;
      await app.publish({ merchantId, subject: 'later' });
    } while (afterCursor);
    expect(seen).toEqual(['s4', 's3', 's2', 's1', 's0']);
  });

  test.each([{ limit: 0 }, { limit: 101 }, { status: 'lost' }, { afterCursor: 'xyz' }, { afterCursor: '' }])(
    'refuses %j',
    async (body) => expect((await post('/webhook-delivery/list', body)).status).toBe(400),
  );

  test('another merchant and the other environment see nothing of it', async () => {
    await subscribe();
    await app.publish({ merchantId });
    const otherKey = await app.addMerchant(`${merchantId}x`);
    const liveKey = await app.addMerchant(merchantId, 'live');
    for (const foreign of [otherKey, liveKey]) {
      expect((await post('/webhook-delivery/list', {}, { key: foreign })).body.items).toEqual([]);
      expect((await post('/event/list', {}, { key: foreign })).body.items).toEqual([]);
    }
  });
});

test('no answer about webhooks is to be kept by a cache', async () => {
  const routes = [
    '/webhook-delivery/list',
    '/event/list',
    '/webhook-secret/details',
    '/webhook-subscription/list',
  ];
  const answers = await Promise.all(routes.map((route) => post(route)));
  answers.push(await post('/webhook/resend', { failed: true }), await post('/webhook/trigger', { id: 'x' }));
  expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual(Array(6).fill('no-store'));
});

describe('event list', () => {
  test('has the sequence within a session, and events that nobody subscribed to', async () => {
    await app.publish({ merchantId, subject: 's', type: 'data_session_updated' });
    await app.publish({ merchantId, subject: 's', type: 'data_session_completed' });
    await app.publish({ merchantId, subject: 't', type: 'data_session_failed' });
    const { body } = await post('/event/list', { sessionId: 's' });
    expect(body.items).toMatchObject([
      { type: 'data_session_completed', sessionId: 's', sequence: 2 },
      { type: 'data_session_updated', sessionId: 's', sequence: 1 },
    ]);
    expect(Object.keys(body.items[0]).sort()).toEqual(['date', 'id', 'sequence', 'sessionId', 'type']);
    const first = await post('/event/list', { limit: 2 });
    const rest = await post('/event/list', { limit: 2, afterCursor: first.body.nextCursor });
    expect(rest.body).toMatchObject({ hasNext: false, items: [{ sequence: 1 }] });
  });

  test('keeps events for 30 days', async () => {
    await subscribe();
    await app.publish({ merchantId });
    await sweep();
    app.clock.advance(29 * 24 * hourMs);
    await app.webhooks.deliveries.deleteOld();
    expect((await post('/event/list')).body.items).toHaveLength(1);
    app.clock.advance(2 * 24 * hourMs);
    await app.webhooks.deliveries.deleteOld();
    expect((await post('/event/list')).body.items).toEqual([]);
    const { rows } = await app.pool.query(
      `SELECT (SELECT count(*) FROM webhook_delivery WHERE merchant_id = $1)::int AS deliveries,
              (SELECT count(*) FROM webhook_attempt WHERE merchant_id = $1)::int AS attempts`,
      [merchantId],
    );
    expect(rows).toEqual([{ deliveries: 0, attempts: 0 }]);
  });
});

describe.each(['/webhook/trigger', '/webhook/resend'])('%s with an id', (route) => {
  test('sends the same bytes again, and counts its attempts on', async () => {
    await subscribe();
    await app.publish({ merchantId });
    await sweep();
    const id = receiver.received[0]?.event.id;
    expect(await post(route, { id })).toMatchObject({ status: 200, body: { success: true } });
    await sweep();
    expect(receiver.received).toHaveLength(2);
    expect(receiver.received[1]?.body).toEqual(receiver.received[0]?.body);
    const { items } = (await post('/webhook-delivery/list')).body;
    expect(items).toMatchObject([{ status: 'delivered', attempts: [{ number: 1 }, { number: 2 }] }]);
  });

  test('once per Idempotency-Key', async () => {
    await subscribe();
    await app.publish({ merchantId });
    await sweep();
    const id = receiver.received[0]?.event.id;
    await post(route, { id }, { idempotencyKey: 't1' });
    await sweep();
    await post(route, { id }, { idempotencyKey: 't1' });
    await sweep();
    expect(receiver.received).toHaveLength(2);
  });

  test('an unknown, foreign or impossible event is a 404, an erased one a 409', async () => {
    await subscribe();
    await app.publish({ merchantId, subject: 's' });
    await sweep();
    const id = receiver.received[0]?.event.id;
    const otherKey = await app.addMerchant(`${merchantId}x`);
    expect((await post(route, { id }, { key: otherKey })).status).toBe(404);
    expect((await post(route, { id: unknownId })).status).toBe(404);
    expect((await post(route, { id: 'nonsense' })).status).toBe(404);
    await transaction(app.pool, (tx) => app.webhooks.purge(tx, merchantId, 's'));
    expect(await post(route, { id })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    await sweep();
    expect(receiver.received).toHaveLength(1);
  });

  test('reaches a subscription that was made after the event', async () => {
    await app.publish({ merchantId });
    const { id } = (await post('/event/list')).body.items[0];
    await subscribe();
    await sweep();
    expect(receiver.received).toHaveLength(0);
    await post(route, { id });
    await sweep();
    expect(receiver.received.map(({ event }) => event.id)).toEqual([id]);
  });
});

describe('resend of many', () => {
  test('of a time', async () => {
    await subscribe();
    await app.publish({ merchantId, subject: 'before' });
    app.clock.advance(hourMs);
    const from = app.clock.now().toISOString();
    await app.publish({ merchantId, subject: 'within' });
    const to = new Date(app.clock.now().getTime() + 60_000).toISOString();
    app.clock.advance(hourMs);
    await app.publish({ merchantId, subject: 'after' });
    await sweep();
    expect((await post('/webhook/resend', { from, to })).body).toEqual({ success: true });
    await sweep();
    const { items } = (await post('/webhook-delivery/list')).body;
    const attempts = Object.fromEntries(
      items.map((item: { sessionId: string; attempts: [] }) => [item.sessionId, item.attempts.length]),
    );
    expect(attempts).toEqual({ before: 1, within: 2, after: 1 });
  });

  test('of what failed: given up or waiting, not what was delivered', async () => {
    const healthy = await startWebhookReceiver();
    await subscribe();
    await subscribe(healthy.url);
    receiver.answerWith({ status: 500 });
    await app.publish({ merchantId });
    await sweep();
    receiver.answerWith({ status: 200 });
    await post('/webhook/resend', { failed: true });
    await sweep();
    expect([receiver.received.length, healthy.received.length]).toEqual([2, 1]);
    const { items } = (await post('/webhook-delivery/list', { status: 'delivered' })).body;
    expect(items).toHaveLength(2);
    await healthy.close();
  });

  test.each([
    {},
    { failed: false },
    { failed: true, id: unknownId },
    { from: '2026-01-01' },
    { from: 'yesterday', to: '2026-01-01' },
    { from: '2026-01-01T00:00:00', to: '2026-01-02' },
    { from: '2026-02-01', to: '2026-01-01' },
    { from: '2026-13-01', to: '2026-14-01' },
    { from: 1, to: 2 },
  ])('refuses %j', async (body) => {
    expect(await post('/webhook/resend', body)).toMatchObject({ status: 400, body: { code: 'VALIDATION' } });
  });

  test.each([
    [{ from: '2024-02-30', to: '2024-03-02' }, 'from'],
    [{ from: '2023-02-29T10:00:00Z', to: '2024-03-02' }, 'from'],
    [{ from: '0000-01-01', to: '2024-03-02' }, 'from'],
    [{ from: '1969-12-31T23:59:59Z', to: '2024-03-02' }, 'from'],
    [{ from: '2024-02-29', to: '2024-04-31T00:00:00+02:00' }, 'to'],
  ])('refuses a day that no calendar has, or before 1970: %j', async (body, param) => {
    expect(await post('/webhook/resend', body)).toMatchObject({ status: 400, body: { param } });
  });

  test('takes 29 February of a leap year', async () => {
    const leap = { from: '2024-02-29', to: '2024-02-29T23:59:59.999-05:00' };
    expect((await post('/webhook/resend', leap)).status).toBe(200);
  });
});
