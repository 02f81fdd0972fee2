import type { Challenge } from '../banking/step.ts';

export type ChallengeImage = NonNullable<Challenge['image']>;

/** A photoTAN has a few kB; banks are generous. */
const maxImageBytes = 300_000;
const maxBase64Chars = Math.ceil(maxImageBytes / 3) * 4;

/** How files of these kinds begin, in hex: PNG section 5.2, GIF89a section 17, JPEG (T.81) annex B. */
const beginnings: Readonly<Record<ChallengeImage['mediaType'], readonly string[]>> = {
  'image/png': ['89504e470d0a1a0a'],
  'image/gif': ['474946383761', '474946383961'],
  'image/jpeg': ['ffd8ff'],
};

/** The picture's bytes, if they are what the bank says they are and no more than a picture to scan has. */
export function bytesOfImage({ mediaType, base64 }: ChallengeImage): Buffer | undefined {
  if (base64.length > maxBase64Chars) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  const start = bytes.toString('hex', 0, 8);
  return beginnings[mediaType]?.some((beginning) => start.startsWith(beginning)) ? bytes : undefined;
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Where a file says it at its beginning (PNG section 11.2.1, GIF89a section 18); a browser finds it out by itself. */
export function sizeOfImage({ mediaType }: ChallengeImage, bytes: Buffer): ImageSize | undefined {
  if (mediaType === 'image/png' && bytes.length >= 24)
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  if (mediaType === 'image/gif' && bytes.length >= 10)
    return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  return undefined;
}
