export type JsonObject = Readonly<Record<string, unknown>>;

/** Deeper than any answer of the standard, and shallow enough for every later walk over the value. */
const maxDepth = 32;

/**
 * A bank's JSON. Numbers that a float would change (`100.10`, twenty digits) stay text as the bank wrote
 * them: amounts are strings in the standard, and some banks forget.
 * @throws SyntaxError for what is not JSON or is nested too deeply
 */
export function parseJson(bytes: Buffer): unknown {
  const text = new TextDecoder('utf-8').decode(bytes);
  const { depth, hasOddNumbers } = surveyOf(text);
  if (depth > maxDepth) throw new SyntaxError('JSON nested too deeply');
  // Looking at every value takes five times as long, and most answers have no such number.
  return hasOddNumbers ? JSON.parse(text, keepExact) : JSON.parse(text);
}

function keepExact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && source !== undefined && String(value) !== source ? source : value;
}

interface Survey {
  /** Counted before parsing: a million brackets are cheap to send and would end a recursive reader. */
  readonly depth: number;
  /** True if there may be a number that a float would change: only short whole ones are sure. */
  readonly hasOddNumbers: boolean;
}

function surveyOf(text: string): Survey {
  let depth = 0;
  let deepest = 0;
  let digits = 0;
  let hasOddNumbers = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isDigit = code >= 0x30 && code <= 0x39;
    // A point or an exponent behind digits, sixteen of them, or a minus: all others are whole and exact.
    if (code === dot || code === minus || digits > 15 || (digits > 0 && (code | 0x20) === letterE))
      hasOddNumbers = true;
    digits = isDigit ? digits + 1 : 0;
    if (code === quote) at = endOfString(text, at);
    else if (code === openBracket || code === openBrace) deepest = Math.max(deepest, ++depth);
    else if (code === closeBracket || code === closeBrace) depth -= 1;
  }
  return { depth: deepest, hasOddNumbers: hasOddNumbers || digits > 15 };
}

const [quote, dot, minus, letterE] = [0x22, 0x2e, 0x2d, 0x65];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Where the string that opens here ends: at the next quote that no odd count of backslashes takes away. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; anything else among them, and anything else than a list, counts as not sent. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Longer than any name of the standard (names: 70, products: 35); some banks do not count. */
const maxTextLength = 500;

/** A text field as `cleanText` gives it; undefined if absent, blank or no text. */
export function textOf(object: JsonObject, name: string, maxLength = maxTextLength): string | undefined {
  return cleanText(Object.hasOwn(object, name) ? object[name] : undefined, maxLength);
}

/** Visible ASCII, with spaces inside. */
const plainText = /^[!-~](?:[ -~]*[!-~])?$/;

/** Text without control characters and outer space, cut at its limit; undefined if blank or no text. */
export function cleanText(value: unknown, maxLength = maxTextLength): string | undefined {
  if (typeof value !== 'string') return undefined;
  // Nearly every text of a bank is this plain, and a report has a hundred thousand of them.
  if (value.length <= maxLength && plainText.test(value)) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  const clean = value.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return clean === '' ? undefined : clean.slice(0, maxLength).toWellFormed();
}

/** Some banks write booleans as text, the standard's own examples among them. */
export function booleanOf(value: unknown): boolean | undefined {
  const word = String(value).toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : undefined;
}
