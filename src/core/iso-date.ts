const isoDate = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const shortMonths = ['04', '06', '09', '11'];

/** True for a date of the calendar, `YYYY-MM-DD` (ISO 8601). `Date` takes 30 February for 1 March. */
export function isIsoDate(text: string): boolean {
  if (!isoDate.test(text)) return false;
  const day = text.slice(8);
  if (day < '29') return true;
  const month = text.slice(5, 7);
  if (month === '02') return day === '29' && isLeap(Number(text.slice(0, 4)));
  return day < '31' || !shortMonths.includes(month);
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
