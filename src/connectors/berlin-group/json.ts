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
  if (nestingOf(text) > maxDepth) throw new SyntaxError('JSON nested too deeply');
  return JSON.parse(text, keepExact);
}

function keepExact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && source !== undefined && String(value) !== source ? source : value;
}

/** Counted before parsing: a million brackets are cheap to send and would end a recursive reader. */
function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') inString = !inString;
    else if (inString && char === '\\') at += 1;
    else if (!inString && (char === '[' || char === '{')) deepest = Math.max(deepest, ++depth);
    else if (!inString && (char === ']' || char === '}')) depth -= 1;
  }
  return deepest;
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

/** Text without control characters and outer space, cut at its limit; undefined if blank or no text. */
export function cleanText(value: unknown, maxLength = maxTextLength): string | undefined {
  if (typeof value !== 'string') return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  const clean = value.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return clean === '' ? undefined : clean.slice(0, maxLength).toWellFormed();
}

/** Some banks write booleans as text, the standard's own examples among them. */
export function booleanOf(value: unknown): boolean | undefined {
  const word = String(value).toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : undefined;
}
