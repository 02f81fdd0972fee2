import type { BankConsent, PsuContext } from '../banking/consent.ts';
import type { Permission } from '../banking/permission.ts';
import type { Environment } from '../merchants/merchant.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { ConsentRecord, ExpiringConsent, GrantedConsent } from './consent.ts';

/** A consent that can still be used. */
export interface LivingConsent {
  readonly merchantId: string;
  readonly id: string;
  readonly environment: Environment;
  readonly bankId: string;
  readonly permissions: readonly Permission[];
  readonly access: 'once' | 'ongoing';
  readonly consent: BankConsent;
  /** Null once the time in which the user counts as present is over. */
  readonly psu: PsuContext | null;
  /** Since then it is no longer wanted, and the bank is to be told. */
  readonly endingSince?: Date;
}

interface LivingRow {
  id: string;
  environment: Environment;
  bank_id: string;
  permissions: Permission[];
  access: 'once' | 'ongoing';
  sealed_credentials: Buffer;
  sealed_psu: Buffer | null;
  expires_at: Date | null;
  ending_since: Date | null;
}

interface RecordRow extends Omit<LivingRow, 'sealed_credentials' | 'sealed_psu'> {
  status: ConsentRecord['status'];
  created_at: Date;
  updated_at: Date;
  revoked_at: Date | null;
}

/** Consents in PostgreSQL: tokens and the user's address are sealed. */
export class ConsentStore {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async insert(tx: Tx, id: string, granted: GrantedConsent, psuUntil: Date, now: Date): Promise<void> {
    const { merchantId } = granted;
    await tx.query({
      name: 'consent-insert',
      text: `INSERT INTO bank_consent (merchant_id, id, session_id, environment, bank_id, permissions, access, status,
               sealed_credentials, sealed_psu, psu_until, expires_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'authorised', $8, $9, $10, $11, $12, $12)`,
      values: [
        merchantId,
        id,
        granted.sessionId,
        granted.environment,
        granted.bank.id,
        granted.permissions,
        granted.access,
        this.#seal(merchantId, id, granted.consent),
        this.#vault.sealJson(placeOf(merchantId, id, 'sealed_psu'), granted.psu),
        psuUntil,
        granted.consent.expiresAt ?? null,
        now,
      ],
    });
  }

  async findLiving(
    db: Db,
    merchantId: string,
    sessionId: string,
    now: Date,
  ): Promise<LivingConsent | undefined> {
    const { rows } = await db.query<LivingRow>({
      name: 'consent-find-living',
      text: `SELECT id, environment, bank_id, permissions, access, sealed_credentials, expires_at, ending_since,
                    CASE WHEN psu_until > $3 THEN sealed_psu END AS sealed_psu
             FROM bank_consent
             WHERE merchant_id = $1 AND session_id = $2 AND status = 'authorised' AND sealed_credentials IS NOT NULL`,
      values: [merchantId, sessionId, now],
    });
    return rows[0] && this.#toLiving(merchantId, rows[0]);
  }

  /** Whether it may still be read under it: it has not ended, is not to end, and its time is not over. */
  async isReadable(db: Db, merchantId: string, id: string, now: Date): Promise<boolean> {
    const { rowCount } = await db.query({
      name: 'consent-is-readable',
      text: `SELECT FROM bank_consent WHERE merchant_id = $1 AND id = $2 AND status = 'authorised'
               AND ending_since IS NULL AND (expires_at IS NULL OR expires_at > $3)`,
      values: [merchantId, id, now],
    });
    return rowCount === 1;
  }

  async find(db: Db, merchantId: string, sessionId: string): Promise<ConsentRecord | undefined> {
    const { rows } = await db.query<RecordRow>({
      name: 'consent-find',
      text: `SELECT id, environment, bank_id, permissions, access, status, expires_at, created_at, updated_at, revoked_at,
                    ending_since
             FROM bank_consent WHERE merchant_id = $1 AND session_id = $2`,
      values: [merchantId, sessionId],
    });
    return rows[0] && toRecord({ merchantId, sessionId }, rows[0]);
  }

  /** What a bank renewed: the tokens, and with them its end, where that was moved too. */
  async keepCredentials(
    db: Db,
    merchantId: string,
    id: string,
    consent: BankConsent,
    now: Date,
  ): Promise<void> {
    await db.query({
      name: 'consent-keep-credentials',
      text: `UPDATE bank_consent SET sealed_credentials = $3, expires_at = coalesce($5, expires_at), updated_at = $4,
               expiry_told = CASE WHEN $5 > expires_at THEN NULL ELSE expiry_told END
             WHERE merchant_id = $1 AND id = $2 AND status = 'authorised'`,
      values: [merchantId, id, this.#seal(merchantId, id, consent), now, consent.expiresAt ?? null],
    });
  }

  /** Ends a consent and erases its tokens and the user's address. False if it had ended. */
  async end(
    db: Db,
    merchantId: string,
    id: string,
    status: 'revoked' | 'expired' | 'failed',
    now: Date,
  ): Promise<boolean> {
    const { rowCount } = await db.query({
      name: 'consent-end',
      text: `UPDATE bank_consent SET status = $3, sealed_credentials = NULL, sealed_psu = NULL, updated_at = $4,
                    revoked_at = CASE WHEN $3 = 'revoked' THEN coalesce(ending_since, $4::timestamptz) END
             WHERE merchant_id = $1 AND id = $2 AND status = 'authorised'`,
      values: [merchantId, id, status, now],
    });
    return rowCount === 1;
  }

  /** Notes that the consent is no longer wanted: from now on a sweep sees to it that it ends. */
  async markEnding(tx: Tx, merchantId: string, sessionId: string, now: Date): Promise<void> {
    await tx.query({
      name: 'consent-mark-ending',
      text: `UPDATE bank_consent SET ending_since = coalesce(ending_since, $3)
             WHERE merchant_id = $1 AND session_id = $2 AND status = 'authorised'`,
      values: [merchantId, sessionId, now],
    });
  }

  async findEnding(
    db: Db,
    before: Date,
    limit: number,
  ): Promise<{ merchantId: string; sessionId: string }[]> {
    const { rows } = await db.query<{ merchantId: string; sessionId: string }>({
      name: 'consent-find-ending',
      text: `SELECT merchant_id AS "merchantId", session_id AS "sessionId" FROM bank_consent
             WHERE status = 'authorised' AND ending_since < $1 ORDER BY ending_since LIMIT $2`,
      values: [before, limit],
    });
    return rows;
  }

  /**
   * Ongoing consents of which a notice is due that they have not had: of several only the nearest, and none of more
   * days than they were made for.
   */
  async findExpiring(
    db: Db,
    query: { now: Date; noticeDays: readonly number[]; limit: number },
  ): Promise<ExpiringConsent[]> {
    const { rows } = await db.query<ExpiringConsent>({
      name: 'consent-find-expiring',
      text: `SELECT merchant_id AS "merchantId", session_id AS "sessionId", id, expires_at AS "expiresAt", days AS "noticeDays"
             FROM bank_consent, LATERAL (SELECT min(notice) AS days FROM unnest($2::int[]) AS notice
               WHERE expires_at <= $1::timestamptz + make_interval(hours => 24 * notice)) AS due
             WHERE status = 'authorised' AND access = 'ongoing' AND ending_since IS NULL AND expires_at > $1
               AND expires_at <= $1::timestamptz + make_interval(hours => 24 * $3)
               AND (expiry_told IS NULL OR expiry_told > days)
               AND created_at < expires_at - make_interval(hours => 24 * days)
             ORDER BY expires_at LIMIT $4`,
      values: [query.now, [...query.noticeDays], Math.max(...query.noticeDays), query.limit],
    });
    return rows;
  }

  /** Notes that this notice was given. False if it was before, or the consent has ended. */
  async markExpiryTold(tx: Tx, { merchantId, id, noticeDays }: ExpiringConsent): Promise<boolean> {
    const { rowCount } = await tx.query({
      name: 'consent-mark-expiry-told',
      text: `UPDATE bank_consent SET expiry_told = $3 WHERE merchant_id = $1 AND id = $2 AND status = 'authorised'
               AND ending_since IS NULL AND (expiry_told IS NULL OR expiry_told > $3)`,
      values: [merchantId, id, noticeDays],
    });
    return rowCount === 1;
  }

  /** Ongoing consents that have run out and that nobody had ended before, oldest first. */
  async findRunOut(db: Db, now: Date, limit: number): Promise<{ merchantId: string; sessionId: string }[]> {
    const { rows } = await db.query<{ merchantId: string; sessionId: string }>({
      name: 'consent-find-run-out',
      text: `SELECT merchant_id AS "merchantId", session_id AS "sessionId" FROM bank_consent
             WHERE status = 'authorised' AND access = 'ongoing' AND ending_since IS NULL AND expires_at <= $1
             ORDER BY expires_at LIMIT $2`,
      values: [now, limit],
    });
    return rows;
  }

  /** What ran out at the bank is over here too, and its tokens are erased; of ongoing ones the merchant is told first. */
  async expirePast(db: Db, now: Date): Promise<void> {
    await db.query({
      name: 'consent-expire-past',
      text: `UPDATE bank_consent SET status = 'expired', sealed_credentials = NULL, sealed_psu = NULL, updated_at = $1
             WHERE status = 'authorised' AND expires_at <= $1 AND (access = 'once' OR ending_since IS NOT NULL)`,
      values: [now],
    });
  }

  async erasePastPsu(db: Db, now: Date): Promise<void> {
    await db.query({
      name: 'consent-erase-psu',
      text: 'UPDATE bank_consent SET sealed_psu = NULL WHERE sealed_psu IS NOT NULL AND psu_until <= $1',
      values: [now],
    });
  }

  #seal(merchantId: string, id: string, consent: BankConsent): Buffer {
    const { bankConsentId, credentials } = consent;
    return this.#vault.sealJson(placeOf(merchantId, id, 'sealed_credentials'), {
      bankConsentId,
      credentials,
    });
  }

  #toLiving(merchantId: string, row: LivingRow): LivingConsent {
    const opened = this.#vault.openJson(
      placeOf(merchantId, row.id, 'sealed_credentials'),
      row.sealed_credentials,
    );
    const { bankConsentId, credentials } = opened as Pick<BankConsent, 'bankConsentId' | 'credentials'>;
    return {
      merchantId,
      id: row.id,
      environment: row.environment,
      bankId: row.bank_id,
      permissions: row.permissions,
      access: row.access,
      consent: { bankConsentId, credentials, ...(row.expires_at && { expiresAt: row.expires_at }) },
      psu: row.sealed_psu
        ? (this.#vault.openJson(placeOf(merchantId, row.id, 'sealed_psu'), row.sealed_psu) as PsuContext)
        : null,
      ...(row.ending_since && { endingSince: row.ending_since }),
    };
  }
}

function toRecord(key: { merchantId: string; sessionId: string }, row: RecordRow): ConsentRecord {
  return {
    ...key,
    id: row.id,
    environment: row.environment,
    bankId: row.bank_id,
    permissions: row.permissions,
    access: row.access,
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.expires_at && { expiresAt: row.expires_at }),
    ...(row.revoked_at && { revokedAt: row.revoked_at }),
    ...(row.ending_since && { endingSince: row.ending_since }),
  };
}

function placeOf(merchantId: string, rowId: string, column: string) {
  return { table: 'bank_consent', merchantId, rowId, column };
}
