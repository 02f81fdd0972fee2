import type { BankConsent, PsuContext } from '../banking/consent.ts';
import type { Attempt as BankAttempt } from '../banking/step.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { SessionKey } from '../sessions/session.ts';
import { type Attempt, type AttemptKey, callLeaseMs, type Stage } from './attempt.ts';
import type { Prompt } from './prompt.ts';
import type { FailureReason } from './views/texts/texts.ts';

interface AttemptRow {
  merchant_id: string;
  id: string;
  session_id: string;
  bank_id: string;
  stage: Stage;
  failure: FailureReason | null;
  state_hash: Buffer;
  returned_browser_hash: Buffer | null;
  code_tries: number;
  calls: number;
  waits_until: Date | null;
  polls_at: Date | null;
  sealed_attempt: Buffer | null;
  sealed_url: Buffer | null;
  sealed_grant: Buffer | null;
  sealed_prompt: Buffer | null;
}

/** An authorised consent that waits: for the user's word, or to be revoked. */
export interface Grant {
  readonly consent: BankConsent;
  readonly psu?: PsuContext;
  /** What the holder's page shows, and nothing else does. */
  readonly releaseCode?: string;
}

/** What of an attempt is sealed. */
export interface Sealed {
  readonly bankAttempt?: BankAttempt;
  readonly url?: string;
  readonly prompt?: Prompt;
  readonly grant?: Grant;
}

/** The next stage of an attempt, with all that is kept of it from now on. */
export interface NextStage extends Sealed {
  readonly stage: Stage;
  readonly failure?: FailureReason;
  readonly waitsUntil?: Date;
  readonly pollsAt?: Date;
  /** Where the user may be sent to the bank once more: the state of that return. The one before stays, if absent. */
  readonly stateHash?: Buffer;
}

type SealedColumn = 'sealed_attempt' | 'sealed_url' | 'sealed_grant' | 'sealed_prompt';

const columns = `merchant_id, id, session_id, bank_id, stage, failure, state_hash, returned_browser_hash,
  code_tries, calls, waits_until, polls_at, sealed_attempt, sealed_url, sealed_grant, sealed_prompt`;

/** A poll that runs when the time is over may yet bring what was waited for. */
const overdue = `((stage IN ('beginning', 'exchanging', 'answering') AND leased_until < now())
  OR (stage IN ('at-bank', 'asking', 'approving', 'quarantined') AND waits_until <= $1
    AND (leased_until IS NULL OR leased_until < now())))`;

const lease = 'now() + make_interval(secs => $3::float8 / 1000)';

/** Attempts in PostgreSQL. What came from a bank is sealed: its page, the connector's attempt, the consent. */
export class AttemptStore {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** A new attempt whose first call to the bank is about to be made. */
  async insert(
    tx: Tx,
    attempt: Pick<Attempt, 'merchantId' | 'id' | 'sessionId' | 'bankId' | 'stateHash'>,
    now: Date,
  ): Promise<void> {
    await tx.query({
      name: 'flow-attempt-insert',
      text: `INSERT INTO flow_attempt (merchant_id, id, session_id, bank_id, stage, state_hash, calls, leased_until, created_at, updated_at)
             VALUES ($1, $2, $4, $5, 'beginning', $6, 1, ${lease}, $7, $7)`,
      values: [
        attempt.merchantId,
        attempt.id,
        callLeaseMs,
        attempt.sessionId,
        attempt.bankId,
        attempt.stateHash,
        now,
      ],
    });
  }

  /** In a transaction the caller holds the session's lock, which every writer of its attempts takes first. */
  async find(db: Db, key: AttemptKey): Promise<Attempt | undefined> {
    const row = await this.#row(db, key);
    return row && toAttempt(row);
  }

  /** The last try of this session that came back from its bank in this browser while another one held it. */
  async findReturned(db: Db, session: SessionKey, browserHash: Buffer): Promise<Attempt | undefined> {
    const { rows } = await db.query<AttemptRow>({
      name: 'flow-attempt-find-returned',
      text: `SELECT ${columns} FROM flow_attempt
             WHERE merchant_id = $1 AND session_id = $2 AND returned_browser_hash = $3
             ORDER BY id DESC LIMIT 1`,
      values: [session.merchantId, session.id, browserHash],
    });
    return rows[0] && toAttempt(rows[0]);
  }

  async findSealed(db: Db, key: AttemptKey): Promise<Sealed> {
    const attempt = await this.find(db, key);
    return attempt ? this.unseal(attempt) : {};
  }

  /** What was sealed of the attempt when it was read. */
  unseal(attempt: Attempt): Sealed {
    if (!attempt.sealed) return {};
    const { bankAttempt, url, prompt, grant } = attempt.sealed;
    return {
      ...(bankAttempt && {
        bankAttempt: this.#vault.openJson(place(attempt, 'sealed_attempt'), bankAttempt) as BankAttempt,
      }),
      ...(url && { url: this.#vault.open(place(attempt, 'sealed_url'), url).toString('utf8') }),
      ...(prompt && { prompt: this.#vault.openJson(place(attempt, 'sealed_prompt'), prompt) as Prompt }),
      ...(grant && { grant: toGrant(this.#vault.openJson(place(attempt, 'sealed_grant'), grant)) }),
    };
  }

  /** The user is back: from here on this state is used, and a crash is found by the lease. */
  async startExchange(
    tx: Tx,
    key: AttemptKey,
    returnedBrowserHash: Buffer | undefined,
    now: Date,
  ): Promise<void> {
    await tx.query({
      name: 'flow-attempt-exchange',
      text: `UPDATE flow_attempt SET stage = 'exchanging', returned_browser_hash = $4, sealed_url = NULL,
               calls = calls + 1, leased_until = ${lease}, waits_until = NULL, updated_at = $5
             WHERE merchant_id = $1 AND id = $2`,
      values: [key.merchantId, key.id, callLeaseMs, returnedBrowserHash ?? null, now],
    });
  }

  /** What the user typed is on its way to the bank. His form stays, since what is said of his answer may repeat it. */
  async startAnswer(tx: Tx, key: AttemptKey, now: Date): Promise<void> {
    await tx.query({
      name: 'flow-attempt-answer',
      text: `UPDATE flow_attempt SET stage = 'answering', calls = calls + 1, leased_until = ${lease},
               waits_until = NULL, updated_at = $4
             WHERE merchant_id = $1 AND id = $2`,
      values: [key.merchantId, key.id, callLeaseMs, now],
    });
  }

  /**
   * Whether this caller may ask the bank now if the user has approved: it is time, and nobody else is asking. Who
   * died while asking keeps it for as long as the lease; to ask is harmless, so another then does.
   */
  async startPoll(tx: Tx, key: AttemptKey, now: Date): Promise<boolean> {
    const { rowCount } = await tx.query({
      name: 'flow-attempt-poll',
      text: `UPDATE flow_attempt SET calls = calls + 1, leased_until = ${lease}
             WHERE merchant_id = $1 AND id = $2 AND stage = 'approving' AND polls_at <= $4 AND waits_until > $4
               AND (leased_until IS NULL OR leased_until < now())`,
      values: [key.merchantId, key.id, callLeaseMs, now],
    });
    return rowCount === 1;
  }

  /** What `next` does not name is erased. */
  async move(tx: Tx, key: AttemptKey, next: NextStage, now: Date): Promise<void> {
    await tx.query({
      name: 'flow-attempt-move',
      text: `UPDATE flow_attempt SET stage = $3, failure = $4, waits_until = $5, sealed_attempt = $6, sealed_url = $7,
               sealed_grant = $8, sealed_prompt = $9, polls_at = $10, leased_until = NULL, updated_at = $11,
               state_hash = coalesce($12, state_hash)
             WHERE merchant_id = $1 AND id = $2`,
      values: [
        key.merchantId,
        key.id,
        next.stage,
        next.failure ?? null,
        next.waitsUntil ?? null,
        next.bankAttempt ? this.#vault.sealJson(place(key, 'sealed_attempt'), next.bankAttempt) : null,
        next.url === undefined ? null : this.#vault.seal(place(key, 'sealed_url'), next.url),
        next.grant ? this.#vault.sealJson(place(key, 'sealed_grant'), next.grant) : null,
        next.prompt ? this.#vault.sealJson(place(key, 'sealed_prompt'), next.prompt) : null,
        next.pollsAt ?? null,
        now,
        next.stateHash ?? null,
      ],
    });
  }

  async countCodeTry(tx: Tx, key: AttemptKey, now: Date): Promise<void> {
    await tx.query({
      name: 'flow-attempt-code-try',
      text: `UPDATE flow_attempt SET code_tries = code_tries + 1, updated_at = $3 WHERE merchant_id = $1 AND id = $2`,
      values: [key.merchantId, key.id, now],
    });
  }

  /** Renewed credentials of a consent that is about to be revoked. */
  async keepGrant(db: Db, key: AttemptKey, grant: Grant): Promise<void> {
    await db.query({
      name: 'flow-attempt-keep-grant',
      text: `UPDATE flow_attempt SET sealed_grant = $3
             WHERE merchant_id = $1 AND id = $2 AND sealed_grant IS NOT NULL`,
      values: [key.merchantId, key.id, this.#vault.sealJson(place(key, 'sealed_grant'), grant)],
    });
  }

  /** Nothing is left at the bank of what was found sealed; a consent that came later is kept. */
  async forgetSealed(db: Db, key: AttemptKey, found: Sealed): Promise<void> {
    await db.query({
      name: 'flow-attempt-forget-sealed',
      text: `UPDATE flow_attempt SET sealed_attempt = NULL, sealed_grant = CASE WHEN $3 THEN NULL ELSE sealed_grant END
             WHERE merchant_id = $1 AND id = $2 AND stage IN ('failed', 'superseded')`,
      values: [key.merchantId, key.id, found.grant !== undefined],
    });
  }

  /** Attempts whose call was cut off, or whose user did not come in time. */
  async findOverdue(db: Db, now: Date, limit: number): Promise<Attempt[]> {
    const { rows } = await db.query<AttemptRow>({
      name: 'flow-attempt-find-overdue',
      text: `SELECT ${columns} FROM flow_attempt WHERE ${overdue} LIMIT $2`,
      values: [now, limit],
    });
    return rows.map(toAttempt);
  }

  /** Ended attempts that still hold something to be ended at the bank, though their job had time enough. */
  async findLeftOver(db: Db, before: Date, limit: number): Promise<Attempt[]> {
    const { rows } = await db.query<AttemptRow>({
      name: 'flow-attempt-find-left-over',
      text: `SELECT ${columns} FROM flow_attempt
             WHERE stage IN ('failed', 'superseded') AND (sealed_attempt IS NOT NULL OR sealed_grant IS NOT NULL)
               AND updated_at < $1 ORDER BY updated_at LIMIT $2`,
      values: [before, limit],
    });
    return rows.map(toAttempt);
  }

  /** Gives the bank another day. */
  async touch(tx: Tx, key: AttemptKey, now: Date): Promise<void> {
    await tx.query({
      name: 'flow-attempt-touch',
      text: 'UPDATE flow_attempt SET updated_at = $3 WHERE merchant_id = $1 AND id = $2',
      values: [key.merchantId, key.id, now],
    });
  }

  /** Looks again once the session is held: the call may have ended, or the user come, meanwhile. */
  async isOverdue(tx: Tx, key: AttemptKey, now: Date): Promise<boolean> {
    const { rowCount } = await tx.query({
      name: 'flow-attempt-is-overdue',
      text: `SELECT FROM flow_attempt WHERE merchant_id = $2 AND id = $3 AND ${overdue}`,
      values: [now, key.merchantId, key.id],
    });
    return rowCount === 1;
  }

  async #row(db: Db, key: AttemptKey): Promise<AttemptRow | undefined> {
    const { rows } = await db.query<AttemptRow>({
      name: 'flow-attempt-find',
      text: `SELECT ${columns} FROM flow_attempt WHERE merchant_id = $1 AND id = $2`,
      values: [key.merchantId, key.id],
    });
    return rows[0];
  }
}

function toAttempt(row: AttemptRow): Attempt {
  return {
    merchantId: row.merchant_id,
    id: row.id,
    sessionId: row.session_id,
    bankId: row.bank_id,
    stage: row.stage,
    stateHash: row.state_hash,
    codeTries: row.code_tries,
    calls: row.calls,
    sealed: {
      bankAttempt: row.sealed_attempt,
      url: row.sealed_url,
      prompt: row.sealed_prompt,
      grant: row.sealed_grant,
    },
    ...(row.failure !== null && { failure: row.failure }),
    ...(row.returned_browser_hash !== null && { returnedBrowserHash: row.returned_browser_hash }),
    ...(row.waits_until !== null && { waitsUntil: row.waits_until }),
    ...(row.polls_at !== null && { pollsAt: row.polls_at }),
  };
}

/** JSON has no dates. */
function toGrant(stored: unknown): Grant {
  const grant = stored as Omit<Grant, 'consent'> & {
    consent: Omit<BankConsent, 'expiresAt'> & { expiresAt?: string };
  };
  const { expiresAt, ...consent } = grant.consent;
  return {
    ...grant,
    consent: { ...consent, ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }) },
  };
}

function place(key: AttemptKey, column: SealedColumn) {
  return { table: 'flow_attempt', merchantId: key.merchantId, rowId: key.id, column };
}
