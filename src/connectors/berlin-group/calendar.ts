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

/** True for a date of the calendar in the standard's ISO form. */
export function isIsoDate(text: string): boolean {
  const parsed = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && new Date(parsed || 0).toISOString().startsWith(text);
}

/** How far local time is ahead of UTC at this instant. */
function offsetMs(instant: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(
    instant,
  );
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name);
  if (!match) return 0;
  const [, sign, hours, minutes, seconds = '0'] = match;
  const total = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return (sign === '-' ? -total : total) * 1_000;
}
