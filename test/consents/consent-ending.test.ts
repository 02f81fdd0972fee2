import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReadAccess } from '../../src/banking/call-budget.ts';
import type { BankConsent } from '../../src/banking/consent.ts';
import { newMasterKey } from '../../src/config.ts';
import { berlinGroupConnector } from '../../src/connectors/berlin-group/connector.ts';
import { ConsentService } from '../../src/consents/consent-service.ts';
import { ConsentStore } from '../../src/consents/consent-store.ts';
import { present } from '../../src/core/assert.ts';
import { Secret } from '../../src/core/secret.ts';
import { AttemptStore } from '../../src/flow/attempt-store.ts';
import { InstitutionService } from '../../src/institutions/institution-service.ts';
import { sandboxBanks } from '../../src/institutions/sandbox-banks.ts';
import { Vault } from '../../src/platform/crypto/vault.ts';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';
import { dbOf, transaction } from '../../src/platform/postgres/pool.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  statusOf,
  Visitor,
} from '../support/visitor.ts';

const dayMs = 24 * 3_600_000;
const masterKeys: [Secret] = [new Secret(newMasterKey())];
const vault = new Vault(masterKeys);
let app: TestApp;
/** As another process has it, whose catalogue lacks the bank. */
let elsewhere: ConsentService;

beforeAll(async () => {
  app = await startTestApp({ masterKeys, expectsErrors: /a job failed|could not be ended at the bank/ });
  elsewhere = new ConsentService({
    db: dbOf(app.pool),
    pool: app.pool,
    logger: pino({ level: 'silent' }),
    store: new ConsentStore(vault),
    clock: app.clock,
    institutions: new InstitutionService([], new Map()),
  });
});
afterAll(() => app.close());

/** A complete session whose consent the bank could not be told to end: its job is used up. */
async function stuck(): Promise<string> {
  app.bank.control.addFault({ route: 'deleteConsent', fault: 'status-500' });
  const session = await createSession(app);
  const visitor = new Visitor();
  const away = await goToBank(visitor, session.redirectUrl);
  await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
  await eventually(
    () => statusOf(app, session.id),
    (status) => status === 'complete',
  );
  await eventually(
    async () =>
      (
        await app.pool.query('SELECT attempts, locked_at FROM graphile_worker._private_jobs WHERE key = $1', [
          keyOf(session.id),
        ])
      ).rows[0],
    (job) => job?.attempts === 1 && job.locked_at === null,
  );
  await app.pool.query('UPDATE graphile_worker._private_jobs SET attempts = max_attempts WHERE key = $1', [
    keyOf(session.id),
  ]);
  app.bank.control.clearFaults();
  return session.id;
}

function keyOf(sessionId: string): string {
  return `consent-end:shop:${sessionId}`;
}

async function consentOf(sessionId: string) {
  const { rows } = await app.pool.query(
    'SELECT status, sealed_credentials FROM bank_consent WHERE session_id = $1',
    [sessionId],
  );
  return rows[0];
}

/** As if nobody had asked for its end, so that it can be used. */
async function wantedAgain(sessionId: string): Promise<void> {
  await app.pool.query('UPDATE bank_consent SET ending_since = NULL WHERE session_id = $1', [sessionId]);
}

test('a process that does not know the bank ends nothing, and says so to the queue', async () => {
  const id = await stuck();
  await expect(elsewhere.end('shop', id)).rejects.toThrow('catalogue');
  await wantedAgain(id);
  await expect(elsewhere.use({ merchantId: 'shop', sessionId: id }, async () => undefined)).rejects.toThrow(
    'catalogue',
  );
  expect(await consentOf(id)).toMatchObject({ status: 'authorised', sealed_credentials: expect.any(Buffer) });
});

test('a consent whose job is used up is ended a day later by a new one', async () => {
  const id = await stuck();
  await elsewhere.endOverdue();
  expect((await consentOf(id)).status).toBe('authorised');
  app.clock.advance(dayMs + 1_000);
  await app.pool.query('UPDATE bank_consent SET expires_at = NULL WHERE session_id = $1', [id]);
  await elsewhere.endOverdue();
  const ended = await eventually(
    () => consentOf(id),
    (consent) => consent.status !== 'authorised',
  );
  expect(ended).toEqual({ status: 'revoked', sealed_credentials: null });
});

test('a consent that ran out at the bank is over here too, its tokens erased', async () => {
  const id = await stuck();
  app.clock.advance(3 * dayMs);
  await elsewhere.endOverdue();
  expect(await consentOf(id)).toEqual({ status: 'expired', sealed_credentials: null });
});

test('a consent that the bank renewed ends when the bank now says', async () => {
  const id = await stuck();
  const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: false, forbiddenPorts: [] });
  const connector = berlinGroupConnector({
    outbound,
    clock: app.clock,
    tpp: { clientId: 'x', brandName: 'x' },
  });
  const here = new ConsentService({
    db: dbOf(app.pool),
    pool: app.pool,
    logger: pino({ level: 'silent' }),
    store: new ConsentStore(vault),
    clock: app.clock,
    institutions: new InstitutionService(
      sandboxBanks(app.bank.url),
      new Map([[connector.protocol, connector]]),
    ),
  });
  const renewedUntil = new Date(app.clock.now().getTime() + 5 * dayMs);
  await wantedAgain(id);
  const use = async (work: (access: ReadAccess) => Promise<void>) => {
    const wasFree = await here.use({ merchantId: 'shop', sessionId: id }, async (usable) =>
      work(present(usable, 'a living consent').access),
    );
    expect(wasFree).toBe(true);
  };
  const credentials = { tokens: 'renewed' };
  let renewed: BankConsent | undefined;
  await use(async ({ consent, keep }) => {
    renewed = { ...consent, credentials, expiresAt: renewedUntil };
    await keep(renewed);
  });
  app.clock.advance(4 * dayMs);
  await here.endOverdue();
  await use(async ({ consent, keep }) => {
    expect(consent).toEqual(renewed);
    // One that says nothing of an end keeps the one that is known.
    const { expiresAt: _renewed, ...endless } = consent;
    await keep(endless);
  });
  app.clock.advance(dayMs);
  await elsewhere.endOverdue();
  expect(await consentOf(id)).toEqual({ status: 'expired', sealed_credentials: null });
  await outbound.close();
});

test('an attempt that left something at the bank is found again when its job had its time', async () => {
  const session = await createSession(app);
  const visitor = new Visitor();
  await goToBank(visitor, session.redirectUrl);
  const store = new AttemptStore(vault);
  const leftOver = (before: Date) => store.findLeftOver(dbOf(app.pool), before, 10);
  const later = new Date(app.clock.now().getTime() + 1_000);
  expect(await leftOver(later)).toEqual([]);
  await app.pool.query(
    `UPDATE flow_attempt SET stage = 'failed', failure = 'interrupted' WHERE session_id = $1`,
    [session.id],
  );
  const [found] = await leftOver(later);
  expect(found).toMatchObject({ sessionId: session.id, stage: 'failed' });
  if (found) await transaction(app.pool, (tx) => store.touch(tx, found, new Date(later.getTime() + dayMs)));
  expect(await leftOver(later)).toEqual([]);
});
