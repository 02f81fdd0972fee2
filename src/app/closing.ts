import { endsWithin } from '../core/deadline.ts';
import type { Outbound } from '../platform/outbound/outbound.ts';
import type { Logger } from '../platform/telemetry/logger.ts';

/** One after the other; together within the ten seconds that a process has to end. */
const cutOutboundAfterMs = 6_000;
export const giveJobsBackAfterMs = 6_500;
export const cutConnectionsAfterMs = 7_000;
const closeWithinMs = 8_000;

export interface Closing {
  /** What has to end, by name. */
  readonly parts: Readonly<Record<string, Promise<unknown> | undefined>>;
  readonly outbounds: readonly Outbound[];
  readonly logger: Logger;
}

/**
 * Everything ends at once and has the same deadline, in this order: what still waits for a bank or a receiver
 * is cut, so that its job or request can end by itself; then the jobs, then the connections. Never rejects.
 */
export async function closeTogether({ parts, outbounds, logger }: Closing): Promise<void> {
  const cutOutbounds = () => Promise.all(outbounds.map((outbound) => outbound.close({ graceMs: 0 })));
  const cut = setTimeout(cutOutbounds, cutOutboundAfterMs);
  const ended = Object.entries(parts).map(([part, step]) =>
    Promise.resolve(step).catch((err: unknown) => logger.error({ err, part }, 'did not close cleanly')),
  );
  if (!(await endsWithin(Promise.all(ended), closeWithinMs)))
    logger.warn('closed although something still runs');
  clearTimeout(cut);
  await cutOutbounds();
}
