import { closeTogether, cutConnectionsAfterMs, giveJobsBackAfterMs } from './app/closing.ts';
import { createServer } from './app/server.ts';
import { type AppOptions, type AppResources, createServices } from './app/services.ts';
import type { MerchantService } from './merchants/merchant-service.ts';
import { drainOf } from './platform/http/drain.ts';
import type { HttpServer } from './platform/http/server.ts';
import type { Worker } from './platform/jobs/worker.ts';
import { createOutbound } from './platform/outbound/outbound.ts';
import type { WebhookService } from './webhooks/webhook-service.ts';

export interface App {
  readonly server: HttpServer;
  readonly merchants: MerchantService;
  readonly webhooks: WebhookService;
  /** Takes jobs from now on, until `close`. */
  startWorker(): Promise<void>;
  /**
   * HTTP drains, the worker stops, what is in flight ends or, after some seconds, is cut. Always resolves,
   * within eight seconds; the pool is the caller's, to be closed after.
   */
  close(): Promise<void>;
}

/** The composition root: with app/, the only place that constructs. Nothing is listening yet when it returns. */
export async function createApp(options: AppOptions, resources: AppResources): Promise<App> {
  const bankOutbound = createOutbound({
    allowedOrigins: options.bankOrigins,
    loopbackHttp: false,
    forbiddenPorts: [],
  });
  const webhookOutbound = createOutbound({
    allowedOrigins: options.webhookOrigins,
    loopbackHttp: options.loopbackWebhooks,
    forbiddenPorts: options.ownPorts,
  });
  const services = createServices(options, resources, bankOutbound, webhookOutbound);
  const server = await createServer(options, resources, services);
  const drain = drainOf(server, cutConnectionsAfterMs);
  let worker: Worker | undefined;
  return {
    server,
    merchants: services.merchants,
    webhooks: services.webhooks,
    startWorker: async () => {
      // Only who works loads the queue's runner and the jobs.
      const { startWorkerOf } = await import('./app/worker.ts');
      worker = await startWorkerOf(options, resources, services);
    },
    close: () => {
      const http = drain();
      const working = worker?.stop({ graceMs: giveJobsBackAfterMs });
      const parts = {
        http,
        worker: working,
        // What they learn of the banks until they end is written too.
        bankHealth: Promise.allSettled([http, working]).then(() => services.bankHealth.close()),
        webhooks: services.webhooks.close(),
      };
      return closeTogether({ parts, outbounds: [bankOutbound, webhookOutbound], logger: resources.logger });
    },
  };
}
