import { sha256 } from '../core/ids.ts';

export const maxLogoBytes = 65_536;

/** A picture under the name that it is served by: what it holds, so that it can be cached for good. */
export interface Logo {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const mediaTypes = { png: 'image/png', webp: 'image/webp', svg: 'image/svg+xml' } as const;
type Kind = keyof typeof mediaTypes;

/** Of a picture's bytes, by what they begin with; undefined for anything else, and for what is too large. */
export function logoOf(bytes: Uint8Array): Logo | undefined {
  const kind = bytes.length <= maxLogoBytes ? kindOf(bytes) : undefined;
  return kind && { name: `${sha256(Buffer.from(bytes)).toString('hex')}.${kind}`, bytes };
}

/** Where it is served: an address of our own, so that no page asks a third party. */
export function logoPath(name: string): string {
  return `/flow/assets/logos/${name}`;
}

export function isLogoName(name: string): boolean {
  return /^[0-9a-f]{64}\.(?:png|webp|svg)$/.test(name);
}

export function mediaTypeOf(name: string): string | undefined {
  const kind = isLogoName(name) ? (name.slice(65) as Kind) : undefined;
  return kind && mediaTypes[kind];
}

function kindOf(bytes: Uint8Array): Kind | undefined {
  const start = Buffer.from(bytes.subarray(0, 1_024)).toString('latin1');
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'webp';
  return /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<svg[\s>]/.test(start)
    ? 'svg'
    : undefined;
}
