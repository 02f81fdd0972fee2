import type { FastifyReply, FastifyRequest } from 'fastify';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { limits } from '../limits.ts';

/**
 * `form-action 'self'`: no form of ours ends elsewhere. `same-origin` and not `no-referrer`, under which
 * browsers send `Origin: null` with our own forms.
 */
const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
} as const;

export function sendPage(reply: FastifyReply, view: VNode, status = 200): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>\n${renderToString(view)}`);
}

const cookieName = 'bank-session';

/** The cookie of one visit: it goes to the pages of that visit only, and is gone when they are. */
export function setVisitCookie(reply: FastifyReply, value: string, path: string, isSecure: boolean): void {
  const attributes = `Path=${path}; Max-Age=${limits.visitSeconds}; HttpOnly; SameSite=Lax`;
  reply.header('set-cookie', `${cookieName}=${value}; ${attributes}${isSecure ? '; Secure' : ''}`);
}

export function readCookie(request: FastifyRequest): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1);
}

/** The fields of a form as lists of texts; anything that is no form is empty. */
export function formValues({ body }: FastifyRequest, name: string): readonly string[] {
  if (typeof body !== 'object' || body === null) return [];
  const value: unknown = Reflect.get(body, name);
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each) => typeof each === 'string');
}
