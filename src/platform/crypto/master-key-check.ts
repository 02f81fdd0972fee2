import type pg from 'pg';
import type { Secret } from '../../core/secret.ts';
import { type Db, dbOf, transaction } from '../postgres/pool.ts';
import { SealBroken } from './cipher.ts';
import { addMark, findMarks, type KeyMark, lockMarks } from './master-key-store.ts';
import { Vault } from './vault.ts';

/** The database was written with master keys that are not among the configured ones. */
export class MasterKeyMissing extends Error {
  override readonly name = 'MasterKeyMissing';
  readonly keyIds: readonly string[];
  /** Other keys of the database are there: not a wrong configuration, but one that lost an old key. */
  readonly othersOpen: boolean;

  constructor(keyIds: readonly string[], othersOpen: boolean) {
    super(`the database was written with master keys that are not configured: ${keyIds.join(', ')}`);
    this.keyIds = keyIds;
    this.othersOpen = othersOpen;
  }
}

const checkValue = 'a master key of this database';

/**
 * Proves that the configured keys are the database's before anything is read or written with them, and marks the
 * one that seals from now on. A database without marks is empty, or older than they are: then `keysInUse` opens what
 * was sealed so far and says under which keys. Processes that start together wait for each other here, so that
 * two with different keys cannot both take an empty database.
 * @throws MasterKeyMissing, or what `keysInUse` throws
 */
export async function checkMasterKeys(
  pool: pg.Pool,
  masterKeys: readonly [Secret, ...Secret[]],
  keysInUse: (db: Db) => Promise<ReadonlySet<string>>,
): Promise<void> {
  const [current, ...older] = masterKeys.map((key) => new Vault([key])) as [Vault, ...Vault[]];
  const vaults = [current, ...older];
  if (isMarked(await findMarks(dbOf(pool)), vaults, current)) return;
  await transaction(pool, async (tx) => {
    await lockMarks(tx);
    const marks = await findMarks(tx);
    if (isMarked(marks, vaults, current)) return;
    const used = marks.length === 0 ? await keysInUse(tx) : new Set<string>();
    for (const vault of [current, ...older.filter(({ keyId }) => used.has(keyId))])
      await addMark(tx, markOf(vault));
  });
}

/** Whether anything says under which keys this database was written. */
export async function hasMarks(db: Db): Promise<boolean> {
  return (await findMarks(db)).length > 0;
}

/** Whether the current key has its mark. @throws MasterKeyMissing when a mark is there that no key opens */
function isMarked(marks: readonly KeyMark[], vaults: readonly Vault[], current: Vault): boolean {
  const missing = marks.filter((mark) => !vaults.some((vault) => opens(vault, mark)));
  if (missing.length > 0) {
    const keyIds = missing.map(({ keyId }) => keyId);
    throw new MasterKeyMissing(keyIds, missing.length < marks.length);
  }
  return marks.some(({ keyId }) => keyId === current.keyId);
}

function markOf(vault: Vault): KeyMark {
  return { keyId: vault.keyId, sealed: vault.seal(placeOf(vault.keyId), checkValue) };
}

function opens(vault: Vault, { keyId, sealed }: KeyMark): boolean {
  if (vault.keyId !== keyId) return false;
  try {
    return vault.open(placeOf(keyId), sealed).toString('utf8') === checkValue;
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
}

/** It belongs to no merchant. */
function placeOf(keyId: string) {
  return { table: 'master_key_check', merchantId: '', rowId: keyId, column: 'sealed' };
}
