import type { ServerResponse } from 'node:http';
import type { Html } from './pages/html.ts';

/** A page for this visitor alone: kept by no cache, framed by nobody, and with no script but the shop's own. */
export function sendPage(response: ServerResponse, status: number, page: Html, trellisUrl: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy(trellisUrl),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    })
    .end(page.text);
}

/**
 * `form-action` names Trellis because browsers hold it against every redirect that follows a form: with 'self'
 * alone the button would do nothing, without a word of why.
 */
function policy(trellisUrl: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    `form-action 'self' ${new URL(trellisUrl).origin}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** 303: what follows is a GET, so that a reload never sends a form again. */
export function redirect(response: ServerResponse, to: string): void {
  response.writeHead(303, { location: to, 'cache-control': 'no-store' }).end();
}

export function sendStatus(response: ServerResponse, status: number): void {
  response
    .writeHead(status, { 'cache-control': 'no-store', connection: status >= 400 ? 'close' : 'keep-alive' })
    .end();
}
