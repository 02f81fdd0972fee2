import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { maxBanks } from '../../src/institutions/import-service.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { bareEnvironment } from '../support/started.ts';
import { fileBank, importBanks } from './catalogue-bench.ts';

const root = path.join(import.meta.dirname, '../..');
const header = 'id,name,markets,currencies,bic,bankCodes,aliases,protocol,profile.baseUrl,profile.sca';

let database: TestDatabase;
let pool: pg.Pool;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.connectionString });
  folder = await mkdtemp(path.join(tmpdir(), 'trellis-banks-'));
});
afterAll(async () => {
  await pool.end();
  await database.drop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await pool.query('TRUNCATE institution, institution_logo');
});

async function file(name: string, content: string): Promise<string> {
  const full = path.join(folder, name);
  await writeFile(full, content);
  return full;
}

/** `trellis banks ...`, as an operator runs it. */
function trellisBanks(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = ['--import', 'tsx', 'src/main.ts', 'banks', ...args];
  const env = { ...bareEnvironment(), DATABASE_URL: database.connectionString };
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root, env, maxBuffer: 1e8 }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

async function stored(): Promise<Record<string, unknown>[]> {
  const { rows } = await pool.query(
    'SELECT *, withdrawn_at IS NOT NULL AS withdrawn FROM institution ORDER BY id',
  );
  return rows;
}

async function faultsOf(content: Parameters<typeof importBanks>[1], more = {}): Promise<string[]> {
  const result = await importBanks(pool, content, more);
  if (result.done) throw new Error('it was imported');
  return result.faults.map(({ line, what }) => `${line}: ${what}`);
}

describe('the command', () => {
  test('imports a CSV file, tells what it did, lists it and exports it as it can be imported again', async () => {
    const rows = [
      header,
      'de-alpha,"Alpha, Bank",DE|AT,EUR,ALPHDEFF,10020030|10020031,Alpha|A-Bank,berlin-group,https://alpha.example/v1,redirect',
      'at-beta,Beta Bank,AT,EUR,,,,berlin-group,https://beta.example/v1,oauth-integrated',
    ];
    const first = await trellisBanks('import', await file('mine.csv', rows.join('\r\n')));
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('2 banks in the list mine: 2 new or changed, 0 no longer offered.');
    expect(await stored()).toMatchObject([
      { id: 'at-beta', profile: { baseUrl: 'https://beta.example/v1', sca: 'oauth-integrated' } },
      {
        id: 'de-alpha',
        source: 'mine',
        name: 'Alpha, Bank',
        markets: ['DE', 'AT'],
        bic: 'ALPHDEFF',
        bank_codes: ['10020030', '10020031'],
        aliases: ['Alpha', 'A-Bank'],
        test: false,
        popularity: 0,
      },
    ]);
    expect((await trellisBanks('list')).out).toBe('mine: 2 banks offered, 0 withdrawn\n');
    const exported = await trellisBanks('export');
    const again = await trellisBanks(
      ...['import', await file('exported.json', exported.out), '--source', 'mine'],
    );
    expect(again.out).toContain('2 banks in the list mine: 0 new or changed, 0 no longer offered.');
  });

  test('names every fault with file and line, and imports nothing', async () => {
    const rows = [
      header,
      'de-good,Good Bank,DE,EUR,,,,berlin-group,https://good.example/v1,redirect',
      'DE-bad,Bad Bank,XX,EUR,WRONG,,,berlin-group,https://bad.example/v1,redirect',
      'de-worse,Worse Bank,DE,EUR,,,,smoke-signals,https://worse.example/v1,redirect',
    ];
    const { code, err } = await trellisBanks('import', await file('bad.csv', rows.join('\n')));
    expect(code).toBe(1);
    expect(err).toMatch(/bad\.csv:3: id must match/);
    expect(err).toMatch(/bad\.csv:3: markets must be country codes/);
    expect(err).toMatch(/bad\.csv:3: bic must be a BIC/);
    expect(err).toMatch(/bad\.csv:4: protocol must be one of berlin-group/);
    expect(err).toContain('Nothing was imported.');
    expect(await stored()).toEqual([]);
  });

  test.each([
    ['nothing', []],
    ['an unknown action', ['burn']],
    ['no file', ['import']],
    ['an unknown option', ['list', '--quick']],
  ])('explains itself to who gives it %s', async (_what, args) => {
    const { code, err } = await trellisBanks(...args);
    expect(code).toBe(1);
    expect(err).toContain('usage: npm run trellis -- banks import FILE');
  });

  test('a file that is not there is named', async () => {
    const { code, err } = await trellisBanks('import', '/nowhere/banks.csv');
    expect(code).toBe(1);
    expect(err).toContain('/nowhere/banks.csv cannot be read');
  });
});

describe('rows', () => {
  test.each([
    ['an id', { id: 'DE-x' }, 'id must match'],
    ['no name', { name: '' }, 'name is missing'],
    ['a name of two lines', { name: 'a\nb' }, 'name must be visible text'],
    ['a name with a direction mark', { name: 'a\u202eb' }, 'name must be visible text'],
    ['a name of 141 characters', { name: 'x'.repeat(141) }, 'name must be visible text'],
    ['half of a character', { name: 'a\ud800' }, 'name must be visible text'],
    ['a market that is no country', { markets: ['DE', 'EU'] }, 'markets must be country codes'],
    ['no market', { markets: [] }, 'markets is empty'],
    ['a currency', { currencies: ['euro'] }, 'currencies must be currency codes'],
    ['a BIC', { bic: 'DEUTDE' }, 'bic must be a BIC'],
    ['a bank code', { bankCodes: ['1 2'] }, 'bankCodes must be bank codes'],
    ['a number for a text', { name: 7 }, 'name must be visible text'],
    ['a text for a list', { aliases: 'Alpha' }, 'aliases must be a list'],
    ['a text for a flag', { test: 'no' }, 'test must be true or false'],
    ['popularity', { popularity: 1_001 }, 'popularity must be a whole number from 0 to 1000'],
    ['a fraction of popularity', { popularity: 0.5 }, 'popularity must be a whole number'],
    ['an address without TLS', { url: 'http://bank.example' }, 'url must be an https address'],
    ['a logo elsewhere', { logo: 'https://bank.example/logo.png' }, 'logo must be the path'],
    ['a logo above', { logo: '../logo.png' }, 'logo must be the path'],
    ['a logo that is not there', { logo: 'logo.png' }, 'logo logo.png is no PNG, WebP or SVG file'],
    ['an unknown field', { colour: 'red' }, 'colour is no field of a bank'],
    ['no profile', { profile: null }, 'profile is missing'],
    [
      'an unknown switch',
      { profile: { baseUrl: 'https://a.example', sca: 'redirect', magic: 1 } },
      'bank de-x: profile',
    ],
    ['a NUL in the profile', { profile: { baseUrl: 'a\u0000' } }, 'profile has text that cannot be stored'],
  ])('%s is a fault', async (_what, more, fault) => {
    const faults = await faultsOf([fileBank('de-good'), fileBank('de-x', more)]);
    expect(faults.join('\n')).toContain(`1: ${fault}`);
    expect(await stored()).toEqual([]);
  });

  test('an id that is there twice, or is another list’s, is a fault', async () => {
    await importBanks(pool, [fileBank('de-taken')], { source: 'other' });
    const content = `[\n${[fileBank('de-a'), fileBank('de-a'), fileBank('de-taken')].map((row) => JSON.stringify(row)).join(',\n')}\n]`;
    expect(await faultsOf(content, { fileName: 'banks.json' })).toEqual([
      '3: id de-a is on line 2 already',
      '4: id de-taken belongs to the list other',
    ]);
  });
});

test('an id of the sandbox’s banks is a fault: the row would never be seen', async () => {
  const faults = await faultsOf([fileBank('de-built-in'), fileBank('de-a')]);
  expect(faults).toEqual(['1: id de-built-in belongs to the sandbox']);
  const rows = [fileBank('de-a'), fileBank('de-trellis-test-bank'), fileBank('de-trellis-sealed-bank')];
  const listed = await file('own.json', `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`);
  const { code, err } = await trellisBanks('import', listed);
  expect(code).toBe(1);
  expect(err).toContain('own.json:3: id de-trellis-test-bank belongs to the sandbox');
  expect(err).toContain('own.json:4: id de-trellis-sealed-bank belongs to the sandbox');
  expect(await stored()).toEqual([]);
});

describe('files', () => {
  test.each([
    ['nothing at all', '', 'banks.csv', '1: the file is empty'],
    ['no bank', `${header}\n`, 'banks.csv', '1: there is no bank in the file'],
    ['an unknown column', 'id,colour\n', 'banks.csv', '1: "colour" is no column'],
    ['a column twice', 'id,id\n', 'banks.csv', '1: the column id is there twice'],
    [
      'a row of another length',
      `${header}\n\nde-a,b\n`,
      'banks.csv',
      '3: has 2 cells where the header has 10',
    ],
    ['an open quote', `${header}\n"de-a`, 'banks.csv', '2: a quote is not closed'],
    ['JSON that is none', '[\n{"id":"de-a"},\n{\n]', 'banks.json', '4: is not JSON'],
    ['an object', '{"banks":[]}', 'banks.json', '1: the file must be a list of banks'],
    ['a list of texts', '[\n"de-a"]', 'banks.json', '2: a bank must be an object'],
  ])('%s', async (_what, content, fileName, fault) => {
    expect((await faultsOf(content, { fileName })).join('\n')).toContain(fault);
  });

  const good = 'de-good,Good Bank,DE,EUR,,,,berlin-group,https://good.example/v1,redirect';
  const bad = 'de-bad,Bad Bank,XX,EUR,,,,berlin-group,https://bad.example/v1,redirect';

  test('a row that cannot be made out hides no other fault', async () => {
    const csv = [header, bad, 'de-a,b', good, 'de-c', good, 'de-d,"'].join('\n');
    expect(await faultsOf(csv)).toEqual([
      '2: markets must be country codes such as DE',
      '3: has 2 cells where the header has 10',
      '5: has 1 cells where the header has 10',
      '6: id de-good is on line 4 already',
      '7: a quote is not closed',
    ]);
    const json = `["de-a",\n${JSON.stringify(fileBank('de-b', { bic: 'X' }))},\n7]`;
    expect(await faultsOf(json, { fileName: 'banks.json' })).toEqual([
      '1: a bank must be an object',
      '2: bic must be a BIC of 8 or 11 characters',
      '3: a bank must be an object',
    ]);
    expect(await stored()).toEqual([]);
  });

  test('bytes that are no UTF-8', async () => {
    const latin1 = Buffer.from('id;name\nde-a;M\xfcnchen', 'latin1');
    expect(await faultsOf(latin1, { fileName: 'banks.csv' })).toEqual(['1: the file is not UTF-8']);
  });

  test('a byte order mark, semicolons and cells of every kind', async () => {
    const content = [
      '\ufeffid;name;markets;currencies;protocol;test;popularity;profile;profile.historyDays;profile.linkHosts',
      'de-a;Bank A;DE | AT;EUR;berlin-group;true;7;"{""baseUrl"":""https://a.example/v1"",""sca"":""redirect""}";30;"[""b.example""]"',
    ].join('\n');
    await importBanks(pool, content);
    expect(await stored()).toMatchObject([
      {
        markets: ['DE', 'AT'],
        test: true,
        popularity: 7,
        profile: {
          baseUrl: 'https://a.example/v1',
          sca: 'redirect',
          historyDays: 30,
          linkHosts: ['b.example'],
        },
      },
    ]);
  });

  test('what it is told by its contents where its name does not', async () => {
    await importBanks(pool, JSON.stringify([fileBank('de-a')]), { fileName: 'banks' });
    expect(await stored()).toMatchObject([{ id: 'de-a' }]);
  });

  test('more banks than there can be', async () => {
    const content = `${header}\n${'de-a,b,DE,EUR,,,,,,\n'.repeat(maxBanks + 1)}`;
    expect(await faultsOf(content)).toContain(`1: there are more than ${maxBanks} banks in the file`);
  });
});

test('importing again replaces what that list had, and no other', async () => {
  await importBanks(pool, [fileBank('de-other')], { source: 'other' });
  await importBanks(pool, [fileBank('de-a'), fileBank('de-b'), fileBank('de-c')]);
  const version = async () => (await pool.query('SELECT version FROM institution_catalogue')).rows[0].version;
  const before = await version();
  const result = await importBanks(pool, [fileBank('de-a'), fileBank('de-b', { name: 'Anew' })]);
  expect(result).toEqual({ done: true, banks: 2, written: 1, withdrawn: 1 });
  expect(Number(await version())).toBeGreaterThan(Number(before));
  const states = (await stored()).map(({ id, name, withdrawn }) => [id, name, withdrawn]);
  expect(states).toEqual([
    ['de-a', 'Bank de-a', false],
    ['de-b', 'Anew', false],
    ['de-c', 'Bank de-c', true],
    ['de-other', 'Bank de-other', false],
  ]);
  await importBanks(pool, [fileBank('de-c')]);
  expect((await stored()).filter(({ withdrawn }) => !withdrawn).map(({ id }) => id)).toEqual([
    'de-c',
    'de-other',
  ]);
});

test('a file without a bank withdraws all, if that is meant', async () => {
  await importBanks(pool, [fileBank('de-a')]);
  const empty = await file('test.json', '[]');
  expect((await trellisBanks('import', empty)).err).toContain('there is no bank in the file');
  expect((await trellisBanks('import', empty, '--allow-empty')).out).toContain('1 no longer offered');
});

test('pictures are kept once, and go with the last bank that has them', async () => {
  const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(100)]);
  const logos = { 'logos/a.png': png, 'b.png': png, 'c.svg': Buffer.from('<svg xmlns="x"/>') };
  const result = await importBanks(
    pool,
    [
      fileBank('de-a', { logo: 'logos/a.png' }),
      fileBank('de-b', { logo: 'b.png' }),
      fileBank('de-c', { logo: 'c.svg' }),
    ],
    { logos },
  );
  expect(result.done).toBe(true);
  const names = (await stored()).map(({ logo }) => logo);
  expect(names[0]).toMatch(/^[0-9a-f]{64}\.png$/);
  expect(names[1]).toBe(names[0]);
  expect(names[2]).toMatch(/\.svg$/);
  expect((await pool.query('SELECT FROM institution_logo')).rowCount).toBe(2);
  for (const wrong of [Buffer.alloc(65_537), Buffer.from('<html>'), Buffer.from('<script>')])
    expect(await faultsOf([fileBank('de-a', { logo: 'x.svg' })], { logos: { 'x.svg': wrong } })).toHaveLength(
      1,
    );
});

test('20,000 banks are imported in seconds, and again in less', async () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, at) =>
      `de-bank-${at},Bank ${at} of Town ${at % 997},DE,EUR,,${10_000_000 + at},,berlin-group,https://bank${at}.example/v1,redirect`,
  );
  const content = [header, ...rows].join('\n');
  const started = performance.now();
  expect(await importBanks(pool, content)).toMatchObject({ banks: 20_000, written: 20_000 });
  expect(await importBanks(pool, content)).toMatchObject({ banks: 20_000, written: 0 });
  const seconds = (performance.now() - started) / 1_000;
  console.log(`two imports of 20,000 banks: ${seconds.toFixed(1)} s`);
  expect(seconds).toBeLessThan(60);
}, 90_000);
