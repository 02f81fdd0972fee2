import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { completeSession, eventually, noJobsLeft } from '../support/visitor.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Sweeps run every ten seconds. */
const sweptWithinMs = 25_000;
const ongoing = { access: 'ongoing', permissions: ['identity', 'balances', 'transactions'] };

let app: TestApp;
let receiver: WebhookReceiver;
beforeAll(async () => {
  app = await startTestApp({ expectsErrors: /a running refresh had no job left/ });
  receiver = await startWebhookReceiver();
  await app.call('/webhook-subscription/create', { url: receiver.url, events: ['*'] });
});
afterEach(() => app.bank.control.clearFaults());
afterAll(async () => {
  await app.close();
  await receiver.close();
});

function refresh(id: string, more: object = {}, options: object = {}) {
  return app.call('/data/session/refresh', { id, ...more }, options);
}

async function retrieve(id: string) {
  return (await app.call('/data/session/retrieve', { id })).body;
}

/** The session once its refresh has ended. */
function ended(id: string, limitMs?: number) {
  return eventually(
    () => retrieve(id),
    ({ refresh: newest }) => newest !== undefined && newest.status !== 'running',
    limitMs,
  );
}

async function refreshed(id: string, more: object = {}) {
  const { status, body } = await refresh(id, more);
  expect(status, JSON.stringify(body)).toBe(200);
  return ended(id);
}

/** What the merchant was told of a session after it was complete, once there is so much. */
async function toldOf(id: string, count: number) {
  const events = () => receiver.received.map(({ event }) => event).filter(({ payload }) => payload.id === id);
  const all = await eventually(
    async () => events().toSorted((a, b) => a.sequence - b.sequence),
    (told) => told.length >= count + 2,
  );
  return all.slice(2);
}

const bankCalls = () => app.bank.control.requests().filter(({ route }) => route === 'accounts');
const bankConsent = () => app.bank.control.consents().findLast(({ recurring }) => recurring)?.id ?? '';

async function sync(sessionId: string, cursor?: string) {
  const { body } = await app.call('/data/transactions/sync', { sessionId, ...(cursor && { cursor }) });
  return body;
}

describe('a refresh', () => {
  test('answers at once, brings what is new, and is told by webhook without the data', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    const before = await retrieve(id);
    expect(before).not.toHaveProperty('refresh');
    const { nextCursor } = await sync(id);
    await app.advance(35 * dayMs);
    const { status, body } = await refresh(id);
    expect([status, body.status, body.data]).toEqual([200, 'complete', undefined]);
    expect(body.refresh).toEqual({ status: 'running', startedAt: expect.any(Number) });
    const after = await ended(id);
    expect(after.refresh).toEqual({
      status: 'complete',
      startedAt: body.refresh.startedAt,
      finishedAt: expect.any(Number),
    });
    expect(after.status).toBe('complete');
    expect(after.data.accounts).toEqual(before.data.accounts);
    const { added, removed } = await sync(id, nextCursor);
    expect(added.length).toBeGreaterThan(0);
    const known = new Set(before.data.transactions.map((row: { id: string }) => row.id));
    for (const row of added) expect(known).not.toContain(row.id);
    const gone = new Set(removed.map((row: { id: string }) => row.id));
    const ids = after.data.transactions.map((row: { id: string }) => row.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const kept of known) if (!gone.has(kept)) expect(ids).toContain(kept);
    const [told] = await toldOf(id, 1);
    expect(told).toMatchObject({
      type: 'data_session_updated',
      payload: { id, status: 'complete', refresh: after.refresh },
    });
    expect(told.payload).not.toHaveProperty('data');
  });

  test('changes nothing where the bank has nothing new', async () => {
    const id = await completeSession(app, 'joint', ongoing);
    const first = await sync(id);
    expect(first.added.length).toBeGreaterThan(0);
    const before = await retrieve(id);
    await refreshed(id);
    expect(await sync(id, first.nextCursor)).toMatchObject({ added: [], changed: [], removed: [] });
    expect((await retrieve(id)).data.transactions).toEqual(before.data.transactions);
  });

  test('runs once, however often it is asked for, and answers a key as it did', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    app.bank.control.addFault({ route: 'accounts', fault: 'slow', delayMs: 400, times: 1 });
    app.bank.control.clearRequests();
    const headers = { 'idempotency-key': 'refresh-1' };
    const answers = await Promise.all([
      refresh(id),
      refresh(id),
      refresh(id, { user: { ipAddress: '203.0.113.7' } }),
    ]);
    for (const { status, body } of answers)
      expect([status, body.refresh]).toEqual([200, answers[0]?.body.refresh]);
    await ended(id);
    expect(bankCalls()).toHaveLength(1);
    const keyed = await refresh(id, {}, { headers });
    await ended(id);
    const again = await refresh(id, {}, { headers });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toEqual(keyed.body);
    expect(bankCalls()).toHaveLength(2);
    expect((await refresh(id, { user: { ipAddress: '::1' } }, { headers })).body.category).toBe(
      'idempotency_error',
    );
  });

  test('is told once, though its job runs twice', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    app.bank.control.addFault({ route: 'accounts', fault: 'slow', delayMs: 300, times: 2 });
    await refresh(id);
    const { rows } = await app.pool.query('SELECT id FROM session_refresh WHERE session_id = $1', [id]);
    const payload = { merchantId: 'shop', sessionId: id, refreshId: rows[0].id, attempt: 1 };
    await app.pool.query(`SELECT graphile_worker.add_job('session-refresh', payload := $1::json)`, [payload]);
    await ended(id);
    await noJobsLeft(app, id);
    const { rows: events } = await app.pool.query(
      'SELECT type FROM webhook_event WHERE subject = $1 ORDER BY sequence',
      [id],
    );
    expect(events.map(({ type }) => type)).toEqual([
      'data_session_updated',
      'data_session_completed',
      'data_session_updated',
    ]);
  });
});

test.each(['de-trellis-redirect-bank', 'at-alpen-test-bank'])(
  'at %s, days after the login',
  async (bankId) => {
    const id = await completeSession(app, 'joint', ongoing, bankId);
    for (const days of [1, 20]) {
      await app.advance(days * dayMs);
      expect((await refreshed(id)).refresh).toMatchObject({ status: 'complete' });
    }
  },
);

describe('unattended', () => {
  test('four times a day; then 429 until the bank’s midnight, but never for a user who is there', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    await app.advance(dayMs);
    for (let count = 0; count < 4; count += 1) expect((await refreshed(id)).refresh.status).toBe('complete');
    app.bank.control.clearRequests();
    const { status, body, headers } = await refresh(id);
    expect([status, body.code, body.category]).toEqual([429, 'TOO_MANY_REQUESTS', 'rate_limiting']);
    const waitSeconds = Number(headers.get('retry-after'));
    expect(waitSeconds).toBeGreaterThan(0);
    expect(waitSeconds).toBeLessThanOrEqual(25 * 3_600);
    const resetsAt = new Date(body.data.resetsAt);
    expect(resetsAt.toLocaleTimeString('sv-SE', { timeZone: 'Europe/Berlin' })).toBe('00:00:00');
    expect(headers.get('x-should-retry')).toBe('false');
    expect(bankCalls()).toEqual([]);

    const user = { ipAddress: '2001:db8::7', userAgent: 'Phone/1.0' };
    expect((await refreshed(id, { user })).refresh.status).toBe('complete');
    expect(bankCalls()).toMatchObject([{ status: 200, psuPresent: true }]);
    await app.advance(resetsAt.getTime() - app.clock.now().getTime() + 1_000);
    expect((await refreshed(id)).refresh.status).toBe('complete');
  });

  test('what the bank counted otherwise is believed', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    await app.advance(dayMs);
    app.bank.control.addFault({ route: 'balances', fault: 'status-429', times: 1 });
    const { refresh: failed } = await refreshed(id);
    expect(failed).toMatchObject({ status: 'failed', failure: { code: 'too_many_calls' } });
    expect(failed.failure.retryAt).toBeGreaterThan(app.clock.now().getTime() / 1_000);
    expect((await refresh(id)).status).toBe(429);
  });

  test('the user’s address is sealed while it is needed, and erased after', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    app.bank.control.addFault({ route: 'accounts', fault: 'slow', delayMs: 300, times: 1 });
    await refresh(id, { user: { ipAddress: '203.0.113.99' } });
    const psu = async () =>
      (
        await app.pool.query(
          `SELECT sealed_psu, session_refresh::text AS row FROM session_refresh WHERE session_id = $1`,
          [id],
        )
      ).rows[0];
    const { sealed_psu: sealed, row } = await psu();
    expect(sealed).toBeInstanceOf(Buffer);
    expect(row).not.toContain('203.0.113.99');
    expect(sealed.toString('latin1')).not.toContain('203.0.113');
    await ended(id);
    expect((await psu()).sealed_psu).toBeNull();
  });
});

describe('a refresh that fails leaves the data as they were', () => {
  test.each([
    ['revokedByPsu', 'consent_revoked'],
    ['expired', 'consent_expired'],
  ] as const)('a consent that is %s at the bank ends here too, and is told: %s', async (status, code) => {
    const id = await completeSession(app, 'ada', ongoing);
    const { data } = await retrieve(id);
    app.bank.control.setConsentStatus(bankConsent(), status);
    const after = await refreshed(id);
    expect(after.refresh).toMatchObject({
      status: 'failed',
      failure: { code, message: expect.stringContaining('connect the bank again') },
    });
    expect([after.status, after.data]).toEqual(['complete', data]);
    const [updated, news] = await toldOf(id, 2);
    expect(updated).toMatchObject({
      type: 'data_session_updated',
      payload: { refresh: { failure: { code } } },
    });
    expect(news).toMatchObject({
      type: code,
      payload: { id, referenceId: after.referenceId, expiresAt: expect.any(Number) },
    });
    const { rows } = await app.pool.query(
      'SELECT status, sealed_credentials FROM bank_consent WHERE session_id = $1',
      [id],
    );
    expect(rows).toEqual([{ status: code.replace('consent_', ''), sealed_credentials: null }]);
    const again = await refresh(id);
    expect([again.status, again.body.code]).toEqual([409, 'CONFLICT']);
  });

  test('a login that can no longer be renewed is the end of the consent, at the bank too', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    const consentId = bankConsent();
    await app.advance(dayMs);
    app.bank.control.addFault({ route: 'token', fault: 'invalid-grant', times: 1 });
    expect((await refreshed(id)).refresh.failure.code).toBe('consent_revoked');
    const [, news] = await toldOf(id, 2);
    expect(news).toMatchObject({ type: 'consent_revoked', payload: { id, revokedBy: 'bank' } });
    expect((await refresh(id)).status).toBe(409);
    await eventually(
      async () => app.bank.control.consents().find((consent) => consent.id === consentId)?.status,
      (status) => status === 'terminatedByTpp',
    );
  });

  test('a bank that is down is asked again, and then given up for now', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    const { data } = await retrieve(id);
    app.bank.control.clearRequests();
    app.bank.control.addFault({ route: 'accounts', fault: 'status-503' });
    await refresh(id);
    await eventually(
      async () => bankCalls().length,
      (count) => count === 1,
    );
    await eventually(
      async () =>
        (
          await app.pool.query(
            `SELECT FROM graphile_worker._private_jobs WHERE payload->>'sessionId' = $1 AND locked_at IS NULL`,
            [id],
          )
        ).rowCount,
      (waiting) => waiting === 1,
    );
    expect((await retrieve(id)).refresh.status).toBe('running');
    await app.advance(minuteMs);
    const after = await ended(id, sweptWithinMs);
    expect(after.refresh).toMatchObject({ status: 'failed', failure: { code: 'bank_unavailable' } });
    expect(after.data).toEqual(data);
    expect(bankCalls()).toHaveLength(2);
    app.bank.control.clearFaults();
    expect((await refreshed(id)).refresh.status).toBe('complete');
  });

  test('one whose job was lost is ended by a sweep', async () => {
    const id = await completeSession(app, 'ada', ongoing);
    app.bank.control.addFault({ route: 'accounts', fault: 'status-503' });
    await refresh(id);
    await eventually(
      async () =>
        (
          await app.pool.query(
            `DELETE FROM graphile_worker._private_jobs WHERE payload->>'sessionId' = $1 AND locked_at IS NULL RETURNING id`,
            [id],
          )
        ).rowCount,
      (deleted) => deleted === 1,
    );
    await app.advance(2 * minuteMs);
    const after = await ended(id, sweptWithinMs);
    expect(after.refresh.failure.code).toBe('internal');
  }, 40_000);
});

test('what was pending keeps its id when a refresh finds it booked, however late', async () => {
  const begin = async () => {
    const id = await completeSession(app, 'pending', ongoing);
    const first = await sync(id);
    const pending = first.added.filter((row: { status: string }) => row.status === 'pending');
    return { id, first, pending };
  };
  let begun = await begin();
  // Not every day has something that is announced and not booked.
  for (let day = 0; begun.pending.length === 0 && day < 20; day += 1) {
    await app.advance(dayMs);
    begun = await begin();
  }
  const { id, first, pending } = begun;
  expect(pending.length).toBeGreaterThan(0);
  const settled: { id: string; status: string }[] = [];
  let cursor = first.nextCursor;
  for (let day = 1; day <= 12; day += 1) {
    await app.advance(dayMs);
    await refreshed(id);
    const { changed, removed, nextCursor } = await sync(id, cursor);
    expect(removed).toEqual([]);
    settled.push(...changed);
    cursor = nextCursor;
  }
  for (const { id: known } of pending)
    expect(settled).toContainEqual(expect.objectContaining({ id: known, status: 'booked' }));
});
