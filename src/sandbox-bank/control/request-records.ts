import { limits } from '../limits.ts';
import type { RouteName } from './faults.ts';

/** One call that reached a bank: what a test asks when it wants to know who called what, and how often. */
export interface RequestRecord {
  readonly bank: string;
  readonly route: RouteName;
  /** HTTP status of the answer; 0 where a fault left the call without one. */
  readonly status: number;
  /** PSU-IP-Address was there: the PSU asked for this call. */
  readonly psuPresent: boolean;
  readonly requestId?: string;
  readonly consentId?: string;
  /** The bank's time. */
  readonly at: string;
}

/** The newest calls, in memory only, each with a line for the log. */
export class RequestRecords {
  readonly #log: (line: string) => void;
  #records: RequestRecord[] = [];

  constructor(log: (line: string) => void = () => undefined) {
    this.#log = log;
  }

  add(record: RequestRecord): void {
    this.#log(
      `${record.bank} ${record.route} ${record.status === 0 ? 'left without an answer' : record.status}`,
    );
    if (this.#records.length >= limits.maxRequestRecords) this.#records.shift();
    this.#records.push(record);
  }

  list(): readonly RequestRecord[] {
    return [...this.#records];
  }

  clear(): void {
    this.#records = [];
  }
}
