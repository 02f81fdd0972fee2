/** Longer headers are cut: no browser sends one, and the work must stay small. */
const maxHeaderChars = 1_000;
const maxRanges = 40;

interface LanguageRange {
  readonly tag: string;
  readonly quality: number;
}

/**
 * The offered locale that an `Accept-Language` header prefers, or null if it names none of them.
 * RFC 9110 section 12.5.4 for weights (0 means never), RFC 4647 section 3.4 for lookup (`de-AT` finds `de`).
 * Of equal weights the one named first wins; malformed parts are skipped.
 */
export function negotiateLocale<L extends string>(
  header: string | undefined,
  offered: readonly L[],
): L | null {
  const ranges = parseAcceptLanguage(header ?? '');
  const refused = new Set(ranges.filter(({ quality }) => quality === 0).map(({ tag }) => tag));
  const wanted = ranges.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality);
  for (const { tag } of wanted) {
    const match = tag === '*' ? unnamed(offered, ranges) : lookup(tag, offered);
    if (match !== null && !refused.has(match)) return match;
  }
  return null;
}

/** The first offered locale that no other range names: what `*` stands for. */
function unnamed<L extends string>(offered: readonly L[], ranges: readonly LanguageRange[]): L | null {
  return offered.find((locale) => !ranges.some(({ tag }) => lookup(tag, [locale]) !== null)) ?? null;
}

function lookup<L extends string>(tag: string, offered: readonly L[]): L | null {
  for (let range = tag; range !== ''; range = range.slice(0, Math.max(range.lastIndexOf('-'), 0))) {
    const match = offered.find((locale) => locale.toLowerCase() === range);
    if (match !== undefined) return match;
  }
  return null;
}

function parseAcceptLanguage(header: string): LanguageRange[] {
  return header
    .slice(0, maxHeaderChars)
    .split(',', maxRanges)
    .map(parseRange)
    .filter((range) => range !== null);
}

/** Linear by construction: every part of the pattern is bounded. */
const rangePattern =
  /^[ \t]{0,8}(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8}){0,6})(?:[ \t]{0,8};[ \t]{0,8}q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?[ \t]{0,8}$/i;

function parseRange(part: string): LanguageRange | null {
  const match = rangePattern.exec(part);
  if (match === null) return null;
  return { tag: (match[1] ?? '').toLowerCase(), quality: match[2] === undefined ? 1 : Number(match[2]) };
}
