import { accessibleAccent } from './accent.ts';
import { palettes } from './tokens.ts';

type Declarations = Readonly<Record<string, string>>;

/** The palette as custom properties: the session's theme where one is set, else what the system prefers. */
export function paletteCss(): string {
  return themeCss(
    { 'color-scheme': 'light', '--press': 'rgba(0,0,0,.14)', ...asProperties(palettes.light) },
    { 'color-scheme': 'dark', '--press': 'rgba(255,255,255,.18)', ...asProperties(palettes.dark) },
  );
}

/**
 * The whole stylesheet of one merchant's colour, served from a path of its own and linked after the main one:
 * a strict CSP allows no inline style.
 * @param hex `#rrggbb`, validated before
 */
export function accentStylesheet(hex: string): string {
  return themeCss(asProperties(accessibleAccent(hex, 'light')), asProperties(accessibleAccent(hex, 'dark')));
}

function themeCss(light: Declarations, dark: Declarations): string {
  return [
    `:root{${block(light)}}`,
    `@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${block(dark)}}}`,
    `:root[data-theme=dark]{${block(dark)}}`,
  ].join('');
}

function asProperties(tokens: object): Declarations {
  return Object.fromEntries(Object.entries(tokens).map(([name, value]) => [`--${name}`, String(value)]));
}

function block(declarations: Declarations): string {
  return Object.entries(declarations)
    .map(([name, value]) => `${name}:${value}`)
    .join(';');
}
