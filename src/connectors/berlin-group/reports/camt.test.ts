import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entry, pages, rent, report, rows } from '../../../../test/support/camt-document.ts';

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

  it('says when it happened, where its bank knows', async () => {
    const happened = entry(
      '<NtryDtls><TxDtls><RltdDts><TxDtTm>2026-05-02T18:05:00+02:00</TxDtTm></RltdDts></TxDtls></NtryDtls>',
    );
    expect(await rows(report(happened))).toMatchObject([
      { transactionDate: '2026-05-02', at: new Date('2026-05-02T16:05:00Z'), bookingDate: '2026-05-04' },
    ]);
  });

  it.each([
    [rent, '2026-4711'],
    [rent.replace('<AcctSvcrRef>2026-4711</AcctSvcrRef>', ''), 'N1'],
    [rent.replace('2026-4711', 'NOTPROVIDED'), 'N1'],
    [rent.replace('2026-4711', 'NOTPROVIDED').replace('N1', 'NONREF'), undefined],
  ])('has a name within its report', async (xml, reference) => {
    const [row] = await rows(report(xml));
    expect(row?.reference).toBe(reference);
  });

  it('names a bank that is the other side', async () => {
    const toBank = rent.replace(
      /<Cdtr>.*<\/Cdtr>/,
      '<Cdtr><Agt><FinInstnId><Nm>Other Bank</Nm></FinInstnId></Agt></Cdtr>',
    );
    expect(await rows(report(toBank))).toMatchObject([{ counterpartyName: 'Other Bank' }]);
    const forAnother = rent.replace(/<Cdtr>.*<\/Cdtr>/, '<UltmtCdtr><Pty><Nm>Chain</Nm></Pty></UltmtCdtr>');
    expect(await rows(report(forAnother))).toMatchObject([{ counterpartyName: 'Chain' }]);
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
    ['</RmtInf><AddtlTxInf>Card 12</AddtlTxInf><RmtInf>', 'Card 12'],
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
