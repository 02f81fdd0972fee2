import swagger from '@fastify/swagger';
import { errorSchema } from './error-reply.ts';
import type { HttpServer } from './server.ts';

/** Collects the schemas of all routes registered after it into one OpenAPI 3.1 document at `/openapi.json`. */
export async function describeApi(
  server: HttpServer,
  info: { version: string; title: string; description: string },
): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info,
      components: {
        securitySchemes: {
          apiKey: { type: 'apiKey', in: 'header', name: 'X-Ivy-Api-Key' },
          bearer: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ apiKey: [] }, { bearer: [] }],
    },
    hideUntagged: true,
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) => String(schema.$id ?? `schema-${index}`),
    },
  });
  server.addSchema(errorSchema);
  server.get('/openapi.json', async () => server.swagger());
}
