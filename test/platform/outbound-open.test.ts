import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { OpenAnswer, PiecesLimits } from '../../src/platform/outbound/open-answer.ts';
import { closeAfterEach, httpServer, outbound, rawServer } from './outbound-servers.ts';

closeAfterEach();

const plenty: PiecesLimits = { maxBodyBytes: 10_000_000, silenceMs: 25_000, timeoutMs: 25_000 };

function get(url: string, timeoutMs = 25_000) {
  return { method: 'GET', url, timeoutMs } as const;
}

async function textOf(answer: OpenAnswer, limits: Partial<PiecesLimits> = {}): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of answer.pieces({ ...plenty, ...limits })) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** Sends the head and the beginning of a body that has no end. */
function endless(socket: Socket, everyMs?: number): void {
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nbegun');
    if (everyMs === undefined) return;
    const timer = setInterval(() => socket.write('x'), everyMs);
    socket.on('close', () => clearInterval(timer));
  });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What nobody holds any more is not counted: when it is collected is the engine's affair. */
function bytesHeld(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

describe('an open answer', () => {
  it.each(['identity', 'gzip'])('in %s is read whole, or piece by piece', async (coding) => {
    const body = 'hello '.repeat(50_000);
    const origin = await httpServer((_request, reply) => {
      reply.writeHead(201, { 'content-encoding': coding, 'X-A': 'b' });
      reply.end(coding === 'gzip' ? gzipSync(body) : body);
    });
    const client = outbound();
    const whole = await client.open(get(origin));
    expect(whole).toMatchObject({ status: 201, headers: { 'x-a': 'b' } });
    expect((await whole.whole(plenty.maxBodyBytes)).toString()).toBe(body);
    expect(await textOf(await client.open(get(origin)))).toBe(body);
  });

  it('has its limit either way, exactly', async () => {
    const origin = await httpServer((_request, reply) => reply.end('12345'));
    const client = outbound();
    expect((await (await client.open(get(origin))).whole(5)).toString()).toBe('12345');
    expect(await textOf(await client.open(get(origin)), { maxBodyBytes: 5 })).toBe('12345');
    const tooLarge = { name: 'OutboundFailure', reason: 'too-large' };
    await expect((await client.open(get(origin))).whole(4)).rejects.toMatchObject(tooLarge);
    const pieces = textOf(await client.open(get(origin)), { maxBodyBytes: 4 });
    await expect(pieces).rejects.toMatchObject(tooLarge);
  });

  it('keeps the other side waiting while the reader is busy, and holds little of a bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(60_000_000));
    const origin = await httpServer((_request, reply) => {
      reply.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const before = bytesHeld();
    let mostHeld = 0;
    let pieces = 0;
    const read = async () => {
      const answer = await outbound().open(get(origin));
      for await (const _ of answer.pieces({ ...plenty, maxBodyBytes: 50_000_000, silenceMs: 1_000 })) {
        pieces += 1;
        if (pieces % 100 === 0) mostHeld = Math.max(mostHeld, bytesHeld() - before);
      }
    };
    await expect(read()).rejects.toMatchObject({ reason: 'too-large' });
    expect(pieces).toBeGreaterThan(200);
    expect(mostHeld).toBeLessThan(20_000_000);
  });

  it('does not come faster than it is taken', async () => {
    const full = Promise.withResolvers<void>();
    const { origin, seen } = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n');
        const more = () => {
          while (socket.writable && socket.write(Buffer.alloc(65_536, 'x')));
          full.resolve();
        };
        socket.on('drain', more);
        more();
      });
    });
    const answer = await outbound().open(get(origin));
    const pieces = answer.pieces({ ...plenty, silenceMs: 100 });
    await pieces.next();
    await full.promise;
    // Nothing comes as long as nobody listens, which is nobody's fault: only real time shows that it is not counted.
    await delay(200);
    expect((await pieces.next()).done).toBe(false);
    await pieces.return(undefined);
    await seen.ended.promise;
  });

  it.each([
    ['silence', undefined, { silenceMs: 100 }],
    ['a body that drips', 10, { timeoutMs: 300 }],
  ])('ends by %s, with the connection', async (_, everyMs, limits) => {
    const { origin, seen } = await rawServer((socket) => endless(socket, everyMs));
    const answer = await outbound().open(get(origin));
    await expect(textOf(answer, limits)).rejects.toMatchObject({ reason: 'timeout' });
    await seen.ended.promise;
  });

  it('read whole ends with the time of its request, and so does one that is forgotten', async () => {
    const { origin, seen } = await rawServer((socket) => endless(socket, 10));
    const answer = await outbound().open(get(origin, 200));
    await expect(answer.whole(10_000)).rejects.toMatchObject({ reason: 'timeout' });
    await seen.ended.promise;
    const forgotten = await rawServer((socket) => endless(socket, 10));
    await outbound().open(get(forgotten.origin, 200));
    await forgotten.seen.ended.promise;
  });

  it.each([
    ['closed', async (answer: OpenAnswer) => answer.close()],
    ['left', async (answer: OpenAnswer) => (await answer.pieces(plenty).next()) && answer.close()],
  ])('that is %s ends the connection', async (_, leave) => {
    const { origin, seen } = await rawServer((socket) => endless(socket));
    await leave(await outbound().open(get(origin)));
    await seen.ended.promise;
  });

  it.each([
    ['by a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['before its length', (socket: Socket) => socket.end()],
  ])('that breaks off %s fails behind what had come', async (_, breakOff) => {
    const asked = Promise.withResolvers<Socket>();
    const { origin } = await rawServer((socket) => socket.once('data', () => asked.resolve(socket)));
    const opening = outbound().open(get(origin));
    const socket = await asked.promise;
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
    const pieces = (await opening).pieces(plenty);
    expect((await pieces.next()).value?.toString()).toBe('half');
    breakOff(socket);
    await expect(pieces.next()).rejects.toMatchObject({ reason: 'reset' });
  });

  it('is bad-answer in gzip without its end, and reset before its first byte is no empty one', async () => {
    const whole = gzipSync('a body of some length');
    const cut = await httpServer((_request, reply) => {
      reply.writeHead(200, { 'content-encoding': 'gzip' }).end(whole.subarray(0, 15));
    });
    await expect(textOf(await outbound().open(get(cut)))).rejects.toMatchObject({ reason: 'bad-answer' });
    const { origin } = await rawServer((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 100\r\n\r\n'),
      ),
    );
    await expect(textOf(await outbound().open(get(origin)))).rejects.toMatchObject({ reason: 'reset' });
    const sent = outbound().send({ ...get(origin), maxBodyBytes: 10 });
    await expect(sent).rejects.toMatchObject({ reason: 'reset' });
  });

  it('is in flight until it has been read: closing waits for it, and cuts it at last', async () => {
    const sender = outbound();
    const origin = await httpServer((_request, reply) => {
      reply.write('a');
      later.push(() => reply.end('b'));
    });
    const later: (() => void)[] = [];
    const [read, stuck] = [await sender.open(get(origin)), await sender.open(get(origin))];
    const patient = sender.close();
    later[0]?.();
    expect(await textOf(read)).toBe('ab');
    const reading = textOf(stuck);
    const failed = expect(reading).rejects.toMatchObject({ reason: 'reset' });
    await sender.close({ graceMs: 1 });
    await failed;
    await patient;
  });
});
