import type { HttpServer } from './server.ts';

const checkTimeoutMs = 2_000;

/** For load balancers and supervisors, without a key: `/healthz` the process lives, `/readyz` it can serve. */
export function healthRoutes(server: HttpServer, checkReady: () => Promise<unknown>): void {
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (request, reply) => {
    try {
      await Promise.race([checkReady(), timeout()]);
      return { status: 'ready' };
    } catch (err) {
      request.log.warn({ err }, 'not ready');
      return reply.code(503).header('retry-after', '2').send({ status: 'unavailable' });
    }
  });
}

function timeout(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('the database did not answer in time')), checkTimeoutMs).unref();
  });
}
