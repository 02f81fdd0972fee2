import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bankStream } from '../../../../test/support/bank-stream.ts';
import { bankRow, expectSameAgain } from '../../../../test/support/berlin-group-row.ts';
import type { BankTransaction } from '../../../banking/transaction.ts';
import { type Profile, profileOf } from '../profiles.ts';
import { mtPages } from './mt940.ts';
import { begun } from './report.ts';

const profile = profileOf(bankRow());

async function rows(
  text: string | Buffer,
  more: Partial<Profile> = {},
  contentType = 'text/plain',
  pieceBytes?: number,
) {
  const read: BankTransaction[] = [];
  const stream = bankStream(text, contentType, pieceBytes);
  for await (const page of mtPages({ ...profile, ...more }, await begun(stream))) read.push(...page);
  expectSameAgain(read, more);
  return read;
}

function statement(...lines: readonly string[]): string {
  return [
    ':20:STARTUMS',
    ':25:99900010/0000000001',
    ':28C:00000/001',
    ':60F:C260503EUR100,00',
    ...lines,
    ':62F:C260504EUR87,50',
    '-',
    '',
  ].join('\r\n');
}

const german = [
  ':61:2605050504DR12,50NTRFNONREF//2026-4711',
  '/OCMT/EUR12,50/',
  ':86:116?00SEPA-UEBERWEISUNG?109310?20EREF+INV-2026-0001?21SVWZ+Rent for May and the par',
  '?22king space in the yard?23thank you?30TRLSDEFFXXX?31DE0299900010000000000',
  '2?32Housing & Sons GmbH und Com?33pany KG?34997',
] as const;

describe('a statement', () => {
  it('of a German bank is its entries', async () => {
    expect(await rows(statement(...german))).toEqual([
      {
        status: 'booked',
        amount: '12.50',
        currency: 'EUR',
        direction: 'debit',
        bookingDate: '2026-05-04',
        valueDate: '2026-05-05',
        counterpartyName: 'Housing & Sons GmbH und Company KG',
        counterpartyAccount: { type: 'iban', iban: 'DE02999000100000000002' },
        description: 'Rent for May and the parking space in the yard\nthank you',
        bankTransactionCode: 'NTRF+116+9310+997',
        reference: '2026-4711',
        raw: {
          line: '2605050504DR12,50NTRFNONREF//2026-4711',
          supplement: ['/OCMT/EUR12,50/'],
          information: [german[2].slice(4), german[3], german[4]],
          currency: 'EUR',
        },
        rawForm: 'mt940',
      },
    ]);
  });

  it('is the same with other line ends, in the envelope of the network, and twice', async () => {
    const one = await rows(statement(...german));
    const plain = statement(...german);
    expect(await rows(plain.replaceAll('\r\n', '\n'))).toEqual(one);
    expect(await rows(plain.replaceAll('\r\n', '\r'))).toEqual(one);
    const enveloped = `{1:F01TRLSDEFFXXXX0000000000}{2:I940TRLSDEFFXXXXN}{4:\r\n${plain.replace(/-\r\n$/, '-}')}`;
    expect(await rows(enveloped)).toEqual(one);
    expect(await rows(`${plain}${plain}`)).toEqual([...one, ...one]);
  });

  it('without entries is empty, and what it says of itself belongs to none', async () => {
    expect(await rows(statement())).toEqual([]);
    const told = statement(...german).replace('\r\n-\r\n', '\r\n:86:Your limit is 1000\r\n-\r\n');
    expect(await rows(told)).toEqual(await rows(statement(...german)));
  });

  it('has the currency of its opening balance, each its own', async () => {
    const dollars = statement(':61:2605050504C1,NMSC').replaceAll('EUR', 'USD');
    expect(await rows(`${statement(...german)}${dollars}`)).toMatchObject([
      { currency: 'EUR' },
      { currency: 'USD', amount: '1' },
    ]);
    const none = dollars.replace(/:60F:.*\r\n/, '');
    await expect(rows(`${statement(...german)}${none}`)).rejects.toMatchObject({ kind: 'bank-refused' });
  });

  it.each([
    ['utf8', 'text/plain'],
    ['utf8', 'text/plain; charset=US-ASCII'],
    ['latin1', 'text/plain'],
    ['latin1', 'text/plain; charset=UTF-8'],
    ['latin1', 'text/plain;charset=ISO-8859-1'],
  ] as const)('is read in its encoding: %s as %s', async (encoding, type) => {
    const text = statement(':61:2605050504D1,00NMSCNONREF', ':86:Gebühr für Mai');
    expect(await rows(Buffer.from(text, encoding), {}, type)).toMatchObject([
      { description: 'Gebühr für Mai' },
    ]);
  });
});

describe('a report that comes slowly', () => {
  it.each(['utf8', 'latin1'] as const)('is the same however it is cut into pieces (%s)', async (encoding) => {
    const told = statement(...german, ':61:2605050504D1,00NMSCNONREF', ':86:Gebühr', 'für Mai');
    const text = `${told}${told.replaceAll('\r\n', '\r')}`;
    const whole = await rows(Buffer.from(text, encoding));
    expect(whole).toMatchObject([{}, { description: 'Gebühr\nfür Mai' }, {}, {}]);
    const sizes = fc.integer({ min: 1, max: 300 });
    await fc.assert(
      fc.asyncProperty(sizes, async (pieceBytes) => {
        expect(await rows(Buffer.from(text, encoding), {}, undefined, pieceBytes)).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it('is spoiled in one line alone where a character was cut by its end', async () => {
    const bytes = Buffer.from(statement(':61:2605050504D1,00NMSCNONREF', ':86:Gebühr', 'für Mai'));
    const cut = bytes.indexOf('ü') + 1;
    const folded = Buffer.concat([bytes.subarray(0, cut), Buffer.from('\r\n'), bytes.subarray(cut)]);
    expect(await rows(folded)).toMatchObject([{ description: 'GebÃ\n¼hr\nfür Mai' }]);
  });

  it('is asked for no more than is taken, and left with its reader', async () => {
    const stream = bankStream(statement(...Array.from({ length: 2_000 }, () => german).flat()), 'text/plain');
    for await (const page of mtPages(profile, await begun(stream))) {
      expect(page.length).toBe(250);
      break;
    }
    expect(stream.left()).toBe(true);
  });

  it.each([
    ['a line', 'x'],
    ['lines', 'x\r\n'],
  ])('is refused before it has filled memory with %s that do not end', async (_, more) => {
    const much = Buffer.from(more.repeat(20_000));
    let sent = 0;
    async function* endless() {
      yield Buffer.from(statement(':61:2605050504D1,00NMSCNONREF', ':86:').slice(0, -30));
      for (; sent < 500; sent += 1) yield much;
    }
    const reading = mtPages(
      profile,
      await begun({ ...bankStream('', 'text/plain'), pieces: endless() }),
    ).next();
    await expect(reading).rejects.toMatchObject({ kind: 'retry-later' });
    expect(sent * much.length).toBeLessThan(2_000_000);
  });
});

describe('field 61', () => {
  it.each([
    ['2605050504C1234567890,12NTRFREF', 'credit', '1234567890.12'],
    ['2605050504CR12,00NTRFREF', 'credit', '12.00'],
    ['2605050504DR12,NTRFREF', 'debit', '12'],
    ['2605050504D12,5NTRFREF', 'debit', '12.5'],
    ['260505D000012,50NTRFREF', 'debit', '12.50'],
    ['2605050504RC12,50NTRFREF', 'debit', '12.50'],
    ['2605050504RD12,50NTRFREF', 'credit', '12.50'],
    ['2605050504RCR12,50NTRFREF', 'debit', '12.50'],
    ['2605050504D12', 'debit', '12'],
    ['2605050504D12,50S101REF//BANK', 'debit', '12.50'],
  ])('%s is %s %s', async (line, direction, amount) => {
    expect(await rows(statement(`:61:${line}`))).toMatchObject([{ direction, amount, status: 'booked' }]);
  });

  it.each([
    ['2512310102', '2026-01-02', '2025-12-31'],
    ['2601021231', '2025-12-31', '2026-01-02'],
    ['2602300302', '2026-03-02', '2026-02-28'],
    ['2402290301', '2024-03-01', '2024-02-29'],
    ['2304300228', '2023-02-28', '2023-04-30'],
    ['260505', undefined, '2026-05-05'],
    ['2613450504', undefined, undefined],
  ])('%s has the days %s and %s', async (days, bookingDate, valueDate) => {
    const [row] = await rows(statement(`:61:${days}D1,00NMSCNONREF`));
    expect(row?.bookingDate).toBe(bookingDate);
    expect(row?.valueDate).toBe(valueDate);
  });

  it.each([
    '2605050504X12,50NTRF',
    '2605050504D-12,50NTRF',
    '2605050504D,50NTRF',
    '2605050504D12.50NTRF',
    '05.05.2026 D 12,50',
    '',
    '2605050504D1234567890123456,00NTRF',
  ])('that cannot be read fails: %j', async (line) => {
    await expect(rows(statement(`:61:${line}`))).rejects.toMatchObject({
      kind: 'bank-refused',
      message: 'read transactions: a row has no readable amount',
    });
  });

  it('names the entry for ever by the reference of the bank, where the profile says so', async () => {
    const stable = { stableReference: 'transactionId' } as const;
    expect(await rows(statement(...german), stable)).toMatchObject([{ stableReference: '2026-4711' }]);
    const [unnamed] = await rows(statement(':61:2605050504D1,00NMSCNONREF//NONREF'), stable);
    expect(unnamed).not.toHaveProperty('stableReference');
  });

  it('keeps every digit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt({ min: 0n, max: 10n ** 11n }),
        fc.integer({ min: 1, max: 3 }),
        async (units, scale) => {
          const digits = units.toString().padStart(scale + 1, '0');
          const [whole, places] = [digits.slice(0, digits.length - scale), digits.slice(-scale)];
          const [row] = await rows(statement(`:61:2605050504C${whole},${places}NMSCNONREF`));
          expect(row?.amount).toBe(`${whole}.${places}`);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('field 86', () => {
  const told = async (...information: readonly string[]) => {
    const [row] = await rows(statement(':61:2605050504D1,00NMSCNONREF', ...information));
    return row;
  };

  it.each([
    [['CARD PAYMENT', 'SHOP 12'], 'CARD PAYMENT\nSHOP 12'],
    [['/EREF/X/REMI/Rent/NAME/Shop'], '/EREF/X/REMI/Rent/NAME/Shop'],
    [['005?20'], undefined],
    [['123 45 Street?20x'], '123 45 Street?20x'],
    [['005?00ABSCHLUSS'], 'ABSCHLUSS'],
    [['166?20one line?21and another'], 'one line\nand another'],
    [['166?20exactly twenty-seven charac?21ters'], 'exactly twenty-seven characters'],
    [['166?20EREF+1?21MREF+2?22CRED+3?23SVWZ+text'], 'text'],
    [['166?20SREF+RF18 SVWZ+text'], 'text'],
    [['166?20EREF+1'], undefined],
    [['166?20before?21SVWZ+after'], 'after'],
    [['166?20Why?50 times?20 euro'], 'Why?50 times?20 euro'],
    [['166<20other<21sign'], 'other\nsign'],
    [['166?20a?60b?61c'], 'a\nb\nc'],
    [['166?2', '0broken in a number'], 'broken in a number'],
  ])('%j says %j', async ([first = '', ...more], description) => {
    expect((await told(`:86:${first}`, ...more))?.description).toBe(description);
  });

  it.each([
    ['?30TRLSDEFF?31DE02999000100000000002', { type: 'iban', iban: 'DE02999000100000000002' }],
    ['?3037040044?31532013000', { type: 'bban', bban: '370400440532013000', country: 'DE' }],
    ['?31ACC-7', { type: 'bban', bban: 'ACC-7' }],
    ['?20IBAN+DE02999000100000000002', { type: 'iban', iban: 'DE02999000100000000002' }],
    ['?32Somebody', undefined],
  ])('with %s has the account %j', async (parts, account) => {
    expect((await told(`:86:166${parts}`))?.counterpartyAccount).toEqual(account);
  });

  it('names whoever is behind it where nobody else is named', async () => {
    expect((await told(':86:166?20ABWA+Works?21SVWZ+Wages'))?.counterpartyName).toBe('Works');
    expect((await told(':86:166?20ABWA+Works?32Payroll'))?.counterpartyName).toBe('Payroll');
  });

  it('may be missing: then the bank has said it in field 61', async () => {
    const [first, second] = await rows(
      statement(':61:2605050504D1,00NMSCNONREF', 'FEE', ':61:2605050504D2,00NMSCNONREF', ':86:x'),
    );
    expect(first).toMatchObject({ amount: '1.00', description: 'FEE' });
    expect(second).toMatchObject({ amount: '2.00', description: 'x' });
  });

  it('keeps hostile text as text, within its limit', async () => {
    const row = await told(`:86:<script>\u202e\u0000${'x'.repeat(20_000)}`);
    expect(row?.description).toHaveLength(10_000);
    expect(row?.description?.startsWith('<script>\u202e xxx')).toBe(true);
  });
});

describe('an interim report (MT942)', () => {
  const interim = [
    ':20:STARTDISP',
    ':25:99900010/1',
    ':28C:00000/001',
    ':34F:EURD0,',
    ':13D:2605041200+0200',
  ];

  it('is pending, and so is what a statement only expects', async () => {
    const text = [
      ...interim,
      ':61:260505C5,00NMSCNONREF',
      ':86:soon',
      ':90D:0EUR0,',
      ':90C:1EUR5,',
      '-',
    ].join('\n');
    expect(await rows(text)).toMatchObject([
      { status: 'pending', currency: 'EUR', amount: '5.00', direction: 'credit' },
    ]);
    const expected = statement(':61:260505ED5,00NMSCNONREF', ':61:260505EC5,00NMSCNONREF');
    expect(await rows(expected)).toMatchObject([
      { status: 'pending', direction: 'debit' },
      { status: 'pending', direction: 'credit' },
    ]);
    expect(await rows(`${text}\n${statement(...german)}`)).toMatchObject([
      { status: 'pending' },
      { status: 'booked' },
    ]);
  });
});

describe('what is no report', () => {
  it.each(['', 'Maintenance until 6 o’clock', '<html></html>', '{4:\n-}'])('may pass: %j', async (text) => {
    await expect(rows(text)).rejects.toMatchObject({ kind: 'retry-later' });
  });

  it('never hangs, whatever the text', async () => {
    const pieces = fc.constantFrom(
      ':20:',
      ':60F:C260503EUR1,',
      ':61:260505D1,',
      ':86:166?20',
      '?',
      '?20',
      '\n',
      '//',
      'x',
      '-',
      '{',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 60 }), async (parts) => {
        await rows(parts.join('')).catch((thrown) =>
          expect(['bank-refused', 'retry-later']).toContain(thrown.kind),
        );
      }),
    );
    const started = performance.now();
    await rows(statement(':61:260505D1,NMSC', `:86:166${'?20 SVWZ+ '.repeat(50_000)}`));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
