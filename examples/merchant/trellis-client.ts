import { setTimeout as pause } from 'node:timers/promises';
import { parseJson } from './parse-json.ts';
import { readWithin } from './read-within.ts';

/** A data session, as far as this shop reads it. The whole of it is at `/docs` of your Trellis. */
export interface DataSession {
  readonly id: string;
  readonly referenceId: string;
  readonly status: 'started' | 'pending' | 'complete' | 'failed';
  /** There once complete. */
  readonly data?: BankData;
  /** There once failed: `cancelled`, `expired`, `bank_denied`, `bank_unavailable`, `no_accounts`, `internal`. */
  readonly failure?: { readonly code: string };
}

export interface BankData {
  readonly bankName: string;
  /** Not every bank gives the name of the account holder. */
  readonly identity?: Identity;
  readonly accounts: readonly Account[];
}

export interface Identity {
  readonly name?: string;
}

export interface Account {
  readonly id: string;
  readonly name?: string;
  readonly accountType: string;
  readonly currency: string;
  /** There where the bank has blocked the account. */
  readonly status?: 'blocked';
  readonly financialAddress?: FinancialAddress;
}

/** `type` says which one of the others is there. `accountHolderName` is the first holder's, where the bank names any. */
export interface FinancialAddress {
  readonly type: string;
  readonly iban?: { readonly iban: string; readonly accountHolderName?: string };
  readonly bankCode?: { readonly accountNumber: string; readonly accountHolderName?: string };
  readonly bban?: { readonly bban: string; readonly accountHolderName?: string };
}

/** Trellis did not answer, or not as hoped. The message is for the shop's own log; it holds no bank data. */
export class TrellisFailed extends Error {}

const timeoutMs = 5_000;
const maxAnswerBytes = 2 * 1_024 * 1_024;
const attempts = 2;
const pauseMs = 300;

/** The calls of this shop to Trellis, made by its server only: the key must never reach a browser. */
export class TrellisClient {
  readonly #url: string;
  readonly #apiKey: string;

  constructor(options: { readonly url: string; readonly apiKey: string }) {
    this.#url = options.url;
    this.#apiKey = options.apiKey;
  }

  /**
   * POST /data/session/create.
   * @param referenceId your own id of what this is for; unique: it stays with the session for good
   * @returns the session, and where its user has to go now. The redirectUrl opens the flow for whoever has
   * it: it goes to this one browser and into no log.
   * @throws TrellisFailed
   */
  async createSession(
    referenceId: string,
    returnUrl: string,
  ): Promise<DataSession & { redirectUrl: string }> {
    const body = { referenceId, permissions: ['identity'], returnUrl, market: 'DE' };
    // The same key at both attempts: should the first have arrived after all, the second gets its answer.
    const headers = { 'content-type': 'application/json', 'idempotency-key': referenceId };
    const created = await this.#call('/data/session/create', {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return created as DataSession & { redirectUrl: string };
  }

  /**
   * GET /data/session/retrieve: the truth about a session, whatever a URL or a webhook may say.
   * @throws TrellisFailed
   */
  async retrieveSession(id: string): Promise<DataSession> {
    return (await this.#call(`/data/session/retrieve?id=${encodeURIComponent(id)}`)) as DataSession;
  }

  /** Tries twice when a second try can help: no answer, too busy, or a fault on the other side. */
  async #call(path: string, init: Call = {}): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#send(path, init).catch((error: Error) => error);
      const body = answer instanceof Error || answer.status !== 200 ? undefined : parseJson(answer.text);
      if (body !== undefined) return body;
      const mayHelp = answer instanceof Error || answer.status === 429 || answer.status >= 500;
      if (!mayHelp || attempt === attempts)
        throw new TrellisFailed(`${path.split('?')[0]}: ${wordsFor(answer)}`);
      await pause(pauseMs);
    }
  }

  async #send(path: string, init: Call): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      ...init,
      headers: { ...init.headers, 'x-ivy-api-key': this.#apiKey },
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
    const text = await readWithin(response.body ?? [], maxAnswerBytes);
    return {
      status: response.status,
      requestId: response.headers.get('x-request-id'),
      text: text.toString(),
    };
  }
}

interface Call {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly requestId: string | null;
  readonly text: string;
}

/** The request id is what Trellis's operator finds the call by. */
function wordsFor(answer: Answer | Error): string {
  if (answer instanceof Error) return `no answer (${answer.name})`;
  return `status ${answer.status}, request ${answer.requestId ?? 'unknown'}`;
}
