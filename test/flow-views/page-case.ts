import type { MerchantFrame } from '../../src/flow/views/layout.tsx';

/** A page with props as a real session would have them, rendered in any frame. */
export interface PageCase {
  readonly name: string;
  render(frame: MerchantFrame): string;
}

export const csrf = 'c3JmLXRva2VuLW9mLXRoaXMtc2Vzc2lvbg';
export const longName = 'Raiffeisenlandesbank Niederösterreich-Wien AG';
export const now = new Date('2025-11-22T12:00:00Z');
export const later = new Date('2025-11-22T12:08:10Z');
