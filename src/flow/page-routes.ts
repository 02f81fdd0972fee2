import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PsuContext } from '../banking/consent.ts';
import { ApiError } from '../core/errors.ts';
import { isUuid } from '../core/ids.ts';
import { isMerchantId } from '../merchants/merchant.ts';
import type { HttpServer } from '../platform/http/server.ts';
import type { Locale } from '../sessions/locale.ts';
import type { Session, SessionKey } from '../sessions/session.ts';
import { type Browser, browserFrom, comesFromOurs, csrfToken, matchesCsrf, newBrowser } from './browser.ts';
import { bytesOfImage } from './challenge-image.ts';
import { type CookieKind, flowCookies } from './cookies.ts';
import type { Facts } from './facts.ts';
import type { FlowDeps } from './flow.ts';
import { entryPlace, hrefOf, leavePath, type Place, sessionPlace } from './flow-entry.ts';
import { localeFor, stepPage, strayReturnPage, toLocale } from './flow-page.ts';
import { FlowService } from './flow-service.ts';
import { psuContextOf } from './psu-context.ts';
import type { Next, Problem } from './step.ts';
import { isPassing, stepFor } from './steps.ts';
import { fieldNames } from './views/action-form.tsx';

/** The session that a request speaks of, and where its pages are. */
interface Addressed {
  readonly session: Session;
  readonly place: Place;
  /** By the merchant's link, and not by the address that a bound browser has. */
  readonly byLink: boolean;
}

type Fields = Readonly<Record<string, string>>;
type KeyParams = { Params: { merchantId: string; sessionId: string } };

/**
 * GET shows and changes nothing, so that link previews use nothing up. POST answers, and leads on by 303. The
 * bank's callback is a GET, as its standard wants it, and works once.
 */
export function pageRoutes(flow: HttpServer, deps: FlowDeps): void {
  const pages = new FlowPages(deps);
  flow.get('/start', async (request, reply) =>
    pages.show(request, reply, await pages.byLink(request), false),
  );
  flow.post<{ Params: { action: string } }>('/start/:action', async (request, reply) =>
    pages.answer(request, reply, await pages.byLink(request), request.params.action),
  );
  flow.get<KeyParams>('/:merchantId/:sessionId', async (request, reply) =>
    pages.show(request, reply, await pages.byKey(request.params), false),
  );
  flow.get<KeyParams>('/:merchantId/:sessionId/leave', async (request, reply) =>
    pages.show(request, reply, await pages.byKey(request.params), true),
  );
  flow.get<KeyParams>('/:merchantId/:sessionId/picture', async (request, reply) =>
    pages.picture(request, reply, await pages.byKey(request.params)),
  );
  flow.post<{ Params: KeyParams['Params'] & { action: string } }>(
    '/:merchantId/:sessionId/:action',
    async (request, reply) =>
      pages.answer(request, reply, await pages.byKey(request.params), request.params.action),
  );
  flow.get<{ Params: { bankId: string } }>(
    '/callback/:bankId',
    { exposeHeadRoute: false },
    async (request, reply) => pages.comeBack(request, reply, request.params.bankId),
  );
}

class FlowPages {
  readonly #deps: FlowDeps;
  readonly #flow: FlowService;
  readonly #cookies: ReturnType<typeof flowCookies>;
  readonly #origin: string;

  constructor(deps: FlowDeps) {
    this.#deps = deps;
    this.#flow = new FlowService(deps);
    this.#cookies = flowCookies(deps.publicUrl);
    this.#origin = new URL(deps.publicUrl).origin;
  }

  async byLink(request: FastifyRequest): Promise<Addressed | undefined> {
    const token = fieldsOf(request.query).t ?? '';
    const session = await this.#deps.sessions.findByFlowToken(token);
    return session && { session, place: entryPlace(token), byLink: true };
  }

  async byKey({ merchantId, sessionId }: KeyParams['Params']): Promise<Addressed | undefined> {
    const key: SessionKey = { merchantId, id: sessionId };
    const session =
      isMerchantId(merchantId) && isUuid(sessionId) ? await this.#deps.sessions.find(key) : undefined;
    return session && { session, place: sessionPlace(key), byLink: false };
  }

  /** The present step. `leaving`: the page that sends the user on, if there is somewhere to go. */
  async show(
    request: FastifyRequest,
    reply: FastifyReply,
    addressed: Addressed | undefined,
    leaving: boolean,
    problem?: Problem,
  ): Promise<FastifyReply> {
    const chosen = toLocale(fieldsOf(request.query).lang);
    if (chosen) setCookie(reply, this.#cookies.language, chosen);
    const browser = this.#browserOf(request) ?? (addressed?.byLink ? this.#giveBrowser(reply) : undefined);
    if (!addressed || !browser) return unknownLink(reply);
    const facts = await this.#flow.look(
      visitorOf(addressed, browser),
      leaving,
      this.#psuOf(request, addressed.session),
    );
    if (!facts) return unknownLink(reply);
    const step = stepFor(facts);
    const atHome = !addressed.byLink || facts.role !== 'holder';
    if (!atHome || (leaving && !isPassing(step)))
      return reply.redirect(sessionPlace(facts.session).path, 303);
    const showing = await this.#showing(request, addressed, facts, browser, problem);
    const html = await stepPage(step, facts, showing, this.#deps);
    return reply
      .code(problem ? 422 : 200)
      .type('text/html; charset=utf-8')
      .send(html);
  }

  /** @throws ApiError AUTHORIZATION for a form that was not in a page of ours */
  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    addressed: Addressed | undefined,
    action: string,
  ): Promise<FastifyReply> {
    if (!addressed) return unknownLink(reply);
    const form = fieldsOf(request.body);
    const browser = this.#provenBrowser(request, addressed.session, form[fieldNames.csrf] ?? '');
    const next = await this.#flow.answer(visitorOf(addressed, browser), {
      action,
      input: { ...fieldsOf(request.query), ...form },
      psu: this.#psuOf(request, addressed.session),
      locale: languageOf(request, this.#cookies.language, addressed.session),
    });
    if (!next) return unknownLink(reply);
    if (next.go === 'again') return this.show(request, reply, addressed, false, next.problem);
    setCookie(reply, this.#cookies.browser, browser.secret);
    return reply.redirect(pathAfter(next, addressed), 303);
  }

  /** What the user has to scan. Like every page it is for the browser that holds the session, and is not cached. */
  async picture(
    request: FastifyRequest,
    reply: FastifyReply,
    addressed: Addressed | undefined,
  ): Promise<FastifyReply> {
    const browser = this.#browserOf(request);
    const image = addressed && browser && (await this.#flow.challengeImage(visitorOf(addressed, browser)));
    const bytes = image && bytesOfImage(image);
    return image && bytes ? reply.type(image.mediaType).send(bytes) : unknownLink(reply);
  }

  async comeBack(request: FastifyRequest, reply: FastifyReply, bankId: string): Promise<FastifyReply> {
    const known = this.#browserOf(request);
    const browser = known ?? newBrowser();
    const query = fieldsOf(request.query);
    const psu = this.#psuOf(request);
    const key = await this.#flow.attempts.comeBack({ bankId, query, browserHash: browser.hash, psu });
    if (!key) return this.#stray(request, reply, known);
    if (!known) setCookie(reply, this.#cookies.browser, browser.secret);
    return reply.redirect(leavePath(key), 303);
  }

  /** A return that belongs to nothing: nothing is accepted, and who holds a living session is shown the way back to it. */
  async #stray(
    request: FastifyRequest,
    reply: FastifyReply,
    browser: Browser | undefined,
  ): Promise<FastifyReply> {
    const session = browser && (await this.#flow.livingSessionOf(browser.hash));
    if (!session) return unknownLink(reply);
    const merchant = await this.#flow.merchantOf(session);
    const html = strayReturnPage(session, {
      merchant,
      locale: languageOf(request, this.#cookies.language, session),
    });
    return reply.code(400).type('text/html; charset=utf-8').send(html);
  }

  async #showing(
    request: FastifyRequest,
    { place }: Addressed,
    facts: Facts,
    browser: Browser,
    problem: Problem | undefined,
  ): Promise<Parameters<typeof stepPage>[2]> {
    return {
      merchant: await this.#flow.merchantOf(facts.session),
      locale: languageOf(request, this.#cookies.language, facts.session),
      csrf: csrfToken(browser, facts.session),
      place,
      query: fieldsOf(request.query),
      sealed: () => this.#flow.sealed(facts.attempt),
      ...(problem && { problem }),
    };
  }

  #provenBrowser(request: FastifyRequest, key: SessionKey, csrf: string): Browser {
    const browser = this.#browserOf(request);
    const { origin } = request.headers;
    const secFetchSite = request.headers['sec-fetch-site'];
    const from = { origin, secFetchSite: typeof secFetchSite === 'string' ? secFetchSite : undefined };
    if (browser && matchesCsrf(browser, key, csrf) && comesFromOurs(from, this.#origin)) return browser;
    throw new ApiError('AUTHORIZATION', 'the form was not in a page of this flow');
  }

  #psuOf(request: FastifyRequest, session?: Session): PsuContext {
    const { ip, headers } = request;
    const acceptLanguage = headers['accept-language'];
    const read = languageOf(request, this.#cookies.language, session);
    const language = read === localeFor({ acceptLanguage }) ? undefined : read;
    return psuContextOf({ ip, userAgent: headers['user-agent'], acceptLanguage, language });
  }

  #browserOf(request: FastifyRequest): Browser | undefined {
    return browserFrom(request.cookies[this.#cookies.browser.name]);
  }

  #giveBrowser(reply: FastifyReply): Browser {
    const browser = newBrowser();
    setCookie(reply, this.#cookies.browser, browser.secret);
    return browser;
  }
}

/** The language to answer in: by the switch now, by the switch earlier, by the session, by the browser. */
export function languageOf(request: FastifyRequest, cookie: CookieKind, session?: Session): Locale {
  const chosen = toLocale(fieldsOf(request.query).lang) ?? toLocale(request.cookies[cookie.name]);
  return localeFor({ chosen, acceptLanguage: request.headers['accept-language'] }, session);
}

/** The fields that came exactly once, as text: no field of ours comes twice, and a bank's that does is not to be believed. */
function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function pathAfter(next: Exclude<Next, { go: 'again' }>, { session, place }: Addressed): string {
  if (next.go === 'at-link') return hrefOf(place);
  return next.go === 'here' ? sessionPlace(session).path : leavePath(session);
}

function visitorOf({ session, byLink }: Addressed, browser: Browser) {
  return { session, browserHash: browser.hash, hasLink: byLink };
}

function unknownLink(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}

function setCookie(reply: FastifyReply, { name, options }: CookieKind, value: string): void {
  reply.setCookie(name, value, options);
}
