import { describe, expect, it } from 'vitest';
import {
  bank,
  connector,
  failureOf,
  openAccount,
  origin,
  pagesOf,
  scripted,
  tppError,
  useScriptedBank,
  working,
} from './berlin-group-script.ts';
import type { Reply } from './scripted-bank.ts';

useScriptedBank();

const route = 'GET /v1/accounts/r1/transactions';

function row(text: string, amount = '-1.00') {
  return { transactionAmount: { amount, currency: 'EUR' }, remittanceInformationUnstructured: text };
}

function page(texts: readonly string[], next?: string, more: object = {}): Reply {
  const _links = {
    account: { href: '/v1/accounts/r1' },
    ...(next !== undefined && { next: { href: next } }),
  };
  return {
    json: {
      account: { iban: 'DE1' },
      transactions: { booked: texts.map((text) => row(text)), _links, ...more },
    },
  };
}

/** The bank answers this to the question for transactions. */
function answering(...replies: readonly Reply[]): void {
  scripted.follow(working({ [route]: replies }));
}

function texts(pages: Awaited<ReturnType<typeof pagesOf>>): (string | undefined)[][] {
  return pages.map((rows) => rows.map(({ description }) => description));
}

describe('a report of transactions', () => {
  it('is asked for from a day on, booked and pending, under the consent', async () => {
    answering(page(['a'], undefined, { pending: [row('b')], information: [row('standing order')] }));
    const [rows] = await pagesOf({}, { from: '2026-02-03' });
    expect(rows).toMatchObject([
      { status: 'booked', description: 'a', amount: '1.00', direction: 'debit' },
      { status: 'pending', description: 'b' },
    ]);
    const [call] = scripted.to(route);
    expect(Object.fromEntries(call?.query ?? [])).toEqual({ bookingStatus: 'both', dateFrom: '2026-02-03' });
    expect(call?.headers).toMatchObject({ accept: 'application/json', 'consent-id': 'consent-1' });
  });

  it("keeps what the account's link has in its query", async () => {
    const href = `${origin}/v1/t?withBalance=false&bookingStatus=booked`;
    const accounts = [{ resourceId: 'r1', iban: 'DE1', _links: { transactions: { href } } }];
    scripted.follow(working({ 'GET /v1/accounts': { json: { accounts } }, 'GET /v1/t': page(['a']) }));
    expect(texts(await pagesOf())).toEqual([['a']]);
    expect(scripted.to('GET /v1/t')[0]?.query.toString()).toBe(
      'withBalance=false&bookingStatus=both&dateFrom=2026-01-01',
    );
  });

  it.each([
    ['separate', ['booked', 'pending']],
    ['none', ['booked']],
  ])('comes as the profile says (pending: %s)', async (pendingTransactions, statuses) => {
    answering(page(['a']), { json: { transactions: { pending: [row('b')] } } });
    const pages = await pagesOf({ pendingTransactions });
    expect(pages.flat().map(({ status }) => status)).toEqual(statuses);
    expect(scripted.to(route).map(({ query }) => query.get('bookingStatus'))).toEqual(statuses);
  });

  it.each([
    [{ json: { transactions: { booked: [] } } }],
    [{ json: { transactions: { booked: null, pending: [] } } }],
    [{ json: { transactions: { _links: { account: { href: '/' } } } } }],
    [{ json: { transactions: { information: [row('standing order')] } } }],
    [{ status: 204 }],
  ])('may be empty: %j', async (reply) => {
    answering(reply);
    expect(await pagesOf()).toEqual([[]]);
  });

  it('is nothing at all where the bank gives none of this account', async () => {
    const linked = {
      resourceId: 'r1',
      iban: 'DE1',
      _links: { balances: { href: '/v1/accounts/r1/balances' } },
    };
    scripted.follow(working({ 'GET /v1/accounts': { json: { accounts: [linked] } } }));
    expect(await pagesOf()).toEqual([]);
  });

  it.each([400, 403])('is refused where the account is blocked, as %i', async (status) => {
    answering(tppError(status, 'RESOURCE_BLOCKED'));
    const { kind, details } = await failureOf(pagesOf());
    expect([kind, details]).toEqual(['bank-refused', { httpStatus: status, bankCode: 'RESOURCE_BLOCKED' }]);
  });

  it('of a bank without pages comes in pieces all the same', async () => {
    answering(
      page(
        Array.from({ length: 700 }, (_, n) => `t${n}`),
        undefined,
        { pending: [row('last')] },
      ),
    );
    const pages = await pagesOf();
    expect(pages.map((rows) => rows.length)).toEqual([500, 200, 1]);
    expect(texts(pages).flat().at(-1)).toBe('last');
  });

  it.each([
    ['user-must-act', tppError(401, 'CONSENT_EXPIRED')],
    ['retry-later', tppError(429, 'ACCESS_EXCEEDED')],
    ['retry-later', { status: 503 }],
    ['retry-later', { text: '<html>Maintenance</html>' }],
    ['retry-later', { text: '<html>', headers: { 'content-type': 'application/xhtml+xml' } }],
    ['retry-later', { text: 'PK', headers: { 'content-type': 'application/zip' } }],
    [
      'retry-later',
      { text: '{"transactions":{"booked":[{', headers: { 'content-type': 'application/json' } },
    ],
    ['retry-later', { json: {} }],
    ['retry-later', { json: { transactions: 'none' } }],
    ['retry-later', { json: { transactions: { booked: {} } } }],
    ['retry-later', { json: [] }],
    ['our-bug', tppError(400, 'FORMAT_ERROR')],
    ['bank-refused', { json: { transactions: { booked: [row('a'), null] } } }],
    ['bank-refused', { json: { transactions: { booked: [row('a', '1,00')] } } }],
    [
      'bank-refused',
      { json: { transactions: { booked: [{ ...row('a'), transactionAmount: { amount: '1' } }] } } },
    ],
    ['bank-refused', { text: 'x'.repeat(100_001) }],
    ['bank-refused', { json: { transactions: { booked: Array.from({ length: 2_001 }, () => row('')) } } }],
  ] as const)('fails (%s) for %j', async (kind, reply) => {
    answering(reply as Reply);
    const failure = await failureOf(pagesOf());
    expect(failure.kind).toBe(kind);
    expect(`${failure.stack}`).not.toMatch(/Maintenance|secret/);
  });
});

describe('pages', () => {
  it.each([
    ['absolute', () => `${origin}/v1/accounts/r1/transactions?page=2`],
    ['host-absolute', () => '/v1/accounts/r1/transactions?page=2'],
    ['relative', () => 'transactions?page=2'],
    ['a query alone', () => '?page=2'],
  ])('are followed by links that are %s, and by nothing else', async (_, href) => {
    answering(page(['a', 'b'], href()), page([], '?page=3'), page(['c']));
    expect(texts(await pagesOf())).toEqual([['a', 'b'], [], ['c']]);
    const queries = scripted.to(route).map(({ query }) => query.toString());
    expect(queries.slice(1)).toEqual(['page=2', 'page=3']);
    expect(scripted.to(route)[2]?.headers).toMatchObject({ 'consent-id': 'consent-1' });
  });

  it('are followed by a link beside the report too', async () => {
    const first = { json: { transactions: { booked: [row('a')] }, _links: { next: { href: '?page=2' } } } };
    answering(first, page(['b']));
    expect(texts(await pagesOf())).toEqual([['a'], ['b']]);
  });

  it.each([
    ['itself', '?page=2'],
    ['where it began', '?bookingStatus=both&dateFrom=2026-01-01'],
  ])('end where one leads to %s', async (_, href) => {
    answering(page(['a'], '?page=2'), page(['b'], href), page(['never']));
    expect(texts(await pagesOf())).toEqual([['a'], ['b']]);
  });

  it('end where new links lead to the same rows over and over, and not where a page came twice', async () => {
    const named = (name: string, n: number) =>
      page([], `?page=${n}`, { booked: [{ ...row(name), transactionId: name }] });
    const circle = Array.from({ length: 12 }, (_, n) => named(n % 2 === 0 ? 'a' : 'b', n + 2));
    answering(named('first', 0), named('first', 1), ...circle);
    expect(texts(await pagesOf()).flat()).toEqual(['first', 'first', 'a', 'b', 'a', 'b', 'a', 'b']);
    expect(scripted.to(route)).toHaveLength(9);
  });

  it('go on where a bank numbers the rows of each page anew: those are other rows', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `row ${n}`);
    const pages = names.map((name, n) =>
      page([], n < 11 ? `?page=${n}` : undefined, { booked: [{ ...row(name), transactionId: '1' }] }),
    );
    answering(...pages);
    expect(texts(await pagesOf()).flat()).toEqual(names);
  });

  it('are asked for when the one before has been taken', async () => {
    answering(page(['a'], '?page=2'), page(['b']));
    const { access, account } = await openAccount();
    for await (const _ of connector.transactions(bank(), access, account, { from: '2026-01-01' })) break;
    expect(scripted.to(route)).toHaveLength(1);
  });

  it('without an end have one', async () => {
    answering(...Array.from({ length: 30 }, (_, n) => page([], `?page=${n}`)));
    expect(await failureOf(pagesOf())).toMatchObject({
      kind: 'bank-refused',
      message: 'read transactions: more than 20 pages',
    });
    expect(scripted.to(route)).toHaveLength(20);
  });

  it('with more rows than anybody has are refused', async () => {
    const many = Array.from({ length: 300 }, () => '');
    answering(...Array.from({ length: 10 }, (_, n) => page(many, `?page=${n}`)));
    expect((await failureOf(pagesOf())).message).toBe('read transactions: more than 2000 transactions');
  });

  it.each(['https://elsewhere.test/next', '//elsewhere.test/next', 'ftp://elsewhere.test/', 'http://'])(
    'never lead to another host: %s',
    async (href) => {
      answering(page(['a'], href));
      expect((await failureOf(pagesOf())).kind).toBe('operator-fault');
      expect(scripted.to(route)).toHaveLength(1);
    },
  );

  it.each([
    ['a server error', { status: 500 }],
    ['an error page', { text: '<html>' }],
    ['half an answer', { text: '{"transactions":{"bo', headers: { 'content-type': 'application/json' } }],
  ])('are asked for again after %s', async (_, fault) => {
    answering(page(['a'], '?page=2'), fault, page(['b']));
    expect(texts(await pagesOf())).toEqual([['a'], ['b']]);
    const calls = scripted.to(route);
    expect(calls).toHaveLength(3);
    // A bank that sees the same request id again takes the call for a replay.
    expect(new Set(calls.map(({ headers }) => headers['x-request-id'])).size).toBe(3);
  });

  it.each([
    ['retry-later', { status: 500 }, 4],
    ['retry-later', { ...tppError(429, 'ACCESS_EXCEEDED'), headers: { 'retry-after': '60' } }, 3],
    ['user-must-act', tppError(401, 'CONSENT_EXPIRED'), 3],
    ['bank-refused', { json: { transactions: { booked: [{}] } } }, 3],
  ])('fail (%s) on the third for %j, after the first two', async (kind, reply, calls) => {
    answering(page(['a'], '?page=2'), page(['b'], '?page=3'), reply);
    const { access, account } = await openAccount();
    const seen: unknown[] = [];
    const reading = async () => {
      const pages = connector.transactions(bank(), access, account, { from: '2026-01-01' });
      for await (const rows of pages) seen.push(...rows.map(({ description }) => description));
    };
    expect((await failureOf(reading())).kind).toBe(kind);
    expect(seen).toEqual(['a', 'b']);
    expect(scripted.to(route)).toHaveLength(calls);
  });

  it('go on with a token that is renewed on the way', async () => {
    answering(page(['a'], '?page=2'), tppError(401, 'TOKEN_EXPIRED'), page(['b'], '?page=3'), page(['c']));
    expect(texts(await pagesOf())).toEqual([['a'], ['b'], ['c']]);
    expect(scripted.to('POST /token')).toHaveLength(2);
  });
});

describe('a period that is longer than the bank gives', () => {
  const refused = tppError(400, 'PERIOD_INVALID');

  it.each([
    [{}, '2026-02-04'],
    [{ historyDays: 30 }, '2026-04-05'],
  ])('is asked for once more with what it gives: %j', async (profile, dateFrom) => {
    answering(refused, page(['a']));
    expect(texts(await pagesOf(profile, { from: '2020-01-01' }))).toEqual([['a']]);
    expect(scripted.to(route).map(({ query }) => query.get('dateFrom'))).toEqual(['2020-01-01', dateFrom]);
  });

  it.each([
    ['2020-01-01', ['2020-01-01', '2026-02-04', '2026-02-06']],
    ['2026-02-04', ['2026-02-04', '2026-02-06']],
    ['2026-02-05', ['2026-02-05', '2026-02-06']],
  ])('from %s on is asked for a little shorter where the bank counts otherwise', async (from, asked) => {
    answering(...asked.slice(1).map(() => refused), page(['a']));
    expect(texts(await pagesOf({}, { from }))).toEqual([['a']]);
    expect(scripted.to(route).map(({ query }) => query.get('dateFrom'))).toEqual(asked);
  });

  it('is found out once for both reports', async () => {
    answering(refused, refused, page(['a']), page(['b']));
    const pages = await pagesOf({ pendingTransactions: 'separate' }, { from: '2020-01-01' });
    expect(texts(pages)).toEqual([['a'], ['b']]);
    expect(scripted.to(route).map(({ query }) => query.get('dateFrom'))).toEqual([
      ...['2020-01-01', '2026-02-04', '2026-02-06', '2026-02-06'],
    ]);
  });

  it('of today is never asked for from tomorrow on', async () => {
    answering(refused, refused, page(['a']));
    expect(texts(await pagesOf({ historyDays: 1 }, { from: '2026-01-01' }))).toEqual([['a']]);
    expect(scripted.to(route).at(-1)?.query.get('dateFrom')).toBe('2026-05-05');
  });

  it('fails where the shortest is refused too, or was asked for already', async () => {
    answering(refused);
    expect((await failureOf(pagesOf({}, { from: '2020-01-01' }))).details.bankCode).toBe('PERIOD_INVALID');
    expect(scripted.to(route)).toHaveLength(3);
    scripted.calls.length = 0;
    expect((await failureOf(pagesOf({}, { from: '2026-05-01' }))).details.bankCode).toBe('PERIOD_INVALID');
    expect(scripted.to(route)).toHaveLength(1);
  });
});

describe('a report to be fetched elsewhere', () => {
  it('is fetched, in whatever format it has', async () => {
    const xml =
      '<Document><R><Rpt><Ntry><Amt Ccy="EUR">2</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry></Rpt></R></Document>';
    scripted.follow(
      working({
        [route]: { json: { _links: { download: { href: '/v1/files/7' } } } },
        'GET /v1/files/7': { text: xml, headers: { 'content-type': 'application/xml' } },
      }),
    );
    expect((await pagesOf()).flat()).toMatchObject([{ amount: '2', direction: 'credit' }]);
    expect(scripted.to('GET /v1/files/7')[0]?.headers['consent-id']).toBe('consent-1');
  });

  it('is never fetched from another host, nor where the rows are here', async () => {
    answering({ json: { transactions: { _links: { download: { href: 'https://elsewhere.test/7' } } } } });
    expect((await failureOf(pagesOf())).kind).toBe('operator-fault');
    const _links = { download: { href: '/v1/files/7' } };
    answering({ json: { transactions: { booked: [row('a')], _links } } });
    expect(texts(await pagesOf())).toEqual([['a']]);
  });
});

describe('formats', () => {
  const camt =
    '<Document><R><Rpt><Ntry><Amt Ccy="EUR">2.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry></Rpt></R></Document>';
  const mt940 = ':20:X\r\n:60F:C260503EUR1,\r\n:61:260504C3,00NMSCNONREF\r\n-';
  const json = JSON.stringify({ transactions: { booked: [row('a', '4.00')] } });
  const accepts = { json: 'application/json', camt: 'application/xml', mt940: 'text/plain' };

  it.each([
    ['json', 'application/json', json, '4.00'],
    ['json', 'application/hal+json;charset=UTF-8', json, '4.00'],
    ['camt', 'application/xml', camt, '2.00'],
    ['camt', 'text/xml; charset=utf-8', camt, '2.00'],
    ['camt', 'application/vnd.bank.camt+xml', camt, '2.00'],
    ['mt940', 'text/plain', mt940, '3.00'],
    ['mt940', 'application/octet-stream', `{1:F01}{4:\r\n${mt940}`, '3.00'],
    // What comes counts, not what was asked for.
    ['json', 'application/xml', camt, '2.00'],
    ['json', 'text/plain', mt940, '3.00'],
    ['camt', 'application/json', json, '4.00'],
    ['camt', 'text/plain', camt, '2.00'],
    ['mt940', 'text/plain;charset=UTF-8', ` ${json}`, '4.00'],
  ] as const)('%s asked, %s sent', async (transactionsFormat, type, text, amount) => {
    answering({ text, headers: { 'content-type': type } });
    expect((await pagesOf({ transactionsFormat })).flat()).toMatchObject([{ amount, direction: 'credit' }]);
    expect(scripted.to(route)[0]?.headers.accept).toBe(accepts[transactionsFormat]);
  });
});

describe('rows', () => {
  it('are read by the rules of the profile', async () => {
    const sent = { ...row('a', '5.00'), creditorName: 'Grocer', entryReference: 'E1' };
    answering({ json: { transactions: { booked: [sent] } } });
    const rules = { transactionSign: 'by-party', stableReference: 'entryReference' };
    expect((await pagesOf(rules)).flat()).toMatchObject([
      { direction: 'debit', counterpartyName: 'Grocer', stableReference: 'E1' },
    ]);
  });

  it('of a card are of their own kind', async () => {
    const profile = { cardAccounts: true };
    const bought = { transactionAmount: { amount: '91.07', currency: 'EUR' }, transactionDetails: 'CAFE' };
    const booked = { booked: [bought], _links: { next: { href: '?page=2' } } };
    scripted.follow(
      working({
        'GET /v1/accounts': { json: { accounts: [] } },
        'GET /v1/card-accounts': {
          json: { cardAccounts: [{ resourceId: 'c1', maskedPan: 'x', currency: 'EUR' }] },
        },
        'GET /v1/card-accounts/c1/transactions': [
          { json: { cardAccount: {}, debitAccounting: true, cardTransactions: booked } },
          { json: { cardAccount: {}, cardTransactions: { pending: [bought] } } },
        ],
      }),
    );
    expect((await pagesOf(profile)).flat()).toMatchObject([
      { status: 'booked', direction: 'debit', amount: '91.07', description: 'CAFE' },
      { status: 'pending', direction: 'credit' },
    ]);
  });
});
