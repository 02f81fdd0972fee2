import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bankStream } from '../../../../test/support/bank-stream.ts';
import { bankRow } from '../../../../test/support/berlin-group-row.ts';
import { entry, pages, rent, report, rows } from '../../../../test/support/camt-document.ts';
import { profileOf } from '../profiles.ts';
import { camtPages } from './camt.ts';
import { begun } from './report.ts';

const profile = profileOf(bankRow());

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
    for await (const page of camtPages(profile, await begun(stream))) {
      expect(page.length).toBe(250);
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
  ])('is refused before it has filled memory with %s that does not end', async (_, opening, more) => {
    const much = Buffer.from(more.repeat(250_000));
    let sent = 0;
    async function* endless() {
      yield Buffer.from(opening);
      for (; sent < 200; sent += 1) yield much;
    }
    const stream = { ...bankStream('', 'application/xml'), pieces: endless() };
    const reading = camtPages(profile, await begun(stream)).next();
    await expect(reading).rejects.toMatchObject({ kind: 'retry-later' });
    expect(sent * much.length).toBeLessThan(40_000_000);
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
    for await (const page of camtPages(profile, await begun(stream))) {
      expect(page.length).toBeLessThanOrEqual(250);
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
