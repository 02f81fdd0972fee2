import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../core/secret.ts';
import { fingerprintOf, newSigningSecret, standardKeyOf } from './secret.ts';
import { signatureHeaders } from './signature.ts';

const at = new Date('2026-03-01T12:00:00.900Z');
const primary = new Secret('whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=');
const next = newSigningSecret();

describe('signatures', () => {
  test('any body: both styles are what an independent HMAC gives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        const body = Buffer.from(bytes);
        const headers = signatureHeaders({ id: 'evt', at, body }, { primary });
        const ivy = createHmac('sha256', Buffer.from(primary.reveal(), 'utf8')).update(body).digest('hex');
        const key = Buffer.from('AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', 'base64');
        const standard = createHmac('sha256', key).update('evt.1772366400.').update(body).digest('base64');
        expect(headers).toEqual({
          'x-ivy-signature': ivy,
          'webhook-id': 'evt',
          'webhook-timestamp': '1772366400',
          'webhook-signature': `v1,${standard}`,
        });
      }),
    );
  });

  test('in a rotation the vendor’s header is the primary’s, the standard one carries both', () => {
    const message = { id: 'evt', at, body: Buffer.from('{}') };
    const [alone, alsoAlone, both] = [{ primary }, { primary: next }, { primary, next }].map((secrets) =>
      signatureHeaders(message, secrets),
    );
    expect(both?.['x-ivy-signature']).toBe(alone?.['x-ivy-signature']);
    expect(both?.['webhook-signature']).toBe(
      `${alone?.['webhook-signature']} ${alsoAlone?.['webhook-signature']}`,
    );
  });

  test('a secret is whsec_ and 32 bytes that are never the same, and is not printed by accident', () => {
    expect(next.reveal()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(standardKeyOf(next)).toHaveLength(32);
    expect(next.reveal()).not.toBe(newSigningSecret().reveal());
    expect(`${next} ${JSON.stringify({ next })}`).not.toContain('whsec_');
    expect(fingerprintOf(next)).toMatch(/^[0-9a-f]{12}$/);
  });
});
