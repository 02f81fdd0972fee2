import { describe, expect, test } from 'vitest';
import { openBank } from './support/bank-under-test.ts';
import { connect, connectByRedirect } from './support/journey.ts';
import { openConsent } from './support/sca.ts';
import { type Answer, codeOf, pathOf } from './support/tpp.ts';

const bank = openBank();
const refused = (answer: Answer) => [codeOf(answer), pathOf(answer)];
const password = { psuData: { password: 'any' } };
const codeFor = (id: string) => bank.current.control.authorisations().find((each) => each.id === id)?.code;

test('commerce: times without an offset', async () => {
  const { read } = await connect(bank.current.url, { bank: 'trellis-commerce-bank' });
  const [account] = (await read('/accounts')).json.accounts;
  const { balances } = (await read(account._links.balances.href)).json;
  expect(balances[0].lastChangeDateTime).toBe('2027-03-11T08:30:00');
});

test('drift: codes of no list, booleans in quotes, references as text', async () => {
  const { start, read } = await openConsent(bank.current.url, 'trellis-drift-bank');
  const step = await start('ada', password);
  expect(step.json.scaMethods[0].authenticationType).toBe('EMAIL');
  const company = await openConsent(bank.current.url, 'trellis-drift-bank');
  const single = await company.start('business', password);
  const href = single.json._links.selectAuthenticationMethod.href;
  const chosen = await company.put(href, { authenticationMethodId: 'sms' });
  await company.put(chosen.json._links.authoriseTransaction.href, {
    scaAuthenticationData: codeFor(single.json.authorisationId),
  });
  const [account] = (await company.read('/accounts?withBalance=true')).json.accounts;
  expect(account.cashAccountType).toBe('CASH');
  expect(account.balances[2]).toMatchObject({ balanceType: 'authorised', creditLimitIncluded: 'true' });
  const report = `${account._links.transactions.href}?bookingStatus=booked&dateFrom=2027-01-01`;
  const { booked } = (await company.read(report)).json.transactions;
  const references = booked.flatMap((row: { remittanceInformationStructured?: unknown }) =>
    row.remittanceInformationStructured === undefined ? [] : [row.remittanceInformationStructured],
  );
  expect(references).toContain('RF18539007547034');
  expect(codeOf(await read('/accounts'))).toBe('401 CONSENT_INVALID');
});

describe('links', () => {
  const firstLink = async (name: string) => {
    const { read } = await connectByRedirect(bank.current.url, { bank: name });
    const { href } = (await read('/accounts')).json.accounts[0]._links.balances;
    return { read, href: href as string };
  };

  test('full', async () => {
    const { href, read } = await firstLink('trellis-full-link-bank');
    expect(href.startsWith(`${bank.current.url}/berlin-group/trellis-full-link-bank/v1/`)).toBe(true);
    expect((await read(new URL(href).pathname)).status).toBe(200);
  });

  test.each([
    ['trellis-prefix-bank', /^\/xs2a\/v1\/accounts\//, '/xs2a'],
    ['trellis-inner-host-bank', /^http:\/\/xs2a-gateway\.internal:8080\/berlin-group\//, ''],
  ])('of %s lead nowhere until they are rewritten', async (name, pattern, prefix) => {
    const { href, read } = await firstLink(name);
    expect(href).toMatch(pattern);
    const path = new URL(href, bank.current.url).pathname;
    const rewritten = prefix === '' ? path : path.replace(prefix, `/berlin-group/${name}`);
    expect((await read(rewritten)).status).toBe(200);
    if (prefix !== '') expect((await fetch(new URL(path, bank.current.url))).status).toBe(404);
  });
});

async function reportAt(name: string, query: string) {
  const { read } = await connectByRedirect(bank.current.url, { bank: name });
  const [account] = (await read('/accounts')).json.accounts;
  return read(`${account._links.transactions.href}?${query}`);
}

test('period: ninety days, and booked and pending apart', async () => {
  const name = 'trellis-period-bank';
  expect((await reportAt(name, 'bookingStatus=booked&dateFrom=2026-12-12')).status).toBe(200);
  const early = await reportAt(name, 'bookingStatus=booked&dateFrom=2026-12-11');
  expect(refused(early)).toEqual(['400 PERIOD_INVALID', 'dateFrom']);
  const both = await reportAt(name, 'bookingStatus=both&dateFrom=2027-01-01');
  expect(refused(both)).toEqual(['400 PARAMETER_NOT_SUPPORTED', 'bookingStatus']);
  expect((await reportAt(name, 'bookingStatus=pending&dateFrom=2027-01-01')).status).toBe(200);
});

test.each([
  ['trellis-unsigned-bank', undefined, undefined],
  ['trellis-indicator-bank', 'DBIT', 'CRDT'],
])('%s: no amount has a minus', async (name, debit, credit) => {
  const { booked } = (await reportAt(name, 'bookingStatus=booked&dateFrom=2027-02-20')).json.transactions;
  const amounts = booked.map(
    (row: { transactionAmount: { amount: string } }) => row.transactionAmount.amount,
  );
  expect(amounts.filter((amount: string) => amount.startsWith('-'))).toEqual([]);
  const indicators = (role: string) =>
    new Set(
      booked
        .filter((row: object) => role in row)
        .map((row: { creditDebitIndicator?: string }) => row.creditDebitIndicator),
    );
  expect([...indicators('creditorName')]).toEqual([debit]);
  expect([...indicators('debtorName')]).toEqual([credit]);
});

test('shuffle: pages in any order, and every row once', async () => {
  const { read } = await connectByRedirect(bank.current.url, { bank: 'trellis-shuffle-bank' });
  const [account] = (await read('/accounts')).json.accounts;
  const rows = async () => {
    const ids: string[] = [];
    let href = `${account._links.transactions.href}?bookingStatus=booked&dateFrom=2026-09-01`;
    for (;;) {
      const { booked, _links } = (await read(href)).json.transactions;
      ids.push(...booked.map((row: { transactionId: string }) => row.transactionId));
      if (_links.next === undefined) return ids;
      href = _links.next.href;
    }
  };
  const [one, two, three] = [await rows(), await rows(), await rows()];
  expect(new Set(one).size).toBe(one.length);
  expect([...two].sort()).toEqual([...one].sort());
  expect([...three].sort()).toEqual([...one].sort());
  expect(two).not.toEqual(one);
});
