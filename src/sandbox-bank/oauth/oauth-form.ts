import type { FastifyRequest } from 'fastify';

/** The form of the request; undefined if it is none or repeats a parameter (RFC 6749 section 3.2). */
export function formOf({ body }: FastifyRequest): Readonly<Record<string, string>> | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const entries: [string, unknown][] = Object.entries(body);
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return texts.length === entries.length ? Object.fromEntries(texts) : undefined;
}
