import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { SandboxCertificates } from './sandbox-certificates.ts';

export interface TlsPort {
  readonly port: number;
  /** Ends at once, open calls included. */
  close(): Promise<void>;
}

/**
 * The same bank over TLS. A certificate is asked of whoever connects and judged by the bank itself, in the
 * standard's words: a handshake that fails tells a TPP's engineer little.
 * @throws the system's error, such as EADDRINUSE, if the port cannot be had
 */
export async function openTlsPort(
  { host, port, certificates }: { host: string; port: number; certificates: SandboxCertificates },
  listener: RequestListener,
): Promise<TlsPort> {
  const { server: pem, ca } = certificates;
  const server = createServer(
    { cert: pem, key: pem, ca, requestCert: true, rejectUnauthorized: false },
    listener,
  );
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
