import { randomToken, readableId, sha256 } from '../core/ids.ts';
import type { Environment } from './merchant.ts';
import { sandboxMerchantId } from './merchant.ts';

export interface ApiKey {
  readonly appId: string;
  readonly secret: string;
}

const prefixes: Readonly<Record<Environment, string>> = { sandbox: 'sbx', live: 'live' };

/** A key `<appId>.<secret>`, with the environment and the merchant's short id in the app id. */
export function newApiKey(merchantId: string, environment: Environment): ApiKey {
  return { appId: `${prefixes[environment]}_${merchantId}_${readableId(8)}`, secret: randomToken(256) };
}

export function printApiKey(key: ApiKey): string {
  return `${key.appId}.${key.secret}`;
}

/** Undefined for anything that cannot be a key. */
export function parseApiKey(text: string): ApiKey | undefined {
  const match = /^([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9._~+/=-]{8,256})$/.exec(text);
  return match?.[1] && match[2] ? { appId: match[1], secret: match[2] } : undefined;
}

/** The short id that an app id carries. An app id of another form was chosen by hand for the sandbox merchant. */
export function merchantIdOf(appId: string): string {
  return /^(?:sbx|live)_([a-z0-9]{1,20})_/.exec(appId)?.[1] ?? sandboxMerchantId;
}

/** Secrets have 256 random bits, so that one round of SHA-256 is enough to keep them. */
export function hashSecret(secret: string): Buffer {
  return sha256(secret);
}
