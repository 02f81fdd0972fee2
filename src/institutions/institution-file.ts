import { CsvFault, readCsv } from './csv.ts';
import { type Fault, type FileRow, fieldsOfRow } from './institution-row.ts';
import { readJsonRows } from './json-rows.ts';

/** A file of banks: the rows that could be made out, and what is wrong with the rest. */
export interface BankFile {
  readonly rows: readonly FileRow[];
  readonly faults: readonly Fault[];
}

const listed = new Set(['markets', 'currencies', 'bankCodes', 'aliases']);
const profilePrefix = 'profile.';

/** CSV or JSON: by its name if that ends so, else by how it begins. */
export function readBankFile(bytes: Uint8Array, fileName: string): BankFile {
  const text = decode(bytes);
  if (text === undefined) return withoutRows({ line: 1, what: 'the file is not UTF-8' });
  return isJson(fileName, text) ? readJsonRows(text) : readCsvRows(text);
}

/** UTF-8, with or without a byte order mark. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function isJson(fileName: string, text: string): boolean {
  const ending = /\.(json|csv)$/i.exec(fileName)?.[1]?.toLowerCase();
  return ending === undefined ? /^\s*[[{]/.test(text) : ending === 'json';
}

function readCsvRows(text: string): BankFile {
  const [heading = ''] = text.split('\n', 1);
  const records = readCsv(text, heading.includes(',') || !heading.includes(';') ? ',' : ';');
  const rows: FileRow[] = [];
  const faults: Fault[] = [];
  try {
    const { value: header } = records.next();
    if (!header) return withoutRows({ line: 1, what: 'the file is empty' });
    const names = header.cells.map((cell: string) => cell.trim());
    const wrong = faultOfHeader(names);
    if (wrong !== undefined) return withoutRows({ line: header.line, what: wrong });
    for (const { line, cells } of records)
      if (cells.length === names.length) rows.push({ line, fields: fieldsOf(names, cells) });
      else faults.push({ line, what: `has ${cells.length} cells where the header has ${names.length}` });
  } catch (error) {
    // Behind it nobody knows where a row begins.
    if (!(error instanceof CsvFault)) throw error;
    faults.push({ line: error.line, what: error.message });
  }
  return { rows, faults };
}

function withoutRows(fault: Fault): BankFile {
  return { rows: [], faults: [fault] };
}

function faultOfHeader(names: readonly string[]): string | undefined {
  const unknown = names.find((name) => !isColumn(name));
  if (unknown !== undefined) return `${JSON.stringify(unknown)} is no column: ${fieldsOfRow.join(', ')}`;
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? undefined : `the column ${twice} is there twice`;
}

function isColumn(name: string): boolean {
  if (name.startsWith(profilePrefix)) return /^[A-Za-z]+$/.test(name.slice(profilePrefix.length));
  return fieldsOfRow.some((known) => known === name);
}

/** Cells as values: a list is split at `|`, and an empty cell is nothing. */
function fieldsOf(names: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const profile: Record<string, unknown> = {};
  for (const [at, name] of names.entries()) {
    const cell = cells[at]?.trim() ?? '';
    if (cell === '') continue;
    if (name.startsWith(profilePrefix)) profile[name.slice(profilePrefix.length)] = cellValue(cell);
    else if (listed.has(name)) fields[name] = cell.split('|').map((part) => part.trim());
    else
      fields[name] = name === 'profile' || name === 'test' || name === 'popularity' ? cellValue(cell) : cell;
  }
  if (Object.keys(profile).length === 0) return fields;
  const whole = fields.profile;
  const isObject = typeof whole === 'object' && whole !== null && !Array.isArray(whole);
  return whole === undefined || isObject
    ? { ...fields, profile: { ...(whole as object), ...profile } }
    : fields;
}

/** A number, true, false, a list or an object is written as in JSON; anything else is text. */
function cellValue(cell: string): unknown {
  if (!/^(?:-?\d|true$|false$|[[{])/.test(cell)) return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}
