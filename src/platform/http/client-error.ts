import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../core/clock.ts';
import { ApiError } from '../../core/errors.ts';
import { uuidv7 } from '../../core/ids.ts';
import { errorBody } from './error-reply.ts';

interface ClientError extends Error {
  readonly code?: string;
}

/** Bytes that are no HTTP request never reach a route; they get the flat error and a request id all the same. */
export function answerUnreadable(error: ClientError, socket: Duplex, docsUrl: string): void {
  if (error.code === 'ECONNRESET') socket.destroy();
  else answerOnSocket(socket, unreadable[error.code ?? ''] ?? noRequest, docsUrl);
}

/** CONNECT asks for a tunnel, and Node hands over the bare connection. */
export function answerTunnel(socket: Duplex, docsUrl: string): void {
  // Nobody else listens to it any more: a caller that hangs up must not end the process.
  socket.on('error', () => socket.destroy());
  answerOnSocket(socket, noTunnel, docsUrl);
}

/** RFC 9110 section 10.1.1: any expectation but `100-continue`. */
export function answerExpectation(response: ServerResponse, docsUrl: string): void {
  const { status, headers, body } = answerOf(notMet, docsUrl);
  response.writeHead(status, headers).end(body);
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

const noRequest = refusal(400, 'This is not a readable HTTP request.');
const unreadable: Readonly<Record<string, ApiError>> = {
  HPE_HEADER_OVERFLOW: refusal(431, 'The headers are too large.'),
  ERR_HTTP_REQUEST_TIMEOUT: refusal(408, 'The request did not arrive in time.'),
};
const notMet = refusal(417, 'Of all expectations only `Expect: 100-continue` is met.', { param: 'Expect' });
const noTunnel = new ApiError('NOT_FOUND', 'CONNECT is not supported.', {
  status: 405,
  allow: 'GET, HEAD, POST',
});

function refusal(status: number, message: string, details: { param?: string } = {}): ApiError {
  return new ApiError('VALIDATION', message, { ...details, status });
}

function answerOnSocket(socket: Duplex, error: ApiError, docsUrl: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = answerOf(error, docsUrl);
  const head = [
    `HTTP/1.1 ${status} ${reasons[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** The flat error where there is no reply of the framework that it could be sent with; the connection ends. */
function answerOf(error: ApiError, docsUrl: string) {
  const body = JSON.stringify(errorBody(error, docsUrl));
  const headers = {
    'x-request-id': uuidv7(systemClock.now()),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-should-retry': 'false',
    ...(error.details.allow !== undefined && { allow: error.details.allow }),
    connection: 'close',
  };
  return { status: error.status, headers, body };
}
