import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { newMasterKey } from '../../src/config.ts';
import { Secret } from '../../src/core/secret.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  statusOf,
  Visitor,
  watchConsents,
} from '../support/visitor.ts';

const masterKey = newMasterKey();
/** Two processes on one database: the survivor has the worker, the victim is killed. */
let survivor: TestApp;
let victim: { readonly url: string; readonly process: ChildProcess };

beforeAll(async () => {
  survivor = await startTestApp({ masterKeys: [new Secret(masterKey)] });
});
afterAll(() => survivor.close());
beforeEach(async () => {
  victim = await startVictim();
});
afterEach(() => {
  victim.process.kill('SIGKILL');
  survivor.bank.control.clearFaults();
});

async function startVictim(): Promise<typeof victim> {
  const script = path.join(import.meta.dirname, 'server-process.ts');
  const values = [survivor.connectionString, masterKey, survivor.bank.url, survivor.url];
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...values], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return { url: String(line).trim(), process: child };
}

async function killVictim(): Promise<void> {
  const gone = once(victim.process, 'exit');
  victim.process.kill('SIGKILL');
  await gone;
}

const atVictim = (url: string) => url.replace(survivor.url, victim.url);

/** A minute later: the leases of the dead are over. */
async function aMinuteLater(): Promise<void> {
  await survivor.pool.query(
    "UPDATE flow_attempt SET leased_until = now() - interval '1 ms' WHERE leased_until IS NOT NULL",
  );
}

async function waitForCall(route: string): Promise<void> {
  const calls = async () => survivor.bank.control.requests().filter((call) => call.route === route);
  await eventually(calls, ({ length }) => length > 0);
}

test.each([
  ['while the bank is asked to begin', 'createConsent'],
  ['while the user’s address at the bank is looked up', 'metadata'],
] as const)('killed %s', async (_name, route) => {
  const session = await createSession(survivor);
  const visitor = new Visitor();
  const home = `${survivor.url}/flow/shop/${session.id}`;
  survivor.bank.control.clearRequests();
  survivor.bank.control.addFault({ route, fault: 'slow', delayMs: 3_000, times: 1 });
  const lost = goToBank(visitor, atVictim(session.redirectUrl)).catch(() => 'lost');
  await eventually(
    () => visitor.open(home).catch(() => undefined),
    (seen) => seen?.page === 'waiting-contacting-bank',
  );
  if (route === 'metadata') await waitForCall('createConsent');
  await killVictim();
  expect(await lost).toBe('lost');
  await aMinuteLater();
  const failed = await eventually(
    () => visitor.open(home),
    ({ page }) => page === 'failed',
  );
  const away = await visitor.submit(failed, 'agree');
  const left = await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
  expect(leavesTo(left)).toContain('success=true');
  await eventually(
    () => statusOf(survivor, session.id),
    (status) => status === 'complete',
  );
});

test.each([
  ['while the code is exchanged', 'token'],
  ['after the code was exchanged, before anything was stored', 'consentStatus'],
] as const)('killed %s', async (_name, route) => {
  const consents = watchConsents(survivor);
  const session = await createSession(survivor);
  const visitor = new Visitor();
  const home = `${survivor.url}/flow/shop/${session.id}`;
  const back = await authoriseAtBank(visitor, leavesTo(await goToBank(visitor, session.redirectUrl)));
  survivor.bank.control.clearRequests();
  survivor.bank.control.addFault({ route, fault: 'slow', delayMs: 3_000, times: 1 });
  const lost = visitor.open(atVictim(back)).catch(() => 'lost');
  await eventually(
    () => visitor.open(home),
    ({ page }) => page === 'waiting-finishing',
  );
  if (route === 'consentStatus') await waitForCall('token');
  await killVictim();
  expect(await lost).toBe('lost');
  expect((await visitor.open(back)).page).toBe('waiting-finishing');
  await aMinuteLater();
  const failed = await eventually(
    () => visitor.open(home),
    ({ page }) => page === 'failed',
  );
  expect(await statusOf(survivor, session.id)).toBe('started');
  await eventually(consents, ([status]) => status === 'terminatedByTpp');
  expect((await visitor.open(back)).page).toBe('failed');
  const away = await visitor.submit(failed, 'agree');
  const left = await visitor.open(await authoriseAtBank(visitor, leavesTo(away)));
  expect(leavesTo(left)).toContain('success=true');
  await eventually(
    () => statusOf(survivor, session.id),
    (status) => status === 'complete',
  );
});

const embeddedBank = 'de-trellis-embedded-bank';
const decoupledBank = 'de-trellis-decoupled-bank';

test('killed while a password is with the bank: another try', async () => {
  const session = await createSession(survivor);
  const visitor = new Visitor();
  const home = `${survivor.url}/flow/shop/${session.id}`;
  const asked = await goToBank(visitor, session.redirectUrl, embeddedBank);
  survivor.bank.control.clearRequests();
  survivor.bank.control.addFault({ route: 'createConsent', fault: 'slow', delayMs: 3_000, times: 1 });
  const typed = { 'field-0': 'single', 'field-1': 'any' };
  const lost = visitor.submit({ ...asked, url: atVictim(asked.url) }, 'answer', typed).catch(() => 'lost');
  await eventually(
    () => visitor.open(home),
    ({ page }) => page === 'waiting-contacting-bank',
  );
  await killVictim();
  expect(await lost).toBe('lost');
  await aMinuteLater();
  const failed = await eventually(
    () => visitor.open(home),
    ({ page }) => page === 'failed',
  );
  const again = await visitor.submit(failed, 'agree');
  const code = await visitor.submit(again, 'answer', typed);
  expect(code.page).toBe('form-second-factor');
  const known = survivor.bank.control.authorisations().at(-1)?.code ?? '';
  expect(leavesTo(await visitor.submit(code, 'answer', { 'field-0': known }))).toContain('success=true');
  await eventually(
    () => statusOf(survivor, session.id),
    (status) => status === 'complete',
  );
});

test('killed while it asks whether the user has approved: another asks, and nothing is lost', async () => {
  const session = await createSession(survivor);
  const visitor = new Visitor();
  const home = `${survivor.url}/flow/shop/${session.id}`;
  const asked = await goToBank(visitor, session.redirectUrl, decoupledBank);
  expect((await visitor.submit(asked, 'answer', { 'field-0': 'ada' })).page).toBe('approve');
  const { id } = survivor.bank.control.authorisations().at(-1) ?? { id: '' };
  expect(survivor.bank.control.answerInApp(id, 'approve')).toBe(true);
  survivor.bank.control.clearRequests();
  survivor.bank.control.addFault({ route: 'scaStatus', fault: 'no-answer', times: 1 });
  const lost = eventually(
    () => visitor.open(atVictim(home)),
    ({ page }) => page !== 'approve',
  ).catch(() => 'lost');
  await waitForCall('scaStatus');
  await killVictim();
  expect(await lost).toBe('lost');
  expect((await visitor.open(home)).page).toBe('approve');
  await aMinuteLater();
  expect(leavesTo(await visitor.open(`${home}/leave`))).toContain('success=true');
  await eventually(
    () => statusOf(survivor, session.id),
    (status) => status === 'complete',
  );
});
