import type { FastifyRequest } from 'fastify';
import type { Bank } from './bank.ts';
import { findBank } from './banks.ts';
import { limits } from './limits.ts';

/** The bank in the address of a request; undefined where there is none of that name. */
export function bankOf(request: FastifyRequest): Bank | undefined {
  return findBank(slugOf(request));
}

export function slugOf(request: FastifyRequest): string {
  return pathParameter(request, 'bank');
}

export function pathParameter({ params }: FastifyRequest, name: string): string {
  return textIn(params, name) ?? '';
}

/** A header that came once and is not empty. */
export function headerText(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The query, of which nothing is known: a parameter that came twice is a list. */
export function queryOf({ query }: FastifyRequest): Readonly<Record<string, unknown>> {
  return typeof query === 'object' && query !== null ? Object.fromEntries(Object.entries(query)) : {};
}

/** A query parameter that came once. */
export function queryText({ query }: FastifyRequest, name: string): string | undefined {
  return textIn(query, name);
}

/** An absolute web address without user and fragment, to which a browser can be sent back. */
export function isReturnAddress(text: string): boolean {
  const url = text.length <= limits.maxUrlLength ? URL.parse(text) : null;
  if (url === null || !/^https?:\/\/[^/\\]/i.test(text) || /[\s\\]/.test(text)) return false;
  return url.username === '' && url.password === '' && url.hash === '' && !text.includes('#');
}

function textIn(values: unknown, name: string): string | undefined {
  if (typeof values !== 'object' || values === null) return undefined;
  const value: unknown = Object.hasOwn(values, name) ? Reflect.get(values, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
