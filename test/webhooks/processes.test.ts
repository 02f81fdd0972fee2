import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { dbOf, transaction } from '../../src/platform/postgres/pool.ts';
import { recordAttempts } from '../../src/webhooks/delivery-store.ts';
import { restartDeliveries } from '../../src/webhooks/resend-store.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { startWebhookApp, type WebhookApp } from './webhook-app.ts';

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
  const body = { url: receiver.url, events: ['*'] };
  expect((await app.call('/webhook-subscription/create', body, { key })).status).toBe(200);
});
afterEach(() => receiver.close());

/** What a worker's sweep does, and then everything that comes of it. */
async function sweep(webhooks = app.webhooks): Promise<void> {
  await webhooks.deliveries.sweep();
  await webhooks.deliveries.idle();
}

async function deliveries() {
  return (await app.call('/webhook-delivery/list', {}, { key })).body.items;
}

describe('processes', () => {
  test('two that sweep at once attempt a delivery once', async () => {
    for (let index = 0; index < 20; index += 1) await app.publish({ merchantId });
    const other = app.anotherProcess();
    await Promise.all([sweep(), sweep(other), sweep(), sweep(other)]);
    while (receiver.received.length < 20) await sweep();
    expect(new Set(receiver.received.map(({ event }) => event.id)).size).toBe(20);
    expect(receiver.received).toHaveLength(20);
    await other.close();
  });

  test('one that dies in the middle gives its delivery back when its lease ends', async () => {
    await app.publish({ merchantId });
    await app.pool.query(
      `UPDATE webhook_delivery SET leased_until = now() + interval '20 seconds', attempts = 1 WHERE merchant_id = $1`,
      [merchantId],
    );
    await sweep();
    expect(receiver.received).toHaveLength(0);
    await app.pool.query(
      `UPDATE webhook_delivery SET leased_until = now() - interval '1 second' WHERE merchant_id = $1`,
      [merchantId],
    );
    await sweep();
    expect(receiver.received).toHaveLength(1);
    expect((await deliveries())[0].attempts).toMatchObject([{ number: 2, statusCode: 200 }]);
  });

  test('a connection lost between sending and recording: recorded after all, and not sent twice', async () => {
    await app.publish({ merchantId });
    const blocker = await app.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE webhook_attempt IN ACCESS EXCLUSIVE MODE');
    const swept = sweep();
    await receiver.atLeast(1);
    let cut = 0;
    while (cut === 0) {
      const { rowCount } = await blocker.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      cut = rowCount ?? 0;
    }
    await blocker.query('ROLLBACK');
    blocker.release();
    await swept;
    expect(await deliveries()).toMatchObject([
      { status: 'delivered', attempts: [{ number: 1, statusCode: 200 }] },
    ]);
    expect(receiver.received).toHaveLength(1);
  });

  test('a worker sends at once what is published, without a sweep', async () => {
    const worker = await app.startWorker();
    await app.publish({ merchantId });
    const [one] = await receiver.atLeast(1);
    expect(one?.event.type).toBe('data_session_completed');
    await worker.stop();
    await app.webhooks.deliveries.idle();
  });

  test('a first attempt does not wait for the clock of the process that published', async () => {
    await app.publish({ merchantId, at: new Date(app.clock.now().getTime() + 10 * 60_000) });
    const worker = await app.startWorker();
    await receiver.atLeast(1);
    await worker.stop();
    await app.webhooks.deliveries.idle();
  });
});

describe('the outcome of an attempt that is no longer its own', () => {
  /** Publishes, and lets the attempt begin that is answered only when the test says. */
  async function attemptInFlight() {
    receiver.answerWith('hang');
    await app.publish({ merchantId });
    await app.webhooks.deliveries.sweep();
    await receiver.atLeast(1);
    return {
      fail: async () => {
        await receiver.close();
        await app.webhooks.deliveries.idle();
      },
    };
  }

  async function state() {
    const { rows } = await app.pool.query(
      `SELECT status, attempts, failures, next_attempt_at <= $2 AS due, leased_until IS NOT NULL AS leased
       FROM webhook_delivery WHERE merchant_id = $1`,
      [merchantId, app.clock.now()],
    );
    return rows;
  }

  test('a lease that ran out and was taken by another process stays with it', async () => {
    const { fail } = await attemptInFlight();
    await app.pool.query(
      `UPDATE webhook_delivery SET attempts = attempts + 1, failures = 7, leased_until = now() + interval '20 s'
       WHERE merchant_id = $1`,
      [merchantId],
    );
    await fail();
    expect(await state()).toEqual([{ status: 'waiting', attempts: 2, failures: 7, due: true, leased: true }]);
    expect((await deliveries())[0].attempts).toMatchObject([{ number: 1, failure: 'reset' }]);
  });

  test('a resend during the attempt is not undone by its failure', async () => {
    const { fail } = await attemptInFlight();
    const { id } = (await app.call('/event/list', {}, { key })).body.items[0];
    expect((await app.call('/webhook/resend', { id }, { key })).status).toBe(200);
    await fail();
    expect(await state()).toEqual([
      { status: 'waiting', attempts: 1, failures: 0, due: true, leased: false },
    ]);
  });
});

test('records and resends of the same deliveries, in whatever order, do not wait for each other in a circle', async () => {
  for (let index = 0; index < 64; index += 1) await app.publish({ merchantId });
  await app.pool.query(
    `UPDATE webhook_delivery SET failures = 1, attempts = 1, leased_until = now() + interval '20 s'
     WHERE merchant_id = $1`,
    [merchantId],
  );
  const { rows } = await app.pool.query<{ id: string; event_id: string; subscription_id: string }>(
    'SELECT id, event_id, subscription_id FROM webhook_delivery WHERE merchant_id = $1 ORDER BY id DESC',
    [merchantId],
  );
  const at = app.clock.now();
  const made = rows.map(
    (row) =>
      ({
        delivery: {
          merchantId,
          deliveryId: row.id,
          eventId: row.event_id,
          subscriptionId: row.subscription_id,
          url: receiver.url,
          attempt: 1,
          failures: 0,
          body: Buffer.from('{}'),
          secrets: { primary: new Secret('whsec_') },
        },
        startedAt: at,
        durationMs: 1,
        result: { status: 500 },
        after: { status: 'waiting', nextAttemptAt: at },
      }) as const,
  );
  const owner = { merchantId, environment: 'sandbox' } as const;
  for (let round = 0; round < 10; round += 1) {
    await app.pool.query(
      `UPDATE webhook_delivery SET leased_until = now() + interval '20 s', failures = 1 WHERE merchant_id = $1`,
      [merchantId],
    );
    await Promise.all([
      recordAttempts(dbOf(app.pool), made),
      transaction(app.pool, (tx) => restartDeliveries(tx, owner, { failed: true }, at)),
      recordAttempts(dbOf(app.pool), made.toReversed()),
    ]);
  }
});
