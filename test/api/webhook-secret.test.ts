import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { startWebhookApp, type WebhookApp } from '../webhooks/webhook-app.ts';

let app: WebhookApp;
let key: string;
let merchants = 0;

beforeAll(async () => {
  app = await startWebhookApp();
});
afterAll(() => app.close());
beforeEach(async () => {
  merchants += 1;
  key = await app.addMerchant(`m${merchants}`);
});

const post = (route: string, more: { key?: string; idempotencyKey?: string } = {}) =>
  app.call(`/webhook-secret/${route}`, {}, { key, ...more });
const fingerprint = (secret: string) => createHash('sha256').update(secret).digest('hex').slice(0, 12);

describe('webhook secret', () => {
  test('the first one that is asked for is the primary at once, and is shown once', async () => {
    const { status, headers, body } = await post('rotate');
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(body).toEqual({
      secret: body.secret,
      role: 'primary',
      since: new Date(body.since).toISOString(),
      fingerprint: fingerprint(body.secret),
    });
    const details = await post('details');
    expect(details.body).toEqual({ primary: { since: body.since, fingerprint: body.fingerprint } });
    expect(JSON.stringify(details.body)).not.toContain(body.secret);
  });

  test('a secret made for a subscription, that nobody has seen, is replaced and not rotated', async () => {
    const receiver = await startWebhookReceiver();
    await app.call('/webhook-subscription/create', { url: receiver.url }, { key });
    const unseen = (await post('details')).body.primary.fingerprint;
    const { body } = await post('rotate');
    expect(body.role).toBe('primary');
    expect(body.fingerprint).not.toBe(unseen);
    await receiver.close();
  });

  test('rotate, rotate, promote: the last one shown becomes the primary', async () => {
    const first = (await post('rotate')).body;
    const lost = (await post('rotate')).body;
    const last = (await post('rotate')).body;
    expect([first.role, lost.role, last.role]).toEqual(['primary', 'next', 'next']);
    expect((await post('details')).body).toMatchObject({
      primary: { fingerprint: first.fingerprint },
      next: { fingerprint: last.fingerprint },
    });
    expect(await post('promote')).toMatchObject({
      status: 200,
      body: { primary: { fingerprint: last.fingerprint } },
    });
    expect((await post('details')).body).not.toHaveProperty('next');
  });

  test('needs no body at all', async () => {
    const response = await fetch(`${app.url}/webhook-secret/rotate`, {
      method: 'POST',
      headers: { 'x-ivy-api-key': key },
    });
    expect(response.status).toBe(200);
  });

  test('details only reads: it waits for nobody who changes the secrets', async () => {
    const { body } = await post('rotate');
    const changing = await app.pool.connect();
    await changing.query('BEGIN; SELECT 1 FROM webhook_secret FOR UPDATE');
    expect((await post('details')).body.primary.fingerprint).toBe(body.fingerprint);
    await changing.query('ROLLBACK');
    changing.release();
  });

  test('promote without a next one: 409', async () => {
    await post('rotate');
    expect(await post('promote')).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  });

  test('the same Idempotency-Key shows the same secret and makes no second one', async () => {
    await post('rotate');
    const first = await post('rotate', { idempotencyKey: 'r1' });
    const again = await post('rotate', { idempotencyKey: 'r1' });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await post('details')).body.next.fingerprint).toBe(first.body.fingerprint);
  });

  test('each merchant and each environment has its own', async () => {
    const mine = (await post('rotate')).body.fingerprint;
    const liveKey = await app.addMerchant(`m${merchants}`, 'live');
    const otherKey = await app.addMerchant(`other${merchants}`);
    const [live, other] = [await post('rotate', { key: liveKey }), await post('rotate', { key: otherKey })];
    expect(new Set([mine, live.body.fingerprint, other.body.fingerprint]).size).toBe(3);
  });

  test('is sealed in the database', async () => {
    const { secret } = (await post('rotate')).body;
    const { rows } = await app.pool.query('SELECT * FROM webhook_secret');
    const stored = JSON.stringify(rows.map((row) => Object.values(row).map(String)));
    expect(stored).not.toContain(secret);
    const raw = Buffer.concat(rows.map((row) => row.sealed_primary as Buffer));
    expect(raw.includes(Buffer.from(secret))).toBe(false);
  });

  test('the operator’s own receiver is told all that sign, and counts as nobody who knows the primary', async () => {
    const told = async () =>
      (await app.webhooks.signingSecrets(`m${merchants}`, 'sandbox')).map((secret) => secret.reveal());
    const [unseen = ''] = await told();
    expect(fingerprint(unseen)).toBe((await post('details')).body.primary.fingerprint);
    const first = (await post('rotate')).body;
    expect([first.role, await told()]).toEqual(['primary', [first.secret]]);
    const next = (await post('rotate')).body;
    expect([next.role, await told()]).toEqual(['next', [first.secret, next.secret]]);
  });
});
