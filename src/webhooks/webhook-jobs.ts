import type { JobHandler, Sweep } from '../platform/jobs/worker.ts';
import { deliverTask, parseEventKey } from './delivery.ts';
import type { WebhookService } from './webhook-service.ts';

const dueEveryMs = 1_000;
const deleteEveryMs = 60 * 60_000;

/** One job per event for the first attempts of its deliveries; from then on the rows themselves, found by the sweep. */
export function webhookJobs({ deliveries }: WebhookService): {
  handlers: Record<string, JobHandler>;
  sweeps: Sweep[];
} {
  return {
    handlers: {
      [deliverTask]: (payload) => deliveries.offerEvent(parseEventKey(payload)),
    },
    sweeps: [
      { name: 'webhook-due', everyMs: dueEveryMs, run: () => deliveries.sweep() },
      { name: 'webhook-retention', everyMs: deleteEveryMs, run: () => deliveries.deleteOld() },
    ],
  };
}
