import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { Clock } from '../core/clock.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { principalOf } from '../platform/http/authenticator.ts';
import { errorResponses } from '../platform/http/error-reply.ts';
import { noStore } from '../platform/http/no-store.ts';
import type { HttpServer } from '../platform/http/server.ts';
import {
  bySessionBody,
  listTransactionsBody,
  readListRequest,
  readSyncCursor,
  syncTransactionsBody,
} from './data-request.ts';
import type { SessionDataService } from './data-service.ts';
import { balanceSchema, listedAccountSchema, transactionSchema } from './data-wire.ts';

const tags = ['Bank data'];

/** What was read for a session, in lists. The server is behind `requirePrincipal`. */
export function dataRoutes(
  server: HttpServer,
  { data, clock }: { data: SessionDataService; clock: Clock },
): void {
  documentRoutes(server, data);
  transactionRoutes(server, data, clock);
}

function documentRoutes(server: HttpServer, data: SessionDataService): void {
  server.post(
    '/data/accounts/list',
    {
      onRequest: noStore,
      schema: {
        tags,
        summary: 'The accounts of a complete session',
        body: bySessionBody,
        response: { 200: Type.Object({ accounts: Type.Array(listedAccountSchema) }), ...errorResponses },
      },
    },
    async (request) => ({
      accounts: await data.accounts(principalOf<MerchantPrincipal>(request), request.body.sessionId),
    }),
  );
  server.post(
    '/data/account-balances/list',
    {
      onRequest: noStore,
      schema: {
        tags,
        summary: 'The balances of a complete session',
        body: bySessionBody,
        response: { 200: Type.Object({ balances: Type.Array(balanceSchema) }), ...errorResponses },
      },
    },
    async (request) => ({
      balances: await data.balances(principalOf<MerchantPrincipal>(request), request.body.sessionId),
    }),
  );
}

function transactionRoutes(server: HttpServer, data: SessionDataService, clock: Clock): void {
  server.post(
    '/data/transactions/list',
    {
      onRequest: noStore,
      schema: {
        tags,
        summary: 'The transactions of a complete session, newest first',
        description:
          'With `limit` or `afterCursor` a page. Without them the last 90 days (or what `from` and `to` say), whole, as a stream.',
        body: listTransactionsBody,
        response: {
          200: Type.Object({
            transactions: Type.Array(transactionSchema),
            hasNext: Type.Boolean(),
            nextCursor: Type.Optional(Type.String()),
          }),
          ...errorResponses,
        },
      },
    },
    async (request, reply) => {
      const { sessionId } = request.body;
      const principal = principalOf<MerchantPrincipal>(request);
      const asked = readListRequest(request.body, clock.now());
      const { limit } = asked;
      if (limit !== undefined) return data.transactions(principal, sessionId, { ...asked, limit });
      const pieces = await data.streamTransactions(principal, sessionId, asked);
      reply.type('application/json; charset=utf-8');
      return reply.send(Readable.from(pieces));
    },
  );
  server.post(
    '/data/transactions/sync',
    {
      onRequest: noStore,
      schema: {
        tags,
        summary: 'What changed since your last call',
        description:
          'Begin without a cursor and go on while `hasNext`; then keep `nextCursor` for the next time. A cursor never grows too old, and a refresh meanwhile is told in the next round. `removed`: pending transactions that were never booked.',
        body: syncTransactionsBody,
        response: {
          200: Type.Object({
            added: Type.Array(transactionSchema),
            changed: Type.Array(transactionSchema),
            removed: Type.Array(Type.Object({ id: Type.String() })),
            nextCursor: Type.String(),
            hasNext: Type.Boolean(),
          }),
          ...errorResponses,
        },
      },
    },
    async (request) => {
      const { sessionId, cursor, limit } = request.body;
      const principal = principalOf<MerchantPrincipal>(request);
      return data.sync(principal, sessionId, readSyncCursor(cursor, sessionId), limit);
    },
  );
}
