import type { Comparison } from './statistics.ts';

/** A figure with what it must reach: product by limit, or without a limit the product itself. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** Of the two columns of measured values. */
  readonly decimals: number;
  readonly better: 'more' | 'less';
  /** Missing it fails the run; absent for a figure that is only shown. */
  readonly floor?: number;
  readonly goal?: number;
}

/** The floors and goals; docs/benchmarks.md says how each is measured. */
export const figures = {
  create: { name: 'P1 session create', unit: 'req/s', decimals: 0, better: 'more', floor: 0.4, goal: 0.7 },
  retrieve: {
    name: 'P2 session retrieve',
    unit: 'req/s',
    decimals: 0,
    better: 'more',
    floor: 0.45,
    goal: 0.75,
  },
  retrieveComplete: { name: '   with data', unit: 'req/s', decimals: 0, better: 'more' },
  fetch: { name: 'J1 10,000 transactions', unit: 'ms', decimals: 0, better: 'less', floor: 2, goal: 1.25 },
  fetchBesideMemory: { name: '   by a limit in memory', unit: 'ms', decimals: 0, better: 'less' },
  stall: { name: 'J2 longest stall in J1', unit: 'ms', decimals: 0, better: 'less', floor: 100, goal: 35 },
  fetchMemory: {
    name: 'J3 memory of 100,000',
    unit: 'MB',
    decimals: 0,
    better: 'less',
    floor: 200,
    goal: 80,
  },
  bankSearch: {
    name: 'P6 bank search, p99',
    unit: 'ms',
    decimals: 1,
    better: 'less',
    floor: 20,
    goal: 5,
  },
  firstBankSearch: { name: '   first search of a process', unit: 'ms', decimals: 0, better: 'less' },
  deliveries: {
    name: 'W1 webhook deliveries',
    unit: '/s',
    decimals: 0,
    better: 'more',
    floor: 0.07,
    goal: 0.2,
  },
  firstAttempt: {
    name: 'W2 data to webhook, p99',
    unit: 'ms',
    decimals: 0,
    better: 'less',
    floor: 300,
    goal: 75,
  },
  besideDead: {
    name: 'W3 with 20 dead receivers',
    unit: '/s',
    decimals: 0,
    better: 'more',
    floor: 0.8,
    goal: 0.95,
  },
  ready: { name: 'R1 start to ready', unit: 'ms', decimals: 0, better: 'less', floor: 5, goal: 2 },
  memory: { name: 'R1 idle memory', unit: 'MB', decimals: 0, better: 'less', floor: 2.5, goal: 1.5 },
  firstPage: { name: 'H1 first page, brotli', unit: 'kB', decimals: 1, better: 'less', floor: 20, goal: 14 },
  firstPageGzip: { name: '   gzip', unit: 'kB', decimals: 1, better: 'less' },
} as const satisfies Record<string, Figure>;

/** What one figure came to. */
export interface Outcome {
  readonly figure: Figure;
  /** A comparison with the limit, or the product's value where there is no limit. */
  readonly measured: Comparison | number;
}

export function missesFloor({ figure, measured }: Outcome): boolean {
  if (figure.floor === undefined) return false;
  const value = typeof measured === 'number' ? measured : measured.ratio.median;
  // What is not a number has not reached it either.
  return figure.better === 'more' ? !(value >= figure.floor) : !(value <= figure.floor);
}
