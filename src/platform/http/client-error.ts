import type { Socket } from 'node:net';
import { systemClock } from '../../core/clock.ts';
import { ApiError } from '../../core/errors.ts';
import { uuidv7 } from '../../core/ids.ts';
import { errorBody } from './error-reply.ts';

interface ClientError extends Error {
  readonly code?: string;
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** Bytes that are no HTTP request never reach a route; they get the flat error and a request id all the same. */
export function answerUnreadable(error: ClientError, socket: Socket, docsUrl: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOf(error.code);
  const body = JSON.stringify(
    errorBody(new ApiError('VALIDATION', complaints[status] ?? '', { status }), docsUrl),
  );
  const head = [
    `HTTP/1.1 ${status} ${reasons[status]}`,
    `X-Request-Id: ${uuidv7(systemClock.now())}`,
    'Content-Type: application/json; charset=utf-8',
    'X-Should-Retry: false',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const complaints: Readonly<Record<number, string>> = {
  400: 'This is not a readable HTTP request.',
  408: 'The request did not arrive in time.',
  431: 'The headers are too large.',
};

function statusOf(code: string | undefined): 400 | 408 | 431 {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}
