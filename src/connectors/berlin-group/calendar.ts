import { isIsoDate } from '../../core/iso-date.ts';

const dayMs = 86_400_000;

/** The date on the bank's wall, `YYYY-MM-DD`. The standard's dates are local to the bank (`validUntil`). */
export function localDate(instant: Date, timeZone: string): string {
  return new Date(instant.getTime() + offsetMs(instant, timeZone)).toISOString().slice(0, 10);
}

/** The moment at which a local date ends: the bank's next midnight. */
export function endOfLocalDate(date: string, timeZone: string): Date {
  const midnightAsUtc = new Date(Date.parse(`${date}T00:00:00Z`) + dayMs);
  // The offset is asked at a first guess and again at the better one: the clocks may change in between.
  const guess = new Date(midnightAsUtc.getTime() - offsetMs(midnightAsUtc, timeZone));
  const better = new Date(midnightAsUtc.getTime() - offsetMs(guess, timeZone));
  // Where the clocks jump over midnight itself, the day ends at the jump.
  return localDate(better, timeZone) === date ? guess : better;
}

/** The date this many days earlier. */
export function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - days * dayMs).toISOString().slice(0, 10);
}

const momentText = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * A date with a time, as text of ISO 8601, as a moment. Some banks leave the offset out and mean their own
 * wall clock. Undefined for a date alone, which is no moment, and for anything else.
 */
export function momentOf(text: string, timeZone: string): Date | undefined {
  const [, date = '', time = '', offset] = momentText.exec(text.trim()) ?? [];
  if (!isIsoDate(date)) return undefined;
  const asUtc = new Date(`${date}T${time.length === 5 ? `${time}:00` : time}Z`);
  if (Number.isNaN(asUtc.getTime())) return undefined;
  const ahead = offset === undefined ? offsetOfLocal(asUtc, timeZone) : offsetOfText(offset);
  return new Date(asUtc.getTime() - ahead);
}

/** The ISO date at the start of a text: some banks send a time with it, of no meaning for a day. */
export function dateIn(text: string): string | undefined {
  const date = text.slice(0, 10);
  const rest = text.charAt(10);
  return isIsoDate(date) && (rest === '' || rest === 'T' || rest === ' ') ? date : undefined;
}

function offsetOfText(offset: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset) ?? [];
  const total = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? -total : total;
}

/** Asked at a first guess and again at the better one, as above. */
function offsetOfLocal(wallClockAsUtc: Date, timeZone: string): number {
  const guess = offsetMs(wallClockAsUtc, timeZone);
  return offsetMs(new Date(wallClockAsUtc.getTime() - guess), timeZone);
}

/** How far local time is ahead of UTC at this instant. */
function offsetMs(instant: Date, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(instant);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name);
  if (!match) return 0;
  const [, sign, hours, minutes, seconds = '0'] = match;
  const total = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return (sign === '-' ? -total : total) * 1_000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Made once for a time zone of the profiles: making one costs more than a thousand uses. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  formats.set(timeZone, format);
  return format;
}
