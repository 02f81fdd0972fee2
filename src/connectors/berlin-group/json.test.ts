import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, textOf } from './json.ts';

function parse(text: string): unknown {
  return parseJson(Buffer.from(text));
}

describe("a bank's JSON", () => {
  it('keeps numbers exact: what a float would change stays as written', () => {
    expect(parse('[1, 1.5, -2, 100.10, 1e2, 12345678901234567890, 0.1000000000000000055]')).toEqual([
      1,
      1.5,
      -2,
      '100.10',
      '1e2',
      '12345678901234567890',
      '0.1000000000000000055',
    ]);
  });

  it('reads back everything that is written the usual way', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['100.10', '100.10'],
    ['-0', '-0'],
    ['1E5', '1E5'],
    ['1234567890123456789', '1234567890123456789'],
    ['123456789012345', 123_456_789_012_345],
    ['-12.5', -12.5],
  ])('keeps %s exact wherever it stands', (number, expected) => {
    expect(parse(number)).toEqual(expected);
    expect(parse(`{"a":"\\\\","b":[{"c":${number}}],"d":"\\"1.10"}`)).toEqual({
      a: '\\',
      b: [{ c: expected }],
      d: '"1.10',
    });
  });

  it('takes a byte order mark and replaces bytes that are not UTF-8', () => {
    expect(parseJson(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 });
    expect(parseJson(Buffer.from([0x22, 0xff, 0x22]))).toBe('\ufffd');
  });

  it.each(['', '{', '{"a":1', 'null1', '<html>', '{"a":1e400x}', '"'])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
  });

  it('refuses what is nested too deeply before it parses, and is not fooled by brackets in text', () => {
    expect(() => parse('['.repeat(100_000))).toThrow('nested too deeply');
    expect(() => parse(`${'['.repeat(33)}${']'.repeat(33)}`)).toThrow('nested too deeply');
    expect(parse(`${'['.repeat(32)}${']'.repeat(32)}`)).toBeInstanceOf(Array);
    expect(parse(JSON.stringify({ text: `\\"${'[{'.repeat(1_000)}` }))).toBeInstanceOf(Object);
  });

  it('pollutes no prototype', () => {
    parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    expect('polluted' in {}).toBe(false);
  });
});

describe('text', () => {
  it('is trimmed and free of control characters; blank is absent', () => {
    expect(textOf({ a: ' x\u0000\u001by\r\nz ' }, 'a')).toBe('x y z');
    expect(textOf({ a: '\u0000' }, 'a')).toBeUndefined();
    expect(textOf({ a: 1 }, 'a')).toBeUndefined();
    expect(textOf({}, 'toString')).toBeUndefined();
  });

  it('keeps what people are called', () => {
    for (const name of ['Zoë Ångström', 'محمد', '李小龙', '👩‍💻 Ada', '<b>Bo</b>']) {
      expect(textOf({ name }, 'name')).toBe(name);
    }
  });
});
