import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeStartFolder, runCommand, type Started, startEverything } from '../support/started.ts';

// Several processes one after the other, each of which compiles its sources first.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dataDir: string;
let started: Started;
beforeAll(async () => {
  dataDir = await makeStartFolder();
  started = await startEverything(dataDir);
});
afterAll(async () => {
  await started.interrupt();
  await rm(dataDir, { recursive: true, force: true });
});

const create = ['merchant', 'create', '--name', 'Shop', '--country', 'DE', '--environment', 'sandbox'];
const beside = (...args: string[]) => runCommand(args, { TRELLIS_DATA_DIR: dataDir });

async function pinged(key: string): Promise<number> {
  return (await fetch(`${started.urls.api}/ping`, { headers: { 'x-ivy-api-key': key } })).status;
}

test('the operator’s commands work beside npm start without being told where it is', async () => {
  const created = await beside(...create);
  expect(created).toMatchObject({ code: 0, output: expect.stringContaining(`runs in ${dataDir}.`) });
  const key = /^sbx_\S+$/m.exec(created.output)?.[0] ?? '';
  expect(await pinged(key)).toBe(200);

  const [appId = ''] = key.split('.');
  expect(await beside('merchant', 'revoke-key', '--app-id', appId)).toMatchObject({ code: 0 });
  await expect.poll(() => pinged(key), { timeout: 10_000, interval: 250 }).toBe(401);

  const listed = await beside('banks', 'list');
  expect(listed).toMatchObject({ code: 0, output: expect.stringContaining('No banks were imported yet.') });
  expect(await pinged(started.key)).toBe(200);
});

test('where nothing runs, all that could be set is named at once and nothing is made', async () => {
  const elsewhere = path.join(dataDir, 'none');
  const said = async (args: string[], env: Record<string, string> = {}) => {
    const { code, output } = await runCommand(args, { TRELLIS_DATA_DIR: elsewhere, ...env });
    return { code, output: output.trim() };
  };
  const nothing = `Nothing runs in ${elsewhere}: start it with npm start, or set`;
  expect(await said(create)).toEqual({ code: 1, output: `${nothing} DATABASE_URL and TRELLIS_MASTER_KEY.` });
  expect(await said(['banks', 'list'])).toEqual({ code: 1, output: `${nothing} DATABASE_URL.` });
  await expect(rm(elsewhere)).rejects.toMatchObject({ code: 'ENOENT' });
});
