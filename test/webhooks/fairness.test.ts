import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { startWebhookApp, type WebhookApp } from './webhook-app.ts';

const merchantId = 'shop';
const silentReceivers = 20;
const backlog = 40;
let app: WebhookApp;

beforeAll(async () => {
  app = await startWebhookApp();
});
afterAll(() => app.close());

async function subscribe(url: string, events: string[], key = app.key): Promise<void> {
  expect((await app.call('/webhook-subscription/create', { url, events }, { key })).status).toBe(200);
}

/** Due since now, by the hundred: what a receiver finds after it was away. */
async function pile(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await app.publish({ merchantId, type: 'test' });
}

async function statuses(status: string): Promise<number> {
  const { rows } = await app.pool.query('SELECT count(*)::int AS n FROM webhook_delivery WHERE status = $1', [
    status,
  ]);
  return rows[0].n;
}

test('receivers that hang, with all their backlog, delay nobody else', async () => {
  const dead = await startWebhookReceiver();
  dead.answerWith('hang');
  for (let index = 0; index < silentReceivers; index += 1) await subscribe(`${dead.url}/${index}`, ['test']);
  await pile(backlog);
  const healthy = await startWebhookReceiver();
  await subscribe(healthy.url, ['data_session_completed']);
  const worker = await app.startWorker();
  await dead.atLeast(16);

  for (let index = 0; index < backlog; index += 1) await app.publish({ merchantId, subject: `s${index}` });
  const got = await healthy.atLeast(backlog);
  expect(new Set(got.map(({ event }) => event.id)).size).toBe(backlog);
  expect(await statuses('waiting')).toBeGreaterThanOrEqual(silentReceivers * backlog);

  await worker.stop();
  await dead.close();
  await app.webhooks.close();
  await healthy.close();
});

test('a process that closes while more receivers hang than are asked at once does end', async () => {
  const dead = await startWebhookReceiver();
  const crowds = ['crowd1', 'crowd2'];
  for (const crowd of crowds) {
    const key = await app.addMerchant(crowd);
    for (let index = 0; index < 35; index += 1) await subscribe(`${dead.url}/${index}`, ['*'], key);
  }
  const another = app.anotherProcess();
  const publishToAll = async () => {
    for (const crowd of crowds) await app.publish({ merchantId: crowd });
    await another.deliveries.sweep();
  };
  dead.answerWith('reset');
  await publishToAll();
  await another.deliveries.idle();
  expect(dead.received).toHaveLength(70);
  dead.answerWith('hang');
  await publishToAll();
  await dead.atLeast(70 + 16);

  const closing = another.close();
  await dead.close();
  await closing;
  const { rows } = await app.pool.query(
    "SELECT count(*)::int AS untried FROM webhook_delivery WHERE merchant_id LIKE 'crowd_' AND attempts = 0",
  );
  expect(rows).toEqual([{ untried: 70 - 64 }]);
});

test('a sweep that cannot take everything goes on where it stopped', async () => {
  const another = app.anotherProcess();
  const healthy = await startWebhookReceiver();
  const key = await app.addMerchant('zzlast');
  await subscribe(healthy.url, ['*'], key);
  await app.publish({ merchantId: 'zzlast' });
  const crowded = await app.pool.connect();
  await crowded.query(`
    INSERT INTO webhook_subscription (merchant_id, id, environment, app_id, url, events, created_at, updated_at)
    SELECT 'shop', gen_random_uuid(), 'live', 'test', 'http://127.0.0.1:9/' || n, '{}', now(), now()
    FROM generate_series(1, 1250) AS n`);
  await crowded.query(
    `INSERT INTO webhook_delivery (merchant_id, id, environment, event_id, subscription_id, status, attempts,
       failures, next_attempt_at, created_at)
     SELECT merchant_id, gen_random_uuid(), environment, gen_random_uuid(), id, 'waiting', 0, 0, $1, $1
     FROM webhook_subscription CROSS JOIN generate_series(1, 8) WHERE environment = 'live'`,
    [app.clock.now()],
  );
  // With somebody else, so that they stay due however often they are found.
  await crowded.query(`BEGIN; SELECT 1 FROM webhook_delivery WHERE environment = 'live' FOR UPDATE`);

  for (let sweeps = 0; sweeps < 2; sweeps += 1) {
    await another.deliveries.sweep();
    await another.deliveries.idle();
  }
  expect(healthy.received).toHaveLength(1);

  await crowded.query('ROLLBACK');
  crowded.release();
  await another.close();
  await healthy.close();
});
