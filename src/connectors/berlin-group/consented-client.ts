import type { ConsentAccess } from '../../banking/consent.ts';
import { BankFailure } from '../../banking/failure.ts';
import { type Credentials, credentialsOf } from './attempt.ts';
import { type BankStream, isStream, openReport } from './bank-stream.ts';
import { type BankCall, type Connection, callBank } from './client.ts';
import type { ConsentCall } from './consent.ts';
import { type BankAnswer, codesOf } from './errors.ts';
import { refresh } from './oauth.ts';

type Call = Omit<BankCall, 'psu' | 'accessToken'>;

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

  /**
   * The end that the user agreed to has come, of a consent of tokens: the bank knows no other end than theirs, so that
   * it is kept here.
   */
  get hasRunOut(): boolean {
    const { expiresAt } = this.#access.consent;
    const { profile, clock } = this.#connection;
    return profile.consent === 'none' && expiresAt !== undefined && expiresAt <= clock.now();
  }

  /** A call that reads what the consent opens. */
  async read(operation: string, url: string): Promise<BankAnswer> {
    return this.#renewing((token) => this.#send(this.#reading(operation, url), token));
  }

  /** The same for a report, see `openReport`. */
  async open(
    operation: string,
    url: string,
    how: Pick<Call, 'accept' | 'timeoutMs'>,
    isStreamed: Parameters<typeof openReport>[2],
  ): Promise<BankAnswer | BankStream> {
    const call = { ...this.#reading(operation, url), ...how };
    return this.#renewing(async (token) =>
      openReport(this.#connection, await this.#underConsent(call, token), isStreamed),
    );
  }

  /**
   * A call about the consent itself. It is ours by our certificate, the token only has to fit where it is
   * shown: so where the token is over for good, the call goes without, or a consent could not be ended.
   */
  readonly aboutConsent: ConsentCall = async (call) => {
    const answer = await this.#send(call, this.#accessToken());
    if (!isTokenRefused(answer) || this.#accessToken() === undefined) return answer;
    const renewed = await this.renewTokens().catch(noneIfVoid);
    return this.#send(call, renewed ? this.#accessToken() : undefined);
  };

  #reading(operation: string, url: string): Call {
    if (this.hasRunOut) throw new BankFailure('user-must-act', `${operation}: the consent has run out`);
    const call = { operation, method: 'GET', url } as const;
    if (this.#connection.profile.consent === 'none') return call;
    return { ...call, headers: { 'consent-id': this.#access.consent.bankConsentId } };
  }

  async #renewing<A extends BankAnswer | BankStream>(
    ask: (token: string | undefined) => Promise<A>,
  ): Promise<A> {
    const answer = await ask(this.#accessToken());
    if (isStream(answer) || !isTokenRefused(answer) || !(await this.renewTokens())) return answer;
    return ask(this.#accessToken());
  }

  #accessToken(): string | undefined {
    return this.#credentials.tokens?.accessToken;
  }

  async #send(call: Call, accessToken: string | undefined): Promise<BankAnswer> {
    return callBank(this.#connection, await this.#underConsent(call, accessToken));
  }

  async #underConsent(call: Call, accessToken: string | undefined): Promise<BankCall> {
    await this.#access.beforeCall();
    const { psu } = this.#access;
    return { ...call, psu, accessToken, keyId: this.#credentials.clientId };
  }

  /** New tokens, kept; false where there is nothing to renew them with. */
  async renewTokens(): Promise<boolean> {
    const { tokens, server } = this.#credentials;
    if (server === undefined || tokens?.refreshToken === undefined) return false;
    await this.#access.beforeCall();
    const renewed = await refresh(this.#connection, server, tokens.refreshToken);
    this.#credentials = { ...this.#credentials, tokens: renewed };
    await this.#access.keep({ ...this.#access.consent, credentials: this.#credentials });
    return true;
  }
}

function noneIfVoid(thrown: unknown): false {
  if (thrown instanceof BankFailure && thrown.kind === 'user-must-act') return false;
  throw thrown;
}

/** By the standard's codes; a bare 401 of a gateway says the same. */
function isTokenRefused(answer: BankAnswer): boolean {
  if (answer.status !== 401) return false;
  const codes = codesOf(answer);
  return codes.length === 0 || codes.some((code) => code.startsWith('TOKEN_') || code === 'invalid_token');
}
