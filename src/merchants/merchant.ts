import type { Permission } from '../banking/permission.ts';

/** Sandbox and live are two worlds: keys, sessions, webhooks and banks of one are unknown in the other. */
export type Environment = 'sandbox' | 'live';

/** The merchant that `npm start` makes for trying out. */
export const sandboxMerchantId = 'sandbox';

/** Whether a text can be a merchant's id; everything else names nobody. */
export function isMerchantId(text: string): boolean {
  return /^[a-z0-9]{1,20}$/.test(text);
}

export interface Merchant {
  /** Short and stable; part of app ids, flow tokens and `state`. */
  readonly id: string;
  /** As the end user reads it. */
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** `#rrggbb`; the flow corrects it until it has contrast. */
  readonly accentColor?: string;
  readonly settings: MerchantSettings;
}

export interface MerchantSettings {
  /** What sessions created without `permissions` ask for. */
  readonly permissions: readonly Permission[];
  /** Where sessions created without a return URL go. */
  readonly successUrl?: string;
  readonly errorUrl?: string;
  /** Where users may be sent back to; empty allows any. Origins (`https://shop.example`). */
  readonly returnOrigins: readonly string[];
  /** App schemes without a dot that this merchant has registered. */
  readonly appSchemes: readonly string[];
}

/** Who sends a request of the merchant API. */
export interface MerchantPrincipal {
  readonly merchant: Merchant;
  readonly environment: Environment;
  readonly appId: string;
}
