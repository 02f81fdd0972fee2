import type pg from 'pg';
import type { Vault } from '../platform/crypto/vault.ts';
import { transaction } from '../platform/postgres/pool.ts';
import { sealSecrets, withoutSecrets } from './profile-secret.ts';
import { lockUnsealed, sealHeaders } from './profile-secret-store.ts';

const atOnce = 500;

/** Seals the headers of profiles that were imported before they were kept so. */
export async function sealStoredHeaders(pool: pg.Pool, vault: Vault): Promise<void> {
  let count = atOnce;
  while (count === atOnce)
    count = await transaction(pool, async (tx) => {
      const banks = await lockUnsealed(tx, atOnce);
      for (const bank of banks) await sealHeaders(tx, withoutSecrets(bank), sealSecrets(vault, bank));
      return banks.length;
    });
}
