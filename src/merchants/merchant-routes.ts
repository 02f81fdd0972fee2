import { Type } from 'typebox';
import { principalOf } from '../platform/http/authenticator.ts';
import { errorResponses } from '../platform/http/error-reply.ts';
import type { HttpServer } from '../platform/http/server.ts';
import type { MerchantPrincipal } from './merchant.ts';

/** The server is behind `requirePrincipal`. */
export function merchantRoutes(server: HttpServer): void {
  server.get(
    '/ping',
    {
      schema: {
        tags: ['Keys'],
        summary: 'Check that a key works',
        response: {
          200: Type.Object({ merchant: Type.String(), environment: Type.Enum(['sandbox', 'live']) }),
          ...errorResponses,
        },
      },
    },
    async (request) => {
      const { merchant, environment } = principalOf<MerchantPrincipal>(request);
      return { merchant: merchant.name, environment };
    },
  );
}
