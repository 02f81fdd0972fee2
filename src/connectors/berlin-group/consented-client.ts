import type { ConsentAccess } from '../../banking/connector.ts';
import { type Credentials, credentialsOf } from './attempt.ts';
import { type BankCall, type Connection, callBank } from './client.ts';
import { type BankAnswer, codesOf } from './errors.ts';
import { refresh } from './oauth.ts';

/**
 * The calls of one read session under one consent. An access token that has expired is renewed, once for
 * a call, kept durably before it is used, and serves all calls that follow.
 */
export class ConsentedClient {
  readonly #connection: Connection;
  readonly #access: ConsentAccess;
  #credentials: Credentials;

  constructor(connection: Connection, access: ConsentAccess) {
    this.#connection = connection;
    this.#access = access;
    this.#credentials = credentialsOf(access.consent);
  }

  get credentials(): Credentials {
    return this.#credentials;
  }

  /** A call about the consent itself. */
  async call(call: Omit<BankCall, 'psu' | 'accessToken'>): Promise<BankAnswer> {
    const answer = await this.#send(call);
    if (!isTokenRefused(answer) || !(await this.#renewTokens())) return answer;
    return this.#send(call);
  }

  /** A call that reads what the consent opens. */
  read(operation: string, url: string): Promise<BankAnswer> {
    const headers = { 'consent-id': this.#access.consent.bankConsentId };
    return this.call({ operation, method: 'GET', url, headers });
  }

  #send(call: Omit<BankCall, 'psu' | 'accessToken'>): Promise<BankAnswer> {
    const accessToken = this.#credentials.tokens?.accessToken;
    return callBank(this.#connection, { ...call, psu: this.#access.psu, accessToken });
  }

  async #renewTokens(): Promise<boolean> {
    const { tokens, server } = this.#credentials;
    if (server === undefined || tokens?.refreshToken === undefined) return false;
    const renewed = await refresh(this.#connection, server, tokens.refreshToken);
    this.#credentials = { ...this.#credentials, tokens: renewed };
    await this.#access.keep({ ...this.#access.consent, credentials: this.#credentials });
    return true;
  }
}

/** By the standard's codes; a bare 401 of a gateway says the same. */
function isTokenRefused(answer: BankAnswer): boolean {
  if (answer.status !== 401) return false;
  const codes = codesOf(answer);
  return codes.length === 0 || codes.some((code) => code.startsWith('TOKEN_') || code === 'invalid_token');
}
