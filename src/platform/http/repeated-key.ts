/**
 * The first key that stands twice in one object of a JSON text, as `customer.email`; undefined where none does.
 * JSON.parse would let the last one win, and another reader on the way (a gateway, a log) the first: RFC 8259
 * section 4 calls what follows unpredictable. Costs a count, and a second reading only where it is off.
 *
 * @param text valid JSON
 * @param value what JSON.parse made of it
 */
export function repeatedKeyOf(text: string, value: unknown): string | undefined {
  return countColons(text) === countMembers(value) ? undefined : findRepeatedKey(text);
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Outside of strings each stands for one member. */
function countColons(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === colon) count += 1;
    else if (code === quote) at = endOfString(text, at);
  }
  return count;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at += 1;
  }
  return text.length;
}

/** Without recursion: the body may nest as deep as its size allows. */
function countMembers(root: unknown): number {
  let count = 0;
  const waiting = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null) continue;
    const members = Object.values(value);
    if (!Array.isArray(value)) count += members.length;
    for (const member of members) if (typeof member === 'object') waiting.push(member);
  }
  return count;
}

/** Where the reader is, within an object or an array. */
interface Level {
  readonly keys: Set<string> | undefined;
  step: string;
  index: number;
}

const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\],]/g;
const maxPathLength = 200;

function findRepeatedKey(text: string): string | undefined {
  const levels: Level[] = [];
  for (const [token, isKey] of text.matchAll(tokens)) {
    const level = levels.at(-1);
    if (token === '{') levels.push({ keys: new Set(), step: '', index: 0 });
    else if (token === '[') levels.push({ keys: undefined, step: '[0]', index: 0 });
    else if (token === '}' || token === ']') levels.pop();
    else if (token === ',' && level && !level.keys) {
      level.index += 1;
      level.step = `[${level.index}]`;
    } else if (isKey !== undefined && level?.keys) {
      const key = String(JSON.parse(token.slice(0, -isKey.length)));
      level.step = levels.length === 1 ? key : `.${key}`;
      if (level.keys.has(key)) return pathOf(levels);
      level.keys.add(key);
    }
  }
  return undefined;
}

function pathOf(levels: readonly Level[]): string {
  let path = '';
  for (const { step } of levels) if (path.length <= maxPathLength) path += step;
  return path.slice(0, maxPathLength);
}
