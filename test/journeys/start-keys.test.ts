import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { newMasterKey } from '../../src/config.ts';
import { ask } from '../platform/postgres-owner.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  makeStartFolder,
  runCommand,
  startCommand,
  startEverything,
  startInVain,
} from '../support/started.ts';

// Several processes one after the other, each of which compiles its sources first.
vi.setConfig({ testTimeout: 90_000 });

const [key, otherKey] = [newMasterKey(), newMasterKey()];
const create = ['merchant', 'create', '--name', 'Shop', '--country', 'DE'];
const isOther =
  'The database was written with another encryption key than TRELLIS_MASTER_KEY. Put that key back, or use an empty database to begin anew.';
const lacksOld = /^TRELLIS_MASTER_KEY lacks an encryption key .*\(id [0-9a-f]{16}\)\. Put it back, [^\n]+\.$/;

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

function environment(masterKey: string): Record<string, string> {
  return {
    DATABASE_URL: database.connectionString,
    TRELLIS_MASTER_KEY: masterKey,
    PUBLIC_URL: 'https://data.example.com',
    PORT: '0',
  };
}

const run = (args: string[], masterKey: string) => runCommand(args, environment(masterKey));
const count = (table: string) => ask(database.connectionString, `SELECT count(*)::int FROM ${table}`);
const readyLines = { serve: '"ready"', work: '"working"' } as const;

/** Starts, and ends it again as soon as it is ready. */
async function comesUp(command: keyof typeof readyLines, masterKey: string): Promise<number | null> {
  return (await startCommand([command], environment(masterKey), readyLines[command])).interrupt();
}

describe('a process whose master key is not the database’s ends before it does anything', () => {
  test('another key', async () => {
    expect(await run(create, key)).toMatchObject({ code: 0 });
    for (const args of [['serve'], ['work'], create]) {
      const { code, output } = await run(args, otherKey);
      expect({ args, code, output: output.trim() }).toEqual({ args, code: 1, output: isOther });
    }
    expect([await count('merchant'), await count('master_key_check')]).toEqual([1, 1]);
    expect([await comesUp('serve', key), await comesUp('work', key)]).toEqual([0, 0]);
  });

  test('after a rotation the old key must stay, and the new one too', async () => {
    await run(create, key);
    expect(await comesUp('serve', `${otherKey},${key}`)).toBe(0);
    for (const alone of [key, otherKey]) {
      const { code, output } = await run(create, alone);
      expect({ code, output: output.trim() }).toEqual({ code: 1, output: expect.stringMatching(lacksOld) });
    }
    expect(await comesUp('work', `${key},${otherKey}`)).toBe(0);
  });

  test('a database that is older than the check is judged by what was sealed in it, under each of its keys', async () => {
    await run(create, key);
    await run(create, `${otherKey},${key}`);
    await ask(database.connectionString, 'TRUNCATE master_key_check');
    const third = newMasterKey();
    for (const wrong of [third, key, `${third},${otherKey}`]) {
      const { code, output } = await run(create, wrong);
      expect({ code, output: output.trim() }).toEqual({ code: 1, output: isOther });
    }
    expect(await count('master_key_check')).toBe(0);
    expect(await comesUp('serve', `${third},${key},${otherKey}`)).toBe(0);
    expect(await count('master_key_check')).toBe(3);
  });

  test('of two that meet at an empty database with different keys, one gives way', async () => {
    const both = await Promise.all([run(create, key), run(create, otherKey)]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(both.map(({ output }) => output).join('')).toContain(isOther);
    expect([await count('merchant'), await count('master_key_check')]).toEqual([1, 1]);
  });
});

test('a key file that was lost is told as such, and no new key is made in its place', async () => {
  const dataDir = await makeStartFolder();
  const env = { DATABASE_URL: database.connectionString };
  const first = await startEverything(dataDir, env);
  await first.interrupt();
  await rm(path.join(dataDir, 'master-key'));
  const { code, output } = await startInVain(dataDir, env);
  expect({ code, output: output.trim() }).toEqual({
    code: 1,
    output: `The database was written with an encryption key, but ${dataDir}/master-key is missing. Put the file back, or use an empty database to begin anew.`,
  });
  expect(await readdir(dataDir)).not.toContain('master-key');
  await rm(dataDir, { recursive: true, force: true });
});

test('a database without the newest schema is one sentence that says what to run', async () => {
  await ask(database.connectionString, "DELETE FROM schema_migration WHERE name LIKE '0004%'");
  const { code, output } = await run(['serve'], key);
  expect({ code, output: output.trim() }).toEqual({
    code: 1,
    output: 'The database lacks 0004_webhooks.sql of this release. Run the command "migrate" first.',
  });
});
