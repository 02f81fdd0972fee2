import type { Challenge } from '../banking/step.ts';

export type ChallengeImage = NonNullable<Challenge['image']>;

/** A photoTAN has a few kB; banks are generous. */
const maxImageBytes = 300_000;
const maxBase64Chars = Math.ceil(maxImageBytes / 3) * 4;

/** Far more than a picture to scan has; a file of a few bytes may say that it unfolds to gigabytes on the phone. */
const maxPixels = 4_000_000;

/** How files of these kinds begin, in hex: PNG section 5.2, GIF89a section 17, JPEG (T.81) annex B. */
const beginnings: Readonly<Record<ChallengeImage['mediaType'], readonly string[]>> = {
  'image/png': ['89504e470d0a1a0a'],
  'image/gif': ['474946383761', '474946383961'],
  'image/jpeg': ['ffd8ff'],
};

/** The picture's bytes, if they are what the bank says they are and no more than a picture to scan has. */
export function bytesOfImage(image: ChallengeImage): Buffer | undefined {
  const { mediaType, base64 } = image;
  if (base64.length > maxBase64Chars) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  const start = bytes.toString('hex', 0, 8);
  if (!beginnings[mediaType]?.some((beginning) => start.startsWith(beginning))) return undefined;
  const { width, height } = sizeOfImage(image, bytes) ?? { width: 0, height: 0 };
  const pixels = width * height;
  return pixels > 0 && pixels <= maxPixels ? bytes : undefined;
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Where a file says it (PNG section 11.2.1, GIF89a section 18, JPEG (T.81) B.2.2); undefined where it does not. */
export function sizeOfImage({ mediaType }: ChallengeImage, bytes: Buffer): ImageSize | undefined {
  if (mediaType === 'image/png' && bytes.length >= 24)
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  if (mediaType === 'image/gif' && bytes.length >= 10)
    return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  return mediaType === 'image/jpeg' ? sizeInFrame(bytes) : undefined;
}

/** Behind the start of an image, segments: a marker, and how long it is with what belongs to it. */
function sizeInFrame(jpeg: Buffer): ImageSize | undefined {
  for (let at = 2; at + 9 <= jpeg.length && jpeg[at] === 0xff; ) {
    const marker = jpeg[at + 1] ?? 0;
    if (isFrame(marker)) return { width: jpeg.readUInt16BE(at + 7), height: jpeg.readUInt16BE(at + 5) };
    // Bytes that fill stand before a marker; the scan itself must not come before its frame.
    if (marker === 0xff) at += 1;
    else if (marker === 0xda) return undefined;
    else at += 2 + jpeg.readUInt16BE(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15; three of the numbers between are of tables (T.81 table B.1). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
