/** An sRGB colour, each channel 0-255. */
export type Rgb = readonly [red: number, green: number, blue: number];

const hexPattern = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;

/** Reads `#1f5d43` or `1f5d43`; null for anything else, three-digit hex included. */
export function parseHex(text: string): Rgb | null {
  const match = hexPattern.exec(text);
  if (match === null) return null;
  const [, red = '', green = '', blue = ''] = match;
  return [Number.parseInt(red, 16), Number.parseInt(green, 16), Number.parseInt(blue, 16)];
}

/** Writes `#1f5d43`, lower case. */
export function toHex(colour: Rgb): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** `share` of `other` (0-1) mixed into `colour`, rounded to what a screen can show. */
export function mix(colour: Rgb, other: Rgb, share: number): Rgb {
  const channel = (from: number, to: number) => Math.round(from + (to - from) * share);
  return [channel(colour[0], other[0]), channel(colour[1], other[1]), channel(colour[2], other[2])];
}

/** Contrast ratio of two colours, 1 to 21. WCAG 2.2, "contrast ratio" and "relative luminance". */
export function contrast(one: Rgb, other: Rgb): number {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
