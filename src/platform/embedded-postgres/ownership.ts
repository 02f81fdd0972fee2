import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { superuser } from './cluster.ts';

/** Holds while its connection stands; goes with the process, however that ends, so it can never be stale. */
export interface Ownership {
  /** Resolves when the connection ends, for whatever reason. Never rejects. */
  readonly ended: Promise<void>;
  release(): Promise<void>;
}

/** A running cluster, as seen by its superuser. */
export interface Access {
  readonly port: number;
  readonly password: string;
}

/** The database of the server, and the plain role that owns it: no superuser, so that SQL is all it can do. */
const serverDatabase = 'trellis';
const serverRole = 'trellis';

/** Where the server finds its database: as the plain role, from this machine only. */
export function serverUrl(access: Access): string {
  return urlFor(access, serverRole, serverDatabase);
}

/** As the superuser, who may make databases. */
export function adminUrl(access: Access): string {
  return urlFor(access, superuser, 'postgres');
}

function urlFor({ port, password }: Access, role: string, database: string): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${database}`;
}

/** Any number that no other program uses for an advisory lock in the database `postgres`. */
const ownerLock = 5_184_026_117;

/** Long enough for PostgreSQL to see that a killed owner's connection is gone. */
const lockPatienceMs = 1_000;
const connectLimitMs = 5_000;
const queryLimitMs = 30_000;
const closeLimitMs = 1_000;

/**
 * Connects and takes the advisory lock that marks the one owner of a cluster; 'held' when another has it.
 * Throws when PostgreSQL cannot be reached.
 */
export async function takeOwnership(access: Access): Promise<Ownership | 'held'> {
  const client = superuserClient(access);
  const ended = new Promise<void>((resolve) => {
    client.once('end', resolve);
  });
  try {
    await client.connect();
    if (await locked(client)) return { ended, release: () => close(client) };
  } catch (error) {
    await close(client);
    throw error;
  }
  await close(client);
  return 'held';
}

/** Makes the server's role and database where they are missing: each alone, for a start can end in between. */
export async function ensureDatabase(access: Access): Promise<void> {
  const client = superuserClient(access);
  try {
    await client.connect();
    const roles = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [serverRole]);
    if (roles.rowCount === 0) {
      await client.query(`CREATE ROLE ${serverRole} LOGIN PASSWORD ${pg.escapeLiteral(access.password)}`);
    }
    const databases = await client.query('SELECT FROM pg_database WHERE datname = $1', [serverDatabase]);
    if (databases.rowCount === 0) await client.query(`CREATE DATABASE ${serverDatabase} OWNER ${serverRole}`);
  } finally {
    await close(client);
  }
}

function superuserClient({ port, password }: Access): pg.Client {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: superuser,
    password,
    database: 'postgres',
    application_name: 'trellis owner',
    connectionTimeoutMillis: connectLimitMs,
    query_timeout: queryLimitMs,
  });
  client.on('error', () => undefined); // a lost connection is told by `end`
  return client;
}

async function locked(client: pg.Client): Promise<boolean> {
  try {
    await client.query(`SET lock_timeout = ${lockPatienceMs}`);
    await client.query('SELECT pg_advisory_lock($1)', [ownerLock]);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '55P03') return false; // lock_not_available
    throw error;
  }
}

/** Says goodbye, but does not wait for the answer of a server that gives none. */
async function close(client: pg.Client): Promise<void> {
  await Promise.race([client.end().catch(() => undefined), sleep(closeLimitMs, undefined, { ref: false })]);
}
