import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.ts';

test('headers that do not come are answered after ten seconds, and not much later', async () => {
  const app = await startTestApp({ worker: false });
  const begun = performance.now();
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(app.url).port), 'localhost', () =>
      socket.write('GET /ping HTTP/1.1\r\nHost: x\r\n'),
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
  const seconds = (performance.now() - begun) / 1_000;
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/i);
  expect(seconds).toBeGreaterThan(9.5);
  expect(seconds).toBeLessThan(12);
  await app.close();
}, 20_000);
