import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { readableId } from '../src/core/ids.ts';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres/embedded-postgres.ts';

/** A folder for all that a run writes, removed with `scope`. */
export async function temporaryFolder(scope: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trellis-bench-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * An empty database of this run's own: on the server of DATABASE_URL, whose role must be allowed to make
 * databases, or in a PostgreSQL started in `folder`. It goes with `scope`.
 */
export async function openDatabase(
  scope: AsyncDisposableStack,
  folder: string,
  given: string | undefined,
): Promise<string> {
  if (given) return makeDatabase(scope, given);
  const postgres = await startEmbeddedPostgres({
    dataDir: folder,
    systemRoot: path.join(folder, 'system'),
    sudoUid: process.env.SUDO_UID,
    log: () => undefined,
  });
  scope.defer(() => postgres.stop());
  return postgres.connectionString;
}

/** Never the given database itself: it may be one that somebody works with. */
async function makeDatabase(scope: AsyncDisposableStack, server: string): Promise<string> {
  const name = `trellis_bench_${readableId(8)}`;
  await query(server, `CREATE DATABASE ${name}`);
  scope.defer(async () => {
    await query(server, `DROP DATABASE ${name} WITH (FORCE)`);
  });
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}

/** One statement on a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(
  connectionString: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}
