import fastify from 'fastify';
import pg from 'pg';
import { sha256, uuidv7 } from '../src/core/ids.ts';

/**
 * The bare limit: the least that a server on Fastify and PostgreSQL can do for the same request. It stores and reads the
 * same row as the product and does nothing else: no key check, no schema, no idempotency, no log line. Compiled
 * before it runs, as the product is. MERCHANT_ID is whose rows it writes and reads.
 */
const { DATABASE_URL: connectionString, PORT: port, MERCHANT_ID: merchantId } = process.env;
const maxConnections = 32;
const lifetimeMs = 3_600_000;

interface CreateBody {
  readonly referenceId: string;
  readonly permissions: readonly string[];
  readonly returnUrl: string;
}

/** All columns that the product fills; `bench_session` is made like `data_session`. */
const insert = {
  name: 'insert',
  text: `INSERT INTO bench_session (merchant_id, id, environment, form, reference_id, permissions, return_url,
           error_url, market, customer_id, sealed_customer, locale, theme_variant, prefill_bank_id,
           disable_bank_selection, display_id, metadata, status, flow_token_hash, created_at, updated_at, expires_at)
         VALUES ($1, $2, 'live', 'seed', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false, $13, $14, 'started',
           $15, $16, $17, $18)`,
};

/** The very rows that the product reads. */
const select = {
  name: 'select',
  text: `SELECT merchant_id, id, environment, form, reference_id, permissions, return_url, error_url, market,
           customer_id, locale, theme_variant, prefill_bank_id, disable_bank_selection, display_id, metadata, status,
           created_at, updated_at, expires_at, failure_code, bank_opened_at
         FROM data_session WHERE merchant_id = $1 AND id = $2`,
};

const pool = new pg.Pool({ connectionString: connectionString ?? '', max: maxConnections });
const server = fastify();
const tokenHash = sha256('the same for all');

server.get('/readyz', async () => {
  await pool.query('SELECT 1');
  return { status: 'ready' };
});

server.post<{ Body: CreateBody }>('/data/session/create', async ({ body }) => {
  const now = new Date();
  const id = uuidv7(now);
  const given = [merchantId, id, body.referenceId, body.permissions, body.returnUrl];
  const absent = [null, null, null, null, null, null, null, null, null];
  const expires = new Date(now.getTime() + lifetimeMs);
  await pool.query({ ...insert, values: [...given, ...absent, tokenHash, now, now, expires] });
  return { id };
});

server.get<{ Querystring: { id: string } }>('/data/session/retrieve', async ({ query }) => {
  const { rows } = await pool.query({ ...select, values: [merchantId, query.id] });
  return rows[0];
});

await server.listen({ host: '127.0.0.1', port: Number(port) });
