import { setTimeout as sleep } from 'node:timers/promises';
import { inTurns } from './in-turns.ts';
import type { Plan } from './plan.ts';
import { nestedScope, residentMegabytes } from './processes.ts';
import { type RunningServer, type Site, startBareServer, startProduct } from './servers.ts';
import { type Comparison, compare } from './statistics.ts';

export interface StartUpComparisons {
  /** Milliseconds from the start of the process to the first 200 of /readyz. */
  readonly ready: Comparison;
  /** MB of resident memory once it is idle. */
  readonly memory: Comparison;
}

type Start = (scope: AsyncDisposableStack, site: Site) => Promise<RunningServer>;

/** R1: `serve` alone against the bare server, each started, left alone for a moment, and ended. */
export async function compareStartUp(
  run: AsyncDisposableStack,
  site: Site,
  plan: Plan,
): Promise<StartUpComparisons> {
  const memory = { limit: [] as number[], product: [] as number[] };
  const measure = (start: Start, megabytes: number[]) => async () => {
    await using scope = nestedScope(run);
    const server = await start(scope, site);
    await sleep(plan.settleMs);
    megabytes.push(await residentMegabytes(scope, server.process));
    return server.readyAfterMs;
  };
  // Whoever comes first after the build reads his files from the disk; nobody's figure.
  await inTurns(1, { limit: measure(startBareServer, []), product: measure(startProduct, []) });
  const ready = await inTurns(plan.startPairs, {
    limit: measure(startBareServer, memory.limit),
    product: measure(startProduct, memory.product),
  });
  return { ready: compare(ready), memory: compare(memory) };
}
