import type { IncomingMessage, ServerResponse } from 'node:http';

const name = 'juniper_visit';
const maxAgeSeconds = 24 * 60 * 60;

/**
 * Lax, because Strict would hold it back on the visitor's way home from the bank. On https add `Secure` and call it
 * `__Host-...`; here it must also work on http://localhost.
 */
export function setVisitorCookie(response: ServerResponse, value: string): void {
  response.setHeader(
    'set-cookie',
    `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`,
  );
}

export function visitorCookie(request: IncomingMessage): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
