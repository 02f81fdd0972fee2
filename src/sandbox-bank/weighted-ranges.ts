/** One of the things that a header such as Accept-Language wishes for. */
export interface WeightedRange {
  /** In lower case. */
  readonly range: string;
  /** 0 refuses. NaN for what is no number. */
  readonly weight: number;
}

/** RFC 9110 section 12.4.2: the weight is 1 where none is given. */
export function weightedRanges(header: string): WeightedRange[] {
  return header.split(',').map((each) => {
    const [range = '', ...parameters] = each.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { range, weight: weight === undefined ? 1 : Number(weight) };
  });
}
