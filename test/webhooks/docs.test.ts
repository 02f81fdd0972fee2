import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { subscribableEvents } from '../../src/webhooks/event-type.ts';
import { retryDelayMs } from '../../src/webhooks/retry-schedule.ts';
import { signatureHeaders } from '../../src/webhooks/signature.ts';

type Headers = Readonly<Record<string, string | undefined>>;
interface Verifier {
  verifyIvy(secret: string, headers: Headers, rawBody: Buffer): boolean;
  verifyStandard(secret: string, headers: Headers, rawBody: Buffer, now?: Date): boolean;
}

let doc: string;
let folder: string;
let verifier: Verifier;

/** The fenced block whose fence or first line says so. */
function block(name: string): string {
  const found = [...doc.matchAll(/^```([^\n]*)\n([\s\S]*?)^```/gm)].find(
    ([, fence, text]) => fence?.includes(name) || text?.startsWith(`// ${name}`),
  );
  expect(found, name).toBeDefined();
  return found?.[2] ?? '';
}

/** The second column of the row that begins with this. */
function vector(name: string): string {
  const row = doc.split('\n').find((line) => line.startsWith(`| ${name} |`));
  return /\| `([^`]+)` \|$/.exec(row ?? '')?.[1] ?? '';
}

beforeAll(async () => {
  doc = await readFile('docs/webhooks.md', 'utf8');
  folder = await mkdtemp(path.join(tmpdir(), 'trellis-docs-'));
  const file = path.join(folder, 'verify-webhook.mjs');
  await writeFile(file, block('verify-webhook.mjs'));
  verifier = (await import(file)) as Verifier;
});
afterAll(() => rm(folder, { recursive: true }));

describe('the test vectors', () => {
  const read = () => ({
    body: Buffer.from(block('vector-body').trimEnd()),
    id: vector('`webhook-id`'),
    at: new Date(Number(vector('`webhook-timestamp`')) * 1_000),
    primary: new Secret(vector('primary secret')),
    next: new Secret(vector('next secret, in a rotation')),
  });

  test('are what Trellis sends', () => {
    const { body, id, at, primary, next } = read();
    expect(body).toHaveLength(364);
    const alone = signatureHeaders({ id, at, body }, { primary });
    expect(alone).toEqual({
      'webhook-id': id,
      'webhook-timestamp': vector('`webhook-timestamp`'),
      'x-ivy-signature': vector('`x-ivy-signature`'),
      'webhook-signature': vector('`webhook-signature`'),
    });
    const both = signatureHeaders({ id, at, body }, { primary, next });
    expect(both['webhook-signature']).toBe(vector('`webhook-signature`, in a rotation'));
    expect(both['x-ivy-signature']).toBe(alone['x-ivy-signature']);
  });

  test('are accepted by the code of the page, and nothing else is', () => {
    const { body, id, at, primary, next } = read();
    const headers = signatureHeaders({ id, at, body }, { primary, next });
    const { verifyIvy, verifyStandard } = verifier;
    const forged = Buffer.from(body.toString().replace('complete', 'COMPLETE'));
    const later = (minutes: number) => new Date(at.getTime() + minutes * 60_000);

    expect(verifyIvy(primary.reveal(), headers, body)).toBe(true);
    expect(verifyIvy(next.reveal(), headers, body)).toBe(false);
    expect(verifyIvy(primary.reveal(), headers, forged)).toBe(false);
    expect(verifyIvy(primary.reveal(), {}, body)).toBe(false);

    expect(verifyStandard(primary.reveal(), headers, body, at)).toBe(true);
    expect(verifyStandard(next.reveal(), headers, body, at)).toBe(true);
    expect(verifyStandard('whsec_AAAA', headers, body, at)).toBe(false);
    expect(verifyStandard(primary.reveal(), headers, forged, at)).toBe(false);
    expect(verifyStandard(primary.reveal(), headers, body, later(4))).toBe(true);
    expect(verifyStandard(primary.reveal(), headers, body, later(6))).toBe(false);
    expect(verifyStandard(primary.reveal(), headers, body, later(-6))).toBe(false);
    expect(verifyStandard(primary.reveal(), { ...headers, 'webhook-timestamp': 'x' }, body, at)).toBe(false);
    expect(verifyStandard(primary.reveal(), {}, body, at)).toBe(false);
  });
});

test('the receiver of the page takes what is signed and refuses the rest', async () => {
  const secret = vector('primary secret');
  const code = block('receiver.mjs').replace(
    '.listen(4000)',
    '.listen(0, function () { process.send(this.address().port) })',
  );
  const file = path.join(folder, 'receiver.mjs');
  await writeFile(file, code);
  const child = fork(file, { env: { TRELLIS_WEBHOOK_SECRET: secret }, execArgv: [], silent: true });
  const [port] = (await once(child, 'message')) as [number];
  const body = Buffer.from(block('vector-body').trimEnd());
  const headers = signatureHeaders({ id: 'evt', at: new Date(), body }, { primary: new Secret(secret) });
  const send = async (more: Record<string, string>) =>
    (
      await fetch(`http://localhost:${port}`, {
        method: 'POST',
        headers: { ...headers, ...more },
        body: new Uint8Array(body),
      })
    ).status;
  const printed = once(child.stdout as Readable, 'data');
  expect(await send({})).toBe(204);
  expect(String(await printed)).toContain('data_session_completed');
  expect(await send({ 'webhook-id': 'another' })).toBe(401);
  child.kill();
});

describe('what the page says', () => {
  test('events that it lists can be subscribed to', () => {
    const listed = [...doc.matchAll(/^\| `([a-z_]+)` \| /gm)].map(([, name]) => name ?? '');
    expect(listed).toContain('data_session_completed');
    expect(subscribableEvents).toEqual(expect.arrayContaining(listed));
  });

  test('the waits are those of the schedule', () => {
    const unitMs: Record<string, number> = { s: 1_000, min: 60_000, h: 3_600_000 };
    const cells = [...doc.matchAll(/\| (\d+) \| ([\d.]+) (s|min|h) (?=\|)/g)];
    expect(cells).toHaveLength(15);
    for (const [, attempt, amount, unit] of cells) {
      const exactMs = retryDelayMs(Number(attempt), 0, (delayMs) => delayMs) ?? 0;
      const writtenMs = Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN);
      expect(Math.abs(writtenMs - exactMs) / exactMs, `after attempt ${attempt}`).toBeLessThan(0.03);
    }
  });
});
