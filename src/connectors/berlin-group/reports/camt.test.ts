import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bankStream } from '../../../../test/support/bank-stream.ts';
import { bankRow, expectSameAgain } from '../../../../test/support/berlin-group-row.ts';
import type { BankTransaction } from '../../../banking/transaction.ts';
import { type Profile, profileOf } from '../profiles.ts';
import { camtPages } from './camt.ts';

const profile = profileOf(bankRow());

async function pages(
  body: Buffer | string,
  more: Partial<Profile> = {},
  contentType = 'application/xml',
  pieceBytes?: number,
) {
  const read: (readonly BankTransaction[])[] = [];
  const stream = bankStream(body, contentType, pieceBytes);
  for await (const page of camtPages({ ...profile, ...more }, stream)) read.push(page);
  expectSameAgain(read.flat(), more);
  return read;
}

async function rows(body: Buffer | string, more: Partial<Profile> = {}) {
  return (await pages(body, more)).flat();
}

/** camt.052 as German savings banks have sent it since 2009. */
function report(...entries: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.02"><BkToCstmrAcctRpt>
  <GrpHdr><MsgId>1</MsgId><CreDtTm>2026-05-04T10:00:00.0+02:00</CreDtTm></GrpHdr>
  <Rpt><Id>1</Id><Acct><Id><IBAN>DE02999000100000000001</IBAN></Id><Ccy>EUR</Ccy></Acct>
  <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
  ${entries.join('\n')}
  </Rpt></BkToCstmrAcctRpt></Document>`;
}

function entry(inside: string, amount = '<Amt Ccy="EUR">12.50</Amt><CdtDbtInd>DBIT</CdtDbtInd>'): string {
  return `<Ntry>${amount}<Sts>BOOK</Sts><BookgDt><Dt>2026-05-04</Dt></BookgDt>${inside}</Ntry>`;
}

const rent =
  entry(`<NtryRef>N1</NtryRef><ValDt><Dt>2026-05-05</Dt></ValDt><AcctSvcrRef>2026-4711</AcctSvcrRef>
  <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>
    <Prtry><Cd>NTRF+116+997</Cd><Issr>DK</Issr></Prtry></BkTxCd>
  <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><TxId>T1</TxId></Refs>
    <RltdPties><Dbtr><Nm>Ada Lindqvist</Nm></Dbtr><DbtrAcct><Id><IBAN>DE02999000100000000001</IBAN></Id></DbtrAcct>
      <Cdtr><Nm>Housing &amp; Sons &#8364;</Nm></Cdtr><CdtrAcct><Id><IBAN>DE02999000100000000002</IBAN></Id></CdtrAcct>
    </RltdPties>
    <RmtInf><Ustrd>Rent May</Ustrd><Ustrd><![CDATA[flat <3>]]></Ustrd></RmtInf></TxDtls></NtryDtls>
  <AddtlNtryInf>UEBERWEISUNG</AddtlNtryInf>`);

const mappedRent = {
  status: 'booked',
  amount: '12.50',
  currency: 'EUR',
  direction: 'debit',
  bookingDate: '2026-05-04',
  valueDate: '2026-05-05',
  counterpartyName: 'Housing & Sons €',
  counterpartyAccount: { type: 'iban', iban: 'DE02999000100000000002' },
  description: 'Rent May\nflat <3>',
  bankTransactionCode: 'PMNT-ICDT-ESCT',
};

describe('a camt report', () => {
  it('is its entries', async () => {
    const [row, ...others] = await rows(report(rent));
    expect(others).toEqual([]);
    expect(row).toMatchObject(mappedRent);
    expect(row).not.toHaveProperty('stableReference');
    expect(row?.raw).toMatchObject({
      Amt: { '@Ccy': 'EUR', '#text': '12.50' },
      NtryDtls: { TxDtls: { Refs: { TxId: 'T1' }, RmtInf: { Ustrd: ['Rent May', 'flat <3>'] } } },
    });
  });

  it.each([
    ['a prefix', (xml: string) => xml.replace(/<(\/?)(?=[A-Z])/g, '<$1ns2:').replace('xmlns=', 'xmlns:ns2=')],
    [
      'statements',
      (xml: string) => xml.replaceAll('BkToCstmrAcctRpt', 'BkToCstmrStmt').replaceAll('Rpt>', 'Stmt>'),
    ],
    ['another version', (xml: string) => xml.replace('052.001.02', '052.001.08')],
    ['line breaks of Windows', (xml: string) => xml.replaceAll('\n', '\r\n')],
    ['no declaration', (xml: string) => xml.replace(/<\?.*?\?>\n/, '')],
    ['a byte order mark', (xml: string) => `\ufeff${xml}`],
    ['comments and instructions', (xml: string) => xml.replace('<Ntry>', '<!-- x --><?x y?><Ntry>')],
    ['a wrapper', (xml: string) => `<Envelope>${xml.replace(/<\?.*?\?>\n/, '')}</Envelope>`],
  ])('is the same with %s', async (_, changed) => {
    expect(await rows(changed(report(rent)))).toMatchObject([mappedRent]);
  });

  it.each([
    ['ISO-8859-1', 'latin1'],
    ['UTF-16', 'utf16le'],
  ] as const)('is read in the encoding that it declares: %s', async (name, encoding) => {
    const xml = report(entry('<AddtlNtryInf>Gebühr</AddtlNtryInf>')).replace('UTF-8', name);
    const mark = encoding === 'utf16le' ? Buffer.from([0xff, 0xfe]) : Buffer.of();
    const bytes = Buffer.concat([mark, Buffer.from(xml, encoding)]);
    for (const pieceBytes of [1, 1_000])
      expect((await pages(bytes, {}, undefined, pieceBytes)).flat()).toMatchObject([
        { description: 'Gebühr' },
      ]);
  });

  it('is read in the encoding of its header where it declares none', async () => {
    const xml = report(entry('<AddtlNtryInf>Gebühr</AddtlNtryInf>')).replace(/<\?.*?\?>/, '');
    const read = await pages(Buffer.from(xml, 'latin1'), {}, 'application/xml; charset="iso-8859-1"');
    expect(read.flat()).toMatchObject([{ description: 'Gebühr' }]);
  });

  it('may hold several reports, or none with an entry', async () => {
    const two = report(rent).replace('</Rpt>', `</Rpt><Rpt><Id>2</Id>${entry('')}</Rpt>`);
    expect(await rows(two)).toHaveLength(2);
    expect(await pages(report())).toEqual([[]]);
  });

  it('comes in pages, however long it is', async () => {
    const long = report(
      ...Array.from({ length: 3_000 }, (_, n) => entry(`<AddtlNtryInf>${n}</AddtlNtryInf>`)),
    );
    const read = await pages(long);
    expect(Math.max(...read.map((page) => page.length))).toBeLessThan(1_000);
    expect(read.flat().map(({ description }) => description)).toEqual(
      Array.from({ length: 3_000 }, (_, n) => String(n)),
    );
  });
});

describe('a report that comes slowly', () => {
  it('is the same however it is cut into pieces', async () => {
    const body = `\ufeff${report(rent, entry('<AddtlNtryInf>Gebühr 😀</AddtlNtryInf>'))}`;
    const whole = await rows(body);
    const sizes = fc.integer({ min: 1, max: 300 });
    await fc.assert(
      fc.asyncProperty(sizes, async (pieceBytes) => {
        expect((await pages(body, {}, undefined, pieceBytes)).flat()).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });

  it('is asked for no more than is taken, and left with its reader', async () => {
    const long = report(...Array.from({ length: 3_000 }, () => rent));
    const stream = bankStream(long, 'application/xml');
    for await (const page of camtPages(profile, stream)) {
      expect(page.length).toBeGreaterThanOrEqual(500);
      break;
    }
    expect(stream.left()).toBe(true);
  });

  it.each([
    ['a text', '<a>', ' '],
    ['a comment', '<!--', 'x'],
    ['a name', '<', 'a'],
    ['an attribute', '<a b="', 'c'],
    ['an instruction', '<?a ', 'b'],
    ['a text in an entry', '<Rpt><Ntry>', 'x'],
    ['an entry', '<Rpt><Ntry>', '<a>b</a>'],
  ])('is refused before it has filled memory with %s that does not end', async (_, begun, more) => {
    const much = Buffer.from(more.repeat(250_000));
    let sent = 0;
    async function* endless() {
      yield Buffer.from(begun);
      for (; sent < 200; sent += 1) yield much;
    }
    const stream = { ...bankStream('', 'application/xml'), pieces: endless() };
    const reading = camtPages(profile, stream).next();
    await expect(reading).rejects.toMatchObject({ kind: 'retry-later' });
    expect(sent * much.length).toBeLessThan(40_000_000);
  });
});

describe('an entry', () => {
  it('of the newer versions has its status and parties one deeper', async () => {
    const newer = report(
      rent
        .replace('<Sts>BOOK</Sts>', '<Sts>\n<Cd>PDNG</Cd></Sts>')
        .replace('<Cdtr>', '<Cdtr><Pty>')
        .replace('</Cdtr>', '</Pty></Cdtr>'),
    );
    expect(await rows(newer)).toMatchObject([{ status: 'pending', counterpartyName: 'Housing & Sons €' }]);
  });

  it.each([
    ['BOOK', 'booked'],
    ['PDNG', 'pending'],
    ['FUTR', 'pending'],
    ['XXXX', 'pending'],
  ])('with the status %s is %s', async (code, status) => {
    expect(await rows(report(rent.replace('BOOK', code)))).toMatchObject([{ status }]);
  });

  it('that is information only is none, and one without a status is booked', async () => {
    expect(await rows(report(rent.replace('BOOK', 'INFO')))).toEqual([]);
    expect(await rows(report(rent.replace('<Sts>BOOK</Sts>', '')))).toMatchObject([{ status: 'booked' }]);
  });

  it('has days, or moments', async () => {
    const timed = entry('<ValDt><DtTm>2026-05-05T00:00:00</DtTm></ValDt>').replace(
      '<Dt>2026-05-04</Dt>',
      '<DtTm>2026-05-04T09:30:00</DtTm>',
    );
    expect(await rows(report(timed))).toMatchObject([
      { bookingDate: '2026-05-04', valueDate: '2026-05-05', at: new Date('2026-05-04T07:30:00Z') },
    ]);
  });

  it('that takes another one back names the other side of that one', async () => {
    const back = rent.replace('DBIT', 'CRDT').replace('<Sts>', '<RvslInd>true</RvslInd><Sts>');
    expect(await rows(report(back))).toMatchObject([
      { direction: 'credit', counterpartyName: 'Housing & Sons €' },
    ]);
  });

  it('of money that came names who sent it, or for whom', async () => {
    const came = rent.replace('DBIT', 'CRDT');
    expect(await rows(report(came))).toMatchObject([{ counterpartyName: 'Ada Lindqvist' }]);
    const forAnother = came.replace(
      '<Dbtr><Nm>Ada Lindqvist</Nm></Dbtr>',
      '<UltmtDbtr><Nm>Works</Nm></UltmtDbtr>',
    );
    expect(await rows(report(forAnother))).toMatchObject([{ counterpartyName: 'Works' }]);
  });

  it.each([
    ['<Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd>', 'RF18'],
    ['<Strd><AddtlRmtInf>Invoice 7</AddtlRmtInf></Strd>', 'Invoice 7'],
    ['<Ustrd> </Ustrd>', 'UEBERWEISUNG'],
    ['', 'UEBERWEISUNG'],
  ])('says %j as %j', async (remittance, description) => {
    const xml = rent.replace(/<RmtInf>.*<\/RmtInf>/s, `<RmtInf>${remittance}</RmtInf>`);
    expect(await rows(report(xml))).toMatchObject([{ description }]);
  });

  it.each([
    ['<Othr><Id>370400440532013000</Id></Othr>', { type: 'bban', bban: '370400440532013000' }],
    [
      '<Othr><Id>5409050000001234</Id><SchmeNm><Prtry>PAN</Prtry></SchmeNm></Othr>',
      { type: 'masked_pan', maskedPan: '540905******1234' },
    ],
  ])('has the account %s', async (id, counterpartyAccount) => {
    const xml = rent.replace('<IBAN>DE02999000100000000002</IBAN>', id);
    expect(await rows(report(xml))).toMatchObject([{ counterpartyAccount }]);
  });

  it('has the code of the bank where there is no other', async () => {
    expect(await rows(report(rent.replace(/<Domn>.*<\/Domn>/s, '')))).toMatchObject([
      { bankTransactionCode: 'NTRF+116+997' },
    ]);
  });

  it.each([
    ['none', undefined],
    ['entryReference', 'N1'],
    ['transactionId', '2026-4711'],
  ] as const)('is named for ever as the profile says: %s', async (stableReference, expected) => {
    const [row] = await rows(report(rent), { stableReference });
    expect(row?.stableReference).toBe(expected);
    const own = rent.replace('<TxId>T1</TxId>', '<AcctSvcrRef>own</AcctSvcrRef>');
    const [other] = await rows(report(own), { stableReference });
    expect(other?.stableReference).toBe(stableReference === 'transactionId' ? 'own' : expected);
  });

  it('keeps what the bank calls as objects are made of', async () => {
    const [row] = await rows(report(entry('<__proto__><a>1</a></__proto__><constructor>2</constructor>')));
    expect(row?.raw).toMatchObject({ _proto_: { a: '1' }, constructor: '2' });
    expect(Object.getPrototypeOf(row?.raw)).toBe(Object.prototype);
  });

  it('never holds a full card number', async () => {
    const card = entry(
      '<NtryDtls><TxDtls><CardTx><Card><PlainCardData><PAN>5409050000001234</PAN></PlainCardData></Card></CardTx></TxDtls></NtryDtls>',
    );
    expect(JSON.stringify(await rows(report(card)))).not.toContain('5409050000001234');
  });

  it.each([
    ['amount', '<CdtDbtInd>DBIT</CdtDbtInd>'],
    ['amount', '<Amt Ccy="EUR">1,00</Amt><CdtDbtInd>DBIT</CdtDbtInd>'],
    ['amount', '<Amt Ccy="EUR">-1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>'],
    ['currency', '<Amt>1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>'],
    ['direction', '<Amt Ccy="EUR">1.00</Amt>'],
    ['direction', '<Amt Ccy="EUR">1.00</Amt><CdtDbtInd>XXXX</CdtDbtInd>'],
  ])('without a readable %s fails: %s', async (part, amount) => {
    await expect(rows(report(entry('', amount)))).rejects.toMatchObject({
      kind: 'bank-refused',
      message: `read transactions: a row has no readable ${part}`,
    });
  });

  it('keeps every digit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        fc.integer({ min: 0, max: 5 }),
        async (units, scale) => {
          const digits = units.toString().padStart(scale + 1, '0');
          const text = `${digits.slice(0, digits.length - scale)}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
          const xml = report(entry('', `<Amt Ccy="KWD">${text}</Amt><CdtDbtInd>CRDT</CdtDbtInd>`));
          expect(await rows(xml)).toMatchObject([{ amount: text, currency: 'KWD', direction: 'credit' }]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a batch', () => {
  function batch(details: readonly string[], amount = '30.00'): string {
    const total = `<Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>`;
    return report(
      entry(
        `<NtryRef>B7</NtryRef><NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>${details.join('')}</NtryDtls>
      <AddtlNtryInf>SAMMLER</AddtlNtryInf>`,
        total,
      ),
    );
  }
  const old = (amount: string, name: string) =>
    `<TxDtls><AmtDtls><TxAmt><Amt Ccy="EUR">${amount}</Amt></TxAmt></AmtDtls><RltdPties><Cdtr><Nm>${name}</Nm></Cdtr></RltdPties></TxDtls>`;
  const newer = (amount: string, mark = 'DBIT', currency = 'EUR') =>
    `<TxDtls><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${mark}</CdtDbtInd></TxDtls>`;

  it('whose payments add up is a row for each, with no more of the batch than its own', async () => {
    const read = await rows(batch([old('10.005', 'Ann'), old('19.995', 'Zoe')]), {
      stableReference: 'entryReference',
    });
    expect(read).toMatchObject([
      {
        amount: '10.005',
        counterpartyName: 'Ann',
        direction: 'debit',
        stableReference: 'B7#1',
        bookingDate: '2026-05-04',
      },
      { amount: '19.995', counterpartyName: 'Zoe', direction: 'debit', stableReference: 'B7#2' },
    ]);
    expect(JSON.stringify(read[0]?.raw)).not.toContain('Zoe');
  });

  it('may mix directions', async () => {
    expect(await rows(batch([newer('40.00'), newer('10.00', 'CRDT')]))).toMatchObject([
      { amount: '40.00', direction: 'debit' },
      { amount: '10.00', direction: 'credit' },
    ]);
  });

  it.each([
    ['do not add up', [newer('10.00'), newer('19.99')]],
    ['are not all told', [newer('30.00'), '<TxDtls><RmtInf/></TxDtls>']],
    ['are in another currency', [newer('15.00'), newer('15.00', 'DBIT', 'USD')]],
    ['are not told', ['<TxDtls/>', '<TxDtls/>']],
  ])('whose payments %s is one row', async (_, details) => {
    const read = await rows(batch(details));
    expect(read).toMatchObject([{ amount: '30.00', direction: 'debit', description: 'SAMMLER' }]);
    expect(read[0]).not.toHaveProperty('counterpartyName');
  });
});

describe('a hostile batch', () => {
  const payment = '<TxDtls><Amt Ccy="EUR">1</Amt></TxDtls>';
  const total = (count: number) => `<Amt Ccy="EUR">${count}</Amt><CdtDbtInd>DBIT</CdtDbtInd>`;

  it('of twenty thousand payments is as many rows, a page at a time', async () => {
    const each = `<NtryDtls>${payment}</NtryDtls>`.repeat(10_000);
    const together = `<NtryDtls>${payment.repeat(10_000)}</NtryDtls>`;
    const stream = bankStream(report(entry(each + together, total(20_000))), 'application/xml', 60_000);
    let count = 0;
    for await (const page of camtPages(profile, stream)) {
      expect(page.length).toBeLessThanOrEqual(500);
      count += page.length;
    }
    expect(count).toBe(20_000);
  });

  it('that says as much beside them stays one row, since each would hold all of it', async () => {
    const xml = entry(
      `<NtryDtls>${payment.repeat(3_000)}</NtryDtls>${'<AddtlNtryInf/>'.repeat(3_000)}`,
      total(3_000),
    );
    expect(await rows(report(xml))).toMatchObject([{ amount: '3000' }]);
  });
});

describe('what is no camt report', () => {
  it.each([
    ['truncated', report(rent).slice(0, -40)],
    ['cut in an entry', report(rent).slice(0, 700)],
    ['a page', '<!DOCTYPE html><html><body>Maintenance</body></html>'],
    ['a page without a type', '<html><body>Maintenance<br/></body></html>'],
    ['not well-formed', '<Document><a></b></Document>'],
    ['text', 'Maintenance'],
    ['empty', ''],
    ['two roots', `${report()}${report()}`],
    ['an undeclared entity', report(entry('<AddtlNtryInf>&nbsp;</AddtlNtryInf>'))],
    ['too deep', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`],
    [
      'entities that grow',
      `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>${report(entry('<AddtlNtryInf>&b;</AddtlNtryInf>'))}`,
    ],
    ['a file of ours', `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${report()}`],
  ])('fails (%s) and may pass', async (_, xml) => {
    await expect(rows(xml)).rejects.toMatchObject({ kind: 'retry-later' });
  });

  it('however it is damaged, is read or fails in our words', async () => {
    const whole = report(rent, entry(''));
    const at = fc.integer({ min: 0, max: whole.length });
    await fc.assert(
      fc.asyncProperty(
        at,
        at,
        fc.constantFrom('', '<', '>', '&', '"', '</Ntry>', '<Ntry>', '\0', ']]>'),
        async (a, b, put) => {
          const damaged = `${whole.slice(0, Math.min(a, b))}${put}${whole.slice(Math.max(a, b))}`;
          const read = await rows(damaged).catch((thrown) => thrown);
          if (!Array.isArray(read)) expect(['bank-refused', 'retry-later']).toContain(read.kind);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is not quoted in the failure', async () => {
    const failure = await rows(report('<Ntry><Secret></Ntry>')).catch((thrown) => thrown);
    expect(`${failure.stack}${JSON.stringify(failure)}`).not.toContain('Secret');
  });
});
