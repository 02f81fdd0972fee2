import type { Permission } from '../banking/permission.ts';
import type { Environment } from '../merchants/merchant.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import { type Claim, claimFragment, claimValues } from '../platform/idempotency/idempotency-store.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import type {
  FailureCode,
  Session,
  SessionCustomer,
  SessionForm,
  SessionKey,
  SessionState,
  SessionStatus,
} from './session.ts';

interface SessionRow {
  merchant_id: string;
  id: string;
  environment: Environment;
  form: SessionForm;
  reference_id: string;
  permissions: Permission[];
  return_url: string;
  error_url: string | null;
  market: string | null;
  customer_id: string | null;
  sealed_customer: Buffer | null;
  locale: string | null;
  theme_variant: 'light' | 'dark' | null;
  prefill_bank_id: string | null;
  disable_bank_selection: boolean;
  display_id: string | null;
  metadata: Record<string, unknown> | null;
  status: SessionStatus;
  failure_code: FailureCode | null;
  access: 'once' | 'ongoing';
  access_days: number | null;
  transactions_from: string | null;
  renew_of: string | null;
  flow_token_hash: Buffer;
  created_at: Date;
  updated_at: Date;
  expires_at: Date;
  bank_opened_at: Date | null;
  consent_revoked_at: Date | null;
  deleted_at: Date | null;
}

const inserted = [
  'merchant_id',
  'id',
  'environment',
  'form',
  'reference_id',
  'permissions',
  'return_url',
  'error_url',
  'market',
  'customer_id',
  'sealed_customer',
  'locale',
  'theme_variant',
  'prefill_bank_id',
  'disable_bank_selection',
  'display_id',
  'metadata',
  'access',
  'access_days',
  'transactions_from',
  'renew_of',
  'status',
  'flow_token_hash',
  'created_at',
  'updated_at',
  'expires_at',
] as const;

const later = ['failure_code', 'bank_opened_at', 'consent_revoked_at', 'deleted_at'] as const;

const stateColumns = [...inserted, ...later]
  .map((column) => (column === 'sealed_customer' ? 'NULL::bytea AS sealed_customer' : column))
  .join(', ');
const columns = [...inserted, ...later].join(', ');

// The three statements that every merchant's request runs are put together once: the driver compares the text of
// a named statement at each use, which costs nothing when it is the same string.
const insertText = `INSERT INTO data_session (${inserted.join(', ')})
  VALUES (${inserted.map((_, index) => `$${index + 1}`).join(', ')})`;
const insertOnceText = `WITH ${claimFragment(inserted.length + 1)}
  INSERT INTO data_session (${inserted.join(', ')})
  SELECT ${castParameters()} FROM claimed`;
const findText = `SELECT ${columns} FROM data_session
  WHERE merchant_id = $1 AND id = $2 AND ($3::text IS NULL OR environment = $3)`;

/** Which of a merchant's sessions to list. */
export interface SessionFilter {
  readonly merchantId: string;
  readonly environment: Environment;
  readonly status?: SessionStatus | undefined;
  readonly referenceId?: string | undefined;
  readonly customerId?: string | undefined;
  /** Created at this moment or later; and at that or earlier. */
  readonly createdFrom?: Date | undefined;
  readonly createdTo?: Date | undefined;
  /** The last one of the page before. */
  readonly beforeId?: string | undefined;
  readonly limit: number;
}

const afterAllIds = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export const referenceConstraint = 'data_session_reference';

/** A session that a sweep has to look at, and the time by which sweeps go on. */
export interface Due extends SessionKey {
  readonly due: Date;
}

interface DueRow {
  merchant_id: string;
  id: string;
  due: Date;
}

function toDue(row: DueRow): Due {
  return { merchantId: row.merchant_id, id: row.id, due: row.due };
}

/** Sessions in PostgreSQL. Which customer a session is for is the one part that is sealed. */
export class SessionStore {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async insert(db: Db, session: Session): Promise<void> {
    await db.query({
      name: 'session-insert',
      text: insertText,
      values: this.#valuesOf(session),
    });
  }

  /**
   * Inserts under an idempotency key, in one statement. False: the key was used before and nothing was
   * written; the earlier answer stands.
   */
  async insertOnce(db: Db, session: Session, claim: Claim, sealedAnswer: Buffer): Promise<boolean> {
    const { rowCount } = await db.query({
      name: 'session-insert-once',
      text: insertOnceText,
      values: [
        ...this.#valuesOf(session),
        ...claimValues(claim, sealedAnswer, session.updatedAt, session.id),
      ],
    });
    return rowCount === 1;
  }

  async find(db: Db, key: SessionKey, environment?: Environment): Promise<Session | undefined> {
    const { rows } = await db.query<SessionRow>({
      name: 'session-find',
      text: findText,
      values: [key.merchantId, key.id, environment ?? null],
    });
    return rows[0] && this.#toSession(rows[0]);
  }

  /**
   * The session, held until the transaction ends, so that its state cannot move meanwhile. Its customer is left
   * out: no move of state needs it, and what cannot be opened must not keep a session from ending.
   */
  async lock(tx: Tx, key: SessionKey): Promise<Session | undefined> {
    const { rows } = await tx.query<SessionRow>({
      name: 'session-lock',
      text: `SELECT ${stateColumns} FROM data_session WHERE merchant_id = $1 AND id = $2 FOR UPDATE`,
      values: [key.merchantId, key.id],
    });
    return rows[0] && this.#toSession(rows[0]);
  }

  /** Newest first. */
  async list(db: Db, filter: SessionFilter): Promise<Session[]> {
    const { referenceId, customerId } = filter;
    // A statement for each way in, so that each is planned for what it asks.
    const by = [
      referenceId !== undefined && 'reference_id = $8',
      customerId !== undefined && 'customer_id = $9',
    ];
    const { rows } = await db.query<SessionRow>({
      name: `session-list${referenceId === undefined ? '' : '-reference'}${customerId === undefined ? '' : '-customer'}`,
      text: `SELECT ${columns} FROM data_session
             WHERE merchant_id = $1 AND environment = $2 AND id < $3 AND ($4::text IS NULL OR status = $4)
               AND created_at >= coalesce($5::timestamptz, '-infinity') AND created_at <= coalesce($6::timestamptz, 'infinity')
               AND ${by[0] || '$8::text IS NULL'} AND ${by[1] || '$9::uuid IS NULL'}
             ORDER BY id DESC LIMIT $7`,
      values: [
        filter.merchantId,
        filter.environment,
        filter.beforeId ?? afterAllIds,
        filter.status ?? null,
        filter.createdFrom ?? null,
        filter.createdTo ?? null,
        filter.limit,
        referenceId ?? null,
        customerId ?? null,
      ],
    });
    return rows.map((row) => this.#toSession(row));
  }

  /** Leaves a shell: nothing of whom it was for. */
  async erase(tx: Tx, key: SessionKey, now: Date): Promise<void> {
    await tx.query({
      name: 'session-erase',
      text: `UPDATE data_session SET deleted_at = $3, updated_at = $3, customer_id = NULL, sealed_customer = NULL,
               metadata = NULL
             WHERE merchant_id = $1 AND id = $2`,
      values: [key.merchantId, key.id, now],
    });
  }

  async findIdByReference(
    db: Db,
    merchantId: string,
    environment: Environment,
    referenceId: string,
  ): Promise<string | undefined> {
    const { rows } = await db.query<{ id: string }>({
      name: 'session-by-reference',
      text: 'SELECT id FROM data_session WHERE merchant_id = $1 AND environment = $2 AND reference_id = $3',
      values: [merchantId, environment, referenceId],
    });
    return rows[0]?.id;
  }

  /** Writes the next state of a session that this transaction has locked. */
  async saveState(tx: Tx, key: SessionKey, state: SessionState, now: Date): Promise<void> {
    await tx.query({
      name: 'session-save-state',
      text: `UPDATE data_session SET status = $3, failure_code = $4, updated_at = $5
             WHERE merchant_id = $1 AND id = $2`,
      values: [key.merchantId, key.id, state.status, state.status === 'failed' ? state.failure : null, now],
    });
  }

  async markBankOpened(tx: Tx, key: SessionKey, now: Date): Promise<void> {
    await tx.query({
      name: 'session-bank-opened',
      text: `UPDATE data_session SET bank_opened_at = coalesce(bank_opened_at, $3), updated_at = $3
             WHERE merchant_id = $1 AND id = $2`,
      values: [key.merchantId, key.id, now],
    });
  }

  async markConsentRevoked(tx: Tx, key: SessionKey, now: Date): Promise<void> {
    await tx.query({
      name: 'session-consent-revoked',
      text: `UPDATE data_session SET consent_revoked_at = $3, updated_at = $3
             WHERE merchant_id = $1 AND id = $2 AND consent_revoked_at IS NULL`,
      values: [key.merchantId, key.id, now],
    });
  }

  /** Started sessions whose time is over, in the order of their expiry, from behind `after` on. */
  async findExpired(
    db: Db,
    query: { now: Date; graceMs: number; after: Date; limit: number },
  ): Promise<Due[]> {
    const { rows } = await db.query<DueRow>({
      name: 'session-find-expired',
      text: `SELECT merchant_id, id, expires_at AS due FROM data_session
             WHERE status = 'started' AND expires_at <= $1 AND expires_at > $4
               AND (bank_opened_at IS NULL OR expires_at <= $1::timestamptz - make_interval(secs => $2::float8 / 1000))
             ORDER BY expires_at LIMIT $3`,
      values: [query.now, query.graceMs, query.limit, query.after],
    });
    return rows.map(toDue);
  }

  /** Sessions that are pending since before `before`, oldest first, from behind `after` on. */
  async findPending(db: Db, query: { before: Date; after: Date; limit: number }): Promise<Due[]> {
    const { rows } = await db.query<DueRow>({
      name: 'session-find-pending',
      text: `SELECT merchant_id, id, updated_at AS due FROM data_session
             WHERE status = 'pending' AND updated_at < $1 AND updated_at > $3 ORDER BY updated_at LIMIT $2`,
      values: [query.before, query.limit, query.after],
    });
    return rows.map(toDue);
  }

  #valuesOf(session: Session): unknown[] {
    return [
      session.merchantId,
      session.id,
      session.environment,
      session.form,
      session.referenceId,
      session.permissions,
      session.returnUrl,
      session.errorUrl ?? null,
      session.market ?? null,
      session.customer?.customerId ?? null,
      session.customer ? this.#vault.sealJson(customerPlace(session), session.customer) : null,
      session.locale ?? null,
      session.themeVariant ?? null,
      session.prefillBankId ?? null,
      session.disableBankSelection,
      session.displayId ?? null,
      session.metadata ? JSON.stringify(session.metadata) : null,
      session.access,
      session.accessDays ?? null,
      session.transactionsFrom ?? null,
      session.renewOf ?? null,
      session.state.status,
      session.flowTokenHash,
      session.createdAt,
      session.updatedAt,
      session.expiresAt,
    ];
  }

  #toSession(row: SessionRow): Session {
    const key = { merchantId: row.merchant_id, id: row.id };
    const customer = row.sealed_customer && this.#vault.openJson(customerPlace(key), row.sealed_customer);
    return {
      ...key,
      environment: row.environment,
      form: row.form,
      referenceId: row.reference_id,
      permissions: row.permissions,
      returnUrl: row.return_url,
      disableBankSelection: row.disable_bank_selection,
      access: row.access,
      state:
        row.status === 'failed'
          ? { status: 'failed', failure: row.failure_code ?? 'internal' }
          : { status: row.status },
      flowTokenHash: row.flow_token_hash,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      expiresAt: row.expires_at,
      ...(row.error_url !== null && { errorUrl: row.error_url }),
      ...(row.market !== null && { market: row.market }),
      ...(customer ? { customer: customer as SessionCustomer } : {}),
      ...(row.locale !== null && { locale: row.locale }),
      ...(row.theme_variant !== null && { themeVariant: row.theme_variant }),
      ...(row.prefill_bank_id !== null && { prefillBankId: row.prefill_bank_id }),
      ...(row.access_days !== null && { accessDays: row.access_days }),
      ...(row.transactions_from !== null && { transactionsFrom: row.transactions_from }),
      ...(row.renew_of !== null && { renewOf: row.renew_of }),
      ...(row.display_id !== null && { displayId: row.display_id }),
      ...(row.metadata !== null && { metadata: row.metadata }),
      ...(row.bank_opened_at !== null && { bankOpenedAt: row.bank_opened_at }),
      ...(row.deleted_at !== null && { deletedAt: row.deleted_at }),
      ...(row.consent_revoked_at !== null && { consentRevokedAt: row.consent_revoked_at }),
    };
  }
}

/** In a SELECT list PostgreSQL cannot infer a parameter's type from the target column. */
function castParameters(): string {
  const types: Partial<Record<(typeof inserted)[number], string>> = {
    id: 'uuid',
    permissions: 'text[]',
    customer_id: 'uuid',
    sealed_customer: 'bytea',
    disable_bank_selection: 'boolean',
    metadata: 'json',
    access_days: 'integer',
    renew_of: 'uuid',
    flow_token_hash: 'bytea',
    created_at: 'timestamptz',
    updated_at: 'timestamptz',
    expires_at: 'timestamptz',
  };
  return inserted.map((column, index) => `$${index + 1}::${types[column] ?? 'text'}`).join(', ');
}

function customerPlace(key: SessionKey) {
  return { table: 'data_session', merchantId: key.merchantId, rowId: key.id, column: 'sealed_customer' };
}
