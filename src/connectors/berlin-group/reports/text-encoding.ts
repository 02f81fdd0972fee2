import { isUtf8 } from 'node:buffer';

/** `iso-8859-1` of `text/plain; charset="iso-8859-1"`. */
export function charsetOf(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(contentType ?? '')?.[1];
}

/** The first of these names that is an encoding. UTF-8 where none is. */
export function decoderFor(...labels: readonly (string | undefined)[]): TextDecoder {
  for (const label of labels) {
    try {
      if (label !== undefined) return new TextDecoder(label);
    } catch {
      // No encoding has this name: then the next one counts.
    }
  }
  return new TextDecoder();
}

/** Bytes as text, piece by piece; a character may lie across two of them. */
export interface PieceDecoder {
  decode(piece: Buffer): string;
  end(): string;
}

export function decodedBy(decoder: TextDecoder): PieceDecoder {
  return {
    decode: (piece) => decoder.decode(piece, { stream: true }),
    end: () => decoder.decode(),
  };
}

/** Without an end of line in so many bytes it is no text, and cut anywhere. */
const maxLineBytes = 256 * 1_024;
const [lineFeed, carriageReturn] = [0x0a, 0x0d];
const utf8 = new TextDecoder();
const windows1252 = new TextDecoder('windows-1252');

/**
 * Decodes text of a format that does not tell its encoding. Each line is UTF-8 if it can be that, else what banks wrote
 * before it: nobody knows what comes, and a character that was cut in two by the end of a line, as some banks do it,
 * spoils that line alone.
 */
export function decodedByLine(): PieceDecoder {
  let rest: Buffer = Buffer.alloc(0);
  return {
    decode(piece) {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const lastEnd = Math.max(bytes.lastIndexOf(lineFeed), bytes.lastIndexOf(carriageReturn)) + 1;
      const whole = lastEnd === 0 && bytes.length > maxLineBytes ? bytes.length : lastEnd;
      rest = bytes.subarray(whole);
      return decodeLines(bytes.subarray(0, whole));
    },
    end: () => decodeLines(rest),
  };
}

/** Ends of lines are the same bytes in both encodings, and part of no other character. */
function decodeLines(bytes: Buffer): string {
  if (isUtf8(bytes)) return utf8.decode(bytes);
  let text = '';
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(lineFeed, start) + 1 || bytes.length;
    const line = bytes.subarray(start, end);
    text += (isUtf8(line) ? utf8 : windows1252).decode(line);
    start = end;
  }
  return text;
}
