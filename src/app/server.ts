import { flowRoutes } from '../flow/flow-routes.ts';
import { institutionRoutes } from '../institutions/institution-routes.ts';
import { sandboxMerchantId } from '../merchants/merchant.ts';
import { merchantRoutes } from '../merchants/merchant-routes.ts';
import { requirePrincipal } from '../platform/http/authenticator.ts';
import { docsRoutes } from '../platform/http/docs-routes.ts';
import { healthRoutes } from '../platform/http/health-routes.ts';
import { describeApi } from '../platform/http/openapi.ts';
import { createHttpServer, type HttpServer } from '../platform/http/server.ts';
import { dataRoutes } from '../sessions/data-routes.ts';
import { SessionDataService } from '../sessions/data-service.ts';
import { refreshRoutes } from '../sessions/refresh-routes.ts';
import { sessionConsentRoutes } from '../sessions/session-consent-routes.ts';
import { sessionRecordRoutes } from '../sessions/session-record-routes.ts';
import { sessionRoutes } from '../sessions/session-routes.ts';
import { webhookRoutes } from '../webhooks/webhook-routes.ts';
import { type AppOptions, type AppResources, errorDocsUrl, flowDeps, type Services } from './services.ts';

/** Everything that is reached by HTTP; nothing is listening yet when it returns. */
export async function createServer(
  options: AppOptions,
  resources: AppResources,
  services: Services,
): Promise<HttpServer> {
  const { logger } = resources;
  const server = await createHttpServer({
    logger,
    errorDocsUrl: errorDocsUrl(options),
    trustedProxies: options.trustedProxies,
  });
  await describeApi(server, {
    title: 'Trellis',
    version: options.version,
    description:
      'Data Sessions: identity, accounts, balances and transactions from a user’s bank, by consent.',
  });
  docsRoutes(server);
  healthRoutes(server, () => services.merchants.find(sandboxMerchantId));
  await server.register(async (api) => {
    const scoped = api as HttpServer;
    requirePrincipal(scoped, services.merchants, options.requestsPerMinute);
    merchantRoutes(scoped);
    institutionRoutes(scoped, { institutions: services.institutions, publicUrl: options.publicUrl });
    sessionRoutes(scoped, services.sessions);
    sessionRecordRoutes(scoped, services.sessionRecords);
    refreshRoutes(scoped, services.refreshing);
    sessionConsentRoutes(scoped, services.sessionConsents);
    dataRoutes(scoped, { data: new SessionDataService(services), clock: resources.clock });
    webhookRoutes(scoped, { webhooks: services.webhooks, idempotency: services.idempotency });
  });
  await server.register(async (flow) =>
    flowRoutes(flow as HttpServer, flowDeps(options, resources, services)),
  );
  return server;
}
