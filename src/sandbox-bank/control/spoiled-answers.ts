import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FaultName, FaultRule } from './faults.ts';

const defaultSlowMs = 5_000;
const defaultDripMs = 50;

const gatewayPage =
  '<!doctype html>\n<html><head><title>Service temporarily unavailable</title></head>\n' +
  '<body><h1>Service temporarily unavailable</h1><p>Our systems are being maintained.</p></body></html>\n';

/** What a bank's gateway says when the bank behind it is away. */
export function sendGatewayPage(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').send(gatewayPage);
}

/** Answers with the fault, in place of the bank. */
export function answerInstead(rule: FaultRule, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (rule.retryAfterSeconds !== undefined) reply.header('retry-after', rule.retryAfterSeconds);
  switch (rule.fault) {
    case 'status-500':
      return sendError(reply, 500, 'INTERNAL_SERVER_ERROR');
    case 'status-503':
      return sendError(reply, 503, 'SERVICE_UNAVAILABLE');
    case 'status-429':
      return sendError(reply, 429, 'ACCESS_EXCEEDED');
    case 'html-500':
      return sendGatewayPage(reply, 500);
    case 'html-503':
      return sendGatewayPage(reply, 503);
    case 'html-200':
      return sendGatewayPage(reply, 200);
    case 'invalid-grant':
      return reply.code(400).send({ error: 'invalid_grant' });
    case 'foreign-redirect':
      return reply.redirect('https://bank.invalid/elsewhere', 307);
    case 'connection-reset':
      reset(request.raw.socket);
      return reply.hijack();
    default:
      return reply.hijack();
  }
}

/** Below TLS no RST can be sent: there the connection ends without a word. */
function reset(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** Spoils an answer that the bank has made; gives the body that is sent. */
export async function spoilAnswer(rule: FaultRule, reply: FastifyReply, body: unknown): Promise<unknown> {
  if (rule.fault === 'slow') await delay(rule.delayMs ?? defaultSlowMs, undefined, { ref: false });
  if (rule.fault === 'lost-answer') reply.raw.destroy();
  if (body instanceof Readable && rule.fault === 'reset-mid-body')
    return Readable.from(brokenOff(body), { objectMode: false });
  return typeof body === 'string' ? spoiledBody(rule, reply, body) : body;
}

function spoiledBody(rule: FaultRule, reply: FastifyReply, body: string): string | Readable {
  switch (rule.fault) {
    case 'malformed-json':
      return body.slice(0, Math.ceil(body.length / 2));
    case 'wrong-content-type':
      reply.header('content-type', 'text/plain; charset=utf-8');
      return body;
    case 'slow-drip':
      reply.header('content-length', Buffer.byteLength(body));
      return Readable.from(dripping(body, rule.delayMs ?? defaultDripMs), { objectMode: false });
    case 'reset-mid-body':
      reply.header('content-length', Buffer.byteLength(body));
      return Readable.from(breakingOff(body), { objectMode: false });
    default:
      return body;
  }
}

/** True for faults after which the caller never sees a status. */
export function leavesNoAnswer(fault: FaultName): boolean {
  return fault === 'no-answer' || fault === 'connection-reset' || fault === 'lost-answer';
}

function sendError(reply: FastifyReply, status: number, code: string): FastifyReply {
  return reply.code(status).send({ tppMessages: [{ category: 'ERROR', code }] });
}

async function* dripping(body: string, pauseMs: number): AsyncGenerator<Buffer> {
  for (const byte of Buffer.from(body)) {
    yield Buffer.of(byte);
    await delay(pauseMs, undefined, { ref: false });
  }
}

async function* breakingOff(body: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(body);
  yield bytes.subarray(0, Math.floor(bytes.length / 2));
  await connectionEnds();
}

/** Of what is sent as it is made, the beginning. */
async function* brokenOff(body: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    yield chunk;
    break;
  }
  await connectionEnds();
}

async function connectionEnds(): Promise<never> {
  await delay(20);
  throw new Error('the fault reset-mid-body ends the connection here');
}
