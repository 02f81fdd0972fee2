import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { type Connected, connect, connectByRedirect } from './support/journey.ts';
import { type Answer, allAccounts, codeOf, pathOf } from './support/tpp.ts';

const bank = openBank();
const camtBank = 'trellis-camt-bank';
const mt940Bank = 'trellis-mt940-bank';
const cardBank = 'trellis-card-bank';

async function firstAccount(connected: Connected) {
  const [account] = (await connected.read('/accounts')).json.accounts;
  return account;
}

async function reportAt(name: string, userName: string, query: string): Promise<Answer> {
  const way = name === camtBank ? connect : connectByRedirect;
  const connected = await way(bank.current.url, { bank: name, userName });
  const { _links } = await firstAccount(connected);
  return connected.read(`${_links.transactions.href}?${query}`);
}

/** The texts of the elements of this name, in the order of the document; fails if it is not well-formed. */
function textsOf(xml: string, name: string): string[] {
  const found: string[] = [];
  const parser = new SaxesParser();
  let open = false;
  parser.on('opentag', (tag) => {
    open = tag.name === name;
    if (open) found.push('');
  });
  parser.on('text', (text) => {
    if (open) found.push((found.pop() ?? '') + text);
  });
  parser.on('closetag', () => {
    open = false;
  });
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(xml).close();
  return found;
}

describe('a bank of camt.052', () => {
  test('gives the whole report in one document, balances with it', async () => {
    const answer = await reportAt(camtBank, 'ada', 'bookingStatus=both&dateFrom=2026-03-01');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'application/xml; charset=utf-8',
    ]);
    expect(answer.text).toContain('xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"');
    const states = textsOf(answer.text, 'Ntry').length;
    expect(states).toBeGreaterThan(200);
    expect(textsOf(answer.text, 'IBAN')[0]).toMatch(/^DE\d{2}99900110\d{10}$/);
    expect(textsOf(answer.text, 'Cd').slice(0, 3)).toEqual(['CLBD', 'ITBD', 'ITAV']);
    expect(new Set(textsOf(answer.text, 'CdtDbtInd'))).toEqual(new Set(['CRDT', 'DBIT']));
    const amounts = textsOf(answer.text, 'Amt');
    expect(amounts.filter((amount) => !/^\d+\.\d\d$/.test(amount))).toEqual([]);
  });

  test('sends a report of more than 16 MB as it makes it, without its length', async () => {
    const { status, headers, text } = await reportAt(
      camtBank,
      'heavy',
      'bookingStatus=booked&dateFrom=2026-11-17',
    );
    expect([status, headers.get('content-length')]).toEqual([200, null]);
    expect(text.length).toBeGreaterThan(16 * 1_024 * 1_024);
    expect(text.match(/<Ntry>/g)).toHaveLength(115 * 200);
    expect(text.endsWith('</Rpt></BkToCstmrAcctRpt></Document>\n')).toBe(true);
  });

  test('has no further page', async () => {
    const { status } = await reportAt(camtBank, 'ada', 'bookingStatus=booked&dateFrom=2027-03-01&page=bjIw');
    expect(status).toBe(400);
  });

  test('adds up: what was booked lies between two closing balances', async () => {
    const closing = async () =>
      Number(textsOf((await reportAt(camtBank, 'twins', query)).text, 'Amt')[0]) * 100;
    const query = 'bookingStatus=booked&dateFrom=2027-03-12';
    const before = await closing();
    bank.current.control.moveClock({ advanceSeconds: 10 * 86_400 });
    expect(Math.round(before - (await closing()))).toBe(10 * 2 * 380);
  });

  test('is well-formed whatever people write', async () => {
    const { text } = await reportAt(camtBank, 'hostile', 'bookingStatus=both&dateFrom=2026-01-01');
    const names = textsOf(text, 'Nm');
    expect(names).toContain('<script>alert(1)</script>');
    expect(textsOf(text, 'Ustrd').every((part) => [...part].length <= 140)).toBe(true);
    expect(text).not.toContain('\u0000');
  });

  test.each([
    ['application/json', 406],
    ['text/plain', 406],
    ['application/xml;q=0, application/json', 406],
    ['application/json, application/xml;q=0.5', 200],
    ['application/*', 200],
    ['*/*', 200],
  ])('honours Accept: %s', async (accept, status) => {
    const connected = await connect(bank.current.url, { bank: camtBank });
    const { _links } = await firstAccount(connected);
    const answer = await connected.tpp.call(
      `${_links.transactions.href}?bookingStatus=booked&dateFrom=2027-03-01`,
      { bank: camtBank, headers: { ...connected.headers, Accept: accept } },
    );
    expect(answer.status).toBe(status);
    if (status === 406)
      expect([codeOf(answer), pathOf(answer)]).toEqual(['406 REQUESTED_FORMATS_INVALID', 'Accept']);
  });

  test('says what is wrong in JSON', async () => {
    const answer = await reportAt(camtBank, 'ada', 'bookingStatus=paid&dateFrom=2027-01-01');
    expect([codeOf(answer), pathOf(answer)]).toEqual(['400 FORMAT_ERROR', 'bookingStatus']);
  });
});

test('a bank of JSON gives no XML', async () => {
  const { tpp, headers, read } = await connectByRedirect(bank.current.url);
  const { accounts } = (await read('/accounts')).json;
  const href = `${accounts[0]._links.transactions.href}?bookingStatus=booked&dateFrom=2027-01-01`;
  const answer = await tpp.call(href, { headers: { ...headers, Accept: 'application/xml' } });
  expect(codeOf(answer)).toBe('406 REQUESTED_FORMATS_INVALID');
});

describe('a bank of MT940', () => {
  test('gives text whose balances and rows agree', async () => {
    const answer = await reportAt(mt940Bank, 'ada', 'bookingStatus=booked&dateFrom=2027-01-01');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    const lines = answer.text.split('\r\n');
    expect(lines[1]).toMatch(/^:25:DE\d{2}99900120\d{10}$/);
    expect(lines.filter((line) => line.length > 70)).toEqual([]);
    const cents = (text: string | undefined) => Number(text?.replace(',', ''));
    const balance = (tag: string) => {
      const [, sign, amount] =
        new RegExp(`^:${tag}:([CD])\\d{6}EUR(\\d+,\\d\\d)$`, 'm').exec(answer.text) ?? [];
      return sign === 'D' ? -cents(amount) : cents(amount);
    };
    const rows = [...answer.text.matchAll(/^:61:\d{10}([CD])(\d+,\d\d)NTRFNONREF\/\/[0-9a-f]{16}$/gm)];
    const sum = rows.reduce((total, [, sign, amount]) => total + (sign === 'D' ? -1 : 1) * cents(amount), 0);
    expect(rows.length).toBeGreaterThan(30);
    expect(balance('62F') - balance('60F')).toBe(sum);
    expect(lines.at(-2)).toBe('-');
  });

  test('lets no text break out of its field', async () => {
    const { text } = await reportAt(mt940Bank, 'hostile', 'bookingStatus=booked&dateFrom=2026-06-01');
    expect(text.match(/^:61:/gm)?.length).toBe(text.match(/^:86:/gm)?.length);
    expect(text).not.toMatch(/^:61:fake/m);
    const lines = text.split('\r\n').slice(0, -2);
    expect(lines.filter((line) => line.startsWith('-') && line !== '-')).toEqual([]);
    for (const [field] of text.matchAll(/^:86:.*(?:\r\n[^:-].*)*/gm)) {
      expect(field.split('\r\n').length).toBeLessThanOrEqual(6);
    }
  });

  test.each(['pending', 'both'])('has nothing that is %s', async (status) => {
    const answer = await reportAt(mt940Bank, 'ada', `bookingStatus=${status}&dateFrom=2027-01-01`);
    expect([codeOf(answer), pathOf(answer)]).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'bookingStatus']);
  });
});

describe('card accounts', () => {
  const connectMany = (access: unknown = allAccounts.access) =>
    connectByRedirect(bank.current.url, {
      bank: cardBank,
      userName: 'many',
      body: { ...allAccounts, access },
    });

  test('are apart from the accounts, with limit, owner and links', async () => {
    const { read } = await connectMany();
    expect((await read('/accounts')).json.accounts).toHaveLength(11);
    const { cardAccounts } = (await read('/card-accounts')).json;
    expect(cardAccounts).toMatchObject([
      {
        maskedPan: expect.stringMatching(/^525412\*{6}\d{4}$/),
        creditLimit: { currency: 'EUR', amount: '3000.00' },
        ownerName: 'Henrik Vogel',
        debitAccounting: false,
      },
    ]);
    const [{ resourceId, _links }] = cardAccounts;
    expect((await read(_links.cardAccount.href)).json).toEqual({ cardAccount: cardAccounts[0] });
    expect(codeOf(await read(`/accounts/${resourceId}`))).toBe('404 RESOURCE_UNKNOWN');
  });

  test('give balances, and their transactions ten a page', async () => {
    const { read } = await connectMany();
    const [card] = (await read('/card-accounts?withBalance=true')).json.cardAccounts;
    const types = card.balances.map((each: { balanceType: string }) => each.balanceType);
    expect(types).toEqual(['closingBooked', 'interimBooked', 'nonInvoiced', 'interimAvailable']);
    const { json } = await read(`${card._links.transactions.href}?bookingStatus=booked&dateFrom=2027-01-01`);
    expect(json.cardTransactions.booked).toHaveLength(10);
    expect(json.cardTransactions.booked[0]).toMatchObject({ maskedPAN: card.maskedPan, invoiced: false });
    const second = await read(json.cardTransactions._links.next.href);
    const ids = [...json.cardTransactions.booked, ...second.json.cardTransactions.booked].map(
      (each: { cardTransactionId: string }) => each.cardTransactionId,
    );
    expect(new Set(ids).size).toBe(20);
  });

  test('follow the rights of the consent', async () => {
    const { read } = await connectMany();
    const { maskedPan } = (await read('/card-accounts')).json.cardAccounts[0];
    const named = await connectMany({ accounts: [{ maskedPan }] });
    const [card] = (await named.read('/card-accounts')).json.cardAccounts;
    expect(Object.keys(card._links)).toEqual(['cardAccount']);
    expect(codeOf(await named.read(`${card._links.cardAccount.href}/balances`))).toBe('401 CONSENT_INVALID');
    expect((await named.read('/accounts')).json.accounts).toEqual([]);
  });

  test('are nowhere at a bank that lists cards among the accounts', async () => {
    const { read } = await connectByRedirect(bank.current.url, { userName: 'many' });
    expect(codeOf(await read('/card-accounts'))).toBe('404 RESOURCE_UNKNOWN');
  });
});
