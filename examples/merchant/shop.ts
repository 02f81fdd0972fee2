import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { LiveUpdates } from './live-updates.ts';
import { depositPage } from './pages/deposit-page.ts';
import type { Html } from './pages/html.ts';
import { foreignReturnPage, notFoundPage, unavailablePage } from './pages/problem-pages.ts';
import { startPage } from './pages/start-page.ts';
import { sendPublicFile } from './public-files.ts';
import { redirect, sendPage, sendStatus } from './responses.ts';
import type { Settings } from './settings.ts';
import { TrellisClient, TrellisFailed } from './trellis-client.ts';
import { setVisitorCookie, visitorCookie } from './visitor-cookie.ts';
import { Visits } from './visits.ts';
import { WebhookReceiver } from './webhook-receiver.ts';
import type { WebhookSecrets } from './webhook-secrets.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

/** The shop as an HTTP server that does not listen yet. */
export function createShop(settings: Settings, secrets: WebhookSecrets): Server {
  const shop = new Shop(settings, secrets);
  const routes: Record<string, Handler> = {
    'GET /': shop.start,
    'POST /connect': shop.connect,
    'GET /return': shop.return,
    'GET /deposit': shop.deposit,
    'GET /deposit/live': shop.live,
    'POST /webhooks/trellis': shop.webhook,
    'GET /public/shop.css': sendPublicFile,
    'GET /public/live.js': sendPublicFile,
    'GET /public/juniper.svg': sendPublicFile,
  };
  return createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    const url = URL.parse(request.url ?? '', settings.url) ?? new URL('/not-found', settings.url);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const handle = routes[`${method} ${url.pathname}`] ?? shop.notFound;
    void answer(handle, request, response, url).catch((error: unknown) =>
      shop.failed(request, response, error),
    );
  });
}

/** So that what is thrown and what is rejected arrive in the same place. */
async function answer(handle: Handler, ...exchange: Parameters<Handler>): Promise<void> {
  await handle(...exchange);
}

/** What each address of the shop does, in the order of a visitor's way. */
class Shop {
  readonly #settings: Settings;
  readonly #trellis: TrellisClient;
  readonly #visits = new Visits();
  readonly #live = new LiveUpdates(this.#visits);
  readonly #webhooks: WebhookReceiver;

  constructor(settings: Settings, secrets: WebhookSecrets) {
    this.#settings = settings;
    this.#trellis = new TrellisClient({ url: settings.trellisUrl, apiKey: settings.apiKey });
    this.#webhooks = new WebhookReceiver(secrets, this.#visits);
  }

  readonly start: Handler = (_request, response) => this.#send(response, 200, startPage(this.#settings));

  /** The button: makes a session, remembers who began it, and leads the visitor into the flow. */
  readonly connect: Handler = async (request, response) => {
    // Another site could send this form as well. Browsers say whether it was ours.
    const site = request.headers['sec-fetch-site'] ?? 'none';
    if (site !== 'same-origin' && site !== 'none') return sendStatus(response, 403);
    const session = await this.#trellis.createSession(
      `deposit-${randomUUID()}`,
      `${this.#settings.url}/return`,
    );
    const { id: sessionId, referenceId } = session;
    setVisitorCookie(response, this.#visits.add({ sessionId, referenceId }));
    redirect(response, session.redirectUrl);
  };

  /**
   * Where the flow sends its user. Anybody can be sent to this address with anything in its query: with a
   * `success=true` of his own making, or with the id of a session that somebody else has logged in to (the
   * attacker's account would then be paid the victim's deposit). So one thing only is read, the id, and only to
   * compare it with the session that this visitor began. Everything else is asked of Trellis.
   */
  readonly return: Handler = (request, response, url) => {
    const visit = this.#visits.of(visitorCookie(request));
    const isOwn = visit !== undefined && url.searchParams.get('data-session-id') === visit.sessionId;
    if (!isOwn) return this.#send(response, 403, foreignReturnPage(this.#settings));
    redirect(response, '/deposit');
  };

  readonly deposit: Handler = async (request, response) => {
    const visit = this.#visits.of(visitorCookie(request));
    if (visit === undefined) return redirect(response, '/');
    const session = await this.#trellis.retrieveSession(visit.sessionId);
    this.#send(response, 200, depositPage(this.#settings, session, visit.webhook));
  };

  readonly live: Handler = (request, response) => {
    const visit = this.#visits.of(visitorCookie(request));
    if (visit === undefined) return sendStatus(response, 204); // which tells an EventSource to stop
    this.#live.open(visit.sessionId, response);
  };

  readonly webhook: Handler = async (request, response) =>
    sendStatus(response, await this.#webhooks.receive(request));

  readonly notFound: Handler = (_request, response) =>
    this.#send(response, 404, notFoundPage(this.#settings));

  failed(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    console.error(`Juniper Living: ${error instanceof TrellisFailed ? error.message : error}`);
    if (response.headersSent) response.destroy();
    else this.#send(response, 503, unavailablePage(this.#settings, request.method));
  }

  #send(response: ServerResponse, status: number, page: Html): void {
    sendPage(response, status, page, this.#settings.trellisUrl);
  }
}
