import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireFolderLock } from '../../src/platform/embedded-postgres/lock.ts';
import { findProcess, listProcesses, parsePs } from '../../src/platform/embedded-postgres/processes.ts';
import { makeTestFolder, removeTestFolder } from './postgres-owner.ts';

let folder: string;
let lock: string;

beforeEach(async () => {
  folder = await makeTestFolder();
  lock = path.join(folder, 'lock');
});
afterEach(() => removeTestFolder(folder));

const dead = { pid: spawnSync('/bin/true').pid, startedAt: 'long ago', token: 'x' };
const reused = { pid: process.pid, startedAt: 'long ago', token: 'x' };

test.each([
  ['of a process that is gone', JSON.stringify(dead)],
  ['of a process whose id another one has now', JSON.stringify(reused)],
  ['that was never written to its end', '{"pid":'],
  ['that is no lock at all', 'null'],
])('a lock %s goes to exactly one of many who want it', async (_, content) => {
  await writeFile(lock, content);
  const wanted = await Promise.allSettled(Array.from({ length: 12 }, () => acquireFolderLock(lock, folder)));
  const got = wanted.filter((each) => each.status === 'fulfilled').map((each) => each.value);
  expect(got).toHaveLength(1);
  for (const each of wanted) {
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ name: 'StartProblem' });
  }
  expect(await readdir(folder)).toEqual(['lock']);
  await got[0]?.release();
  expect(await readdir(folder)).toEqual([]);
});

test('a starter that died while it was its turn keeps nobody out', async () => {
  await writeFile(lock, JSON.stringify(dead));
  await writeFile(`${lock}.turn`, JSON.stringify(dead));
  const wanted = await Promise.allSettled(Array.from({ length: 12 }, () => acquireFolderLock(lock, folder)));
  expect(wanted.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['lock']);
});

test('a lock names its holder, who cannot take it twice, and a release leaves the lock of another alone', async () => {
  const held = await acquireFolderLock(lock, folder);
  expect(JSON.parse(await readFile(lock, 'utf8'))).toMatchObject({ pid: process.pid });
  await expect(acquireFolderLock(lock, folder)).rejects.toThrow(
    `already runs on ${folder} (process ${process.pid})`,
  );
  await writeFile(lock, 'of another');
  await held.release();
  expect(await readFile(lock, 'utf8')).toBe('of another');
});

test('processes are found with their start, and told from one another', async () => {
  const self = await findProcess(process.pid);
  expect(self).toMatchObject({ pid: process.pid, zombie: false });
  expect(await listProcesses()).toContainEqual(self);
  expect(await findProcess(dead.pid)).toBeUndefined();
});

test('what ps prints is read where there is no /proc', () => {
  const printed = [
    '    1 Ss   Mon Nov  2 06:14:03 2026     /sbin/launchd',
    '  412 S    Sun Nov 22 06:14:03 2026     /a b/postgres -D /data x -p 20000 -c fsync=on',
    '  413 Z    Sun Nov 22 06:14:04 2026     (postgres)',
    '  PID STAT STARTED COMMAND',
    '',
  ].join('\n');
  expect(parsePs(printed)).toEqual([
    { pid: 1, startedAt: 'Mon Nov  2 06:14:03 2026', zombie: false, command: '/sbin/launchd' },
    {
      pid: 412,
      startedAt: 'Sun Nov 22 06:14:03 2026',
      zombie: false,
      command: '/a b/postgres -D /data x -p 20000 -c fsync=on',
    },
    { pid: 413, startedAt: 'Sun Nov 22 06:14:04 2026', zombie: true, command: '(postgres)' },
  ]);
});
