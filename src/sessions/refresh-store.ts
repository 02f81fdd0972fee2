import type { PsuContext } from '../banking/consent.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { Refresh, RefreshFailure, RefreshFailureCode } from './refresh.ts';
import type { SessionKey } from './session.ts';

interface RefreshRow {
  id: string;
  status: Refresh['status'];
  failure_code: RefreshFailureCode | null;
  retry_at: Date | null;
  started_at: Date;
  finished_at: Date | null;
}

/** The newest refresh of each session in PostgreSQL; its user's address is sealed, and erased at its end. */
export class RefreshStore {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Takes the place of the refresh before, which has ended. False if it still runs. */
  async begin(
    tx: Tx,
    key: SessionKey,
    { id, startedAt }: Pick<Refresh, 'id' | 'startedAt'>,
    psu: PsuContext | null,
  ): Promise<boolean> {
    const { rowCount } = await tx.query({
      name: 'refresh-begin',
      text: `INSERT INTO session_refresh (merchant_id, session_id, id, status, sealed_psu, started_at)
             VALUES ($1, $2, $3, 'running', $4, $5)
             ON CONFLICT (merchant_id, session_id) DO UPDATE SET id = EXCLUDED.id, status = 'running',
               failure_code = NULL, retry_at = NULL, sealed_psu = EXCLUDED.sealed_psu,
               started_at = EXCLUDED.started_at, finished_at = NULL
             WHERE session_refresh.status <> 'running'`,
      values: [key.merchantId, key.id, id, psu && this.#vault.sealJson(psuPlace(key), psu), startedAt],
    });
    return rowCount === 1;
  }

  async find(db: Db, key: SessionKey): Promise<Refresh | undefined> {
    const { rows } = await db.query<RefreshRow>({
      name: 'refresh-find',
      text: `SELECT id, status, failure_code, retry_at, started_at, finished_at FROM session_refresh
             WHERE merchant_id = $1 AND session_id = $2`,
      values: [key.merchantId, key.id],
    });
    return rows[0] && toRefresh(rows[0]);
  }

  /** The user who asked for it, if he did. */
  async findPsu(db: Db, key: SessionKey): Promise<PsuContext | null> {
    const { rows } = await db.query<{ sealed_psu: Buffer | null }>({
      name: 'refresh-find-psu',
      text: 'SELECT sealed_psu FROM session_refresh WHERE merchant_id = $1 AND session_id = $2',
      values: [key.merchantId, key.id],
    });
    const sealed = rows[0]?.sealed_psu;
    return sealed ? (this.#vault.openJson(psuPlace(key), sealed) as PsuContext) : null;
  }

  /** Ends this run. Undefined if it had ended, or another one took its place. */
  async finish(
    tx: Tx,
    key: SessionKey,
    id: string,
    failure: RefreshFailure | undefined,
    now: Date,
  ): Promise<Refresh | undefined> {
    const { rows } = await tx.query<RefreshRow>({
      name: 'refresh-finish',
      text: `UPDATE session_refresh SET status = CASE WHEN $4::text IS NULL THEN 'complete' ELSE 'failed' END,
               failure_code = $4, retry_at = $5, finished_at = $6, sealed_psu = NULL
             WHERE merchant_id = $1 AND session_id = $2 AND id = $3 AND status = 'running'
             RETURNING id, status, failure_code, retry_at, started_at, finished_at`,
      values: [key.merchantId, key.id, id, failure?.code ?? null, failure?.retryAt ?? null, now],
    });
    return rows[0] && toRefresh(rows[0]);
  }

  /** Users of refreshes that began before and still wait for their turn no longer count as present. */
  async erasePastPsu(db: Db, before: Date): Promise<void> {
    await db.query({
      name: 'refresh-erase-psu',
      text: `UPDATE session_refresh SET sealed_psu = NULL
             WHERE status = 'running' AND sealed_psu IS NOT NULL AND started_at <= $1`,
      values: [before],
    });
  }

  async erase(tx: Tx, key: SessionKey): Promise<void> {
    await tx.query({
      name: 'refresh-erase',
      text: 'DELETE FROM session_refresh WHERE merchant_id = $1 AND session_id = $2',
      values: [key.merchantId, key.id],
    });
  }

  /** Running ones that began before, oldest first. */
  async findRunning(db: Db, before: Date, limit: number): Promise<(SessionKey & { refreshId: string })[]> {
    const { rows } = await db.query<{ merchant_id: string; session_id: string; id: string }>({
      name: 'refresh-find-running',
      text: `SELECT merchant_id, session_id, id FROM session_refresh
             WHERE status = 'running' AND started_at < $1 ORDER BY started_at LIMIT $2`,
      values: [before, limit],
    });
    return rows.map((row) => ({ merchantId: row.merchant_id, id: row.session_id, refreshId: row.id }));
  }
}

function toRefresh(row: RefreshRow): Refresh {
  return {
    id: row.id,
    status: row.status,
    startedAt: row.started_at,
    ...(row.finished_at && { finishedAt: row.finished_at }),
    ...(row.failure_code && {
      failure: { code: row.failure_code, ...(row.retry_at && { retryAt: row.retry_at }) },
    }),
  };
}

function psuPlace(key: SessionKey) {
  return { table: 'session_refresh', merchantId: key.merchantId, rowId: key.id, column: 'sealed_psu' };
}
