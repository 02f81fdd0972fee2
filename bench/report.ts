import { missesFloor, type Outcome } from './figures.ts';
import type { Spread } from './statistics.ts';

const heading = ['figure', 'bare limit', 'product', 'ratio (min-max)', 'of medians', 'floor', 'goal', ''];

/** The outcomes as a table for a terminal: medians with their spread, and what each had to reach. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = [heading, ...outcomes.map(rowOf)];
  const widths = heading.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => align(cell, column, widths))
      .join('  ')
      .trimEnd(),
  );
  return lines.toSpliced(1, 0, '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2))).join('\n');
}

function rowOf(outcome: Outcome): string[] {
  const { figure, measured } = outcome;
  const { unit, decimals, floor, goal } = figure;
  const verdict = floor === undefined ? '' : missesFloor(outcome) ? 'MISSED' : 'ok';
  const targets = [targetOf(outcome, floor), targetOf(outcome, goal), verdict];
  const name = `${figure.name}, ${unit}`;
  if (typeof measured === 'number') return [name, '', measured.toFixed(decimals), '', '', ...targets];
  const { limit, product, ratio, ratioOfMedians } = measured;
  return [
    name,
    spread(limit, decimals),
    spread(product, decimals),
    `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)})`,
    ratioOfMedians.toFixed(2),
    ...targets,
  ];
}

function spread({ median, min, max }: Spread, decimals: number): string {
  return `${median.toFixed(decimals)} (${min.toFixed(decimals)}-${max.toFixed(decimals)})`;
}

function targetOf({ figure, measured }: Outcome, target: number | undefined): string {
  if (target === undefined) return '';
  const digits = typeof measured === 'number' ? 0 : 2;
  return `${figure.better === 'more' ? '>=' : '<='} ${target.toFixed(digits)}`;
}

/** Names to the left, numbers to the right. */
function align(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
