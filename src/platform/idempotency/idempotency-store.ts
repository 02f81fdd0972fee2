import type { Db, Tx } from '../postgres/pool.ts';

/** One use of an `Idempotency-Key`: whose it is, and what request it stands for. */
export interface Claim {
  readonly merchantId: string;
  readonly environment: string;
  readonly keyHash: Buffer;
  /** Route and body, hashed: the same key with another fingerprint is a mistake of the caller. */
  readonly fingerprint: Buffer;
}

export interface StoredClaim {
  readonly fingerprint: Buffer;
  /** Null while the first request still runs. */
  readonly sealedAnswer: Buffer | null;
  readonly running: boolean;
}

/** Kept for a day; an older row counts as absent and is overwritten. */
const keptFor = `interval '24 hours'`;

const claimColumns = 'merchant_id, environment, key_hash, fingerprint, sealed_answer, created_at, subject';

/**
 * A CTE named `claimed` that a store puts in front of its own INSERT, so that the key and what it stands for
 * are one statement: `claimed` has a row exactly when the key was free. Takes the seven parameters of
 * `claimValues`, from `$first` on.
 */
export function claimFragment(first: number): string {
  const parameters = [0, 1, 2, 3, 4, 5, 6].map((offset) => `$${first + offset}`).join(', ');
  return `claimed AS (
    INSERT INTO idempotency_key (${claimColumns})
    VALUES (${parameters})
    ON CONFLICT (merchant_id, environment, key_hash) DO UPDATE
      SET fingerprint = EXCLUDED.fingerprint, sealed_answer = EXCLUDED.sealed_answer,
          created_at = EXCLUDED.created_at, subject = EXCLUDED.subject, leased_until = NULL
      WHERE idempotency_key.created_at < EXCLUDED.created_at - ${keptFor}
    RETURNING 1)`;
}

/** @param subject what the answer is about, so that it can be erased with it (`deleteAnswersAbout`) */
export function claimValues(
  claim: Claim,
  sealedAnswer: Buffer,
  now: Date,
  subject: string | null,
): unknown[] {
  return [claim.merchantId, claim.environment, claim.keyHash, claim.fingerprint, sealedAnswer, now, subject];
}

/** False: the same key is in another transaction right now. The lock goes with the transaction. */
export async function tryLock(tx: Tx, claim: Claim): Promise<boolean> {
  const { rows } = await tx.query<{ locked: boolean }>({
    name: 'idempotency-lock',
    text: 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked',
    values: [`${claim.merchantId}/${claim.environment}/${claim.keyHash.toString('hex')}`],
  });
  return rows[0]?.locked === true;
}

export async function findClaim(db: Db, claim: Claim, now: Date): Promise<StoredClaim | undefined> {
  const { rows } = await db.query<StoredClaim>({
    name: 'idempotency-find',
    text: `SELECT fingerprint, sealed_answer AS "sealedAnswer",
                  sealed_answer IS NULL AND coalesce(leased_until > now(), false) AS running
           FROM idempotency_key
           WHERE merchant_id = $1 AND environment = $2 AND key_hash = $3 AND created_at >= $4::timestamptz - ${keptFor}`,
    values: [claim.merchantId, claim.environment, claim.keyHash, now],
  });
  return rows[0];
}

/** Keeps an answer; one that is there already stays. */
export async function storeAnswer(
  db: Db,
  claim: Claim,
  sealedAnswer: Buffer,
  now: Date,
  subject: string | null,
): Promise<void> {
  await db.query({
    name: 'idempotency-store',
    text: `INSERT INTO idempotency_key (${claimColumns})
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (merchant_id, environment, key_hash) DO UPDATE
             SET fingerprint = EXCLUDED.fingerprint, sealed_answer = EXCLUDED.sealed_answer,
                 created_at = EXCLUDED.created_at, subject = EXCLUDED.subject, leased_until = NULL
             WHERE idempotency_key.sealed_answer IS NULL
                OR idempotency_key.created_at < EXCLUDED.created_at - ${keptFor}`,
    values: claimValues(claim, sealedAnswer, now, subject),
  });
}

/** Who runs a key now: its end, to the microsecond. Whoever takes a lease over does so after that. */
export type Lease = string;

/** Marks the key as running, for work that cannot be one transaction. A lease that ran out may be taken over. */
export async function lease(tx: Tx, claim: Claim, leaseSeconds: number, now: Date): Promise<Lease> {
  const { rows } = await tx.query<{ lease: Lease }>({
    name: 'idempotency-lease',
    text: `INSERT INTO idempotency_key (merchant_id, environment, key_hash, fingerprint, leased_until, created_at)
           VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $6)
           ON CONFLICT (merchant_id, environment, key_hash) DO UPDATE
             SET fingerprint = EXCLUDED.fingerprint, leased_until = EXCLUDED.leased_until,
                 sealed_answer = NULL, created_at = EXCLUDED.created_at, subject = NULL
           RETURNING extract(epoch FROM leased_until)::text AS lease`,
    values: [claim.merchantId, claim.environment, claim.keyHash, claim.fingerprint, leaseSeconds, now],
  });
  return (rows[0] as { lease: Lease }).lease;
}

const isHeld = `merchant_id = $1 AND environment = $2 AND key_hash = $3 AND sealed_answer IS NULL
  AND extract(epoch FROM leased_until) = $4::numeric`;

/** Keeps what the work under this lease answered; nothing, where another request has taken the key over. */
export async function storeUnderLease(
  db: Db,
  claim: Claim,
  held: Lease,
  sealedAnswer: Buffer,
  now: Date,
): Promise<void> {
  await db.query({
    name: 'idempotency-store-under-lease',
    text: `UPDATE idempotency_key SET sealed_answer = $5, created_at = $6, leased_until = NULL WHERE ${isHeld}`,
    values: [claim.merchantId, claim.environment, claim.keyHash, held, sealedAnswer, now],
  });
}

/** Frees the key; not one that another request has taken over. */
export async function release(db: Db, claim: Claim, held: Lease): Promise<void> {
  await db.query({
    name: 'idempotency-release',
    text: `DELETE FROM idempotency_key WHERE ${isHeld}`,
    values: [claim.merchantId, claim.environment, claim.keyHash, held],
  });
}

export async function deleteAnswersAbout(tx: Tx, merchantId: string, subject: string): Promise<void> {
  await tx.query({
    name: 'idempotency-delete-about',
    text: 'DELETE FROM idempotency_key WHERE merchant_id = $1 AND subject = $2',
    values: [merchantId, subject],
  });
}

export async function deleteExpired(db: Db, now: Date): Promise<void> {
  await db.query({
    name: 'idempotency-expire',
    text: `DELETE FROM idempotency_key WHERE created_at < $1::timestamptz - ${keptFor}`,
    values: [now],
  });
}
