import type { Fault, FileRow } from './institution-row.ts';

/** A JSON list of banks, with the line on which each begins. */
export function readJsonRows(text: string): { rows: FileRow[]; faults: Fault[] } {
  const parsed = parse(text);
  if ('fault' in parsed) return { rows: [], faults: [parsed.fault] };
  if (!Array.isArray(parsed.value))
    return { rows: [], faults: [{ line: 1, what: 'the file must be a list of banks: [{...}, ...]' }] };
  const lines = linesOfItems(text);
  const rows: FileRow[] = [];
  const faults: Fault[] = [];
  for (const [at, item] of parsed.value.entries()) {
    const line = lines[at] ?? 1;
    if (typeof item === 'object' && item !== null && !Array.isArray(item))
      rows.push({ line, fields: item as FileRow['fields'] });
    else faults.push({ line, what: 'a bank must be an object' });
  }
  return { rows, faults };
}

function parse(text: string): { value: unknown } | { fault: Fault } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const position = /at position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? lineCount(text) : lineCount(text.slice(0, Number(position)));
    return { fault: { line, what: 'is not JSON' } };
  }
}

function lineCount(text: string): number {
  return text.split('\n').length;
}

/** The line of each item of a list that JSON.parse has taken: only its brackets, commas and texts matter here. */
function linesOfItems(text: string): number[] {
  const token = /"(?:[^"\\]+|\\.)*"|[[\]{},\n]|[^\s[\]{},"]+/g;
  const lines: number[] = [];
  let line = 1;
  let depth = 0;
  let awaited = false;
  for (const [found] of text.matchAll(token)) {
    if (found === '\n') {
      line += 1;
      continue;
    }
    if (awaited && depth === 1 && found !== ']' && found !== ',') {
      lines.push(line);
      awaited = false;
    }
    if (found === '[' || found === '{') {
      depth += 1;
      if (depth === 1) awaited = true;
    } else if (found === ']' || found === '}') depth -= 1;
    else if (found === ',' && depth === 1) awaited = true;
  }
  return lines;
}
