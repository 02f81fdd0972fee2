import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  statusOf,
  testBank,
  Visitor,
  watchConsents,
} from '../support/visitor.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ expectsErrors: /the transaction dies here/ });
});
afterAll(() => app.close());
beforeEach(() => app.bank.control.clearFaults());

const broken = [
  'status-500',
  'status-503',
  'html-500',
  'html-200',
  'malformed-json',
  'connection-reset',
] as const;

describe.each(broken)('the bank answers %s', (fault) => {
  test('when asked to begin: the page says so, nothing is shared, trying again works', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    app.bank.control.addFault({ route: 'createConsent', fault });
    const failed = await goToBank(visitor, session.redirectUrl);
    expect([failed.status, failed.page]).toEqual([200, 'failed']);
    expect(failed.html).toContain('/other-bank');
    expect(await statusOf(app, session.id)).toBe('started');
    expect((await visitor.open(failed.url)).page).toBe('failed');
    app.bank.control.clearFaults();
    const away = await visitor.submit(failed, 'agree');
    expect(away.page).toBe('hand-over');
  });

  test('when the return is exchanged: the same, and no consent stays alive', async () => {
    const consents = watchConsents(app);
    const session = await createSession(app);
    const visitor = new Visitor();
    const away = await goToBank(visitor, session.redirectUrl);
    const back = await authoriseAtBank(visitor, leavesTo(away));
    app.bank.control.addFault({ route: 'token', fault });
    const failed = await visitor.open(back);
    expect([failed.status, failed.page]).toEqual([200, 'failed']);
    expect(await statusOf(app, session.id)).toBe('started');
    app.bank.control.clearFaults();
    expect((await visitor.open(back)).page).toBe('failed'); // the used state is worth nothing
    const again = await visitor.submit(failed, 'agree');
    const left = await visitor.open(await authoriseAtBank(visitor, leavesTo(again)));
    expect(leavesTo(left)).toContain('success=true');
    await eventually(consents, ([first]) => first === 'terminatedByTpp');
  });
});

describe('a bank that is away', () => {
  test('giving up tells the merchant that the bank could not be reached', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    const failed = await goToBank(visitor, session.redirectUrl, 'de-trellis-offline-bank');
    expect(failed.html).toContain(en.failed['bank-down'].title(displayName('Trellis Offline Bank')));
    const left = await visitor.submit(failed, 'back');
    expect(leavesTo(left)).toContain('success=false&reason=failed');
    expect(await statusOf(app, session.id)).toBe('failed bank_unavailable');
    expect((await visitor.open(session.redirectUrl)).page).toBe('ended');
  });

  test('another bank may work at once', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    const failed = await goToBank(visitor, session.redirectUrl, 'de-trellis-offline-bank');
    const chooser = await visitor.submit(failed, 'other-bank');
    const consent = await visitor.submit(chooser, 'choose', { bank: testBank });
    expect((await visitor.submit(consent, 'agree')).page).toBe('hand-over');
  });
});

describe('a process that dies', () => {
  const dies = `CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the transaction dies here'; END $$;
    CREATE TRIGGER die BEFORE UPDATE ON flow_attempt FOR EACH ROW
    WHEN (NEW.stage IN ('granted', 'at-bank')) EXECUTE FUNCTION die()`;
  const lives = 'DROP TRIGGER IF EXISTS die ON flow_attempt';
  const leaseEnds =
    "UPDATE flow_attempt SET leased_until = now() - interval '1 ms' WHERE leased_until IS NOT NULL";

  /** A minute passes: whoever sweeps next ends what was cut off. */
  async function sweep(): Promise<void> {
    await app.pool.query(leaseEnds);
    const leased = async () =>
      (await app.pool.query('SELECT FROM flow_attempt WHERE leased_until IS NOT NULL')).rowCount;
    await eventually(leased, (count) => count === 0);
  }

  test('between the exchange and its storing: the user is told and tries again, nothing is stuck', async () => {
    const consents = watchConsents(app);
    const session = await createSession(app);
    const visitor = new Visitor();
    const home = `${app.url}/flow/shop/${session.id}`;
    const away = await goToBank(visitor, session.redirectUrl);
    const back = await authoriseAtBank(visitor, leavesTo(away));
    await app.pool.query(dies);
    const fault = await visitor.open(back);
    expect([fault.status, fault.page]).toEqual([500, 'fault']);
    expect(fault.html).toContain(fault.headers.get('x-request-id'));
    expect(fault.html).not.toMatch(/dies here|Error|at \//);
    await app.pool.query(lives);
    expect((await visitor.open(home)).page).toBe('waiting-finishing');
    expect((await visitor.open(back)).page).toBe('waiting-finishing');
    await sweep();
    expect(await statusOf(app, session.id)).toBe('started');
    const failed = await visitor.open(home);
    expect(failed.html).toContain(en.failed.interrupted.title(displayName('Trellis Test Bank')));
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    const again = await visitor.submit(failed, 'agree');
    const left = await visitor.open(await authoriseAtBank(visitor, leavesTo(again)));
    expect(leavesTo(left)).toContain('success=true');
  });

  test('between the begin and its storing: the user tries again', async () => {
    const session = await createSession(app);
    const visitor = new Visitor();
    const home = `${app.url}/flow/shop/${session.id}`;
    await app.pool.query(dies);
    expect((await goToBank(visitor, session.redirectUrl)).status).toBe(500);
    await app.pool.query(lives);
    expect((await visitor.open(home)).page).toBe('waiting-contacting-bank');
    await sweep();
    const failed = await visitor.open(home);
    expect(failed.page).toBe('failed');
    expect((await visitor.submit(failed, 'agree')).page).toBe('hand-over');
  });

  test('a call that comes back after its lease is thrown away, and what it brought is ended', async () => {
    const consents = watchConsents(app);
    const session = await createSession(app);
    const visitor = new Visitor();
    const away = await goToBank(visitor, session.redirectUrl);
    const back = await authoriseAtBank(visitor, leavesTo(away));
    app.bank.control.addFault({ route: 'token', fault: 'slow', delayMs: 4_000, times: 1 });
    const returning = visitor.open(back);
    const stage = async () =>
      (await app.pool.query('SELECT stage FROM flow_attempt WHERE session_id = $1', [session.id])).rows[0]
        .stage;
    await eventually(stage, (now) => now === 'exchanging');
    await sweep();
    expect(await stage()).toBe('failed');
    expect((await returning).page).toBe('failed');
    await eventually(consents, ([status]) => status === 'terminatedByTpp');
    expect(await statusOf(app, session.id)).toBe('started');
  });
});

test('a bank that lets in and then shows no account: no page says more than is so', async () => {
  const session = await createSession(app);
  const visitor = new Visitor();
  const home = `${app.url}/flow/shop/${session.id}`;
  const away = await goToBank(visitor, session.redirectUrl);
  const back = await authoriseAtBank(visitor, leavesTo(away), { userName: 'noaccounts' });
  app.bank.control.addFault({ route: 'accounts', fault: 'slow', delayMs: 700, times: 1 });
  const left = await visitor.open(back);
  const meanwhile = await visitor.open(home);
  expect([left.page, meanwhile.page]).toEqual(['hand-over', 'ended-pending']);
  for (const { html } of [left, meanwhile]) expect(html).not.toMatch(/All done|receive/);
  await eventually(
    () => statusOf(app, session.id),
    (status) => status === 'failed no_accounts',
  );
  const ended = await visitor.open(home);
  expect(ended.page).toBe('ended');
  expect(ended.html).toContain(en.ended.failed.title(displayName('')));
  expect(ended.html).toContain('success=false');
  expect(leavesTo(await visitor.open(`${home}/leave`))).toContain('success=false&reason=failed');
});
