import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger.ts';
import { describeFailure } from './job-failure.ts';

/** Something done over and over by every worker process; must be safe to run twice at once. */
export interface Sweep {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<unknown>;
}

/** Runs each sweep at once and then at its interval; one that fails is logged and tried at its next turn. */
export function startSweeps(sweeps: readonly Sweep[], logger: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const loops = sweeps.map((sweep) => repeat(sweep, logger, stopping.signal));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function repeat(sweep: Sweep, logger: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await sweep.run();
    } catch (thrown) {
      logger.error({ failure: describeFailure(thrown), sweep: sweep.name }, 'a sweep failed');
    }
    await delay(sweep.everyMs, undefined, { signal }).catch(() => undefined);
  }
}
