import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CsvFault, readCsv } from '../../src/institutions/csv.ts';

const cellsOf = (text: string, delimiter: ',' | ';' = ',') =>
  [...readCsv(text, delimiter)].map(({ cells }) => cells);

describe('RFC 4180', () => {
  test.each([
    [
      'line feeds',
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'carriage returns too, and no end of the last line',
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['quotes, delimiters and lines inside quotes', '"a ""x"", y","b\r\nc"\n', [['a "x", y', 'b\r\nc']]],
    ['empty cells', ',""\n', [['', '']]],
    ['blank lines', '\na,b\n\n', [['a', 'b']]],
    ['semicolons', 'a;"b,c"\n', [['a', 'b,c']]],
  ] as const)('%s', (_what, text, cells) => {
    expect(cellsOf(text, text.includes(';') ? ';' : ',')).toEqual(cells);
  });

  test('tells the line on which a record begins', () => {
    expect([...readCsv('a\n"b\nb"\nc', ',')].map(({ line }) => line)).toEqual([1, 2, 4]);
  });

  test.each([
    ['a quote that is not closed', 'a,b\nc,"d', 2],
    ['text after a closed quote', 'a\n"b"c\n', 2],
    ['a quote within a bare cell', 'a\nb"c\n', 2],
    ['a lone carriage return', 'a\rb\n', 1],
    ['a cell without end', `a\n"${'x'.repeat(100_001)}"\n`, 2],
  ])('refuses %s', (_what, text, line) => {
    expect(() => cellsOf(text)).toThrow(expect.objectContaining({ name: CsvFault.name, line }));
  });

  test('reads back whatever was written', () => {
    const table = fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 4 }));
    fc.assert(
      fc.property(table, fc.constantFrom(',' as const, ';' as const), (rows, delimiter) => {
        const lines = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter));
        expect(cellsOf(lines.map((line) => `${line}\r\n`).join(''), delimiter)).toEqual(rows);
      }),
      { numRuns: 30 },
    );
  });
});
