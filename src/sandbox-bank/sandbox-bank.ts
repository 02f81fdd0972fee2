import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import formbody from '@fastify/formbody';
import fastify, { type FastifyInstance } from 'fastify';
import { createAddresses } from './addresses.ts';
import { berlinGroupRoutes, sendUnknownAddress } from './berlin-group/berlin-group-routes.ts';
import { passwordCertificateRoute } from './berlin-group/password-certificate-route.ts';
import { BankClock } from './clock.ts';
import { type Control, createControl } from './control/control.ts';
import { controlRoutes } from './control/control-routes.ts';
import { Faults } from './control/faults.ts';
import { RequestRecords } from './control/request-records.ts';
import { limits } from './limits.ts';
import { applicationRoutes } from './oauth/application-routes.ts';
import { oauthRoutes } from './oauth/oauth-routes.ts';
import { preAuthorisationRoutes } from './oauth/pre-authorisation-routes.ts';
import type { Sandbox } from './sandbox.ts';
import { PasswordKey } from './sca/password-key.ts';
import { insideUrl } from './service-path.ts';
import { createStore } from './store.ts';
import type { SandboxCertificates } from './tpp/sandbox-certificates.ts';
import { SeenMessages } from './tpp/seen-messages.ts';
import { openTlsPort, type TlsPort } from './tpp/tls-port.ts';
import { arrivalRoutes } from './visits/arrival-routes.tsx';
import { phoneRoutes } from './visits/phone-routes.tsx';
import { publicRoutes } from './visits/public-routes.tsx';
import { signInRoutes } from './visits/sign-in-routes.tsx';
import { visitRoutes } from './visits/visit-routes.tsx';

export interface SandboxBankOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What the banks remember, in one file that one process holds; without it, in memory only. */
  readonly dataFile?: string;
  /** The machine's clock, which the control API can move on top of. */
  readonly now?: () => Date;
  /** Makes the customers' account numbers. */
  readonly seed?: string;
  /** Gets one line for each call of a bank's route: names and status, never data. */
  readonly log?: (line: string) => void;
  /** Gets what fails inside the bank itself; by default it goes to standard error. */
  readonly onFailure?: (error: Error) => void;
  /** How browsers and TPPs reach the banks, if not by host and port: `https://bank.example`. */
  readonly publicUrl?: string;
  /** A second port that speaks TLS, for banks that want to know who connects; 0 takes a free one. */
  readonly tls?: { readonly port: number; readonly certificates: SandboxCertificates };
}

export interface SandboxBank {
  readonly url: string;
  readonly port: number;
  /** Where TPPs reach the banks over TLS, if that was asked for. */
  readonly tlsUrl?: string;
  readonly control: Control;
  /** Ends at once, open calls included; what was answered is kept. */
  close(): Promise<void>;
}

/**
 * Starts the sandbox banks: real wire formats over HTTP, with pages to sign in and confirm.
 * @throws the system's error, such as EADDRINUSE, if the port cannot be had; an Error that names the data
 * file if that is damaged
 */
export async function startSandboxBank(options: SandboxBankOptions): Promise<SandboxBank> {
  const store = createStore(options.dataFile);
  let url = '';
  const sandbox: Sandbox = {
    seed: options.seed ?? 'trellis',
    clock: new BankClock(options.now ?? (() => new Date()), store.settings),
    store,
    addresses: createAddresses(() => url),
    faults: new Faults(store.faults),
    requests: new RequestRecords(options.log),
    seenMessages: new SeenMessages(),
    passwordKey: new PasswordKey(),
    ...(options.tls && { authority: new X509Certificate(options.tls.certificates.ca) }),
    reportFailure: options.onFailure ?? ((error) => console.error('The sandbox bank has failed:', error)),
  };
  const opened = Promise.withResolvers<void>();
  const control = createControl(sandbox);
  const app = createServer(sandbox, control, opened.promise);
  // The port first: whoever has it is the one process that may write the data file.
  await app.listen({ host: options.host, port: options.port });
  const { port } = addressOf(app);
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  url = options.publicUrl ?? `http://${host}:${port}`;
  let tls: TlsPort | undefined;
  try {
    store.open();
    if (options.tls) tls = await openTlsPort({ ...options.tls, host: options.host }, app.routing);
  } catch (error) {
    await app.close();
    store.close();
    throw error;
  }
  opened.resolve();
  return {
    url,
    port,
    ...(tls && { tlsUrl: `https://${host}:${tls.port}` }),
    control,
    close: async () => {
      await tls?.close();
      await app.close();
      store.close();
    },
  };
}

function createServer(sandbox: Sandbox, control: Control, opened: Promise<void>): FastifyInstance {
  const app = fastify({
    bodyLimit: limits.maxBodyBytes,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    rewriteUrl: ({ url = '/' }) => insideUrl(url),
    routerOptions: { maxParamLength: limits.maxPathPartLength },
    // An address that no route can be asked for: broken escapes, a part too long.
    frameworkErrors: (_error, _request, reply) => sendUnknownAddress(reply),
  });
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async () => opened);
  for (const version of ['v1', 'v3'] as const)
    app.register(async (api) => berlinGroupRoutes(api, sandbox, version), {
      prefix: `/berlin-group/:bank/${version}`,
    });
  app.register(async (api) => preAuthorisationRoutes(api, sandbox));
  app.register(async (api) => passwordCertificateRoute(api, sandbox));
  app.register(async (api) => controlRoutes(api, sandbox, control), { prefix: '/control' });
  app.register(async (forms) => {
    await forms.register(formbody, { bodyLimit: limits.maxBodyBytes });
    forms.register(async (oauth) => oauthRoutes(oauth, sandbox));
    forms.register(async (oauth) => applicationRoutes(oauth, sandbox), {
      prefix: '/berlin-group/:bank/oauth2',
    });
    forms.register(async (pages) => arrivalRoutes(pages, sandbox));
    forms.register(async (pages) => visitRoutes(pages, sandbox));
    forms.register(async (pages) => signInRoutes(pages, sandbox));
    forms.register(async (pages) => phoneRoutes(pages, sandbox));
  });
  publicRoutes(app, sandbox);
  return app;
}

function addressOf(app: FastifyInstance): AddressInfo {
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the sandbox bank listens at no port');
  return address;
}
