import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  authoriseAtBank,
  createSession,
  eventually,
  goToBank,
  leavesTo,
  type Seen,
  statusOf,
  Visitor,
} from '../support/visitor.ts';
import { fileBank, importBanks } from './catalogue-bench.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  const banks = [
    fileBank('de-kiel', {
      name: 'Sparkasse Kiel',
      group: 'Sparkasse',
      popularity: 9,
      bankCodes: ['21050170'],
    }),
    fileBank('de-ulm', { name: 'Sparkasse Ulm', group: 'Sparkasse', bic: 'SOLADES1ULM' }),
    fileBank('at-wien', { name: 'Wiener Bank', markets: ['AT'], bankCodes: ['20111'] }),
  ].map((bank) => ({ ...bank, test: true }));
  const result = await importBanks(app.pool, banks);
  expect(result.done).toBe(true);
});
afterAll(() => app.close());

/** The first page of a new session, and the same with another query. */
async function chooser(
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ first: Seen; look(query: string): Promise<Seen>; follow(href: string): Promise<Seen> }> {
  const { redirectUrl } = await createSession(app, more);
  const visitor = new Visitor();
  return {
    first: await visitor.open(redirectUrl),
    look: (query) => visitor.open(`${redirectUrl}&${query}`),
    follow: (href) => visitor.open(new URL(href.replaceAll('&amp;', '&'), redirectUrl).href),
  };
}

/** The rows of a list: what is posted, or the name of the group that a link opens. */
function rowsOf({ html }: Seen): string[] {
  const rows = html.matchAll(
    /<button[^>]* class="row"[^>]* value="([^"]*)"|<a class="row" href="[^"]*group=([^"&]*)/g,
  );
  return [...rows].map(
    ([, bank, group]) => bank ?? `group ${decodeURIComponent((group ?? '').replaceAll('+', ' '))}`,
  );
}

const find = (text: string, more = '') => `q=${encodeURIComponent(text)}${more}`;

describe('groups', () => {
  test('before a search the members are one row, and the banks that deviate too', async () => {
    const { first } = await chooser();
    const rows = rowsOf(first);
    expect(rows.slice(0, 2)).toEqual(['group Sparkasse', 'de-trellis-test-bank']);
    expect(rows.at(-1)).toBe('group Trellis Deviating Bank');
    expect(rows).toHaveLength(9);
  });

  test('the question of which one reads well for the banks that deviate', async () => {
    const { redirectUrl } = await createSession(app);
    const { html } = await new Visitor().open(`${redirectUrl}&group=Trellis+Deviating+Bank`);
    expect(html).toContain('<h1>Which Trellis Deviating Bank?</h1>');
    const german = new Visitor({ 'accept-language': 'de' });
    const { html: deutsch } = await german.open(`${redirectUrl}&group=Trellis+Deviating+Bank`);
    expect(deutsch).toContain('<h1>Trellis Deviating Bank: welches Institut?</h1>');
  });

  test('a group opens its members, by a link that works without script', async () => {
    const { first, follow } = await chooser();
    const href = /<a class="row" href="([^"]*group=Sparkasse[^"]*)"/.exec(first.html)?.[1] ?? '';
    const members = await follow(href);
    expect(rowsOf(members)).toEqual(['de-kiel', 'de-ulm']);
    expect(members.html).toContain(en.chooseBank.membersTitle(displayName('Sparkasse')));
    const back = /<a class="link back" href="([^"]*)"/.exec(members.html)?.[1] ?? '';
    expect(rowsOf(await follow(back))).toHaveLength(9);
  });

  test('a member can be chosen', async () => {
    const { redirectUrl } = await createSession(app);
    const visitor = new Visitor();
    const members = await visitor.open(`${redirectUrl}&group=Sparkasse`);
    const consent = await visitor.submit(members, 'choose', { bank: 'de-ulm' });
    expect(consent.page).toBe('consent');
    expect(consent.html).toContain('Sparkasse Ulm');
  });

  test('a search finds the group and its members', async () => {
    const { look } = await chooser();
    expect(rowsOf(await look(find('spark')))).toEqual(['group Sparkasse', 'de-kiel', 'de-ulm']);
    expect(rowsOf(await look(find('sparkase ulm')))).toEqual(['de-ulm']);
  });

  test('an unknown group is no group', async () => {
    const { look } = await chooser();
    expect(rowsOf(await look('group=%3Cscript%3E'))).toHaveLength(9);
  });
});

describe('a number instead of a name', () => {
  test.each([
    ['an IBAN', 'DE89 2105 0170 0532 0130 00', ['de-kiel']],
    ['a BIC that the directory knows of the bank code', '63050000', ['de-ulm']],
    ['an IBAN whose bank has only a BIC here', 'DE63 6305 0000 0000 0000 00', ['de-ulm']],
    ['an IBAN of another market', 'AT61 2011 1002 3457 3201', ['at-wien']],
  ])('%s', async (_what, text, rows) => {
    const { look } = await chooser({ market: 'DE' });
    expect(rowsOf(await look(find(text)))).toEqual(rows);
  });

  test.each([
    ['an IBAN', 'DE89 3705 0198 0532 0130 00'],
    ['a bank code', '37050198'],
    ['a BIC', 'COLSDE33XXX'],
    ['a name', 'Sparkasse KölnBonn'],
  ])('a bank that nobody reaches from here is named by %s, and offered by none', async (_what, text) => {
    const { look } = await chooser();
    const page = await look(find(text));
    expect(rowsOf(page)).toEqual([]);
    expect(page.html).toContain(en.chooseBank.notConnected(displayName('Sparkasse KölnBonn')));
  });

  test.each(['Volksbank', 'Raiffei', 'postbank'])('%s is the name of no one bank', async (text) => {
    const { look } = await chooser();
    const page = await look(find(`${text}`, '&market=AT'));
    expect(page.html).toContain(en.chooseBank.nothingFoundHelp);
    expect(page.html).not.toContain('cannot be connected yet');
  });
});

test('a bank that was withdrawn meanwhile stays with who is there, and is offered to nobody else', async () => {
  const own = (await app.call('/banks/details', { id: 'de-trellis-test-bank' })).body;
  const { url } = app.bank;
  const row = fileBank('de-soon-gone', {
    test: true,
    name: own.name,
    profile: { baseUrl: `${url}/berlin-group/trellis-test-bank/v1`, sca: 'oauth-integrated' },
  });
  await importBanks(app.pool, [row], { source: 'soon' });
  const session = await createSession(app);
  const visitor = new Visitor();
  const away = await goToBank(visitor, session.redirectUrl, 'de-soon-gone');
  const back = await authoriseAtBank(visitor, leavesTo(away));
  await importBanks(app.pool, [fileBank('de-instead', { test: true })], { source: 'soon' });
  const details = () => app.call('/banks/details', { id: 'de-soon-gone' });
  await eventually(details, ({ status }) => status === 404);
  expect(leavesTo(await visitor.open(back))).toContain('success=true');
  await eventually(
    () => statusOf(app, session.id),
    (status) => status === 'complete',
  );
  const late = await createSession(app);
  const other = new Visitor();
  const page = await other.submit(await other.open(late.redirectUrl), 'choose', { bank: 'de-soon-gone' });
  expect(page.page).toBe('choose-bank');
});
