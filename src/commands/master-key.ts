import type pg from 'pg';
import { newMasterKey } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { Secret } from '../core/secret.ts';
import { StartProblem } from '../core/start-problem.ts';
import { MerchantService } from '../merchants/merchant-service.ts';
import { hasMerchants } from '../merchants/merchant-store.ts';
import { SealBroken } from '../platform/crypto/cipher.ts';
import { checkMasterKeys, hasMarks, MasterKeyMissing } from '../platform/crypto/master-key-check.ts';
import { Vault } from '../platform/crypto/vault.ts';
import { dbOf } from '../platform/postgres/pool.ts';
import type { DataFolder } from './data-folder.ts';

export type MasterKeys = readonly [Secret, ...Secret[]];

/** Of where the keys come from, as a person knows it, and how he would begin anew without them. */
export interface KeyOrigin {
  readonly name: string;
  readonly anew: string;
}

export const keysOfEnvironment: KeyOrigin = { name: 'TRELLIS_MASTER_KEY', anew: 'use an empty database' };

const masterKeyFile = 'master-key';
const masterKeyBytes = 32;

/**
 * Proves that these keys are the database's, whose schema must be the newest; to be done before anything listens,
 * takes jobs or writes.
 * @throws StartProblem
 */
export async function proveMasterKeys(pool: pg.Pool, keys: MasterKeys, origin: KeyOrigin): Promise<void> {
  const vault = new Vault(keys);
  try {
    await checkMasterKeys(pool, keys, (db) =>
      new MerchantService({ db, vault, clock: systemClock }).masterKeysInUse(),
    );
  } catch (error) {
    if (error instanceof MasterKeyMissing && error.othersOpen) throw oldKeyMissing(error, origin);
    if (error instanceof MasterKeyMissing || error instanceof SealBroken) throw otherKey(error, origin);
    throw error;
  }
}

/** The key in the data folder, which is made for an empty database only. @throws StartProblem */
export async function masterKeyOf(folder: DataFolder, pool: pg.Pool, origin: KeyOrigin): Promise<Secret> {
  const isKept = (await folder.read(masterKeyFile)) !== undefined;
  if (!isKept && (await isWritten(pool))) throw keyFileLost(origin);
  const { secret } = await folder.secret(masterKeyFile, newMasterKey);
  return wholeKey(secret, origin);
}

/** The key that a start has kept in the data folder, if it did; none is made. @throws StartProblem */
export async function keptMasterKey(folder: DataFolder, origin: KeyOrigin): Promise<Secret | undefined> {
  const kept = await folder.read(masterKeyFile);
  return kept === undefined ? undefined : wholeKey(new Secret(kept), origin);
}

function wholeKey(secret: Secret, origin: KeyOrigin): Secret {
  if (Buffer.from(secret.reveal(), 'base64').length === masterKeyBytes) return secret;
  throw new StartProblem(`${origin.name} does not hold a whole key. Put back the file as it was.`);
}

/** The key of the data folder, as its owner finds it. */
export function keyOfFolder(folder: DataFolder, databaseFolder: string | undefined): KeyOrigin {
  return {
    name: folder.file(masterKeyFile),
    anew: databaseFolder === undefined ? keysOfEnvironment.anew : `remove ${databaseFolder}`,
  };
}

async function isWritten(pool: pg.Pool): Promise<boolean> {
  const db = dbOf(pool);
  return (await hasMarks(db)) || (await hasMerchants(db));
}

function otherKey(cause: Error, { name, anew }: KeyOrigin): StartProblem {
  return new StartProblem(
    `The database was written with another encryption key than ${name}. Put that key back, or ${anew} to begin anew.`,
    { cause },
  );
}

function oldKeyMissing(cause: MasterKeyMissing, { name }: KeyOrigin): StartProblem {
  return new StartProblem(
    `${name} lacks an encryption key that the database was written with (id ${cause.keyIds.join(', ')}). Put it back, behind the first key and a comma.`,
    { cause },
  );
}

function keyFileLost({ name, anew }: KeyOrigin): StartProblem {
  return new StartProblem(
    `The database was written with an encryption key, but ${name} is missing. Put the file back, or ${anew} to begin anew.`,
  );
}
