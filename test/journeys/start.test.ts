import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newMasterKey } from '../../src/config.ts';
import { copyDataFolder } from '../platform/postgres-owner.ts';
import { makeStartFolder, type Started, startEverything, startInVain, treeOf } from '../support/started.ts';

let folder: string;
/** A first start, what it answered, and how it ended: what others go on with is a copy of its data. */
let first: Started;
let firstAnswers: { pasted: object; shop: number; ready: number; session: string };
let firstEnd: number | null;

beforeAll(async () => {
  folder = await makeStartFolder();
  first = await startEverything(path.join(folder, 'first'));
  const { api, shop } = first.urls;
  firstAnswers = {
    pasted: paste(first.output()),
    shop: (await fetch(shop)).status,
    ready: (await fetch(`${api}/readyz`)).status,
    session: (await createSession(api, first.key, 'kept')).id,
  };
  firstEnd = await first.interrupt();
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A data folder of a test's own, as the first start has left it. */
const begun = (name: string) => copyDataFolder(path.join(folder, 'first'), path.join(folder, name));

async function createSession(api: string, key: string, referenceId: string): Promise<{ id: string }> {
  const response = await fetch(`${api}/data/session/create`, {
    method: 'POST',
    headers: { 'x-ivy-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({
      referenceId,
      permissions: ['identity'],
      returnUrl: 'https://example.com/callback/result',
    }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { id: string };
}

async function retrieve(api: string, key: string, id: string): Promise<number> {
  return (await fetch(`${api}/data/session/retrieve?id=${id}`, { headers: { 'x-ivy-api-key': key } })).status;
}

/** The line that is printed for pasting, run by the shell that it would be pasted into. */
function paste(output: string): { status: string; redirectUrl: string } {
  const line = /^ {2}curl [\s\S]*?'$/m.exec(output)?.[0] ?? '';
  return JSON.parse(execFileSync('bash', ['-c', line], { encoding: 'utf8' }));
}

describe('npm start', () => {
  test('a first start serves, says how to go on, and ends by Ctrl-C; its keys are for their owner only', async () => {
    expect(firstAnswers).toMatchObject({
      pasted: { status: 'started', redirectUrl: expect.stringContaining(`${first.urls.api}/flow/`) },
      shop: 200,
      ready: 200,
    });
    expect(firstEnd).toBe(0);
    expect(first.output()).toContain('Warning: the encryption key was generated');
    for (const key of ['sandbox-key', 'master-key'])
      expect((await stat(path.join(folder, 'first', key))).mode & 0o077).toBe(0);
  });

  test('a second start, kill -9 of everything, and a third: same data, same key', async () => {
    const dataDir = await begun('data');
    const second = await startEverything(dataDir);
    expect(second.key).toBe(first.key);
    expect(await retrieve(second.urls.api, first.key, firstAnswers.session)).toBe(200);
    await second.killTree();

    const third = await startEverything(dataDir, { TRELLIS_SANDBOX_API_KEY: 'my-own-app.my-own-secret' });
    expect(third.key).toBe('my-own-app.my-own-secret');
    expect(await retrieve(third.urls.api, 'my-own-app.my-own-secret', firstAnswers.session)).toBe(200);
    expect(await retrieve(third.urls.api, first.key, firstAnswers.session)).toBe(200);
    const again = await startInVain(dataDir);
    expect(again).toMatchObject({ code: 1, output: expect.stringMatching(/already runs/i) });
    expect(await third.interrupt()).toBe(0);
  }, 90_000);

  test('a part that is lost is named with how it ended, and everything ends', async () => {
    const started = await startEverything(await begun('lost part'));
    const ended = once(started.process, 'exit');
    const bank = treeOf(started.process.pid ?? 0).find((pid) => commandOf(pid).includes('sandbox-bank'));
    process.kill(bank ?? 0, 'SIGKILL');
    expect(await ended).toEqual([1, null]);
    expect(started.output()).toMatch(/"part":"The sandbox bank","code":null,"signal":"SIGKILL"/);
  }, 60_000);

  test('its children end with it, even when only it is killed', async () => {
    const dataDir = await begun('orphans');
    const started = await startEverything(dataDir);
    started.process.kill('SIGKILL');
    for (const url of [started.urls.shop, started.urls.bank]) {
      await expect
        .poll(
          () =>
            fetch(url).then(
              () => 'up',
              () => 'down',
            ),
          { timeout: 10_000 },
        )
        .toBe('down');
    }
    const next = await startEverything(dataDir);
    expect(await next.interrupt()).toBe(0);
  }, 60_000);
});

test('another or a broken encryption key is said before anything is written under it', async () => {
  const dataDir = await begun('keys');
  await writeFile(path.join(dataDir, 'master-key'), `${newMasterKey()}\n`);
  const other = await startInVain(dataDir);
  expect(other).toMatchObject({
    code: 1,
    output: expect.stringMatching(/another encryption key than .*master-key.*remove .+keys to begin anew/),
  });
  await writeFile(path.join(dataDir, 'master-key'), 'c2hvcnQ=\n');
  const broken = await startInVain(dataDir);
  expect(broken).toMatchObject({
    code: 1,
    output: expect.stringMatching(/master-key does not hold a whole key/),
  });
}, 60_000);

describe('what a person can mend is one clear sentence and a non-zero exit', () => {
  test.each(['PORT', 'SANDBOX_BANK_PORT', 'SANDBOX_BANK_TLS_PORT', 'EXAMPLE_PORT'])(
    '%s is taken',
    async (variable) => {
      const taker = createServer();
      await new Promise<void>((resolve) => taker.listen(0, '127.0.0.1', resolve));
      const { port } = taker.address() as { port: number };
      const { code, output } = await startInVain(await begun(`taken-${variable}`), {
        [variable]: String(port),
      });
      taker.close();
      expect(code).toBe(1);
      expect(output).not.toContain('"stack"');
      expect(withoutLogs(output)).toBe(
        `Port ${port} is in use. Stop what uses it, or set ${variable} to a free port.`,
      );
    },
    30_000,
  );

  test('every bad variable is named, all at once', async () => {
    const { code, output } = await startInVain(path.join(folder, 'bad'), {
      PORT: '70000',
      DATABASE_URL: 'mysql://x',
      TRELLIS_MASTER_KEY: 'short',
      TRELLIS_SANDBOX_API_KEY: 'nodot',
      LOG_LEVEL: 'loud',
    });
    expect(code).toBe(1);
    for (const name of ['PORT', 'DATABASE_URL', 'TRELLIS_MASTER_KEY', 'TRELLIS_SANDBOX_API_KEY', 'LOG_LEVEL'])
      expect(output).toContain(`${name} must be`);
    expect(output).not.toMatch(/ at .*\.ts:\d/);
  });

  test('the data folder cannot be made, and the database cannot be reached', async () => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    for (const [dataDir, why] of [
      [path.join(file, 'data'), 'cannot be written: not a directory. Make it writable'],
      ['/proc/nope', 'cannot be written: no such file or directory. Make it writable'],
      [file, 'is no folder. Move away what is there'],
    ] as const) {
      const { code, output } = await startInVain(dataDir);
      expect({ code, output: output.trim() }).toEqual({
        code: 1,
        output: `The data folder ${dataDir} ${why}, or set TRELLIS_DATA_DIR to another folder.`,
      });
    }
    const away = await startInVain(path.join(folder, 'away'), {
      DATABASE_URL: 'postgres://127.0.0.1:1/none',
    });
    expect(away).toMatchObject({
      code: 1,
      output: expect.stringMatching(/database at 127\.0\.0\.1:1 cannot be reached/),
    });
    expect(await readFile(file, 'utf8')).toBe('');
  }, 30_000);
});

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

function withoutLogs(output: string): string {
  return output
    .split('\n')
    .filter((line) => !line.startsWith('{'))
    .join('\n')
    .trim();
}
