import { derivedFractions } from '../ids.ts';
import { codeLength, codeOf } from './one-time-code.ts';
import { pngOf, type Rgb } from './png.ts';

/** Digits of three by five dots, a row in each octal number: 7 is a full row. */
const font = ['75557', '26227', '71747', '71717', '55711', '74717', '74757', '71244', '75757', '75717'];

const dotPixels = 8;
const framing = 5;
const gap = 1;
const columns = 2 * framing + codeLength * 3 + (codeLength - 1) * gap;
const rows = 2 * framing + 5;

const white: Rgb = [255, 255, 255];
const black: Rgb = [16, 20, 28];
const colours: readonly Rgb[] = [[200, 38, 45], [24, 120, 64], [26, 78, 170], white];

/**
 * The picture of photoTAN: a frame of coloured dots as the real ones have, and in the middle the code itself,
 * so that a person who tests can read it without a machine.
 */
export function photoChallenge(authorisationId: string): Buffer {
  const code = codeOf(authorisationId);
  return pngOf(columns * dotPixels, rows * dotPixels, (x, y) => {
    return dot(authorisationId, code, Math.floor(x / dotPixels), Math.floor(y / dotPixels));
  });
}

function dot(seed: string, code: string, column: number, row: number): Rgb {
  const [x, y] = [column - framing, row - framing];
  const isInside = x >= -1 && y >= -1 && x <= columns - 2 * framing && y <= 5;
  if (!isInside) return colours[Math.floor(derivedFractions(seed, `${row}`)(column) * 4)] ?? white;
  const digit = Number(code[Math.floor(x / (3 + gap))]);
  const bits = Number.parseInt(font[digit]?.[y] ?? '0', 8);
  const bit = x % (3 + gap);
  return bit >= 0 && bit < 3 && (bits >> (2 - bit)) % 2 === 1 ? black : white;
}
