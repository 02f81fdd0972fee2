import type { HttpServer } from '../platform/http/server.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import { secretRoutes } from './secret-routes.ts';
import { subscriptionRoutes } from './subscription-routes.ts';
import type { WebhookRouteDeps } from './webhook-request.ts';

/** All routes about webhooks. The server is behind `requirePrincipal`. */
export function webhookRoutes(server: HttpServer, deps: WebhookRouteDeps): void {
  server.register(async (scope) => {
    const scoped = scope as HttpServer;
    // Addresses, secrets and what became of a merchant's sessions: nothing for a cache in between.
    scoped.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store');
    });
    subscriptionRoutes(scoped, deps);
    secretRoutes(scoped, deps);
    deliveryRoutes(scoped, deps);
  });
}
