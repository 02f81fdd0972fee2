import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { Logo } from './logo.ts';

export async function findLogo(db: Db, name: string): Promise<Buffer | undefined> {
  const { rows } = await db.query<{ bytes: Buffer }>({
    name: 'institution-logo-find',
    text: 'SELECT bytes FROM institution_logo WHERE name = $1',
    values: [name],
  });
  return rows[0]?.bytes;
}

export async function knownLogos(db: Db, names: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ name: string }>({
    name: 'institution-logo-known',
    text: 'SELECT name FROM institution_logo WHERE name = ANY($1)',
    values: [names],
  });
  return new Set(rows.map(({ name }) => name));
}

export async function saveLogo(tx: Tx, { name, bytes }: Logo): Promise<void> {
  await tx.query({
    name: 'institution-logo-save',
    text: 'INSERT INTO institution_logo (name, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    values: [name, bytes],
  });
}

/** Pictures that no bank has any more. */
export async function deleteUnusedLogos(tx: Tx): Promise<void> {
  await tx.query({
    name: 'institution-logo-delete',
    text: `DELETE FROM institution_logo AS kept
           WHERE NOT EXISTS (SELECT FROM institution WHERE institution.logo = kept.name)`,
  });
}
