import type { FastifyInstance } from 'fastify';
import { observedRoute } from '../control/observed-route.ts';
import { bankOf } from '../request-parts.ts';
import type { Sandbox } from '../sandbox.ts';
import { sendUnknownAddress } from './berlin-group-routes.ts';

/** The certificate that passwords are encrypted to, at a bank that wants that: a file, outside of its interface. */
export async function passwordCertificateRoute(app: FastifyInstance, sandbox: Sandbox): Promise<void> {
  app.get('/berlin-group/:bank/password-certificate.pem', {
    ...observedRoute(sandbox, 'passwordCertificate'),
    handler: async (request, reply) => {
      if (!bankOf(request)?.deviations.encryptedPasswords) return sendUnknownAddress(reply);
      const pem = await sandbox.passwordKey.certificateAt(sandbox.clock.now());
      return reply.type('application/x-pem-file').send(pem);
    },
  });
}
