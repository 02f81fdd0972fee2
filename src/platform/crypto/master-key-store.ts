import type { Db, Tx } from '../postgres/pool.ts';

/** A master key that the database was written with, and a value that only this key opens. */
export interface KeyMark {
  readonly keyId: string;
  readonly sealed: Buffer;
}

export async function findMarks(db: Db): Promise<KeyMark[]> {
  const { rows } = await db.query<{ key_id: string; sealed: Buffer }>({
    name: 'master-key-find',
    text: 'SELECT key_id, sealed FROM master_key_check',
  });
  return rows.map((row) => ({ keyId: row.key_id, sealed: row.sealed }));
}

/** Until the end of the transaction nobody else adds a mark; reading goes on. */
export async function lockMarks(tx: Tx): Promise<void> {
  await tx.query({
    name: 'master-key-lock',
    text: 'LOCK TABLE master_key_check IN SHARE ROW EXCLUSIVE MODE',
  });
}

export async function addMark(tx: Tx, mark: KeyMark): Promise<void> {
  await tx.query({
    name: 'master-key-add',
    text: 'INSERT INTO master_key_check (key_id, sealed) VALUES ($1, $2)',
    values: [mark.keyId, mark.sealed],
  });
}
