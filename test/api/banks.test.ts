import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileBank, importBanks } from '../institutions/catalogue-bench.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/visitor.ts';

let app: TestApp;
let liveKey: string;

const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(20)]);
const imported = [
  fileBank('de-alpha', {
    name: 'Alpha Bank',
    popularity: 500,
    bic: 'ALPHDEFF',
    url: 'https://alpha.example/',
  }),
  fileBank('de-omega+ost/1', { name: 'Ömega Sparkasse', group: 'Sparkasse', logo: 'logo.png' }),
  fileBank('at-beta', {
    name: 'Beta Bank',
    markets: ['AT', 'DE'],
    currencies: ['EUR', 'CHF'],
    popularity: 900,
  }),
  fileBank('de-proof', { name: 'Proof Bank', test: true }),
];

beforeAll(async () => {
  app = await startTestApp({ worker: false });
  liveKey = await app.addMerchant('liveshop', 'live');
  const result = await importBanks(app.pool, imported, { logos: { 'logo.png': png } });
  expect(result.done).toBe(true);
});
afterAll(() => app.close());

const live = (path: string, body: unknown) => app.call(path, body, { key: liveKey });

async function idsOf(path: string, body: unknown): Promise<string[]> {
  const { status, body: answer } = await live(path, body);
  expect(status, JSON.stringify(answer)).toBe(200);
  return answer.banks.map(({ id }: { id: string }) => id);
}

describe.each(['', '/api/service'])('below %j', (prefix) => {
  test('lists what the key reaches, popular ones first', async () => {
    const { status, body } = await live(`${prefix}/banks/list`, {});
    expect(status).toBe(200);
    expect(body).toMatchObject({ count: 3, skip: 0, hasNext: false });
    expect(body.banks.map(({ id }: { id: string }) => id)).toEqual(['at-beta', 'de-alpha', 'de-omega+ost/1']);
    expect(body.banks[1]).toEqual({
      id: 'de-alpha',
      name: 'Alpha Bank',
      market: ['DE'],
      currencies: ['EUR'],
      test: false,
      default: true,
      supportedPaymentSchemes: [],
      capabilities: ['ais', 'identity', 'balances', 'transactions'],
      url: 'https://alpha.example/',
    });
  });

  test('finds a bank, and tells of one', async () => {
    const { body } = await live(`${prefix}/banks/search`, { search: 'omega' });
    expect(body).toMatchObject({
      count: 1,
      banks: [{ id: 'de-omega+ost/1', group: 'Sparkasse', default: false }],
    });
    const details = await live(`${prefix}/banks/details`, { id: 'de-omega+ost/1' });
    expect(details.status).toBe(200);
    expect(details.body).toEqual(body.banks[0]);
  });

  test('answers 401 without a key', async () => {
    for (const route of ['list', 'search', 'details']) {
      const { status, body } = await app.call(`${prefix}/banks/${route}`, { id: 'de-alpha' }, { key: '' });
      expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
  });
});

test('a sandbox key reaches test banks only, and a live key no test bank', async () => {
  const { body } = await app.call('/banks/list', {});
  expect(body.banks.every((bank: { test: boolean }) => bank.test)).toBe(true);
  expect(body.banks.map(({ id }: { id: string }) => id)).toEqual(
    expect.arrayContaining(['de-proof', 'de-trellis-test-bank']),
  );
  expect((await app.call('/banks/details', { id: 'de-proof' })).status).toBe(200);
  for (const [id, key] of [
    ['de-alpha', app.key],
    ['de-proof', liveKey],
  ] as const)
    expect((await app.call('/banks/details', { id }, { key })).status).toBe(404);
});

describe('filters', () => {
  test.each([
    ['market', { market: 'AT' }, ['at-beta']],
    ['currency', { currency: 'CHF' }, ['at-beta']],
    ['group', { group: 'Sparkasse' }, ['de-omega+ost/1']],
    ['an unknown group', { group: 'sparkasse' }, []],
    ['ais', { capability: 'ais' }, ['at-beta', 'de-alpha', 'de-omega+ost/1']],
    ['a permission', { capability: 'transactions' }, ['at-beta', 'de-alpha', 'de-omega+ost/1']],
    ['pis', { capability: 'pis' }, []],
    ['a country without a bank', { market: 'FR' }, []],
    ['two of them', { market: 'DE', currency: 'CHF' }, ['at-beta']],
  ])('%s', async (_what, filter, ids) => {
    expect(await idsOf('/banks/list', filter)).toEqual(ids);
    expect(
      (await idsOf('/banks/search', { ...filter, search: 'bank' })).every((id) => ids.includes(id)),
    ).toBe(true);
  });

  test('pages', async () => {
    const first = await live('/banks/list', { limit: 2 });
    expect(first.body).toMatchObject({ count: 3, skip: 0, hasNext: true });
    const second = await live('/banks/list', { limit: 2, skip: 2 });
    expect(second.body).toMatchObject({ count: 3, skip: 2, hasNext: false });
    expect(second.body.banks).toHaveLength(1);
    const beyond = await live('/banks/list', { skip: 999_999 });
    expect(beyond.body).toMatchObject({ count: 3, skip: 999_999, hasNext: false, banks: [] });
  });
});

describe('search', () => {
  test('an empty one gives the default banks of the market', async () => {
    expect(await idsOf('/banks/search', { search: '', market: 'DE' })).toEqual(['at-beta', 'de-alpha']);
    expect(await idsOf('/banks/search', { search: ' ' })).toEqual(['at-beta', 'de-alpha']);
    expect(await idsOf('/banks/search', { market: 'FR' })).toEqual([]);
  });

  test('where none is marked so, it gives all', async () => {
    expect(await idsOf('/banks/search', { search: '', group: 'Sparkasse' })).toEqual(['de-omega+ost/1']);
  });

  test.each([
    ['a slip of the keyboard', 'sparkase', ['de-omega+ost/1']],
    ['a BIC', 'ALPHDEFFXXX', ['de-alpha']],
    ['nothing that there is', 'qqqqqqqq', []],
    ['hostile text', "'; DROP TABLE institution; --%00\u202e", []],
  ])('%s', async (_what, search, ids) => {
    expect(await idsOf('/banks/search', { search })).toEqual(ids);
  });
});

describe('what is wrong is named', () => {
  test.each([
    ['/banks/list', { market: 'de' }, 'market'],
    ['/banks/list', { market: 7 }, 'market'],
    ['/banks/list', { market: 'XX' }, 'market'],
    ['/banks/search', { market: 'AA', search: 'bank' }, 'market'],
    ['/banks/search', { market: 'EU' }, 'market'],
    ['/banks/list', { currency: 'euro' }, 'currency'],
    ['/banks/list', { limit: 0 }, 'limit'],
    ['/banks/list', { limit: 1_001 }, 'limit'],
    ['/banks/list', { limit: '5' }, 'limit'],
    ['/banks/list', { skip: -1 }, 'skip'],
    ['/banks/search', { search: ['x'] }, 'search'],
    ['/banks/search', { search: 'x'.repeat(201) }, 'search'],
    ['/banks/details', {}, 'id'],
    ['/banks/details', { id: 'x'.repeat(101) }, 'id'],
  ])('%s %j', async (path, body, param) => {
    const answer = await live(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'VALIDATION', param });
  });

  test.each(['de-nowhere', 'DE-ALPHA', '../de-alpha', 'de-alpha%00', ' '])('no bank %j', async (id) => {
    const { status, body } = await live('/banks/details', { id });
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'NOT_FOUND', param: 'id' });
  });

  test('GET is no way to ask, and text is no body', async () => {
    expect((await app.call('/banks/list')).status).toBe(405);
    const headers = { 'content-type': 'text/plain' };
    expect((await app.call('/banks/list', '{}', { headers })).status).toBe(415);
  });
});

test('a logo is this server’s own, and cannot do anything', async () => {
  const { body } = await live('/banks/details', { id: 'de-omega+ost/1' });
  expect(body.logo.startsWith(`${app.url}/`)).toBe(true);
  const response = await fetch(body.logo);
  expect(Buffer.from(await response.arrayBuffer()).equals(png)).toBe(true);
  expect(response.headers.get('content-type')).toBe('image/png');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('content-security-policy')).toContain('sandbox');
  for (const name of [`${'0'.repeat(64)}.png`, 'logo.png', '..%2f..%2fpackage.json'])
    expect((await fetch(`${app.url}/flow/assets/logos/${name}`)).status).toBe(404);
});

test('what is imported while the server runs is there soon, and what vanished is gone', async () => {
  const more = [fileBank('de-later', { name: 'Later Bank' })];
  await importBanks(app.pool, more, { source: 'later' });
  const found = () => idsOf('/banks/search', { search: 'later' });
  await eventually(found, ([id]) => id === 'de-later');
  expect((await live('/banks/details', { id: 'de-later' })).status).toBe(200);
  await importBanks(app.pool, [fileBank('de-instead')], { source: 'later' });
  await eventually(found, (ids) => ids.length === 0);
  const details = () => live('/banks/details', { id: 'de-later' });
  await eventually(details, ({ status }) => status === 404);
});

test('a session may be made for an imported bank at once, and not for one that vanished', async () => {
  await importBanks(app.pool, [fileBank('de-quick')], { source: 'quick' });
  const create = (bankId: string, referenceId: string) =>
    live('/data/session/create', {
      referenceId,
      permissions: ['identity'],
      returnUrl: 'https://shop.example/back',
      prefill: { bankId },
    });
  expect((await create('de-quick', 'quick-1')).status).toBe(200);
  const refused = await create('de-gone', 'quick-2');
  expect([refused.status, refused.body.param]).toEqual([400, 'prefill.bankId']);
});
