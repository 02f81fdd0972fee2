import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { transaction } from '../../src/platform/postgres/pool.ts';
import {
  ivySignature,
  standardSignature,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';
import { startWebhookApp, type WebhookApp } from './webhook-app.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
let app: WebhookApp;
let receiver: WebhookReceiver;
let merchantId: string;
let key: string;
let merchants = 0;

beforeAll(async () => {
  app = await startWebhookApp();
});
afterAll(() => app.close());

beforeEach(async () => {
  receiver = await startWebhookReceiver();
  merchants += 1;
  merchantId = `shop${merchants}`;
  key = await app.addMerchant(merchantId);
});
afterEach(() => receiver.close());

async function subscribe(url = receiver.url, events = ['*']): Promise<string> {
  const answer = await app.call('/webhook-subscription/create', { url, events }, { key });
  expect(answer.status).toBe(200);
  return answer.body.id;
}

/** What a worker's sweep does, and then everything that comes of it. */
async function sweep(webhooks = app.webhooks): Promise<void> {
  await webhooks.deliveries.sweep();
  await webhooks.deliveries.idle();
}

async function deliveries() {
  return (await app.call('/webhook-delivery/list', {}, { key })).body.items;
}

describe('what is sent', () => {
  test('the body is the event in compact JSON, signed in both styles', async () => {
    const secret = (await app.call('/webhook-secret/rotate', {}, { key })).body.secret;
    await subscribe();
    const at = app.clock.now();
    const payload = { id: 's-1', name: 'Łukasz 💶', amounts: ['10.00'], nothing: null };
    await app.publish({ merchantId, type: 'data_session_completed', payload, subject: 's-1', at });
    await sweep();
    const [one] = await receiver.atLeast(1);
    const { id, ...rest } = one?.event ?? {};
    expect(rest).toEqual({
      type: 'data_session_completed',
      payload,
      date: at.toISOString(),
      sequence: 1,
    });
    expect(one?.body.toString()).toBe(JSON.stringify({ id, ...rest }));
    expect(one?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-ivy-signature': ivySignature(secret, one?.body as Buffer),
      'webhook-id': id,
      'webhook-signature': standardSignature(secret, one as never),
    });
    const ageSeconds = app.clock.now().getTime() / 1000 - Number(one?.headers['webhook-timestamp']);
    expect(Math.abs(ageSeconds)).toBeLessThan(30);
  });

  test('a retry has the same id and bytes, a new time, and a signature of its own', async () => {
    await subscribe();
    receiver.answerWith({ status: 500 });
    await app.publish({ merchantId });
    await sweep();
    app.clock.advance(minuteMs);
    receiver.answerWith({ status: 204 });
    await sweep();
    const [first, second] = await receiver.atLeast(2);
    expect(second?.body).toEqual(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.headers['webhook-timestamp']).not.toBe(first?.headers['webhook-timestamp']);
    expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
    expect(second?.headers['x-ivy-signature']).toBe(first?.headers['x-ivy-signature']);
  });

  test('the events of one session are counted, whoever publishes them at once', async () => {
    await subscribe();
    await Promise.all(
      Array.from({ length: 8 }, () =>
        app.publish({ merchantId, subject: 'session-a', type: 'data_session_updated' }),
      ),
    );
    await app.publish({ merchantId, subject: 'session-b' });
    await sweep();
    const all = await receiver.atLeast(9);
    const sequences = all.map(({ event }) => event.sequence).sort((a, b) => a - b);
    expect(sequences).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('only those who subscribed to the type get it, in their own environment', async () => {
    const other = await startWebhookReceiver();
    const liveKey = await app.addMerchant(merchantId, 'live');
    await subscribe(receiver.url, ['data_session_failed']);
    await app.call('/webhook-subscription/create', { url: other.url, events: ['*'] }, { key: liveKey });
    await app.publish({ merchantId, type: 'data_session_completed' });
    await app.publish({ merchantId, type: 'data_session_failed' });
    await sweep();
    expect((await receiver.atLeast(1)).map(({ event }) => event.type)).toEqual(['data_session_failed']);
    expect(other.received).toHaveLength(0);
    await other.close();
  });

  test('a body is never 256 kB: what would be goes without its data, and says so', async () => {
    await subscribe();
    const empty = { id: 's-1', referenceId: 'ref', data: '' };
    await app.publish({ merchantId, payload: empty });
    await sweep();
    const roomBytes = 256_000 - 1 - (receiver.received[0]?.body.length ?? 0);
    const longest = { ...empty, data: `${'é'.repeat(100)}${'x'.repeat(roomBytes - 200)}` };
    await app.publish({ merchantId, payload: longest });
    await sweep();
    await app.publish({ merchantId, payload: { ...longest, data: `${longest.data}x` } });
    await sweep();
    const [, whole, cut] = await receiver.atLeast(3);
    expect(whole?.body).toHaveLength(255_999);
    expect(whole?.event.payload).toEqual(longest);
    expect(cut?.event.payload).toEqual({ id: 's-1', referenceId: 'ref', dataOmitted: true });
  });

  test('an event whose transaction rolls back is never sent', async () => {
    await subscribe();
    await expect(app.publish({ merchantId, payload: { big: 1n } })).rejects.toThrow();
    await sweep();
    expect(receiver.received).toHaveLength(0);
    expect((await app.call('/event/list', {}, { key })).body.items).toEqual([]);
  });
});

describe('a receiver that fails', () => {
  test('is asked 16 times over a week by the schedule, and every attempt is listed', async () => {
    await subscribe();
    receiver.answerWith({ status: 503 });
    await app.publish({ merchantId });
    await sweep();
    const waits: number[] = [];
    for (let attempt = 1; attempt < 16; attempt += 1) {
      const [before] = await deliveries();
      waits.push(Date.parse(before.nextAttemptAt) - app.clock.now().getTime());
      app.clock.advance((waits.at(-1) ?? 0) - 2_000);
      await sweep();
      expect(receiver.received).toHaveLength(attempt);
      app.clock.advance(2_000);
      await sweep();
      expect(receiver.received).toHaveLength(attempt + 1);
    }
    const documented = [
      30, 22, 140, 541, 1426, 3200, 6352, 11585, 19683, 31622, 48558, 71831, 102978, 143739, 196069,
    ];
    for (const [index, seconds] of documented.entries()) {
      expect((waits[index] ?? 0) / 1000).toBeGreaterThan(seconds * 0.9 - 1);
      expect((waits[index] ?? 0) / 1000).toBeLessThan(seconds * 1.1 + 1);
    }
    const [ended] = await deliveries();
    expect(ended).toMatchObject({ status: 'exhausted' });
    expect(ended).not.toHaveProperty('nextAttemptAt');
    expect(ended.attempts).toHaveLength(16);
    expect(ended.attempts[15]).toMatchObject({ number: 16, statusCode: 503 });
    app.clock.advance(30 * 24 * hourMs);
    await sweep();
    expect(receiver.received).toHaveLength(16);
  });

  test.each([
    ['down', 'connect'],
    ['reset', 'reset'],
  ] as const)('%s: the reason is recorded and it is tried again', async (fault, failure) => {
    if (fault === 'down') await receiver.close();
    else receiver.answerWith('reset');
    await subscribe();
    await app.publish({ merchantId });
    await sweep();
    const [delivery] = await deliveries();
    expect(delivery).toMatchObject({ status: 'waiting', attempts: [{ number: 1, failure }] });
  });

  test('hanging or dripping: it has ten seconds for everything, then it is a failure', async () => {
    const dripping = await startWebhookReceiver();
    receiver.answerWith('hang');
    dripping.answerWith('drip');
    await subscribe();
    await subscribe(dripping.url);
    await app.publish({ merchantId });
    await sweep();
    const tried = await deliveries();
    expect(tried).toHaveLength(2);
    for (const { status, attempts } of tried) {
      expect(status).toBe('waiting');
      expect(attempts).toMatchObject([{ failure: 'timeout' }]);
      expect(attempts[0].durationMs).toBeGreaterThan(9_900);
      expect(attempts[0].durationMs).toBeLessThan(12_000);
    }
    await dripping.close();
  });

  test('a redirect is a failure and is not followed', async () => {
    const target = await startWebhookReceiver();
    receiver.answerWith({ status: 302, headers: { location: target.url } });
    await subscribe();
    await app.publish({ merchantId });
    await sweep();
    expect(target.received).toHaveLength(0);
    expect((await deliveries())[0]).toMatchObject({ status: 'waiting', attempts: [{ statusCode: 302 }] });
    await target.close();
  });

  test('an answer of 10 MB with a 200 is a success, read no further than needed', async () => {
    receiver.answerWith({ status: 200, body: Buffer.alloc(10_000_000, 'x') });
    await subscribe();
    await app.publish({ merchantId });
    await sweep();
    expect((await deliveries())[0]).toMatchObject({ status: 'delivered', attempts: [{ statusCode: 200 }] });
  });

  test.each([
    ['7200', 2 * hourMs],
    ['31536000', 4 * hourMs],
    ['1', 27_000],
    ['soon', 27_000],
  ])('Retry-After: %s is honoured up to four hours, never below the schedule', async (header, atLeastMs) => {
    receiver.answerWith({ status: 429, headers: { 'retry-after': header } });
    await subscribe();
    await app.publish({ merchantId });
    await sweep();
    const [{ nextAttemptAt, attempts }] = await deliveries();
    const waitMs = Date.parse(nextAttemptAt) - Date.parse(attempts[0].startedAt);
    expect(waitMs).toBeGreaterThanOrEqual(atLeastMs);
    expect(waitMs).toBeLessThan(Math.max(atLeastMs, 33_000) + 5_000);
  });

  test('410 disables the subscription and says so; an update lets it live, and what waited is sent', async () => {
    const other = await startWebhookReceiver();
    await subscribe(other.url, ['webhook_endpoint_paused']);
    const id = await subscribe();
    receiver.answerWith({ status: 410 });
    await app.publish({ merchantId });
    await sweep();
    await sweep();
    const paused = (await other.atLeast(1))[0]?.event;
    expect(paused).toMatchObject({ type: 'webhook_endpoint_paused', payload: { subscriptionId: id } });
    const listed = await app.call('/webhook-subscription/list', {}, { key });
    expect(listed.body.items.find((item: { id: string }) => item.id === id)).toHaveProperty('disabledAt');

    receiver.answerWith({ status: 200 });
    await app.publish({ merchantId });
    app.clock.advance(hourMs);
    await sweep();
    expect(receiver.received).toHaveLength(1);

    const woken = await app.call('/webhook-subscription/update', { id }, { key });
    expect(woken.body).not.toHaveProperty('disabledAt');
    await sweep();
    expect(receiver.received).toHaveLength(2);
    expect(receiver.received[1]?.body).toEqual(receiver.received[0]?.body);
    await other.close();
  });
});

describe('changes while deliveries are under way', () => {
  test('deleted: what waits is given up; what is in flight does no harm', async () => {
    const id = await subscribe();
    receiver.answerWith('reset');
    await app.publish({ merchantId });
    await sweep();
    await app.call('/webhook-subscription/delete', { id }, { key });
    app.clock.advance(hourMs);
    await sweep();
    expect(receiver.received).toHaveLength(1);
    expect((await deliveries())[0]).toMatchObject({ status: 'cancelled' });
  });

  test('rotated: a retry is signed with the secrets of its own time', async () => {
    const first = (await app.call('/webhook-secret/rotate', {}, { key })).body.secret;
    await subscribe();
    receiver.answerWith({ status: 500 });
    await app.publish({ merchantId });
    await sweep();
    const next = (await app.call('/webhook-secret/rotate', {}, { key })).body.secret;
    app.clock.advance(hourMs);
    await sweep();
    await app.call('/webhook-secret/promote', {}, { key });
    app.clock.advance(hourMs);
    await sweep();
    const [before, during, after] = (await receiver.atLeast(3)) as [never, never, never];
    const signatures = (one: { headers: Record<string, string> }) => one.headers['webhook-signature'];
    expect(signatures(before)).toBe(standardSignature(first, before));
    expect(signatures(during)).toBe(`${standardSignature(first, during)} ${standardSignature(next, during)}`);
    expect(signatures(after)).toBe(standardSignature(next, after));
    const body = receiver.received[0]?.body as Buffer;
    expect(receiver.received.map(({ headers }) => headers['x-ivy-signature'])).toEqual([
      ivySignature(first, body),
      ivySignature(first, body),
      ivySignature(next, body),
    ]);
  });

  test('erased: what waits is given up, and nothing of the payload is left', async () => {
    await subscribe();
    receiver.answerWith({ status: 500 });
    await app.publish({ merchantId, subject: 'session-x' });
    await sweep();
    await transaction(app.pool, (tx) => app.webhooks.purge(tx, merchantId, 'session-x'));
    app.clock.advance(hourMs);
    await sweep();
    expect(receiver.received).toHaveLength(1);
    expect((await deliveries())[0]).toMatchObject({ status: 'cancelled', sessionId: 'session-x' });
    const { rows } = await app.pool.query('SELECT sealed_body FROM webhook_event WHERE merchant_id = $1', [
      merchantId,
    ]);
    expect(rows).toEqual([{ sealed_body: null }]);
  });

  test('moved: a retry goes to the new address', async () => {
    const id = await subscribe();
    receiver.answerWith({ status: 500 });
    await app.publish({ merchantId });
    await sweep();
    const moved = await startWebhookReceiver();
    await app.call('/webhook-subscription/update', { id, url: moved.url }, { key });
    app.clock.advance(hourMs);
    await sweep();
    expect((await moved.atLeast(1))[0]?.body).toEqual(receiver.received[0]?.body);
    await moved.close();
  });
});
