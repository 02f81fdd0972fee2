import { consentJobs } from '../consents/consent-jobs.ts';
import { flowJobs } from '../flow/flow-jobs.ts';
import { sealStoredHeaders } from '../institutions/profile-secret-service.ts';
import { type JobHandler, type Sweep, startWorker, type Worker } from '../platform/jobs/worker.ts';
import { BankSlots } from '../sessions/bank-slots.ts';
import { refreshJobs } from '../sessions/refresh-jobs.ts';
import { sessionConsentJobs } from '../sessions/session-consent-jobs.ts';
import { sessionJobs } from '../sessions/session-jobs.ts';
import { webhookJobs } from '../webhooks/webhook-jobs.ts';
import { type AppOptions, type AppResources, flowDeps, type Services } from './services.ts';

/** Takes jobs of every feature and runs their sweeps, until it is stopped. */
export function startWorkerOf(
  options: AppOptions,
  resources: AppResources,
  services: Services,
): Promise<Worker> {
  const { pool, logger } = resources;
  const bankSlots = new BankSlots(options.workerConcurrency);
  const jobs: { handlers: Record<string, JobHandler>; sweeps: Sweep[] }[] = [
    sessionJobs({ ...resources, ...services, bankSlots, store: services.sessionStore }),
    refreshJobs({ ...resources, ...services, bankSlots }),
    { handlers: {}, ...sessionConsentJobs({ ...resources, ...services }) },
    consentJobs(services.consents),
    webhookJobs(services.webhooks),
    flowJobs(flowDeps(options, resources, services)),
    {
      handlers: {},
      sweeps: [{ name: 'idempotency', everyMs: 600_000, run: () => services.idempotency.sweep() }],
    },
    {
      handlers: {},
      sweeps: [
        { name: 'bank-headers', everyMs: 3_600_000, run: () => sealStoredHeaders(pool, services.vault) },
      ],
    },
    {
      handlers: {},
      sweeps: [{ name: 'bank-health', everyMs: 600_000, run: () => services.bankHealth.forgetOld() }],
    },
  ];
  return startWorker({
    pool,
    logger,
    handlers: Object.assign({}, ...jobs.map(({ handlers }) => handlers)),
    sweeps: jobs.flatMap(({ sweeps }) => sweeps),
    concurrency: options.workerConcurrency,
  });
}
