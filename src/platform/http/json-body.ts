import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError, invalid } from '../../core/errors.ts';
import { sha256 } from '../../core/ids.ts';
import { repeatedKeyOf } from './repeated-key.ts';

const bodyHashes = new WeakMap<FastifyRequest, Buffer>();
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const emptyBody = Buffer.alloc(0);

/** SHA-256 of the body's bytes as received: what an idempotency key is bound to. */
export function bodyHashOf(request: FastifyRequest): Buffer {
  return bodyHashes.get(request) ?? sha256(emptyBody);
}

/**
 * Strict JSON (RFC 8259): UTF-8 without BOM, no `__proto__`, and no text that PostgreSQL could not give back
 * as it came (NUL, lone surrogates), and no key twice. Where all fields are optional an empty body, or none, is
 * as good as `{}`.
 */
export function acceptStrictJson(server: FastifyInstance): void {
  server.removeContentTypeParser(['application/json', 'text/plain']);
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      bodyHashes.set(request, sha256(body));
      refuseOtherCharset(request);
      if (body.length === 0 && request.routeOptions.config.bodyMayBeEmpty) return undefined;
      return parseStrictJson(body);
    },
  );
  server.addHook('onRoute', (route) => {
    if (!isOptionalBody(route.schema?.body)) return;
    route.config = { ...route.config, bodyMayBeEmpty: true };
    route.preValidation = [putEmptyObject, ...[route.preValidation ?? []].flat()];
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly bodyMayBeEmpty?: boolean;
  }
}

async function putEmptyObject(request: FastifyRequest): Promise<void> {
  if (request.body === undefined) request.body = {};
}

function isOptionalBody(schema: unknown): boolean {
  const { type, required = [] } = (schema ?? {}) as { type?: string; required?: string[] };
  return type === 'object' && required.length === 0;
}

/** RFC 8259 section 8.1: JSON is UTF-8. Its media type has no such parameter, but many clients send it. */
function refuseOtherCharset({ headers }: FastifyRequest): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (/^utf-?8$/i.test(charset)) return;
  const message = 'Send the body in UTF-8: Content-Type: application/json; charset=utf-8.';
  throw new ApiError('VALIDATION', message, { status: 415, param: 'Content-Type' });
}

export function parseStrictJson(body: Buffer): unknown {
  if (body.length === 0) throw new ApiError('VALIDATION', 'The body is empty; send a JSON object.');
  const text = decodeUtf8(body);
  const value = parseJson(text);
  const repeated = repeatedKeyOf(text, value);
  if (repeated !== undefined) throw invalid(repeated, `${repeated} stands more than once in the body.`);
  if (/\\u0000|\\ud[89a-f]/i.test(text)) refuseUnstorableText(value);
  if (text.includes('__proto__') || text.includes('\\u')) refusePrototypeKeys(value);
  if (/\d[eE]\+?\d{2}/.test(text)) refuseInfiniteNumbers(value);
  return value;
}

function decodeUtf8(body: Buffer): string {
  const text = (() => {
    try {
      return utf8.decode(body);
    } catch {
      throw new ApiError('VALIDATION', 'The body is not valid UTF-8.');
    }
  })();
  if (text.charCodeAt(0) === 0xfeff)
    throw new ApiError('VALIDATION', 'The body begins with a byte order mark; leave it out.');
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError('VALIDATION', describeSyntax(text, error instanceof Error ? error.message : ''));
  }
}

/** Says where the fault is, and never quotes the body. */
function describeSyntax(text: string, message: string): string {
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? Number.NaN);
  if (Number.isNaN(position)) return 'The body is not valid JSON.';
  const before = text.slice(0, position);
  const comma = /,\s*$/.exec(before);
  if (comma && /[}\]]/.test(text[position] ?? ''))
    return `The body is not valid JSON: a comma stands before the closing "${text[position]}" at ${place(text, comma.index)}.`;
  return `The body is not valid JSON at ${place(text, position)}.`;
}

function place(text: string, position: number): string {
  const lines = text.slice(0, position).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

function refuseUnstorableText(root: unknown): void {
  visit(root, (path, key, value) => {
    const texts = typeof value === 'string' ? [key, value] : [key];
    if (texts.some((text) => text.includes('\0') || !text.isWellFormed()))
      throw invalid(path, `${path} holds a NUL character or half of a surrogate pair.`);
  });
}

/** `1e400` is valid JSON and no number that could be given back. */
function refuseInfiniteNumbers(root: unknown): void {
  visit(root, (path, _key, value) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw invalid(path, `${path} is a number out of range.`);
  });
}

function refusePrototypeKeys(root: unknown): void {
  visit(root, (_path, key) => {
    if (key === '__proto__')
      throw new ApiError('VALIDATION', 'The body has a key that is not allowed: __proto__.');
  });
}

/** Every member of a JSON value, without recursion: the body may nest as deep as its size allows. */
function visit(root: unknown, look: (path: string, key: string, value: unknown) => void): void {
  const waiting: { path: string; value: unknown }[] = [{ path: '', value: root }];
  for (let item = waiting.pop(); item; item = waiting.pop()) {
    if (typeof item.value !== 'object' || item.value === null) continue;
    for (const [key, value] of Object.entries(item.value)) {
      const step = Array.isArray(item.value) ? `[${key}]` : item.path === '' ? key : `.${key}`;
      const path = item.path.length > 200 ? item.path : item.path + step;
      look(path, key, value);
      waiting.push({ path, value });
    }
  }
}
