import { createHash, randomBytes, randomUUID } from 'node:crypto';

export const clientId = 'PSDDE-BAFIN-123456';
export const callback = 'https://tpp.example/callback/1';

export const testBank = 'trellis-test-bank';
export const redirectBank = 'trellis-redirect-bank';

/** The consent that the tests ask for where they do not care. */
export const allAccounts = {
  access: { allPsd2: 'allAccountsWithOwnerName' },
  recurringIndicator: true,
  validUntil: '2027-06-01',
  frequencyPerDay: 4,
  combinedServiceIndicator: false,
};

export const oneOff = { ...allAccounts, recurringIndicator: false, frequencyPerDay: 1 };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined where it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by the tests as the wire has them
  readonly json: any;
}

export interface CallOptions {
  readonly method?: string;
  /** A header of `null` is left out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: unknown;
  readonly bank?: string;
}

/** Sees every call of the XS2A interface with its answer; `target` begins with `/v1`. */
export type Observer = (method: string, target: string, answer: Answer) => void;

/** A third party provider that speaks to one origin, with nothing of the project's own code. */
export class Tpp {
  readonly #origin: string;
  readonly #observe: Observer;

  constructor(origin: string, observe: Observer = () => undefined) {
    this.#origin = origin;
    this.#observe = observe;
  }

  /** A call of the XS2A interface with the headers that every call has. */
  async call(path: string, options: CallOptions = {}): Promise<Answer> {
    const { method = 'GET', bank = testBank, body } = options;
    const target = path.startsWith('/berlin-group/') ? path : `/berlin-group/${bank}/v1${path}`;
    const headers = {
      'X-Request-ID': randomUUID(),
      'PSU-IP-Address': '192.168.8.78',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...options.headers,
    };
    const answer = await this.#send(
      target,
      method,
      headers,
      typeof body === 'string' ? body : JSON.stringify(body),
    );
    this.#observe(method, target.replace(/^\/berlin-group\/[^/]+/, ''), answer);
    return answer;
  }

  createConsent(body: unknown = allAccounts, options: CallOptions = {}): Promise<Answer> {
    const headers = { 'TPP-Redirect-URI': callback, ...options.headers };
    return this.call('/consents', { ...options, method: 'POST', body, headers });
  }

  /** Where the PSU goes for a consent of an OAuth bank, with the verifier that the code needs later. */
  async authorizeUrl(
    consentId: string,
    changes: Readonly<Record<string, string | null>> = {},
    bank = testBank,
  ) {
    const metadata = await this.metadata(bank);
    const verifier = randomBytes(32).toString('base64url');
    const parameters = {
      response_type: 'code',
      client_id: clientId,
      scope: `AIS:${consentId}`,
      state: `state-${consentId}`,
      redirect_uri: callback,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...changes,
    };
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) if (value !== null) query.set(name, value);
    return { url: `${metadata.authorization_endpoint}?${query}`, verifier };
  }

  async metadata(bank = testBank) {
    const path = `/.well-known/oauth-authorization-server/berlin-group/${bank}`;
    return (await this.#send(path, 'GET', {}, undefined)).json;
  }

  /** A call of the token endpoint. */
  token(parameters: Readonly<Record<string, string>>, bank = testBank): Promise<Answer> {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ client_id: clientId, ...parameters }).toString();
    // One bank tells it in its documents only, as Commerzbank does.
    const path = bank === 'trellis-commerce-bank' ? 'idp/v1/token' : 'token';
    return this.#send(`/berlin-group/${bank}/${path}`, 'POST', headers, body);
  }

  exchange(code: string, verifier: string, bank = testBank): Promise<Answer> {
    const parameters = { code, code_verifier: verifier, redirect_uri: callback };
    return this.token({ grant_type: 'authorization_code', ...parameters }, bank);
  }

  async #send(
    path: string,
    method: string,
    headers: Readonly<Record<string, string | null>>,
    body: string | undefined,
  ): Promise<Answer> {
    const sent = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== null);
    const url = new URL(path, this.#origin);
    const response = await fetch(url, {
      method,
      headers: sent,
      redirect: 'manual',
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  }
}

/** The code of the standard in an error. */
export function codeOf(answer: Answer): string {
  return `${answer.status} ${answer.json?.tppMessages?.[0]?.code}`;
}

/** What the error says is at fault. */
export function pathOf(answer: Answer): string {
  return answer.json?.tppMessages?.[0]?.path;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
