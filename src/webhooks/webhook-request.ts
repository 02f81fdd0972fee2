import { Type } from 'typebox';
import type { Idempotency } from '../platform/idempotency/idempotency.ts';
import type { WebhookService } from './webhook-service.ts';

export interface WebhookRouteDeps {
  readonly webhooks: WebhookService;
  readonly idempotency: Idempotency;
}

const maxIdLength = 200;

export function idSchema(description: string) {
  return Type.String({ minLength: 1, maxLength: maxIdLength, description });
}

export const isoDate = Type.String({ description: 'ISO 8601, UTC.' });
export const successSchema = Type.Object({ success: Type.Boolean() });
