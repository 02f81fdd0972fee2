import { type JsonObject, textOf } from './json.ts';

const maxTokenLength = 10_000;

/** What RFC 6749 appendix A.12 allows, but for the space: the token goes into a header. */
export function isAccessToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** Of a token answer that no library has read. */
export function accessTokenIn(json: JsonObject): string | undefined {
  const token = textOf(json, 'access_token', maxTokenLength);
  return token !== undefined && isAccessToken(token) ? token : undefined;
}
