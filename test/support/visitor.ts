import { setTimeout as delay } from 'node:timers/promises';
import type { TestApp } from './app.ts';

/** An answer of a server, as a browser without script sees it. */
export interface Seen {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** The kind of page, for pages of the flow. */
  readonly page: string | undefined;
}

const maxRedirects = 6;

/** A person's browser without script: cookies by host, redirects followed, forms filled in. */
export class Visitor {
  readonly #jars = new Map<string, Map<string, string>>();
  readonly #headers: Readonly<Record<string, string>>;

  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.#headers = { 'user-agent': 'Visitor/1.0', 'accept-language': 'en', ...headers };
  }

  /** One request, no redirect followed. */
  async send(url: string, init: RequestInit = {}): Promise<Seen> {
    const { hostname } = new URL(url); // cookies do not tell ports apart
    const jar = this.#jars.get(hostname) ?? new Map<string, string>();
    this.#jars.set(hostname, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...this.#headers, ...(cookie === '' ? {} : { cookie }), ...init.headers };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    const html = await response.text();
    const page = /<main[^>]* data-page="([^"]+)"/.exec(html)?.[1];
    return { url, status: response.status, headers: response.headers, html, page };
  }

  async open(url: string): Promise<Seen> {
    return this.#follow(await this.send(url));
  }

  /** Sends the form whose address ends in `action`, with its hidden fields and these. */
  async submit(seen: Seen, action: string, fields: Readonly<Record<string, string>> = {}): Promise<Seen> {
    return this.#follow(await this.submitOnce(seen, action, fields));
  }

  async submitOnce(
    seen: Seen,
    action: string,
    fields: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Seen> {
    const form = formOf(seen, action);
    const body = new URLSearchParams({ ...form.hidden, ...fields });
    return this.send(form.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: body.toString(),
    });
  }

  async #follow(first: Seen): Promise<Seen> {
    let seen = first;
    for (let count = 0; seen.status === 303 && count < maxRedirects; count += 1) {
      seen = await this.send(new URL(seen.headers.get('location') ?? '', seen.url).href);
    }
    return seen;
  }
}

/** The form whose address (without query) ends in `/action`. */
export function formOf(seen: Seen, action: string): { url: string; hidden: Record<string, string> } {
  for (const [form = ''] of seen.html.matchAll(/<form[^>]*method="post"[\s\S]*?<\/form>/g)) {
    const url = new URL(unescaped(/ action="([^"]*)"/.exec(form)?.[1] ?? ''), seen.url);
    if (!url.pathname.endsWith(`/${action}`)) continue;
    const hidden: Record<string, string> = {};
    for (const [input] of form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      hidden[/ name="([^"]*)"/.exec(input)?.[1] ?? ''] = unescaped(/ value="([^"]*)"/.exec(input)?.[1] ?? '');
    }
    return { url: url.href, hidden };
  }
  throw new Error(`no form for ${action} on ${seen.page ?? seen.html.slice(0, 200)}`);
}

/** Where a page goes by itself, at once. */
export function leavesTo(seen: Seen): string {
  const url = /http-equiv="refresh" content="0;\s*url=([^"]+)"/i.exec(seen.html)?.[1];
  if (url === undefined) throw new Error(`${seen.page ?? seen.url} does not leave`);
  return unescaped(url);
}

function unescaped(text: string): string {
  return text
    .replaceAll('&amp;', '&')
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&#39;', "'");
}

let references = 0;

/** A session of the merchant, and where its user is sent. */
export async function createSession(
  app: TestApp,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ id: string; referenceId: string; redirectUrl: string }> {
  references += 1;
  const { status, body } = await app.call('/data/session/create', {
    referenceId: `flow-${references}`,
    permissions: ['identity'],
    returnUrl: 'https://shop.example/back?shop=1#top',
    market: 'DE',
    ...more,
  });
  if (status !== 200) throw new Error(`create: ${status} ${JSON.stringify(body)}`);
  return body;
}

export const testBank = 'de-trellis-test-bank';

/** From the link to the page that leaves for the bank. */
export async function goToBank(visitor: Visitor, redirectUrl: string, bank = testBank): Promise<Seen> {
  const chosen = await visitor.submit(await visitor.open(redirectUrl), 'choose', { bank });
  return visitor.submit(chosen, 'agree');
}

/** Signs in at the sandbox bank and decides; the address that the bank sends the browser back to. */
export async function authoriseAtBank(
  visitor: Visitor,
  bankUrl: string,
  options: { userName?: string; decision?: 'confirm' | 'decline' } = {},
): Promise<string> {
  const login = await visitor.open(bankUrl);
  const { userName = 'ada', decision = 'confirm' } = options;
  const confirm = await visitor.submit(login, 'login', { userName, password: 'any' });
  const accounts = [...confirm.html.matchAll(/name="account" value="([^"]+)"/g)].map(([, key]) => key ?? '');
  const done = await visitor.submit(confirm, 'confirm', {
    decision,
    ...(accounts[0] && { account: accounts[0] }),
  });
  return leavesTo(done);
}

export async function statusOf(app: TestApp, id: string): Promise<string> {
  const { body } = await app.call(`/data/session/retrieve?id=${id}`);
  return body.failure ? `${body.status} ${body.failure.code}` : body.status;
}

/** Tells the statuses of the consents that were made at the banks from now on, oldest first. */
export function watchConsents(app: TestApp): () => Promise<string[]> {
  const known = new Set(app.bank.control.consents().map(({ id }) => id));
  return async () =>
    app.bank.control
      .consents()
      .filter(({ id }) => !known.has(id))
      .map(({ status }) => status);
}

/** Waits for something that another process or job brings about; fails with what was there last. */
export async function eventually<T>(
  look: () => Promise<T>,
  holds: (value: T) => boolean,
  limitMs = 10_000,
): Promise<T> {
  const start = performance.now();
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() - start > limitMs)
      throw new Error(`still ${JSON.stringify(value)} after ${limitMs} ms`);
    await delay(50);
  }
}

/** Waits until nothing of a session is left to be done. */
export async function noJobsLeft(app: TestApp, sessionId: string): Promise<void> {
  const text = `SELECT FROM graphile_worker._private_jobs WHERE payload->>'sessionId' = $1`;
  await eventually(
    async () => (await app.pool.query(text, [sessionId])).rowCount,
    (left) => left === 0,
  );
}

/** A session whose user came back from his bank, once its data are there. */
export async function completeSession(
  app: TestApp,
  userName: string,
  more: Readonly<Record<string, unknown>> = {},
  bank = testBank,
): Promise<string> {
  const session = await createSession(app, more);
  const visitor = new Visitor();
  const away = await goToBank(visitor, session.redirectUrl, bank);
  await visitor.open(await authoriseAtBank(visitor, leavesTo(away), { userName }));
  await eventually(
    () => statusOf(app, session.id),
    (status) => status === 'complete',
  );
  return session.id;
}
