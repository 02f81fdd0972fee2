/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error('there is no median of no values');
  return (lower + upper) / 2;
}

/** The value that this share of all is not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new Error('there is no percentile of no values');
  return value;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** What was measured of the product and of its limit, as many times each, in turns. */
export interface Pairs {
  readonly limit: readonly number[];
  readonly product: readonly number[];
}

export interface Comparison {
  readonly limit: Spread;
  readonly product: Spread;
  /** Product by limit, pair by pair: what both met in the same seconds cancels out. */
  readonly ratio: Spread;
  /** The same of the two medians. Far from `ratio.median`, the machine was too noisy to judge by. */
  readonly ratioOfMedians: number;
}

export function compare({ limit, product }: Pairs): Comparison {
  if (limit.length !== product.length) throw new Error('each measurement needs its counterpart');
  const ratios = product.map((value, index) => value / (limit[index] ?? Number.NaN));
  return {
    limit: spreadOf(limit),
    product: spreadOf(product),
    ratio: spreadOf(ratios),
    ratioOfMedians: median(product) / median(limit),
  };
}
