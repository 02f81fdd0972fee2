import type { Collection } from './journal.ts';

export interface ClockSetting {
  readonly offsetMs: number;
}

const settingKey = 'clock';
export const dayMs = 86_400_000;

/** The bank's own clock: the machine's, moved by an offset that outlives a restart. */
export class BankClock {
  readonly #machine: () => Date;
  readonly #settings: Collection<ClockSetting>;

  constructor(machine: () => Date, settings: Collection<ClockSetting>) {
    this.#machine = machine;
    this.#settings = settings;
  }

  now(): Date {
    const offsetMs = this.#settings.get(settingKey)?.offsetMs ?? 0;
    return new Date(this.#machine().getTime() + offsetMs);
  }

  /** As it would be had nobody moved it: what others' clocks show too. */
  machineNow(): Date {
    return this.#machine();
  }

  /** From here on the clock shows `instant` and runs on from it. */
  moveTo(instant: Date): void {
    this.#settings.put(settingKey, { offsetMs: instant.getTime() - this.#machine().getTime() });
  }

  advance(seconds: number): void {
    this.moveTo(new Date(this.now().getTime() + seconds * 1000));
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** The calendar day in the bank's time zone, `2026-02-28`: the standard's dates are local to the bank. */
export function localDate(instant: Date, timeZone: string): string {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
    formatters.set(timeZone, formatter);
  }
  return formatter.format(instant);
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

/** True for a day that exists, written `YYYY-MM-DD`; 29 February only in leap years. */
export function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

export function isAfter(instant: Date, start: string, seconds: number): boolean {
  return instant.getTime() > Date.parse(start) + seconds * 1000;
}
