import type { VNode } from 'preact';
import { initials } from './display-name.ts';
import { monogramColours } from './tokens.ts';

export interface MonogramProps {
  /** What the colour is derived from: the same id keeps its colour for good. */
  readonly id: string;
  readonly name: string;
  /** An address of our own; no page asks a third party for anything. */
  readonly logoUrl?: string | undefined;
  readonly letters: 1 | 2;
  readonly large?: boolean;
  /** On the page's accent, which is the merchant's own colour, instead of a derived one. */
  readonly own?: boolean;
}

/** A logo, or letters on a ground of a stable colour. The name stands beside it, so it is hidden from readers. */
export function Monogram({ id, name, logoUrl, letters, large = false, own = false }: MonogramProps): VNode {
  const size = large ? ' large' : '';
  if (logoUrl !== undefined) {
    const edge = large ? 56 : 40;
    return <img class={`mono${size}`} src={logoUrl} width={edge} height={edge} alt="" decoding="async" />;
  }
  return (
    <span class={`mono ${own ? 'own' : `m${colourIndex(id)}`}${size}`} aria-hidden="true">
      {initials(name, letters)}
    </span>
  );
}

/** FNV-1a, 32 bits: stable over processes and releases. */
function colourIndex(id: string): number {
  let hash = 0x811c9dc5;
  for (const char of id) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0) % monogramColours.length;
}
