import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Collection, Journal } from '../../src/sandbox-bank/journal.ts';
import { startBank } from './support/bank-under-test.ts';
import { connect, connectByRedirect } from './support/journey.ts';
import { decoupledBank, embeddedBank, openConsent } from './support/sca.ts';
import { codeOf, redirectBank, Tpp } from './support/tpp.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandbox-bank-'));
  file = path.join(folder, 'data', 'bank.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Thing {
  readonly n: number;
}

function openJournal(maxThings = 100): { journal: Journal; things: Collection<Thing> } {
  const journal = new Journal(file);
  const things = journal.collection<Thing>('things', maxThings);
  journal.open();
  return { journal, things };
}

describe('the journal', () => {
  test('gives back what was put, changed and deleted', () => {
    const { journal, things } = openJournal();
    things.put('a', { n: 1 });
    things.put('b', { n: 2 });
    things.put('a', { n: 3 });
    things.delete('b');
    things.put('ключ "\n', { n: 4 });
    journal.close();
    expect([...openJournal().things.values()]).toEqual([{ n: 3 }, { n: 4 }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('cut at any byte loses only what the cut touched, and can be written on', () => {
    const { journal, things } = openJournal();
    for (let n = 0; n < 5; n += 1) things.put(`key-${n}`, { n });
    journal.close();
    const whole = readFileSync(file);
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(file, whole.subarray(0, length));
      const complete = whole.toString('utf8', 0, length).split('\n').length - 1;
      const reopened = openJournal();
      expect([...reopened.things.values()]).toHaveLength(complete);
      reopened.things.put('later', { n: 9 });
      reopened.journal.close();
      const last = openJournal();
      expect([...last.things.values()].map((thing) => thing.n)).toEqual([...Array(complete).keys(), 9]);
      last.journal.close();
    }
  });

  test('damaged inside is refused, with file and line', () => {
    const { journal, things } = openJournal();
    things.put('a', { n: 1 });
    journal.close();
    appendFileSync(file, '{"not":"ours"}\n["things","b",{"n":2}]\n');
    expect(() => openJournal()).toThrow(`${file}, line 2, is damaged`);
  });

  test('forgets the oldest entries beyond its limit, then and after a restart', () => {
    const { journal, things } = openJournal(3);
    for (let n = 0; n < 5; n += 1) things.put(`key-${n}`, { n });
    things.put('key-2', { n: 22 });
    expect([...things.values()]).toEqual([{ n: 22 }, { n: 3 }, { n: 4 }]);
    journal.close();
    expect([...openJournal(3).things.values()]).toEqual([{ n: 22 }, { n: 3 }, { n: 4 }]);
  });

  test('rewrites a file that is mostly history', () => {
    const { journal, things } = openJournal();
    for (let n = 0; n < 1_200; n += 1) things.put('same', { n });
    journal.close();
    const before = statSync(file).size;
    const reopened = openJournal();
    expect(statSync(file).size).toBeLessThan(before / 100);
    reopened.things.put('other', { n: 1 });
    reopened.journal.close();
    expect([...openJournal().things.values()]).toEqual([{ n: 1_199 }, { n: 1 }]);
  });
});

describe('a restarted bank', () => {
  test('knows consents, tokens, faults, counters and its moved clock', async () => {
    const first = await startBank({ dataFile: file });
    const { consentId, headers, read, refreshToken = '' } = await connect(first.url, { userName: 'many' });
    for (let call = 1; call <= 4; call += 1) await read('/accounts', true);
    const { accounts } = (await read('/accounts')).json;
    first.control.moveClock({ advanceSeconds: 300 });
    first.control.addFault({ fault: 'html-503', route: 'account', times: 2 });
    await first.close();

    const second = await startBank({ dataFile: file });
    const tpp = new Tpp(second.url);
    expect(second.control.now().toISOString()).toBe('2027-03-12T12:05:00.000Z');
    expect((await tpp.call(`/consents/${consentId}/status`)).json).toEqual({ consentStatus: 'valid' });
    expect((await tpp.call('/accounts', { headers })).json.accounts).toEqual(accounts);
    expect(codeOf(await tpp.call('/accounts', { headers: { ...headers, 'PSU-IP-Address': null } }))).toBe(
      '429 ACCESS_EXCEEDED',
    );
    expect((await tpp.call(`/accounts/${accounts[0].resourceId}`, { headers })).status).toBe(503);
    expect((await tpp.token({ grant_type: 'refresh_token', refresh_token: refreshToken })).status).toBe(200);
    await second.close();
  });

  test('goes on with what was half-way: a code awaited, a request in the app', async () => {
    const first = await startBank({ dataFile: file });
    const entering = await openConsent(first.url, embeddedBank);
    const password = 'not to be kept';
    const step = await entering.start('single', { psuData: { password } });
    const asking = await openConsent(first.url, decoupledBank);
    const asked = await asking.start('ada');
    await first.close();
    expect(readFileSync(file, 'utf8')).not.toContain(password);
    const second = await startBank({ dataFile: file });
    const tpp = new Tpp(second.url);
    const code = second.control.authorisations().find(({ id }) => id === step.json.authorisationId)?.code;
    const body = { scaAuthenticationData: code };
    await tpp.call(step.json._links.authoriseTransaction.href, { method: 'PUT', body });
    expect(second.control.answerInApp(asked.json.authorisationId, 'approve')).toBe(true);
    for (const { links } of [entering, asking]) {
      expect((await tpp.call(links.status.href)).json).toEqual({ consentStatus: 'valid' });
    }
    await second.close();
  });

  test('forgets a record that a kill tore, and keeps the ones before it', async () => {
    const first = await startBank({ dataFile: file });
    const kept = await connectByRedirect(first.url);
    const torn = (await kept.tpp.createConsent(undefined, { bank: redirectBank })).json.consentId;
    await first.close();
    const lines = readFileSync(file, 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes(torn));
    truncateSync(file, Buffer.byteLength(lines.slice(0, at + 1).join('\n')) - 7);
    const second = await startBank({ dataFile: file });
    const tpp = new Tpp(second.url);
    const status = async (id: string) => tpp.call(`/consents/${id}/status`, { bank: redirectBank });
    expect((await status(kept.consentId)).json).toEqual({ consentStatus: 'valid' });
    expect(codeOf(await status(torn))).toBe('403 CONSENT_UNKNOWN');
    await second.close();
  });

  test('after kill -9 has every consent that it acknowledged', async () => {
    const child = fork(new URL('./support/bank-process.ts', import.meta.url), [file], {
      execArgv: ['--import', 'tsx'],
    });
    const [{ url }] = await once(child, 'message');
    const tpp = new Tpp(url);
    const acknowledged: string[] = [];
    const busy = Array.from({ length: 4 }, async () => {
      for (;;) acknowledged.push((await tpp.createConsent(undefined, { bank: redirectBank })).json.consentId);
    });
    while (acknowledged.length < 40) await Promise.race([...busy, new Promise(setImmediate)]);
    child.kill('SIGKILL');
    await Promise.allSettled(busy);
    const bank = await startBank({ dataFile: file });
    const known = new Set(bank.control.consents().map((consent) => consent.id));
    expect(acknowledged.filter((id) => !known.has(id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThanOrEqual(40);
    await bank.close();
  });
});

describe('starting', () => {
  test('on a taken port fails with the system’s own error, and leaves the file alone', async () => {
    const first = await startBank({ dataFile: file });
    await connectByRedirect(first.url);
    const before = readFileSync(file, 'utf8');
    appendFileSync(file, 'half a li');
    await expect(startBank({ dataFile: file, port: first.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    expect(readFileSync(file, 'utf8')).toBe(`${before}half a li`);
    await first.close();
  });

  test('on a damaged file fails, and gives the port back', async () => {
    const probe = await startBank();
    const { port } = probe;
    await probe.close();
    await startBank({ dataFile: file }).then((bank) => bank.close());
    appendFileSync(file, 'nonsense\n');
    await expect(startBank({ dataFile: file, port })).rejects.toThrow('is damaged');
    await startBank({ port }).then((bank) => bank.close());
  });

  test('logs names and status, never data', async () => {
    const lines: string[] = [];
    const bank = await startBank({ log: (line) => lines.push(line) });
    const { consentId } = await connect(bank.url);
    await bank.close();
    expect(lines).toEqual([
      'trellis-test-bank createConsent 201',
      'trellis-test-bank metadata 200',
      'trellis-test-bank authorize 303',
      'trellis-test-bank token 200',
    ]);
    expect(lines.join()).not.toContain(consentId);
  });

  test('ends while calls hang', async () => {
    const bank = await startBank();
    bank.control.addFault({ fault: 'no-answer' });
    const hanging = new Tpp(bank.url).createConsent().then(
      () => 'answered',
      () => 'ended',
    );
    while (bank.control.requests().length === 0) await new Promise(setImmediate);
    await bank.close();
    expect(await hanging).toBe('ended');
  });
});
