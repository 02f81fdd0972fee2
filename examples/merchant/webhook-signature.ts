import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** How far the sender's clock may be from ours, and how long a copied request could be sent again. */
const toleranceSeconds = 5 * 60;

/**
 * Whether Trellis sent this webhook, to us, just now. Both styles of signature come with every webhook and both
 * are checked here. One is enough for a receiver of yours: take Standard Webhooks, because it also signs the
 * time, without which an old request can be repeated; a library of theirs does the same in one call.
 *
 * @param body the bytes as they came: parsed and printed again they would be others
 * @param secrets the secret, and its successor while you rotate
 * @returns the id of the event, the same at every attempt to deliver it; undefined for a forgery
 */
export function verifiedWebhookId(
  headers: IncomingHttpHeaders,
  body: Buffer,
  secrets: readonly string[],
  now: Date,
): string | undefined {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  if (id === '' || !isRecent(timestamp, now)) return undefined;
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const standard = headerOf(headers, 'webhook-signature').split(' ');
  const ivy = headerOf(headers, 'x-ivy-signature');
  const genuine =
    secrets.some((secret) => standard.some((one) => equal(one, standardSignature(secret, signed)))) &&
    secrets.some((secret) => equal(ivy, ivySignature(secret, body)));
  return genuine ? id : undefined;
}

/** Standard Webhooks 1.0: base64, over id, time and body; the key is what the secret's base64 part stands for. */
function standardSignature(secret: string, signed: Buffer): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

/** X-Ivy-Signature: hex, over the body alone; the key is the text of the secret, prefix included. */
function ivySignature(secret: string, body: Buffer): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

function isRecent(timestamp: string, now: Date): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(now.getTime() / 1_000 - Number(timestamp)) <= toleranceSeconds;
}

/** Takes as long for a near miss as for a wild guess: `===` would tell how many characters were right. */
function equal(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function headerOf(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
