import { parseHex, toHex } from './colour.ts';
import { contentHash } from './content-hash.ts';
import { script, scriptHash } from './script.ts';
import { stylesheet, stylesheetHash } from './stylesheet.ts';
import { palettes } from './tokens.ts';

/** A file that the pages link to. Its path changes with its bytes, so that it may be cached for good. */
export interface Asset {
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
}

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${palettes.light.accent}"/><path d="M7 11h18M7 21h18M11 7v18M21 7v18" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/></svg>`;

export const stylesheetAsset: Asset = {
  path: `/flow/assets/flow-${stylesheetHash}.css`,
  contentType: 'text/css; charset=utf-8',
  body: stylesheet,
};

export const scriptAsset: Asset = {
  path: `/flow/assets/flow-${scriptHash}.js`,
  contentType: 'text/javascript; charset=utf-8',
  body: script,
};

export const iconAsset: Asset = {
  path: `/flow/assets/icon-${contentHash(icon)}.svg`,
  contentType: 'image/svg+xml',
  body: icon,
};

export const assets: readonly Asset[] = [stylesheetAsset, scriptAsset, iconAsset];

/**
 * Where a merchant's colour is served, as `/flow/assets/accent-1f5d43.css`; null if it is not `#rrggbb`. The route reads
 * the colour back from the path and answers with `accentStylesheet`.
 */
export function accentPath(hex: string): string | null {
  const colour = parseHex(hex);
  return colour === null ? null : `/flow/assets/accent-${toHex(colour).slice(1)}.css`;
}
