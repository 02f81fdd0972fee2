import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BankAccount } from '../../src/banking/account.ts';
import type { ReadAccess } from '../../src/banking/call-budget.ts';
import type { Connector } from '../../src/banking/connector.ts';
import { type BerlinGroupFace, openBerlinGroupFace } from './berlin-group-face.ts';
import { visitBank } from './berlin-group-people.ts';
import {
  bank,
  connector,
  failureOf,
  openAccount,
  pagesOf,
  scripted,
  tppError,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';
import { accessTo, Bench, collected } from './conformance-bench.ts';
import type { Reply } from './scripted-bank.ts';

useScriptedBank();

let face: BerlinGroupFace;
beforeAll(async () => {
  face = await openBerlinGroupFace();
});
afterAll(() => face.close());

const route = 'GET /v1/accounts/r1/transactions';
const entry = (text: string) =>
  `<Ntry><Amt Ccy="EUR">2.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><AddtlNtryInf>${text}</AddtlNtryInf></Ntry>`;
const field = (text: string) => `:61:260504C2,00NMSCNONREF\r\n:86:${text}\r\n`;

/** Reports of so many rows, each with so long a text. */
const formats = {
  camt: {
    type: 'application/xml',
    report: (rows: number, text: string) =>
      `<Document><R><Rpt>${entry(text).repeat(rows)}</Rpt></R></Document>`,
  },
  mt940: {
    type: 'text/plain',
    report: (rows: number, text: string) => `:20:X\r\n:60F:C260503EUR1,\r\n${field(text).repeat(rows)}-\r\n`,
  },
} as const;
const both = ['camt', 'mt940'] as const;

function answering(...replies: readonly Reply[]): void {
  scripted.follow(working({ [route]: replies }));
}

function reply(format: keyof typeof formats, rows: number, text = 'x', more: Partial<Reply> = {}): Reply {
  const { type, report } = formats[format];
  return { text: report(rows, text), headers: { 'content-type': type }, ...more };
}

/** What was given before it failed, and how it failed. */
async function readUntilFailure(format: keyof typeof formats) {
  const { access, account } = await openAccount();
  const pages = connector.transactions(bank({ transactionsFormat: format }), access, account, {
    from: '2026-01-01',
  });
  let rows = 0;
  const reading = (async () => {
    for await (const page of pages) rows += page.length;
  })();
  return { failure: await failureOf(reading), rows };
}

describe('a long report', () => {
  it.each(both)('may be longer in %s than anything that is read whole', async (transactionsFormat) => {
    answering(reply(transactionsFormat, 1_500, 'x'.repeat(200)));
    const pages = await pagesOf({ transactionsFormat });
    expect(pages.flat()).toHaveLength(1_500);
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThan(1_000);
  });

  it.each(both)('has an end in %s, in bytes and in rows', async (format) => {
    answering(reply(format, 1_500, 'x'.repeat(600)));
    expect((await readUntilFailure(format)).failure).toMatchObject({
      kind: 'bank-refused',
      message: 'read transactions: too-large',
    });
    answering(reply(format, 2_500));
    expect((await readUntilFailure(format)).failure).toMatchObject({
      kind: 'bank-refused',
      message: 'read transactions: more than 2000 transactions',
    });
  });

  it.each(both)(
    'that breaks off in %s fails behind its first pages, and is not asked for again',
    async (format) => {
      answering(reply(format, 1_500, 'x', { breaksOff: true }));
      const { failure, rows } = await readUntilFailure(format);
      expect(failure.kind).toBe('retry-later');
      expect(rows).toBeGreaterThan(0);
      expect(scripted.to(route)).toHaveLength(1);
    },
  );

  it('in JSON has the limit of what is read whole, whatever it is called', async () => {
    const json = JSON.stringify({ transactions: { booked: [], information: 'x'.repeat(100_000) } });
    for (const type of ['application/json', 'text/plain']) {
      answering({ text: json, headers: { 'content-type': type } });
      expect(await failureOf(pagesOf())).toMatchObject({
        kind: 'bank-refused',
        message: 'read transactions: too-large',
      });
    }
  });

  it('is refused as any other is: with a code, for a token, for its period', async () => {
    const camt = { transactionsFormat: 'camt' };
    answering(tppError(401, 'TOKEN_EXPIRED'), tppError(400, 'PERIOD_INVALID'), reply('camt', 3));
    expect((await pagesOf(camt, { from: '2020-01-01' })).flat()).toHaveLength(3);
    answering(tppError(403, 'RESOURCE_BLOCKED'));
    expect((await failureOf(pagesOf(camt))).details.bankCode).toBe('RESOURCE_BLOCKED');
    answering({ status: 500, text: 'x'.repeat(60_000), headers: { 'content-type': 'application/xml' } });
    expect((await failureOf(pagesOf(camt))).kind).toBe('bank-refused');
  });

  it('may be none: 204 without anything', async () => {
    answering({ status: 204, headers: { 'content-type': 'application/xml' } });
    expect(await pagesOf({ transactionsFormat: 'camt' })).toEqual([[]]);
  });
});

describe('the sandbox with 200 rows a day', () => {
  const slug = 'trellis-camt-bank';
  const from = new Date(Date.now() - 115 * 86_400_000).toISOString().slice(0, 10);
  let on: Bench;
  let reading: { access: ReadAccess; account: BankAccount };

  /** A person whose report of a hundred and fifteen days is 17 MB long. */
  beforeAll(async () => {
    on = new Bench(face, 'oauth-redirect', face.deviant(slug, { transactionsFormat: 'camt' }));
    const { step, attempt, request } = await on.begin('ongoing', ['transactions']);
    const back = await visitBank(step.kind === 'redirect' ? step.url : '', 'heavy');
    const query = Object.fromEntries(back.searchParams);
    const input = { kind: 'callback', query, nextState: 'a', nextNokState: 'b', psu: request.psu } as const;
    const authorised = await on.resume(attempt, input);
    if (authorised.kind !== 'authorised') throw new Error(`expected a consent, got ${authorised.kind}`);
    const { access } = accessTo(authorised.consent);
    const [account] = (await on.connector.accounts(on.bank, access, ['transactions'])).accounts;
    if (account === undefined) throw new Error('no account');
    reading = { access, account };
  });
  afterEach(() => face.control.clearFaults());

  function pagesBy(connector: Connector) {
    return connector.transactions(on.bank, reading.access, reading.account, { from });
  }

  it('gives a hundred and fifteen days, which is more than 16 MB, and they arrive whole', async () => {
    const ids = new Set<string>();
    let cents = 0n;
    for await (const page of pagesBy(on.connector)) {
      for (const { amount, direction, reference } of page) {
        cents += BigInt(amount.replace('.', '')) * (direction === 'debit' ? -1n : 1n);
        ids.add(reference ?? '');
      }
    }
    // Each sum that comes in goes out again: a row that is missing would show.
    expect(cents).toBe(0n);
    expect(ids.size).toBeGreaterThan(114 * 200);
  });

  it('that breaks off has given some of them, and may be read again later', async () => {
    face.control.addFault({ bank: slug, route: 'transactions', fault: 'reset-mid-body' });
    let rows = 0;
    const failed = (async () => {
      for await (const page of pagesBy(on.connector)) rows += page.length;
    })();
    expect((await failureOf(failed)).kind).toBe('retry-later');
    expect(rows).toBeGreaterThan(500);
  });

  it.each(['slow-drip', 'no-answer'] as const)('is not waited for without end (%s)', async (fault) => {
    face.control.addFault({ bank: slug, route: 'transactions', fault });
    const from = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
    const { access, account } = reading;
    const pages = face.impatient.transactions(on.bank, access, account, { from });
    expect((await failureOf(collected(pages))).kind).toBe('retry-later');
  });
});
