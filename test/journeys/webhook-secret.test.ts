import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeStartFolder, type Started, startEverything } from '../support/started.ts';
import { authoriseAtBank, eventually, leavesTo, testBank, Visitor } from '../support/visitor.ts';
import {
  ivySignature,
  standardSignature,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';

let folder: string;
let started: Started;
let receiver: WebhookReceiver;
beforeAll(async () => {
  folder = await makeStartFolder();
  started = await startEverything(path.join(folder, 'data'));
  receiver = await startWebhookReceiver();
});
afterAll(async () => {
  await receiver?.close();
  await started?.interrupt();
  await rm(folder, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered
async function call(route: string, body?: object): Promise<any> {
  const response = await fetch(`${started.urls.api}/${route}`, {
    method: 'POST',
    headers: { 'x-ivy-api-key': started.key, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.status, route).toBe(200);
  return response.json();
}

/** From the shop to the bank and back, until the shop shows the webhook that it got; the session's id. */
async function connectAtShop(): Promise<string> {
  const visitor = new Visitor();
  const choice = await visitor.submit(await visitor.open(started.urls.shop), 'connect');
  const consent = await visitor.submit(choice, 'choose', { bank: testBank });
  const back = await authoriseAtBank(visitor, leavesTo(await visitor.submit(consent, 'agree')));
  const done = await visitor.open(leavesTo(await visitor.open(back)));
  expect(new URL(done.url).pathname).toBe('/deposit');
  const shown = await eventually(
    async () => /<pre[^>]*>([\s\S]*)<\/pre>/.exec((await visitor.open(done.url)).html)?.[1] ?? '',
    (text) => text.includes('data_session_completed'),
  );
  return JSON.parse(shown.replaceAll('&#34;', '"')).payload.id;
}

/** Which of the secrets the own receiver could check its latest webhook with, in either style. */
async function acceptedBy(sessionId: string | undefined, secrets: Record<string, string>) {
  const latest = await eventually(
    async () => receiver.received.findLast(({ event }) => event.payload.id === sessionId),
    (found) => found !== undefined,
  );
  if (!latest) throw new Error('nothing came');
  const standard = latest.headers['webhook-signature']?.split(' ') ?? [];
  const names = Object.entries(secrets);
  return {
    ivy: names
      .filter(([, one]) => latest.headers['x-ivy-signature'] === ivySignature(one, latest.body))
      .map(([name]) => name),
    standard: names
      .filter(([, one]) => standard.includes(standardSignature(one, latest)))
      .map(([name]) => name),
  };
}

test('a newcomer’s first secret is the primary at once, and his rotations leave the example shop working', async () => {
  const events = ['data_session_completed', 'test'];
  const { id } = await call('webhook-subscription/create', { url: receiver.url, events });
  const first = await call('webhook-secret/rotate');
  expect(first.role).toBe('primary');
  expect(await call('webhook-subscription/ping', { id })).toMatchObject({ success: true });
  const secrets = { first: first.secret };
  expect(await acceptedBy(undefined, secrets)).toEqual({ ivy: ['first'], standard: ['first'] });
  expect(await acceptedBy(await connectAtShop(), secrets)).toEqual({ ivy: ['first'], standard: ['first'] });

  const next = await call('webhook-secret/rotate');
  expect(next.role).toBe('next');
  const both = { ...secrets, next: next.secret };
  expect(await acceptedBy(await connectAtShop(), both)).toEqual({
    ivy: ['first'],
    standard: ['first', 'next'],
  });

  await call('webhook-secret/promote');
  expect(await acceptedBy(await connectAtShop(), both)).toEqual({ ivy: ['next'], standard: ['next'] });

  // A forged webhook is refused as ever, whatever it makes the shop ask.
  const forged = await fetch(`${started.urls.shop}/webhooks/trellis`, { method: 'POST', body: '{}' });
  expect(forged.status).toBe(401);
}, 60_000);
