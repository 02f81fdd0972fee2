import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { parseJson } from './parse-json.ts';
import { readWithin, TooLong } from './read-within.ts';
import type { Visits } from './visits.ts';
import type { WebhookSecrets } from './webhook-secrets.ts';
import { verifiedWebhookId } from './webhook-signature.ts';

/** The body of every webhook about a data session. */
interface DataSessionEvent {
  readonly payload?: { readonly id?: string; readonly status?: string };
  readonly sequence?: number;
}

/** Trellis promises less than 256 kB. */
const maxBodyBytes = 256 * 1_024;
const maxRememberedIds = 10_000;

/** Takes webhooks in. Each may come twice, late, or in another order than things happened. */
export class WebhookReceiver {
  readonly #secrets: WebhookSecrets;
  readonly #visits: Visits;
  readonly #seen = new Set<string>();

  constructor(secrets: WebhookSecrets, visits: Visits) {
    this.#secrets = secrets;
    this.#visits = visits;
  }

  /**
   * @returns the status to answer with. Anything but 2xx is tried again for days, so "not for us" is a 2xx too;
   * and it must come fast: what takes long (booking, mailing) belongs into a job of your own after the answer.
   */
  async receive(request: IncomingMessage): Promise<number> {
    let body: Buffer;
    try {
      body = await readWithin(request, maxBodyBytes);
    } catch (error) {
      return error instanceof TooLong ? 413 : 400;
    }
    const id = await this.#verifiedId(request.headers, body);
    if (id === undefined) return 401;
    if (!this.#seen.has(id)) {
      this.#handle(body.toString());
      this.#remember(id);
    }
    return 204;
  }

  /** A signature that does not fit may be that of a newer secret. */
  async #verifiedId(headers: IncomingHttpHeaders, body: Buffer): Promise<string | undefined> {
    const verify = () => verifiedWebhookId(headers, body, this.#secrets.current, new Date());
    return verify() ?? ((await this.#secrets.renew()) ? verify() : undefined);
  }

  /**
   * The webhook only says that something happened. What is true now is asked of Trellis when the page is
   * drawn, so that a webhook which is late or out of order can never bring back an older state.
   */
  #handle(text: string): void {
    const { payload, sequence = 0 } = (parseJson(text) ?? {}) as DataSessionEvent;
    if (payload?.id === undefined) return;
    this.#visits.keepWebhook(payload.id, { sequence, status: payload.status ?? '', text });
  }

  /** In your database this is a unique column, written in the transaction that acts on the event. */
  #remember(id: string): void {
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > maxRememberedIds && oldest !== undefined) this.#seen.delete(oldest);
  }
}
