import { randomBytes } from 'node:crypto';

/** One visitor's way through one data session. */
export interface Visit {
  readonly sessionId: string;
  readonly referenceId: string;
  /** The newest webhook about it. */
  webhook?: Webhook;
}

export interface Webhook {
  /** Counts the webhooks about one session. */
  readonly sequence: number;
  /** What the session had come to. */
  readonly status: string;
  /** The whole body as it came. */
  readonly text: string;
}

const maxVisits = 1_000;

/**
 * Which visitor started which session, by the secret in the visitor's cookie. In memory, for this example: a
 * restart forgets it all, and a second process would know nothing of it. Yours belongs in the database, in the row of
 * whatever the data are for, and your own login takes the place of the cookie.
 */
export class Visits {
  readonly #byCookie = new Map<string, Visit>();
  readonly #bySession = new Map<string, string>();
  readonly #listeners = new Map<string, Set<() => void>>();

  /** @returns the value for the visitor's cookie */
  add(visit: Visit): string {
    const cookie = randomBytes(24).toString('base64url');
    this.#byCookie.set(cookie, visit);
    this.#bySession.set(visit.sessionId, cookie);
    this.#forgetOldest();
    return cookie;
  }

  of(cookie: string | undefined): Visit | undefined {
    return cookie === undefined ? undefined : this.#byCookie.get(cookie);
  }

  /** Keeps the webhook with the visit it is about, if it is about one, and tells the pages that wait for it. */
  keepWebhook(sessionId: string, webhook: Webhook): void {
    const visit = this.of(this.#bySession.get(sessionId));
    if (visit === undefined || (visit.webhook && visit.webhook.sequence >= webhook.sequence)) return;
    visit.webhook = webhook;
    for (const tell of this.#listeners.get(sessionId) ?? []) tell();
  }

  /** @returns how to stop listening */
  listen(sessionId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(sessionId) ?? new Set();
    this.#listeners.set(sessionId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(sessionId);
    };
  }

  #forgetOldest(): void {
    const [oldest] = this.#byCookie;
    if (this.#byCookie.size <= maxVisits || oldest === undefined) return;
    this.#byCookie.delete(oldest[0]);
    this.#bySession.delete(oldest[1].sessionId);
  }
}
