import { createHmac } from 'node:crypto';
import { type SigningSecrets, standardKeyOf } from './secret.ts';

/**
 * The headers by which a receiver knows that a body is ours, in two styles at once: the vendor's
 * (`X-Ivy-Signature`: hex HMAC-SHA256 of the body, key = the secret's text) and Standard Webhooks 1.0
 * (`webhook-*`: base64 HMAC-SHA256 of id, time and body, key = the secret's bytes). During a rotation the
 * first is the primary's, since it holds one signature; the second carries both, primary first.
 *
 * @param message.id the event's id, the same at every attempt
 * @param message.at when it is sent: a receiver refuses what is too old
 */
export function signatureHeaders(
  message: { id: string; at: Date; body: Buffer },
  secrets: SigningSecrets,
): Record<string, string> {
  const timestamp = String(Math.floor(message.at.getTime() / 1_000));
  const signed = Buffer.concat([Buffer.from(`${message.id}.${timestamp}.`), message.body]);
  const signers = secrets.next ? [secrets.primary, secrets.next] : [secrets.primary];
  return {
    'x-ivy-signature': hmac(secrets.primary.reveal(), message.body).toString('hex'),
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signers
      .map((secret) => `v1,${hmac(standardKeyOf(secret), signed).toString('base64')}`)
      .join(' '),
  };
}

function hmac(key: string | Buffer, data: Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
