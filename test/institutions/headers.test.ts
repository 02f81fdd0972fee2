import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newMasterKey } from '../../src/config.ts';
import { Secret } from '../../src/core/secret.ts';
import { sealStoredHeaders } from '../../src/institutions/profile-secret-service.ts';
import { sandboxBanks } from '../../src/institutions/sandbox-banks.ts';
import { keyIdOf, Vault } from '../../src/platform/crypto/vault.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createSession, eventually, goToBank, statusOf, Visitor } from '../support/visitor.ts';
import { fileBank, importBanks } from './catalogue-bench.ts';

const root = path.join(import.meta.dirname, '../..');
const apiKey = 'trellis-sandbox-key';
const masterKey = newMasterKey();
const vault = new Vault([new Secret(masterKey)]);

let app: TestApp;
let folder: string;
/** The sandbox's bank that wants a key, as a list of an operator's own has it. */
let keyBank: Record<string, unknown>;

beforeAll(async () => {
  app = await startTestApp({ masterKeys: [new Secret(masterKey)] });
  folder = await mkdtemp(path.join(tmpdir(), 'trellis-headers-'));
  const bank = sandboxBanks(app.bank.url, app.bank.tlsUrl ?? '').find(({ id }) => id.endsWith('key-bank'));
  const profile = bank?.profile as Record<string, unknown>;
  expect(profile.headers).toEqual({ 'X-API-Key': apiKey });
  keyBank = fileBank('de-key', { profile, test: true });
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await app.pool.query('TRUNCATE institution');
});

const importing = (banks: readonly unknown[], by = vault) => importBanks(app.pool, banks, { vault: by });
const withKey = (id: string, key: string) => {
  const { profile } = fileBank(id) as { profile: object };
  return fileBank(id, { profile: { ...profile, headers: { 'X-API-Key': key } } });
};

/** A whole session at the bank that answers nothing without its key. */
async function connect(userName: string): Promise<void> {
  const session = await createSession(app);
  const visitor = new Visitor();
  const form = await goToBank(visitor, session.redirectUrl, 'de-key');
  const waiting = await visitor.submit(form, 'answer', { 'field-0': userName });
  const asked = app.bank.control.authorisations().at(-1);
  expect(app.bank.control.answerInApp(asked?.id ?? '', 'approve')).toBe(true);
  await app.advance(10_000);
  await eventually(
    async () => {
      await visitor.open(waiting.url);
      return statusOf(app, session.id);
    },
    (status) => status === 'complete',
  );
}

async function stored(id: string) {
  const { rows } = await app.pool.query('SELECT * FROM institution WHERE id = $1', [id]);
  return rows[0];
}

/** As it was before there was a seal. */
async function unseal(id: string, headers: unknown): Promise<void> {
  await app.pool.query(
    `UPDATE institution SET profile = profile || jsonb_build_object('headers', $2::jsonb), sealed_headers = NULL
     WHERE id = $1`,
    [id, JSON.stringify(headers)],
  );
}

function trellisBanks(args: string[], env: Readonly<Record<string, string>> = {}) {
  const command = ['--import', 'tsx', 'src/main.ts', 'banks', ...args];
  const own = { PATH: process.env.PATH, DATABASE_URL: app.connectionString, ...env };
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, command, { cwd: root, env: own }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

test('the key of a bank is sealed in the database, and the bank gets it with every call', async () => {
  await importing([keyBank]);
  const row = await stored('de-key');
  expect(row.profile).not.toHaveProperty('headers');
  expect(JSON.stringify(row)).not.toContain(apiKey);
  expect(row.sealed_headers.includes(apiKey)).toBe(false);
  await connect('ada');
  const answers = await Promise.all(
    ['list', 'search', 'details'].map((route) => app.call(`/banks/${route}`, { id: 'de-key' })),
  );
  expect(JSON.stringify(answers.map(({ body }) => body))).not.toMatch(/X-API-Key|profile|headers/);
});

test('what one bank was given opens at no other', async () => {
  await importing([keyBank, withKey('de-other', 'other')]);
  await app.pool.query(
    `UPDATE institution SET sealed_headers = (SELECT sealed_headers FROM institution WHERE id = 'de-other')
     WHERE id = 'de-key'`,
  );
  const { sealed_headers: sealed } = await stored('de-key');
  const place = { table: 'institution', merchantId: '', column: 'sealed_headers' };
  expect(vault.openJson({ ...place, rowId: 'de-other' }, sealed)).toEqual({ 'X-API-Key': 'other' });
  expect(() => vault.open({ ...place, rowId: 'de-key' }, sealed)).toThrow('does not open here');
});

describe('imported before there was a seal', () => {
  test('it works as it is, and the worker seals it', async () => {
    await importing([keyBank]);
    await unseal('de-key', { 'X-API-Key': apiKey });
    await connect('ada');
    await sealStoredHeaders(app.pool, vault);
    expect(JSON.stringify(await stored('de-key'))).not.toContain(apiKey);
    await importing([keyBank]);
    await connect('joint');
  });

  test('many are sealed, and empty ones are gone', async () => {
    const ids = Array.from({ length: 1_001 }, (_, at) => `de-bank-${at}`);
    await importing(ids.map((id) => fileBank(id)));
    for (const id of ids.slice(0, 3)) await unseal(id, {});
    await app.pool.query(
      `UPDATE institution SET profile = profile || '{"headers": {"X-Key": "old"}}' WHERE NOT profile ? 'headers'`,
    );
    await sealStoredHeaders(app.pool, vault);
    const { rows } = await app.pool.query(
      `SELECT count(*)::int AS all, count(sealed_headers)::int AS sealed FROM institution WHERE NOT profile ? 'headers'`,
    );
    expect(rows).toEqual([{ all: 1_001, sealed: 998 }]);
  });

  test('the next import of its list seals it', async () => {
    await importing([withKey('de-a', 'one')]);
    await unseal('de-a', { 'X-API-Key': 'one' });
    expect(await importing([withKey('de-a', 'one')])).toMatchObject({ written: 1 });
    expect((await stored('de-a')).profile).not.toHaveProperty('headers');
  });
});

test('importing again writes what has changed only; under another master key, all that is sealed', async () => {
  const banks = [withKey('de-a', 'one'), withKey('de-b', 'two'), fileBank('de-c')];
  expect(await importing(banks)).toMatchObject({ written: 3 });
  expect(await importing(banks)).toMatchObject({ written: 0 });
  expect(await importing([withKey('de-a', 'other'), ...banks.slice(1)])).toMatchObject({ written: 1 });
  const rotated = new Vault([new Secret(newMasterKey()), new Secret(masterKey)]);
  expect(await importing([withKey('de-a', 'other'), ...banks.slice(1)], rotated)).toMatchObject({
    written: 2,
  });
  expect(keyIdOf((await stored('de-b')).sealed_headers)).toBe(rotated.keyId);
  expect(await importing([fileBank('de-a')])).toMatchObject({ written: 1, withdrawn: 2 });
  expect((await stored('de-a')).sealed_headers).toBeNull();
});

describe('the command', () => {
  const key = { TRELLIS_MASTER_KEY: masterKey };

  test('imports no headers without the master key', async () => {
    const file = path.join(folder, 'mine.json');
    await writeFile(file, JSON.stringify([withKey('de-a', 'one')]));
    const refused = await trellisBanks(['import', file]);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('set TRELLIS_MASTER_KEY')]);
    expect(await stored('de-a')).toBeUndefined();
  });

  test('exports what can be imported again, with a warning, or without', async () => {
    await importing([withKey('de-a', 'one'), fileBank('de-b')]);
    const refused = await trellisBanks(['export']);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain('--without-headers');
    const whole = await trellisBanks(['export'], key);
    expect(whole.err).toContain('1 profiles have headers');
    expect(JSON.parse(whole.out)[0].profile.headers).toEqual({ 'X-API-Key': 'one' });
    expect(await importing(JSON.parse(whole.out))).toMatchObject({ written: 0 });
    const without = await trellisBanks(['export', '--without-headers']);
    expect([without.code, without.err]).toEqual([0, '']);
    expect(without.out).not.toContain('headers');
    expect(JSON.parse(without.out)).toHaveLength(2);
  });
});
