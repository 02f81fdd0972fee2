import { chmod, chown, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ask,
  canStartOthers,
  endPostgresIn,
  type Identity,
  isRoot,
  makeClone,
  makeTestFolder,
  nobody,
  type OwnerOptions,
  OwnerProcess,
  removeTestFolder,
} from './postgres-owner.ts';

// Real processes, initdb and disks that are waited for: on a machine with other work to do this takes a while.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let root: string;
let folder: string;
let dataDir: string;
let owners: OwnerProcess[];

beforeAll(async () => {
  root = await makeTestFolder();
});
afterAll(() => removeTestFolder(root));
beforeEach(async () => {
  folder = await makeTestFolder(root);
  dataDir = path.join(folder, 'data');
  owners = [];
});
afterEach(async () => {
  await Promise.all(owners.map((owner) => owner.kill('group')));
  await endPostgresIn(folder);
});

function start(
  options: Partial<OwnerOptions> = {},
  how: { as?: Identity; clone?: string } = {},
): OwnerProcess {
  const systemRoot = path.join(folder, 'system');
  const owner = new OwnerProcess({ dataDir, systemRoot, ...options }, how);
  owners.push(owner);
  return owner;
}

const stranger: Identity = { uid: 54_321, gid: 54_321 };
const ownerOf = async (file: string) => (await stat(file)).uid;

describe.runIf(isRoot)('as root', () => {
  test('PostgreSQL runs as the user behind sudo, to whom a new data folder belongs', async () => {
    await start({ sudoUid: String(nobody.uid) }).ready();
    expect(await ownerOf(path.join(dataDir, 'postgres'))).toBe(nobody.uid);
    expect(await ownerOf(dataDir)).toBe(nobody.uid);
  });

  test('without sudo it runs as another user than root, and keeps to the owner that the data have', async () => {
    const first = start();
    await first.ready();
    const owner = await ownerOf(path.join(dataDir, 'postgres'));
    expect(owner).not.toBe(0);
    expect(await ownerOf(dataDir)).toBe(0);
    await first.stop();

    const { url } = await start({ sudoUid: owner === 1 ? '2' : '1' }).ready();
    expect(await ask(url, 'SELECT 1')).toBe(1);
    expect(await ownerOf(path.join(dataDir, 'postgres'))).toBe(owner);
  });

  test('a data folder of another user is started as that user', async () => {
    await mkdir(dataDir, { mode: 0o700 });
    await chown(dataDir, nobody.uid, nobody.gid);
    await start().ready();
    expect(await ownerOf(path.join(dataDir, 'postgres'))).toBe(nobody.uid);
  });

  test('a clone that others may not enter, install scripts not run: all goes to a system folder, which is printed', async () => {
    const { clone } = await makeClone(folder);
    await chmod(clone, 0o700);
    dataDir = path.join(clone, '.trellis');
    const first = start({}, { clone });
    const { url, folder: place } = await first.ready();
    await ask(url, 'CREATE TABLE kept AS SELECT 7 AS n');
    expect(path.dirname(place)).toBe(path.join(folder, 'system'));
    expect(first.logged.join('\n')).toContain(place);
    expect((await readdir(place)).sort()).toEqual(['postgres', 'postgres.lock', 'postgres.log']);
    expect(await readdir(path.dirname(place))).toContainEqual(expect.stringMatching(/^postgres-18\.\S+$/));
    await first.stop();

    await chmod(clone, 0o755); // it stays where it is
    const second = start({}, { clone });
    const { url: again, folder: samePlace } = await second.ready();
    expect(samePlace).toBe(place);
    expect(await ask(again, 'SELECT n FROM kept')).toBe(7);
  });

  test('data of a user without a passwd entry are not started', async () => {
    await mkdir(dataDir);
    await chown(dataDir, stranger.uid, stranger.gid);
    expect(await start().problem()).toMatch(/user id 54321.*no passwd entry/);
  });
});

describe.runIf(canStartOthers)('as a normal user', () => {
  test('it runs as that user, root may take over, and then that user again', async () => {
    await chmod(folder, 0o777);
    for (const as of [nobody, undefined, nobody]) {
      const owner = start({}, as === undefined ? {} : { as });
      const { url } = await owner.ready();
      expect(await ask(url, 'SELECT 1')).toBe(1);
      expect(await ownerOf(path.join(dataDir, 'postgres'))).toBe(nobody.uid);
      expect(await owner.stop()).toBe(0);
    }
  });

  test('a user without a passwd entry is told so', async () => {
    await chmod(folder, 0o777);
    const owner = start({}, { as: stranger });
    expect(await owner.problem()).toMatch(/user id 54321.*no passwd entry/);
    expect(await owner.exited).toBe(1);
  });

  test('the data of another user are told apart from a damaged folder', async () => {
    const root = start();
    await root.ready();
    await root.stop();
    await rm(path.join(dataDir, 'postgres.log'));
    await chmod(dataDir, 0o777);
    expect(await start({}, { as: nobody }).problem()).toMatch(/belong to another user than nobody/);
  });

  test('in a read-only clone whose install scripts did not run, the libraries are found all the same', async () => {
    const { clone } = await makeClone(folder);
    dataDir = path.join(folder, 'data');
    await mkdir(dataDir);
    await chown(dataDir, nobody.uid, nobody.gid);
    const { url } = await start({}, { clone, as: nobody }).ready();
    expect(await ask(url, 'SELECT 1')).toBe(1);
    expect(await readdir(dataDir)).toContain('postgres-libraries');
  });
});

test('a clone whose install scripts did not run gets its libraries linked', async () => {
  const { clone, native } = await makeClone(folder);
  const { url } = await start({}, { clone }).ready();
  expect(await ask(url, 'SELECT 1')).toBe(1);
  expect((await stat(path.join(native, 'lib', 'libpq.so.5'))).isFile()).toBe(true);
});

test('a system on which the programs cannot run, or for which there are none, is told to use DATABASE_URL', async () => {
  const { clone, native } = await makeClone(folder);
  // What a system without glibc does: the file is there, the loader that it names is not.
  await writeFile(path.join(native, 'bin', 'initdb'), '#!/no/such/loader\n', { mode: 0o755 });
  expect(await start({}, { clone }).problem()).toMatch(/glibc.*Set DATABASE_URL/);

  await rm(path.join(native, '..'), { recursive: true });
  expect(await start({}, { clone }).problem()).toMatch(/no PostgreSQL for .*set DATABASE_URL/);
});
