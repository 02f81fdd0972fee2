import { isIP } from 'node:net';
import { type Static, Type } from 'typebox';
import type { PsuContext } from '../banking/consent.ts';
import { invalid } from '../core/errors.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { callOf } from '../merchants/merchant-call.ts';
import { errorResponses } from '../platform/http/error-reply.ts';
import { idempotencyHeaders, replyWithAnswer } from '../platform/http/idempotent-reply.ts';
import { noStore } from '../platform/http/no-store.ts';
import type { HttpServer } from '../platform/http/server.ts';
import { isPublicAddress, withoutMapping } from '../platform/outbound/address.ts';
import type { RefreshService } from './refresh-service.ts';
import { asItIs, sessionSchema } from './session-wire.ts';

const refreshBody = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 200, description: 'The data session id.' }),
  user: Type.Optional(
    Type.Object(
      {
        ipAddress: Type.String({
          minLength: 2,
          maxLength: 45,
          description:
            'IPv4 or IPv6: the public address from which your user called you. With a sandbox key any address.',
        }),
        userAgent: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
      },
      {
        description:
          'Your user, only if he is there and asked for this refresh. The bank then does not count the calls.',
      },
    ),
  ),
});

/** The server is behind `requirePrincipal`. */
export function refreshRoutes(server: HttpServer, refreshing: RefreshService): void {
  server.post(
    '/data/session/refresh',
    {
      onRequest: noStore,
      schema: {
        tags: ['Data sessions'],
        summary: 'Read the bank once more, under ongoing access',
        description:
          'Answers at once, with `refresh.status` running; the webhook `data_session_updated` tells how it ended. While one runs, that one is the answer. 409 without a living ongoing consent; 429 when the bank takes no more calls today without the user.',
        headers: idempotencyHeaders,
        body: refreshBody,
        response: { 200: sessionSchema, ...errorResponses },
      },
      serializerCompiler: asItIs,
    },
    async (request, reply) => {
      const { principal, claim } = callOf(request);
      const { id, user } = request.body;
      const psu = readUser(user, principal);
      return replyWithAnswer(reply, await refreshing.start(principal, { id, psu }, claim));
    },
  );
}

/**
 * A bank is told the address between the user and us (Berlin Group, PSU-IP-Address: the one of his HTTP request), and judges
 * fraud by it. One that no user on the internet can have is a proxy's or the merchant's own.
 * @throws ApiError VALIDATION
 */
function readUser(
  user: Static<typeof refreshBody>['user'],
  { environment }: MerchantPrincipal,
): PsuContext | null {
  if (!user) return null;
  const { ipAddress, userAgent } = user;
  // A zone (fe80::1%eth0) means something on one machine only.
  if (isIP(ipAddress) === 0 || ipAddress.includes('%'))
    throw invalid('user.ipAddress', 'user.ipAddress must be an IPv4 or IPv6 address.');
  if (environment === 'live' && !isPublicAddress(withoutMapping(ipAddress)))
    throw invalid(
      'user.ipAddress',
      'user.ipAddress must be the public address of your user, not one of your own network or a reserved one.',
    );
  return { ipAddress, ...(userAgent !== undefined && { userAgent }) };
}
