import { assert, present } from '../../core/assert.ts';
import { contrast, mix, parseHex, type Rgb, toHex } from './colour.ts';
import { type Palette, palettes, type Theme } from './tokens.ts';

/** WCAG 2.2, 1.4.3: text of normal size. */
const minContrast = 4.5;

export type AccentTokens = Pick<Palette, 'accent' | 'accent-text' | 'accent-soft'>;

/**
 * A merchant's colour, moved towards ink (light theme) or paper white (dark theme) by the least amount that
 * makes it readable: as text on paper, card and its own soft ground, and below the text of a button.
 * A colour that is already readable comes back unchanged.
 * @param hex `#rrggbb`, validated before
 */
export function accessibleAccent(hex: string, theme: Theme): AccentTokens {
  const colour = parseHex(hex);
  assert(colour !== null, 'a merchant accent is #rrggbb');
  const towards: Rgb = theme === 'light' ? [0, 0, 0] : [255, 255, 255];
  for (let step = 0; step <= shareSteps; step += 1) {
    const tokens = tokensOf(mix(colour, towards, step / shareSteps), theme);
    if (isReadable(tokens, palettes[theme])) return tokens;
  }
  throw new Error('broken invariant: no readable accent');
}

const shareSteps = 64;

function tokensOf(accent: Rgb, theme: Theme): AccentTokens {
  const palette = palettes[theme];
  const softShare = theme === 'light' ? 0.9 : 0.88;
  return {
    accent: toHex(accent),
    'accent-text': palette['accent-text'],
    'accent-soft': toHex(mix(accent, rgb(palette.card), softShare)),
  };
}

function isReadable(tokens: AccentTokens, palette: Palette): boolean {
  const accent = rgb(tokens.accent);
  const soft = rgb(tokens['accent-soft']);
  const grounds = [rgb(palette.paper), rgb(palette.card), soft, rgb(tokens['accent-text'])];
  return grounds.every((ground) => contrast(accent, ground) >= minContrast);
}

function rgb(hex: string): Rgb {
  return present(parseHex(hex), 'a token colour');
}
