import type { JobHandler, Sweep } from '../platform/jobs/worker.ts';
import { deliverTask, parseDeliveryKey } from './delivery.ts';
import type { WebhookService } from './webhook-service.ts';

const dueEveryMs = 1_000;
const deleteEveryMs = 60 * 60_000;

/** One job per delivery for its first attempt; from then on the rows themselves, found by the sweep. */
export function webhookJobs({ deliveries }: WebhookService): {
  handlers: Record<string, JobHandler>;
  sweeps: Sweep[];
} {
  return {
    handlers: {
      [deliverTask]: async (payload) => deliveries.offer(parseDeliveryKey(payload)),
    },
    sweeps: [
      { name: 'webhook-due', everyMs: dueEveryMs, run: () => deliveries.sweep() },
      { name: 'webhook-retention', everyMs: deleteEveryMs, run: () => deliveries.deleteOld() },
    ],
  };
}
