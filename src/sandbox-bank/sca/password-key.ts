import {
  constants,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  type X509Certificate,
} from 'node:crypto';
import { dayMs } from '../clock.ts';
import { issue } from '../tpp/certificate.ts';

const validDays = 398;

/** What a JWE says of itself, and what was in it. */
export interface OpenedJwe {
  readonly header: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/**
 * The key that passwords are encrypted to. It is made when its certificate is first asked for and lives as long as the
 * process: whoever kept an older certificate has to read the new one.
 */
export class PasswordKey {
  #making: Promise<unknown> | undefined;
  #certificate: X509Certificate | undefined;
  #key: KeyObject | undefined;

  /** As PEM. */
  async certificateAt(now: Date): Promise<string> {
    if (this.#certificate === undefined || !isValid(this.#certificate, now)) {
      this.#making ??= this.#make(now).finally(() => {
        this.#making = undefined;
      });
      await this.#making;
    }
    return `${this.#certificate}`;
  }

  async #make(now: Date): Promise<void> {
    const { certificate, key } = await issue({
      subject: { C: 'DE', O: 'Trellis Sandbox', CN: 'Trellis Sandbox Passwords' },
      notBefore: new Date(now.getTime() - dayMs),
      notAfter: new Date(now.getTime() + validDays * dayMs),
      extensions: [],
    });
    this.#certificate = certificate;
    this.#key = key;
  }

  /** Undefined for what is no JWE (RFC 7516 section 7.1) for this key, or has been changed. */
  open(jwe: string): OpenedJwe | undefined {
    const parts = jwe.split('.');
    if (this.#key === undefined || parts.length !== 5) return undefined;
    try {
      return opened(parts, this.#key);
    } catch {
      return undefined;
    }
  }
}

function opened(
  [protectedHeader = '', ...encoded]: readonly string[],
  key: KeyObject,
): OpenedJwe | undefined {
  const header: unknown = JSON.parse(Buffer.from(protectedHeader, 'base64url').toString());
  if (typeof header !== 'object' || header === null) return undefined;
  const { alg, enc, ...others } = { alg: undefined, enc: undefined, ...header };
  if (alg !== 'RSA-OAEP-256' || enc !== 'A256GCM') return undefined;
  const [encryptedKey, vector, text, tag] = encoded.map((part) => Buffer.from(part, 'base64url'));
  if (!encryptedKey || !vector || !text || !tag) return undefined;
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const contentKey = privateDecrypt({ key, padding, oaepHash: 'sha256' }, encryptedKey);
  const decipher = createDecipheriv('aes-256-gcm', contentKey, vector, { authTagLength: 16 });
  decipher.setAAD(Buffer.from(protectedHeader)).setAuthTag(tag);
  return { header: others, text: Buffer.concat([decipher.update(text), decipher.final()]).toString() };
}

function isValid({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return new Date(validFrom) <= now && now < new Date(validTo);
}
