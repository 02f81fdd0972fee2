import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accessibleAccent } from '../../src/flow/views/accent.ts';
import { accentPath } from '../../src/flow/views/assets.ts';
import { contrast, parseHex, type Rgb, toHex } from '../../src/flow/views/colour.ts';
import { accentStylesheet } from '../../src/flow/views/theme-css.ts';
import { monogramColours, type Palette, palettes, type Theme } from '../../src/flow/views/tokens.ts';

const themes: readonly Theme[] = ['light', 'dark'];
const channel = fc.integer({ min: 0, max: 255 });
const anyHex = fc.tuple(channel, channel, channel).map((colour) => toHex(colour));

function between(one: string, other: string): number {
  return contrast(rgb(one), rgb(other));
}

function rgb(hex: string): Rgb {
  const colour = parseHex(hex);
  if (colour === null) throw new Error(`no colour: ${hex}`);
  return colour;
}

/** Text and its grounds, as the stylesheet pairs them. */
function expectReadable(palette: Palette): void {
  for (const ground of [palette.paper, palette.card, palette['accent-soft']]) {
    expect(between(palette.ink, ground)).toBeGreaterThanOrEqual(7);
    expect(between(palette.soft, ground)).toBeGreaterThanOrEqual(4.5);
    expect(between(palette.accent, ground)).toBeGreaterThanOrEqual(4.5);
  }
  expect(between(palette['accent-text'], palette.accent)).toBeGreaterThanOrEqual(4.5);
}

test('contrast is that of WCAG', () => {
  expect(between('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(between('#777777', '#ffffff')).toBeCloseTo(4.478, 3);
  expect(between('#3a4bc9', '#3a4bc9')).toBe(1);
});

describe.each(themes)('in the %s theme', (theme) => {
  test('the palette is readable', () => {
    const palette = palettes[theme];
    expectReadable(palette);
    for (const ground of [palette.paper, palette.card, palette['warn-soft']]) {
      expect(between(palette.warn, ground)).toBeGreaterThanOrEqual(4.5);
    }
    for (const ground of [palette.paper, palette.card]) {
      expect(between(palette.focus, ground)).toBeGreaterThanOrEqual(3);
      expect(between(palette.field, ground)).toBeGreaterThanOrEqual(3);
    }
  });

  test('any merchant colour becomes readable, in every role it has', () => {
    fc.assert(
      fc.property(anyHex, (hex) => expectReadable({ ...palettes[theme], ...accessibleAccent(hex, theme) })),
    );
  });

  test('a colour that was made readable stays as it is', () => {
    fc.assert(
      fc.property(anyHex, (hex) => {
        const { accent } = accessibleAccent(hex, theme);
        expect(accessibleAccent(accent, theme).accent).toBe(accent);
      }),
    );
  });
});

test('a readable colour is not touched, another keeps its hue', () => {
  expect(accessibleAccent('#3a4bc9', 'light').accent).toBe('#3a4bc9');
  const [red, green, blue] = rgb(accessibleAccent('#ffcc00', 'light').accent);
  expect(red).toBeGreaterThan(green);
  expect(green).toBeGreaterThan(blue);
});

test('the letters of a monogram are readable on every ground', () => {
  for (const ground of monogramColours) expect(between('#ffffff', ground)).toBeGreaterThanOrEqual(4.5);
});

test('a colour of a merchant is served from a path of its own, and nothing else becomes one', () => {
  expect(accentPath('#1F5D43')).toBe('/flow/assets/accent-1f5d43.css');
  for (const hostile of ['red', '#fff', '#1f5d4', '#1f5d43;}', 'url(x)', '', '../../x']) {
    expect(accentPath(hostile)).toBeNull();
  }
  expect(accentStylesheet('#3a4bc9')).toMatch(/^:root\{--accent:#3a4bc9;--accent-text:#ffffff;/);
});
