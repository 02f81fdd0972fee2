import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';

let one: TestDatabase;
let two: TestDatabase;

beforeAll(async () => {
  [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
});
afterAll(async () => {
  await Promise.all([one.drop(), two.drop()]);
});

async function ask(connectionString: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

test('each database has the newest schema and the queue, and what one holds the other does not', async () => {
  await ask(one.connectionString, 'CREATE TABLE mine (n int)');
  expect(await ask(one.connectionString, "SELECT to_regclass('mine')::text")).toEqual([['mine']]);
  expect(await ask(two.connectionString, "SELECT to_regclass('mine')::text")).toEqual([[null]]);
  expect(await ask(two.connectionString, 'SELECT count(*)::int FROM graphile_worker.jobs')).toEqual([[0]]);
  expect(await ask(two.connectionString, 'SELECT count(*) > 0 FROM schema_migration')).toEqual([[true]]);
});

test('nobody can connect to the template, which a clone would have to wait for', async () => {
  const { ownerUrl, template } = inject('testServer');
  const url = Object.assign(new URL(ownerUrl), { pathname: `/${template}` }).href;
  await expect(ask(url, 'SELECT 1')).rejects.toThrow(/not currently accepting connections/);
});
