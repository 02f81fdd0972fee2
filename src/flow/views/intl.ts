/** Names, dates and durations in the reader's language. Formatters are costly to make, so each is made once. */
const formatters = new Map<string, unknown>();

function once<T>(key: string, make: () => T): T {
  const known = formatters.get(key);
  if (known !== undefined) return known as T;
  const made = make();
  formatters.set(key, made);
  return made;
}

/**
 * `12 March 2026`, held together by no-break spaces. A calendar day of UTC, so that a date without a time never slips
 * to its neighbour.
 */
export function formatDate(date: Date, locale: string): string {
  return once(`date ${locale}`, () => {
    const tag = locale === 'en' ? 'en-GB' : locale;
    return new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone: 'UTC' });
  })
    .format(date)
    .replaceAll(' ', '\u00A0');
}

/**
 * `8 minutes`: how long from now until then, rounded up and at least one. Said instead of a time of day,
 * because the server does not know the reader's time zone.
 */
export function formatMinutesUntil(then: Date, now: Date, locale: string): string {
  const minutes = Math.max(1, Math.ceil((then.getTime() - now.getTime()) / 60_000));
  return formatUnit(minutes, 'minute', locale);
}

/** `30 seconds`, `2 minutes`: rounded up to what a person would say. */
export function formatSeconds(seconds: number, locale: string): string {
  if (seconds > 90) return formatUnit(Math.ceil(seconds / 60), 'minute', locale);
  return formatUnit(Math.max(1, Math.ceil(seconds)), 'second', locale);
}

function formatUnit(value: number, unit: 'minute' | 'second', locale: string): string {
  return once(
    `${unit} ${locale}`,
    () => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }),
  ).format(value);
}

/** `Germany` for `DE`; the code itself where nothing better is known. */
export function regionName(code: string, locale: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return code;
  const names = () => new Intl.DisplayNames([locale], { type: 'region' });
  return once(`region ${locale} ${code}`, () => once(`regions ${locale}`, names).of(code) ?? code);
}

/** A language by its own name, as its reader looks for it: `Deutsch`, `Français`. */
export function languageName(locale: string): string {
  return once(`language ${locale}`, () => {
    const name = new Intl.DisplayNames([locale], { type: 'language' }).of(locale) ?? locale;
    return name.slice(0, 1).toLocaleUpperCase(locale) + name.slice(1);
  });
}

export function compareNames(locale: string): (one: string, other: string) => number {
  return once(`order ${locale}`, () => new Intl.Collator(locale)).compare;
}
