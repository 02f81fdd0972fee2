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

/** Text of a format that does not tell its encoding: UTF-8 if it can be that, else what banks wrote before it. */
export function decodeText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
