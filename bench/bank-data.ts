import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import type { ProbeAnswer, ProbeOrder } from './fetch-probe.ts';
import { inTurns } from './in-turns.ts';
import type { Plan } from './plan.ts';
import { freePort, nestedScope, startNode } from './processes.ts';
import type { Site } from './servers.ts';
import { type Comparison, compare, median } from './statistics.ts';

const rows = 10_000;
const manyRows = 100_000;
const answeredWithinMs = 120_000;

export interface FetchFigures {
  /** J1, in milliseconds: against a limit that fetches and stores. */
  readonly fetch: Comparison;
  /** The same against one that does all in memory. */
  readonly besideMemory: Comparison;
  /** J2: the median of the longest stall of each run, in milliseconds. */
  readonly stallMs: number;
  /** J3, in MB. */
  readonly memoryMb: number;
}

/** J1 to J3: reading a bank, in a process that does nothing else. */
export async function compareFetch(run: AsyncDisposableStack, site: Site, plan: Plan): Promise<FetchFigures> {
  await using scope = nestedScope(run);
  const port = await freePort();
  const bank = startNode(scope, {
    args: ['dist/bench/page-bank.js'],
    env: { PORT: String(port) },
    stdio: ipc,
  });
  await once(bank, 'message', { signal: AbortSignal.timeout(answeredWithinMs) });
  const env = {
    DATABASE_URL: site.databaseUrl,
    TRELLIS_MASTER_KEY: site.masterKey,
    MERCHANT_ID: site.merchantId,
    BANK_ORIGIN: `http://127.0.0.1:${port}`,
  };
  const startProbe = () =>
    startNode(scope, { args: ['--expose-gc', 'dist/bench/fetch-probe.js'], env, stdio: ipc });
  const [probe, bare] = [startProbe(), startProbe()];
  const stalls: number[] = [];
  const contenders = {
    inMemory: async () => (await ask(bare, { what: 'in-memory', rows })).ms,
    storing: async () => (await ask(bare, { what: 'storing', rows })).ms,
    product: async () => {
      const { ms, stallMs } = await ask(probe, { what: 'fetch', rows });
      stalls.push(stallMs);
      return ms;
    },
  };
  await inTurns(2, contenders);
  stalls.length = 0;
  const { inMemory, storing, product } = await inTurns(plan.pairs, contenders);
  // In a process of its own: one that has read before holds on to memory, and would seem to need none.
  const { memoryMb } = await ask(startProbe(), { what: 'fetch', rows: manyRows, watchesMemory: true });
  return {
    fetch: compare({ limit: storing, product }),
    besideMemory: compare({ limit: inMemory, product }),
    stallMs: median(stalls),
    memoryMb,
  };
}

const ipc: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc'];

async function ask(probe: ChildProcess, order: ProbeOrder): Promise<ProbeAnswer> {
  const answered = once(probe, 'message', { signal: AbortSignal.timeout(answeredWithinMs) });
  probe.send(order);
  const [answer] = (await answered) as [ProbeAnswer];
  if (answer.problem !== undefined) throw new Error(answer.problem);
  return answer;
}
