import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { OutboundRequest } from '../../src/platform/outbound/outbound.ts';
import { closeAfterEach, closeAll, httpServer, outbound, rawServer } from './outbound-servers.ts';

closeAfterEach();

function get(url: string, more: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'GET', url, timeoutMs: 25_000, maxBodyBytes: 10_000, ...more };
}

describe('an answer', () => {
  it('comes with status, lower-case headers, bytes and duration', async () => {
    const origin = await httpServer((request, reply) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        reply.writeHead(201, {
          'X-Method': `${request.method} ${request.url}`,
          'Set-Cookie': ['a=1', 'b=2'],
        });
        reply.end(Buffer.concat(chunks));
      });
    });
    const sent = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'grüße' } as const;
    const answer = await outbound().send(get(`${origin}/a/b?c=d`, sent));
    expect(answer).toMatchObject({ status: 201, bodyCut: false });
    expect(answer.headers['x-method']).toBe('POST /a/b?c=d');
    expect(answer.headers['set-cookie']).toBe('a=1, b=2');
    expect(answer.body.toString()).toBe('grüße');
    expect(answer.durationMs).toBeGreaterThan(0);
  });

  it('comes from localhost whichever of its two addresses the server has', async () => {
    const origin = await httpServer((_request, reply) => reply.end('here'));
    const answer = await outbound().send(get(origin.replace('127.0.0.1', 'localhost')));
    expect(answer.body.toString()).toBe('here');
  });

  it('is none for a header that would smuggle another: that is a bug of the caller', async () => {
    const { origin, seen } = await rawServer(() => {});
    const sent = outbound().send(get(origin, { headers: { 'x-a': 'b\r\nx-evil: 1' } }));
    await expect(sent).rejects.toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
    expect(seen.connections).toBe(0);
  });

  it('is a redirect too: it is returned, never followed', async () => {
    const paths: string[] = [];
    const origin = await httpServer((request, reply) => {
      paths.push(request.url ?? '');
      reply.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await outbound().send(get(`${origin}/start`))).toMatchObject({ status: 302 });
    expect(paths).toEqual(['/start']);
  });

  it.each([204, 304])('with status %i and a coding but no body is empty', async (status) => {
    const origin = await httpServer((_request, reply) => {
      reply.writeHead(status, { 'content-encoding': 'gzip' }).end();
    });
    const answer = await outbound().send(get(origin));
    expect(answer.status).toBe(status);
    expect(answer.body).toHaveLength(0);
  });

  it.each([
    ['gzip', gzipSync('hello')],
    ['br', brotliCompressSync('hello')],
  ])('in %s is unfolded', async (coding, bytes) => {
    const origin = await httpServer((_request, reply) => {
      reply.writeHead(200, { 'content-encoding': coding }).end(bytes);
    });
    expect((await outbound().send(get(origin))).body.toString()).toBe('hello');
  });

  it('uses kept connections for calls that follow each other', async () => {
    const remotePorts = new Set<number | undefined>();
    const origin = await httpServer((request, reply) => {
      remotePorts.add(request.socket.remotePort);
      reply.end('ok');
    });
    const client = outbound();
    for (let call = 0; call < 20; call += 1) await client.send(get(origin));
    // Two, not one: a connection is free again a moment after its answer's last byte.
    expect(remotePorts.size).toBeLessThanOrEqual(2);
  });

  it('needs at most 16 connections to one origin at once', async () => {
    const calls = 40;
    const seen = { total: 0, mostAtOnce: 0 };
    const held: ServerResponse[] = [];
    const origin = await httpServer((_request, reply) => {
      held.push(reply);
      seen.total += 1;
      seen.mostAtOnce = Math.max(seen.mostAtOnce, held.length);
      // Released late, so that one too many would have had the time to come.
      const wave = seen.total % 16 === 0 || seen.total === calls;
      if (wave) setTimeout(() => held.splice(0).map((each) => each.end()), 50);
    });
    const client = outbound();
    await Promise.all(Array.from({ length: calls }, () => client.send(get(origin))));
    expect(seen).toEqual({ total: calls, mostAtOnce: 16 });
  });
});

describe('time', () => {
  const headersThenDrip = (socket: Socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
    const timer = setInterval(() => socket.write('x'), 20);
    socket.on('close', () => clearInterval(timer));
  };
  const dripHeaders = (socket: Socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const timer = setInterval(() => socket.write('x-a: b\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
  };
  const endlessInformation = (socket: Socket) => {
    const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
  };

  it.each([
    ['no answer at all', () => {}],
    ['a body that drips', headersThenDrip],
    ['headers that drip', dripHeaders],
    ['endless 103s', endlessInformation],
  ])('%s ends at timeoutMs, and the connection with it', async (_what, behave) => {
    const { origin, seen } = await rawServer((socket) => socket.once('data', () => behave(socket)));
    const started = performance.now();
    await expect(outbound().send(get(origin, { timeoutMs: 250 }))).rejects.toMatchObject({
      reason: 'timeout',
    });
    expect(performance.now() - started).toBeLessThan(10_000);
    await seen.ended.promise;
  });

  it('counts the wait for a connection of the pool, and does not send what timed out there', async () => {
    const requests: string[] = [];
    const held: ServerResponse[] = [];
    const full = Promise.withResolvers<void>();
    const origin = await httpServer((request, reply) => {
      requests.push(request.url ?? '');
      if (request.url === '/after') reply.end();
      else if (held.push(reply) === 16) full.resolve();
    });
    const client = outbound();
    const occupied = Array.from({ length: 16 }, () => client.send(get(`${origin}/first`)));
    await full.promise;
    await expect(client.send(get(`${origin}/late`, { timeoutMs: 200 }))).rejects.toMatchObject({
      reason: 'timeout',
    });
    for (const reply of held) reply.end();
    await Promise.all(occupied);
    await client.send(get(`${origin}/after`));
    expect(requests).not.toContain('/late');
  });

  it('ends with the reason of the caller when the caller ends it', async () => {
    const { origin } = await rawServer(() => {});
    const caller = new AbortController();
    const sent = outbound().send(get(origin, { signal: caller.signal }));
    caller.abort(new Error('shutting down'));
    await expect(sent).rejects.toThrow('shutting down');
    const already = outbound().send(get(origin, { signal: caller.signal }));
    await expect(already).rejects.toThrow('shutting down');
  });
});

describe('size', () => {
  it('a declared length above the limit, an endless body and an endless gzip member chain end', async () => {
    const endless = async (head: string, chunk: Buffer) => {
      const { origin, seen } = await rawServer((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
        const more = () => {
          while (socket.writable && socket.write(chunk));
        };
        socket.on('drain', more);
        more();
      });
      await expect(outbound().send(get(origin))).rejects.toMatchObject({ reason: 'too-large' });
      await seen.ended.promise;
    };
    await endless('content-length: 99999999999', Buffer.alloc(16_384, 'x'));
    await endless('connection: close', Buffer.alloc(16_384, 'x'));
    await endless('connection: close\r\ncontent-encoding: gzip', gzipSync(''));
  });

  it('a gzip bomb ends while it unfolds', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const origin = await httpServer((_request, reply) => {
      reply.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const before = process.memoryUsage().arrayBuffers;
    const request = get(origin, { maxBodyBytes: 100_000 });
    await expect(outbound().send(request)).rejects.toMatchObject({ reason: 'too-large' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  it('is exact: the limit passes, one byte more fails', async () => {
    const origin = await httpServer((_request, reply) => reply.end('12345'));
    const client = outbound();
    expect((await client.send(get(origin, { maxBodyBytes: 5 }))).body.toString()).toBe('12345');
    await expect(client.send(get(origin, { maxBodyBytes: 4 }))).rejects.toMatchObject({
      reason: 'too-large',
    });
  });

  it('can be cut instead, where only the status matters', async () => {
    const origin = await httpServer((_request, reply) => {
      reply.write(Buffer.alloc(50_000, 'x'));
      reply.end(Buffer.alloc(10_000_000, 'y'));
    });
    const answer = await outbound().send(get(origin, { maxBodyBytes: 1_000, whenTooLarge: 'cut' }));
    expect(answer).toMatchObject({ status: 200, bodyCut: true });
    expect(answer.body.toString()).toBe('x'.repeat(1_000));
  });

  it('of the head is bounded', async () => {
    const origin = await httpServer((_request, reply) => {
      reply.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end();
    });
    await expect(outbound().send(get(origin))).rejects.toMatchObject({ reason: 'too-large' });
  });
});

describe('a broken answer', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['reset', 'nothing, then the end', ''],
    ['reset', 'half a head', 'HTTP/1.1 200 OK\r\ncontent-'],
    ['reset', 'half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
    ['reset', 'half a chunked body', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel'],
    ['bad-answer', 'something else than HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['bad-answer', 'two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'bad-answer',
      'text said to be gzip',
      'HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-encoding: gzip\r\n\r\ntext',
    ],
    [
      'bad-answer',
      'an unknown coding',
      'HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-encoding: zz\r\n\r\ntext',
    ],
    [
      'bad-answer',
      'stacked codings',
      'HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-encoding: gzip, gzip\r\n\r\ntext',
    ],
  ];

  it.each(cases)('is %s: %s', async (reason, _what, bytes) => {
    const { origin } = await rawServer((socket) => socket.once('data', () => socket.end(bytes)));
    await expect(outbound().send(get(origin))).rejects.toMatchObject({ reason });
  });

  it('is reset: a body torn off by the other side', async () => {
    const { origin } = await rawServer((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.resetAndDestroy());
      }),
    );
    await expect(outbound().send(get(origin))).rejects.toMatchObject({ reason: 'reset' });
  });

  it('is bad-answer: gzip without its end', async () => {
    const whole = gzipSync('a body of some length');
    const origin = await httpServer((_request, reply) => {
      reply.writeHead(200, { 'content-encoding': 'gzip' }).end(whole.subarray(0, 15));
    });
    await expect(outbound().send(get(origin))).rejects.toMatchObject({ reason: 'bad-answer' });
  });

  it.each(['127.0.0.1', 'localhost'])('is connect: nobody listens at %s', async (host) => {
    const origin = await httpServer(() => {});
    await closeAll();
    const url = origin.replace('127.0.0.1', host);
    await expect(outbound().send(get(url))).rejects.toMatchObject({ reason: 'connect' });
  });

  it('leaves the next request to the same origin alone', async () => {
    let call = 0;
    const { origin } = await rawServer((socket) =>
      socket.on('data', () => {
        call += 1;
        if (call === 1) socket.resetAndDestroy();
        else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      }),
    );
    const client = outbound();
    await expect(client.send(get(origin))).rejects.toMatchObject({ reason: 'reset' });
    expect((await client.send(get(origin))).body.toString()).toBe('ok');
  });
});

describe('closing', () => {
  it('lets a request in flight have its answer', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    const sender = outbound();
    const answer = sender.send(get(await httpServer((_request, reply) => asked.resolve(reply))));
    const reply = await asked.promise;
    const closed = sender.close({ graceMs: 10_000 });
    reply.end('late');
    expect((await answer).body.toString()).toBe('late');
    await closed;
  });

  it('cuts what has no answer at the end of its grace, also when asked again', async () => {
    const asked = Promise.withResolvers<void>();
    const sender = outbound();
    const answer = sender.send(get(await httpServer(() => asked.resolve())));
    const failed = expect(answer).rejects.toMatchObject({ name: 'OutboundFailure', reason: 'reset' });
    await asked.promise;
    const patient = sender.close();
    await sender.close({ graceMs: 1 });
    await failed;
    await patient;
  });

  it('takes no new request', async () => {
    const origin = await httpServer((_request, reply) => reply.end());
    const sender = outbound();
    await sender.close({ graceMs: 1 });
    await expect(sender.send(get(origin))).rejects.toMatchObject({ reason: 'connect' });
  });
});
