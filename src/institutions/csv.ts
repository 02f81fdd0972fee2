/** A record of a CSV file, with the line of the file on which it begins, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

export class CsvFault extends Error {
  override readonly name = 'CsvFault';
  readonly line: number;

  constructor(line: number, what: string) {
    super(what);
    this.line = line;
  }
}

const maxCellChars = 100_000;

/**
 * RFC 4180, strictly: a cell with a quote, the delimiter or a line break stands in quotes, and a quote in it is
 * doubled. Lines end in CRLF or LF. Blank lines are passed over.
 * @throws CsvFault at the first place that is not so
 */
export function* readCsv(text: string, delimiter: ',' | ';'): Generator<CsvRecord> {
  const place: Place = { text, delimiter, at: 0, line: 1 };
  while (place.at < text.length) {
    const start = place.line;
    const cells = [readCell(place)];
    while (text[place.at] === delimiter) {
      place.at += 1;
      cells.push(readCell(place));
    }
    endLine(place);
    if (cells.length > 1 || cells[0] !== '') yield { line: start, cells };
  }
}

interface Place {
  readonly text: string;
  readonly delimiter: ',' | ';';
  at: number;
  line: number;
}

function readCell(place: Place): string {
  const { text, at, line } = place;
  const cell = text[at] === '"' ? quotedCell(place) : plainCell(place);
  if (cell.length > maxCellChars) throw new CsvFault(line, `a cell has more than ${maxCellChars} characters`);
  return cell;
}

const afterPlain = { ',': /[",\r\n]/g, ';': /[";\r\n]/g };

function plainCell(place: Place): string {
  const end = afterPlain[place.delimiter];
  end.lastIndex = place.at;
  const from = place.at;
  place.at = end.exec(place.text)?.index ?? place.text.length;
  return place.text.slice(from, place.at);
}

function quotedCell(place: Place): string {
  const { text, line } = place;
  const from = place.at + 1;
  let to = text.indexOf('"', from);
  while (to >= 0 && text[to + 1] === '"') to = text.indexOf('"', to + 2);
  if (to < 0) throw new CsvFault(line, 'a quote is not closed');
  place.at = to + 1;
  const inside = text.slice(from, to);
  place.line += inside.split('\n').length - 1;
  return inside.replaceAll('""', '"');
}

function endLine(place: Place): void {
  const { text, at, line } = place;
  const end = text.startsWith('\r\n', at) ? 2 : 1;
  if (at < text.length && end === 1 && text[at] !== '\n')
    throw new CsvFault(line, `after a cell there is ${JSON.stringify(text[at])} where the cell should end`);
  place.at += end;
  place.line += 1;
}
