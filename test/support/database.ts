import pg from 'pg';
import { inject } from 'vitest';
import { readableId } from '../../src/core/ids.ts';

export interface TestDatabase {
  readonly connectionString: string;
  /** Removes it, with all connections that are still open to it. */
  drop(): Promise<void>;
}

/** A database of the caller's own, with the newest schema and nothing in it: a clone of the run's template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { ownerUrl, template } = inject('testServer');
  const name = template.replace('template', readableId(8));
  const owner = pg.escapeIdentifier(decodeURIComponent(new URL(ownerUrl).username));
  // Copying the files is three times as fast as PostgreSQL's usual way, which writes every block to its log.
  await command(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${owner} STRATEGY file_copy`);
  return {
    connectionString: Object.assign(new URL(ownerUrl), { pathname: `/${name}` }).href,
    drop: () => command(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function command(sql: string): Promise<void> {
  const admin = new pg.Client({ connectionString: inject('testServer').adminUrl });
  await admin.connect();
  try {
    await admin.query(sql);
  } finally {
    await admin.end();
  }
}
