import pg from 'pg';

/** A statement with a name: PostgreSQL plans it once per connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** What stores ask for: the pool, or the connection of a running transaction. */
export interface Db {
  query<Row extends pg.QueryResultRow>(statement: Statement): Promise<pg.QueryResult<Row>>;
}

declare const inTransaction: unique symbol;

/** A Db of which the type says that all it does is done together or not at all. */
export interface Tx extends Db {
  readonly [inTransaction]: true;
}

/**
 * A pool whose lost connections never throw: an unheard `error` event would end the process. Idle ones are
 * reported; one in use fails the query that runs on it, or the next.
 */
export function createPool(options: {
  connectionString: string;
  maxConnections: number;
  applicationName: string;
  onError: (error: Error) => void;
}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.maxConnections,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
  });
  pool.on('error', (error) => {
    // A server that ends right after the pool cuts connections that have yet to hear the answer to their goodbye.
    if (!pool.ending) options.onError(error);
  });
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Rejects if no statement can be run now. */
export async function checkConnection(pool: pg.Pool): Promise<void> {
  await pool.query('SELECT 1');
}

export function dbOf(pool: pg.Pool): Db {
  return pool as unknown as Db;
}

/**
 * Runs `work` in one transaction. Commits when it resolves, rolls back when it throws; a connection whose
 * rollback fails is thrown away instead of going back to the pool.
 */
export async function transaction<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  return within(pool, 'BEGIN', work);
}

/** Reads of one moment: what others commit meanwhile is seen by all statements of `work` or by none. */
export async function snapshot<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  return within(pool, 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY', work);
}

async function within<T>(pool: pg.Pool, begin: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const remember = (error: Error) => {
    broken = error;
  };
  client.on('error', remember);
  try {
    await client.query(begin);
    const result = await work(client as unknown as Tx);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(remember);
    throw error;
  } finally {
    client.off('error', remember);
    client.release(broken);
  }
}

/**
 * Runs `work` as a part of the transaction that may fail by itself: what it did is undone when it throws, and the
 * transaction can go on.
 */
export async function part<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  await tx.query({ name: 'part-begin', text: 'SAVEPOINT part' });
  try {
    const result = await work();
    await tx.query({ name: 'part-end', text: 'RELEASE SAVEPOINT part' });
    return result;
  } catch (error) {
    await tx.query({ name: 'part-undo', text: 'ROLLBACK TO SAVEPOINT part' });
    throw error;
  }
}

/** The name of the unique constraint that a statement ran into, if that is what failed. */
export function violatedUnique(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && error.code === '23505' ? error.constraint : undefined;
}
