import { createHash, createPrivateKey, randomBytes, randomUUID, sign, X509Certificate } from 'node:crypto';
import { Agent } from 'node:https';
import type { SandboxCertificates } from '../../../src/sandbox-bank/tpp/sandbox-certificates.ts';
import { exchange } from './sealed-tpp.ts';
import { callback } from './tpp.ts';

const bank = '/berlin-group/trellis-token-bank';

type Headers = Readonly<Record<string, string>>;

export interface SignedCall {
  readonly method?: string;
  /** From `/oauth2` or `/v3` on. */
  readonly path?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Headers;
  /** Of the headers, in their order. */
  readonly signed?: readonly string[];
  readonly algorithm?: string;
  readonly keyId?: string;
  /** Certificate and key of the seal. */
  readonly sealedBy?: string;
  /** Certificate and key in the handshake; `null` shows none. */
  readonly connectAs?: string | null;
  readonly bearer?: string | undefined;
  /** The request as it is sent, if not as it was signed. */
  readonly sent?: {
    readonly headers?: Readonly<Record<string, string | undefined>>;
    readonly path?: string;
    readonly body?: string;
  };
}

export interface SignedAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by the tests as the wire has them
  readonly json: any;
  /** `401 SIGNATURE_INVALID Signature`, or `400` and words. */
  readonly refused: string;
}

/** A TPP that signs requests as an application does, with nothing of the project's own code. */
export class ApplicationTpp {
  readonly #origin: string;
  readonly #certificates: SandboxCertificates;
  clientId = '';
  applicationToken = '';

  constructor(origin: string, certificates: SandboxCertificates) {
    this.#origin = origin;
    this.#certificates = certificates;
  }

  /** The application's own token, and the name that it has from here on. */
  async register(call: SignedCall = {}): Promise<SignedAnswer> {
    const answer = await this.call({
      method: 'POST',
      path: '/oauth2/token',
      form: { grant_type: 'client_credentials' },
      keyId: this.certificateName,
      ...call,
    });
    if (answer.status === 200) {
      this.clientId = answer.json.client_id;
      this.applicationToken = answer.json.access_token;
    }
    return answer;
  }

  get certificateName(): string {
    const { serialNumber } = new X509Certificate(this.#certificates.qseal);
    return `SN=${serialNumber},CA=CN=Trellis%20Sandbox%20CA,O=Trellis%20Sandbox,C=DE`;
  }

  /** Where a customer goes for these scopes, with the verifier that the code needs later. */
  async page(scope: string, changes: Headers = {}): Promise<{ url: string; verifier: string }> {
    const asked = new URLSearchParams({ scope, redirect_uri: callback });
    const { json } = await this.call({ path: `/oauth2/authorization-server-url?${asked}` });
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: this.clientId,
      scope,
      state: 'any-state',
      redirect_uri: callback,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...changes,
    });
    return { url: `${json.location}?${query}`, verifier };
  }

  token(form: Readonly<Record<string, string>>, call: SignedCall = {}): Promise<SignedAnswer> {
    return this.call({ method: 'POST', path: '/oauth2/token', form, ...call });
  }

  /** As the application, or, with `bearer`, in the name of a customer. */
  async call(call: SignedCall): Promise<SignedAnswer> {
    const { method = 'GET', path = '/v3/accounts', sent = {}, connectAs = this.#certificates.qwac } = call;
    const body = call.form === undefined ? '' : new URLSearchParams(call.form).toString();
    const headers = this.#signed({ ...call, method, path: `${bank}${path}` }, body);
    const all = Object.entries({ ...headers, ...sent.headers });
    const kept = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
    const shown = connectAs === null ? {} : { cert: connectAs, key: connectAs };
    const agent = new Agent({ ca: this.#certificates.ca, ...shown });
    const url = new URL(`${bank}${sent.path ?? path}`, this.#origin);
    const { status, text } = await exchange(url, method, Object.fromEntries(kept), sent.body ?? body, agent);
    const json = text === '' ? undefined : JSON.parse(text);
    const [message] = json?.tppMessages ?? [];
    const words = json?.message ?? [message?.code, message?.path].filter(Boolean).join(' ');
    return { status, json, refused: `${status} ${words}` };
  }

  #signed(call: SignedCall & { method: string; path: string }, body: string): Record<string, string> {
    const { sealedBy = this.#certificates.qseal, algorithm = 'rsa-sha256', keyId = this.clientId } = call;
    const headers: Record<string, string> = {
      accept: 'application/json',
      date: new Date().toUTCString(),
      digest: `SHA-256=${createHash('sha256').update(body).digest('base64')}`,
      'x-request-id': randomUUID(),
      'psu-ip-address': '192.0.2.1',
      'tpp-signature-certificate': new X509Certificate(sealedBy).raw.toString('base64'),
      ...(call.form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...call.headers,
    };
    const target = `${call.method.toLowerCase()} ${call.path}`;
    const signed = call.signed ?? ['(request-target)', 'date', 'digest', 'x-request-id'];
    const lines = signed.map((name) => `${name}: ${name === '(request-target)' ? target : headers[name]}`);
    const seal = sign('sha256', Buffer.from(lines.join('\n')), createPrivateKey(sealedBy)).toString('base64');
    const signature = `keyId="${keyId}",algorithm="${algorithm}",headers="${signed.join(' ')}",signature="${seal}"`;
    if (keyId.startsWith('SN=')) return { ...headers, authorization: `Signature ${signature}` };
    return { ...headers, signature, authorization: `Bearer ${call.bearer ?? this.applicationToken}` };
  }
}
