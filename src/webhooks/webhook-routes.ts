import type { HttpServer } from '../platform/http/server.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import { secretRoutes } from './secret-routes.ts';
import { subscriptionRoutes } from './subscription-routes.ts';
import type { WebhookRouteDeps } from './webhook-request.ts';

/** All routes about webhooks. The server is behind `requirePrincipal`. */
export function webhookRoutes(server: HttpServer, deps: WebhookRouteDeps): void {
  subscriptionRoutes(server, deps);
  secretRoutes(server, deps);
  deliveryRoutes(server, deps);
}
