import { Writable } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { startWebhookApp, type WebhookApp } from './webhook-app.ts';

const canary = 'CANARY-DE89370400440532013000';
const answerCanary = 'CANARY-what-the-receiver-says';
const lines: string[] = [];
let app: WebhookApp;

beforeAll(async () => {
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  app = await startWebhookApp({ logger: pino({ level: 'trace' }, stream) });
});
afterAll(() => app.close());

test('bank data, secrets, addresses and answers are in no log line, no job and no readable column', async () => {
  const receiver = await startWebhookReceiver();
  const { secret } = (await app.call('/webhook-secret/rotate', {})).body;
  const url = `${receiver.url}?token=CANARY-token`;
  await app.call('/webhook-subscription/create', { url, events: ['*'] });
  const worker = await app.startWorker();
  for (const status of [200, 500, 410]) {
    receiver.answerWith({ status, body: answerCanary, headers: { 'x-canary': answerCanary } });
    await app.publish({ payload: { iban: canary }, subject: canary.length.toString() });
    await receiver.atLeast(receiver.received.length + 1);
    await app.webhooks.deliveries.idle();
  }
  const jobs = await app.pool.query('SELECT payload::text FROM graphile_worker._private_jobs');
  await worker.stop();
  const stored = await dump();
  const logged = lines.join('');

  expect(logged).toContain('webhook attempt');
  for (const canaryText of [canary, answerCanary, secret, 'CANARY-token'])
    expect(logged.includes(canaryText), canaryText).toBe(false);
  expect(JSON.stringify(jobs.rows)).not.toContain('CANARY');
  expect(stored).toContain(Buffer.from(receiver.url).toString('hex'));
  for (const canaryText of [canary, answerCanary, secret])
    expect(stored.includes(Buffer.from(canaryText).toString('hex')), canaryText).toBe(false);
  await receiver.close();
});

/** Every byte of every webhook table, in hex. */
async function dump(): Promise<string> {
  const tables = ['event', 'delivery', 'attempt', 'subscription', 'secret', 'subject'];
  const parts = tables.map(async (table) => {
    const { rows } = await app.pool.query(`SELECT * FROM webhook_${table}`);
    return rows.flatMap((row) =>
      Object.values(row).map((value) =>
        Buffer.isBuffer(value) ? value.toString('hex') : Buffer.from(String(value)).toString('hex'),
      ),
    );
  });
  return (await Promise.all(parts)).flat().join(' ');
}
