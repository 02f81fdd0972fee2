import { createHash, createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { Agent, request as httpsRequest } from 'node:https';
import type { SandboxCertificates } from '../../../src/sandbox-bank/tpp/sandbox-certificates.ts';

export const sealedBank = 'trellis-sealed-bank';

export interface SealedAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by the tests as the wire has them
  readonly json: any;
  /** `401 SIGNATURE_INVALID Digest` */
  readonly refused: string;
}

type Headers = Readonly<Record<string, string>>;

export interface SealedCall {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Headers;
  /** Certificate and key in the handshake; `null` shows none. */
  readonly connectAs?: string | null;
  /** Certificate and key of the seal. */
  readonly sealedBy?: string;
  readonly signed?: readonly string[];
  /** The headers as they are sent, made from those that were signed. */
  readonly tamper?: (headers: Record<string, string>) => Record<string, string>;
  /** The body as it is sent, if not the one that was signed. */
  readonly sentBody?: string;
  readonly hash?: 'sha256' | 'sha512';
}

const usual = ['digest', 'x-request-id', 'psu-id', 'psu-corporate-id', 'tpp-redirect-uri', 'date'];

/** A TPP that seals its messages, written with nothing of the project's own code. */
export class SealedTpp {
  readonly #origin: string;
  readonly #certificates: SandboxCertificates;

  constructor(origin: string, certificates: SandboxCertificates) {
    this.#origin = origin;
    this.#certificates = certificates;
  }

  async call(call: SealedCall = {}): Promise<SealedAnswer> {
    const { method = 'GET', path = '/accounts', connectAs = this.#certificates.qwac } = call;
    const body = call.body === undefined ? '' : JSON.stringify(call.body);
    const headers = this.#sealed(call, body, {
      'x-request-id': randomUUID(),
      date: new Date().toUTCString(),
      'psu-ip-address': '192.0.2.1',
      ...(body !== '' && { 'content-type': 'application/json' }),
      ...call.headers,
    });
    const url = new URL(
      path.startsWith('/berlin') ? path : `/berlin-group/${sealedBank}/v1${path}`,
      this.#origin,
    );
    const sent = call.tamper?.(headers) ?? headers;
    const shown = connectAs === null ? {} : { cert: connectAs, key: connectAs };
    const agent = url.protocol === 'https:' ? new Agent({ ca: this.#certificates.ca, ...shown }) : undefined;
    if (agent === undefined) return answerOf(await plain(url, method, sent));
    return answerOf(await exchange(url, method, sent, call.sentBody ?? body, agent));
  }

  #sealed(call: SealedCall, body: string, headers: Record<string, string>): Record<string, string> {
    const { sealedBy = this.#certificates.qseal, hash = 'sha256' } = call;
    const certificate = new X509Certificate(sealedBy);
    const name = hash.replace('sha', 'SHA-');
    const all: Record<string, string> = {
      ...headers,
      digest: `${name}=${createHash(hash).update(body).digest('base64')}`,
    };
    const signed = (call.signed ?? usual.filter((each) => each in all)).map((each) => each.toLowerCase());
    const text = signed.map((each) => `${each}: ${all[each]}`).join('\n');
    const issuer = 'CN=Trellis%20Sandbox%20CA,O=Trellis%20Sandbox,C=DE';
    const signature = sign(hash, Buffer.from(text), createPrivateKey(sealedBy)).toString('base64');
    return {
      ...all,
      signature: [
        `keyId="SN=${certificate.serialNumber},CA=${issuer}"`,
        `algorithm="rsa-${hash}"`,
        `headers="${(call.signed ?? signed).join(' ')}"`,
        `signature="${signature}"`,
      ].join(','),
      'tpp-signature-certificate': certificate.raw.toString('base64'),
    };
  }
}

async function plain(url: URL, method: string, headers: Headers) {
  const response = await fetch(url, { method, headers: { ...headers } });
  return { status: response.status, text: await response.text() };
}

export function exchange(url: URL, method: string, headers: Headers, body: string, agent: Agent) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = httpsRequest(url, { method, headers: { ...headers }, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

function answerOf({ status, text }: { status: number; text: string }): SealedAnswer {
  const json = text === '' ? undefined : JSON.parse(text);
  const [message] = json?.tppMessages ?? [];
  return { status, json, refused: [status, message?.code, message?.path].filter(Boolean).join(' ') };
}
