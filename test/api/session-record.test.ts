import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  completeSession,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  noJobsLeft,
  statusOf,
  Visitor,
  watchConsents,
} from '../support/visitor.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';

const all = { permissions: ['identity', 'balances', 'transactions'] };
const ongoing = { ...all, access: 'ongoing' };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterEach(() => app.bank.control.clearFaults());
afterAll(() => app.close());

async function bodyOf(path: string, body: object, options: object = {}) {
  const answer = await app.call(path, body, options);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return answer.body;
}

const retrieve = (id: string) => bodyOf('/data/session/retrieve', { id });

describe('POST /data/session/list', () => {
  let key: string;
  const ids: string[] = [];
  const list = (body: object) => bodyOf('/data/session/list', body, { key });
  const idsOf = async (body: object) => (await list(body)).items.map(({ id }: { id: string }) => id);
  beforeAll(async () => {
    key = await app.addMerchant('lister');
    for (let count = 0; count < 25; count += 1) {
      const customer = count % 5 === 0 ? { customer: { email: 'Ada@example.com' } } : {};
      const { body } = await app.call(
        '/data/session/create',
        {
          referenceId: `list-${count}`,
          permissions: ['identity'],
          returnUrl: 'https://shop.example/',
          ...customer,
        },
        { key },
      );
      ids.unshift(body.id);
    }
  });

  test('newest first, in pages, each once, as retrieve shows them but for the data', async () => {
    const first = await list({});
    expect(first.items).toHaveLength(20);
    expect(first.hasNext).toBe(true);
    const second = await list({ afterCursor: first.nextCursor });
    expect(second).toMatchObject({ hasNext: false });
    expect(second).not.toHaveProperty('nextCursor');
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    const retrieved = await bodyOf('/data/session/retrieve', { id: ids[0] }, { key });
    expect(first.items[0]).toEqual(retrieved);
    expect(JSON.stringify(first)).not.toContain('redirectUrl');
    expect(await idsOf({ limit: 100 })).toEqual(ids);
  });

  test('by status, reference, customer and time', async () => {
    const [newest = ''] = ids;
    await app.call('/data/session/expire', { id: newest }, { key });
    expect(await idsOf({ status: 'failed' })).toEqual([newest]);
    expect(await idsOf({ status: 'started', limit: 100 })).toEqual(ids.slice(1));
    expect(await idsOf({ status: 'complete' })).toEqual([]);
    expect(await idsOf({ referenceId: 'list-3' })).toEqual([ids[21]]);
    expect(await idsOf({ referenceId: 'list' })).toEqual([]);
    const adas = ids.filter((_, index) => (24 - index) % 5 === 0);
    expect(await idsOf({ customer: { email: ' ada@EXAMPLE.com ' } })).toEqual(adas);
    const { items } = await list({ customer: { email: 'ada@example.com' }, limit: 1 });
    expect(await idsOf({ customer: { id: items[0].customer.customerId } })).toEqual(adas);
    expect(await idsOf({ customer: { id: items[0].customer.customerId }, referenceId: 'list-3' })).toEqual(
      [],
    );
    expect(await idsOf({ customer: { email: 'nobody@example.com' } })).toEqual([]);
    expect(await idsOf({ customer: { id: 'nobody' } })).toEqual([]);
    const { createdAt } = items[0];
    expect(await idsOf({ createdFrom: createdAt - 100, createdTo: createdAt + 100, limit: 100 })).toEqual(
      ids,
    );
    expect(await idsOf({ createdTo: createdAt - 1_000 })).toEqual([]);
    expect(await idsOf({ createdFrom: createdAt + 1_000 })).toEqual([]);
  });

  test('only one’s own, of the key’s environment', async () => {
    const live = await app.addMerchant('lister', 'live');
    expect((await bodyOf('/data/session/list', {}, { key: live })).items).toEqual([]);
    const rival = await app.addMerchant('listrival');
    expect((await bodyOf('/data/session/list', { referenceId: 'list-3' }, { key: rival })).items).toEqual([]);
    expect((await app.call('/data/session/list', {}, { key: '' })).status).toBe(401);
  });

  test.each([
    ['status', { status: 'open' }],
    ['limit', { limit: 101 }],
    ['limit', { limit: 0 }],
    ['customer', { customer: {} }],
    ['customer', { customer: { id: 'a', email: 'ada@example.com' } }],
    ['createdFrom', { createdFrom: '2027-01-01' }],
    ['createdTo', { createdFrom: 2, createdTo: 1 }],
    ['afterCursor', { afterCursor: 'abc' }],
    ['afterCursor', { afterCursor: Buffer.from('["x"]').toString('base64url') }],
    ['afterCursor', { afterCursor: Buffer.from('[1]').toString('base64url') }],
  ])('400 that names %s: %j', async (param, body) => {
    const answer = await app.call('/data/session/list', body);
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([400, 'VALIDATION', param]);
  });
});

describe('POST /data/session/expire', () => {
  test('ends a session that waits for its user, in its own words, and answers so again', async () => {
    const { id } = await createSession(app);
    const first = await bodyOf('/data/session/expire', { id });
    expect(first).toMatchObject({ id, status: 'failed', failure: { code: 'expired' } });
    expect(await bodyOf('/data/session/expire', { id })).toEqual(first);
    const { body: v3 } = await app.call('/data/session/create', { referenceId: 'expire-v3' });
    expect(await bodyOf('/data/session/expire', { id: v3.id })).toMatchObject({ status: 'expired' });
  });

  test('what the user may still do at the bank is ended there', async () => {
    const consents = watchConsents(app);
    const session = await createSession(app);
    const visitor = new Visitor();
    const away = await goToBank(visitor, session.redirectUrl);
    await bodyOf('/data/session/expire', { id: session.id });
    await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    expect(await statusOf(app, session.id)).toBe('failed expired');
  });

  test('409 for one that has ended otherwise', async () => {
    const id = await completeSession(app, 'ada');
    const answer = await app.call('/data/session/expire', { id });
    expect([answer.status, answer.body.code, answer.body.param]).toEqual([409, 'CONFLICT', 'id']);
    expect(await statusOf(app, id)).toBe('complete');
  });
});

/** Columns with sealed values that a session still has anywhere, once its consent has ended. */
async function noSealedValueOf(id: string): Promise<string[]> {
  await eventually(
    async () => (await app.pool.query('SELECT status FROM bank_consent WHERE session_id = $1', [id])).rows[0],
    ({ status }) => status === 'revoked',
  );
  const { rows: columns } = await app.pool.query<{ table: string; sealed: string; key: string }>(
    `SELECT sealed.table_name AS table, sealed.column_name AS sealed, key.column_name AS key
     FROM information_schema.columns sealed JOIN information_schema.columns key USING (table_schema, table_name)
     WHERE table_schema = 'public' AND sealed.column_name LIKE 'sealed%'
       AND (key.column_name IN ('session_id', 'subject') OR (table_name = 'data_session' AND key.column_name = 'id'))
       AND table_name <> 'idempotency_key'`,
  );
  expect(columns.length).toBeGreaterThan(8);
  const left: string[] = [];
  for (const { table, sealed, key } of columns) {
    const found = await app.pool.query(
      `SELECT FROM ${table} WHERE ${key}::text = $1 AND ${sealed} IS NOT NULL`,
      [id],
    );
    if (found.rowCount) left.push(`${table}.${sealed}`);
  }
  return left;
}

describe('POST /data/session/delete', () => {
  test('erases all that was read and said, ends the consent, and leaves a shell', async () => {
    const receiver = await startWebhookReceiver();
    receiver.answerWith({ status: 500 });
    await app.call('/webhook-subscription/create', { url: receiver.url, events: ['data_session_completed'] });
    const consents = watchConsents(app);
    const more = { customer: { email: 'canary@example.com' }, metadata: { canary: true } };
    const id = await completeSession(app, 'ada', { ...ongoing, ...more });
    await eventually(
      async () => receiver.received.length,
      (count) => count > 0,
    );
    const shell = await bodyOf('/data/session/delete', { id });
    expect(shell).toMatchObject({ id, status: 'complete', deletedAt: expect.any(Number) });
    for (const field of ['data', 'customer', 'metadata', 'refresh']) expect(shell).not.toHaveProperty(field);
    expect(await retrieve(id)).toEqual(shell);
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    for (const path of ['accounts/list', 'account-balances/list', 'transactions/list', 'transactions/sync']) {
      const answer = await app.call(`/data/${path}`, { sessionId: id });
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'NOT_FOUND']);
    }
    for (const table of [
      'bank_data',
      'transaction_ledger',
      'bank_transaction',
      'transaction_chunk',
      'session_refresh',
    ]) {
      const { rowCount } = await app.pool.query(`SELECT FROM ${table} WHERE session_id = $1`, [id]);
      expect([table, rowCount]).toEqual([table, 0]);
    }
    const { rows } = await app.pool.query(
      `SELECT event.sealed_body, delivery.status FROM webhook_event event
       JOIN webhook_delivery delivery ON delivery.event_id = event.id WHERE event.subject = $1`,
      [id],
    );
    expect(rows).toEqual([{ sealed_body: null, status: 'cancelled' }]);
    expect((await app.call('/data/session/refresh', { id })).status).toBe(409);
    expect((await bodyOf('/data/consent/details', { sessionId: id })).status).toBe('revoked');
    const renewal = await app.call('/data/session/create', {
      referenceId: 'of-a-deleted-one',
      returnUrl: 'https://shop.example/',
      renewOf: id,
    });
    expect([renewal.status, renewal.body.param]).toEqual([409, 'renewOf']);
    await app.advance(60_000);
    expect(await bodyOf('/data/session/delete', { id })).toEqual(shell);
    await receiver.close();
  });

  test('what its requests were answered is erased too: their keys bring nothing back', async () => {
    const canary = 'erased.person@example.com';
    const keyed = (name: string) => ({ headers: { 'idempotency-key': `erased-${name}` } });
    const asked = {
      referenceId: 'erased-1',
      returnUrl: 'https://shop.example/',
      ...ongoing,
      customer: { email: canary },
      metadata: { canary },
    };
    const { body: created } = await app.call('/data/session/create', asked, keyed('create'));
    const { id } = created;
    const visitor = new Visitor();
    const away = await goToBank(visitor, created.redirectUrl);
    await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
    await eventually(
      () => statusOf(app, id),
      (status) => status === 'complete',
    );
    const refreshed = await app.call('/data/session/refresh', { id }, keyed('refresh'));
    await eventually(
      async () => (await retrieve(id)).refresh.status,
      (status) => status === 'complete',
    );
    const kept = async () => {
      const { rows } = await app.pool.query(
        `SELECT (SELECT count(*) FROM idempotency_key WHERE subject = $1)::int AS answers,
                (SELECT count(*) FROM consent_call JOIN bank_consent consent ON consent.id = consent_id
                 WHERE session_id = $1)::int AS calls`,
        [id],
      );
      return rows[0];
    };
    const again = await app.call('/data/session/create', asked, keyed('create'));
    expect(again.body).toMatchObject({ id, redirectUrl: created.redirectUrl, metadata: { canary } });
    expect(refreshed.body).toMatchObject({ metadata: { canary } });
    expect(await kept()).toEqual({ answers: 2, calls: expect.any(Number) });

    const shell = await app.call('/data/session/delete', { id }, keyed('delete'));
    expect(await kept()).toEqual({ answers: 1, calls: 0 });
    const replies = {
      create: await app.call('/data/session/create', asked, keyed('create')),
      refresh: await app.call('/data/session/refresh', { id }, keyed('refresh')),
      delete: await app.call('/data/session/delete', { id }, keyed('delete')),
    };
    expect(replies.create).toMatchObject({ status: 409, body: { param: 'referenceId', data: { id } } });
    expect(replies.refresh).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(replies.delete).toMatchObject({ status: 200, body: shell.body });
    const said = JSON.stringify(Object.values(replies).map(({ body }) => body));
    for (const secret of [canary, 'redirectUrl', '/flow/start']) expect(said).not.toContain(secret);
    expect(await noSealedValueOf(id)).toEqual([]);
  });

  test('one that has not ended is cancelled; its user’s login is ended at the bank', async () => {
    const consents = watchConsents(app);
    const session = await createSession(app);
    const visitor = new Visitor();
    const away = await goToBank(visitor, session.redirectUrl);
    const shell = await bodyOf('/data/session/delete', { id: session.id });
    expect(shell).toMatchObject({
      status: 'failed',
      failure: { code: 'cancelled' },
      deletedAt: expect.any(Number),
    });
    await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
  });

  test('what a fetch brings after it is not kept', async () => {
    const id = await completeSession(app, 'joint', ongoing);
    app.bank.control.addFault({ route: 'balances', fault: 'slow', delayMs: 500, times: 1 });
    await app.call('/data/session/refresh', { id });
    await eventually(
      async () => app.bank.control.requests().at(-1)?.route,
      (route) => route === 'accounts' || route === 'balances',
    );
    await bodyOf('/data/session/delete', { id });
    await noJobsLeft(app, id);
    for (const table of [
      'bank_data',
      'transaction_ledger',
      'bank_transaction',
      'transaction_chunk',
      'session_refresh',
    ]) {
      const { rowCount } = await app.pool.query(`SELECT FROM ${table} WHERE session_id = $1`, [id]);
      expect([table, rowCount]).toEqual([table, 0]);
    }
  });
});

describe.each(['/data/session/expire', '/data/session/delete'])('POST %s', (path) => {
  test('401, 404, 400, and the same answer under a key', async () => {
    const { id } = await createSession(app);
    const rival = await app.addMerchant(`rival${path.length}${path.at(-1)}`);
    expect((await app.call(path, { id }, { key: '' })).status).toBe(401);
    expect((await app.call(path, { id }, { key: rival })).body.code).toBe('NOT_FOUND');
    expect((await app.call(path, { id: 'nobody' })).status).toBe(404);
    expect((await app.call(path, {})).body).toMatchObject({ statusCode: 400, param: 'id' });
    const headers = { 'idempotency-key': `key ${path}` };
    const first = await app.call(`/api/service${path}`, { id }, { headers });
    const again = await app.call(path, { id }, { headers });
    expect(first.status).toBe(200);
    expect([again.body, again.headers.get('idempotent-replayed')]).toEqual([first.body, 'true']);
  });
});
