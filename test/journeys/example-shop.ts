import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { bareEnvironment } from '../support/started.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The example shop as somebody runs it by hand, beside a Trellis that knows nothing of its secret. */
export interface ShopByHand {
  readonly url: string;
  close(): Promise<void>;
}

export async function startShopByHand(env: Record<string, string>): Promise<ShopByHand> {
  const child = spawnShop({ EXAMPLE_PORT: String(await freePort()), ...env });
  const ended = once(child, 'exit');
  const said = await Promise.race([once(child.stdout ?? child, 'data'), ended]);
  const url = /http:\S+/.exec(String(said[0]))?.[0];
  if (url === undefined) throw new Error(`the shop did not start: ${said}`);
  return {
    url,
    close: async () => {
      child.kill();
      await ended;
    },
  };
}

/** Starts what cannot start: how it ended, and what it said. */
export async function startShopInVain(env: Record<string, string>): Promise<{ code: number; said: string }> {
  const child = spawnShop(env);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, said: said.trim() };
}

function spawnShop(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'examples/merchant/server.ts'], {
    cwd: root,
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, 'localhost');
  await once(probe, 'listening');
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** The headers of a webhook as Trellis signs it, by the published rules. */
export function signed(
  body: string,
  { secret, id = 'evt_1', at = new Date() }: { secret: string; id?: string; at?: Date },
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const standard = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'x-ivy-signature': createHmac('sha256', secret).update(body).digest('hex'),
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${standard}`,
  };
}
