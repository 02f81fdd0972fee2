import type { Db, Tx } from '../platform/postgres/pool.ts';
import type { IndexedBank, Institution } from './institution.ts';

/** A bank of the catalogue, offered or kept for the consents that were given there. */
export interface StoredInstitution {
  /** Its profile lacks what is sealed. */
  readonly bank: Institution;
  readonly sealedHeaders: Buffer | null;
  readonly offered: boolean;
}

/** A bank of a file, as it is written. */
export interface ImportedInstitution {
  readonly bank: Institution;
  readonly sealedHeaders: Buffer | undefined;
  readonly sortName: string;
}

interface ProfileRow {
  profile: unknown;
  sealed_headers: Buffer | null;
}

interface InstitutionRow {
  id: string;
  name: string;
  markets: string[];
  currencies: string[];
  bic: string | null;
  bank_codes: string[];
  aliases: string[];
  group_name: string | null;
  logo: string | null;
  url: string | null;
  protocol: string;
  test: boolean;
  popularity: number;
}

const listed = `id, name, markets, currencies, bic, bank_codes, aliases, group_name, logo, url, protocol, test, popularity`;
const rowsAtOnce = 500;

export async function findInstitution(db: Db, id: string): Promise<StoredInstitution | undefined> {
  const { rows } = await db.query<InstitutionRow & ProfileRow & { offered: boolean }>({
    name: 'institution-find',
    text: `SELECT ${listed}, profile, sealed_headers, withdrawn_at IS NULL AS offered FROM institution WHERE id = $1`,
    values: [id],
  });
  const [row] = rows;
  return row && { ...toStored(row), offered: row.offered };
}

/** Moves with every change. */
export async function catalogueVersion(db: Db): Promise<string> {
  const { rows } = await db.query<{ version: string }>({
    name: 'institution-version',
    text: 'SELECT version FROM institution_catalogue',
  });
  return rows[0]?.version ?? '';
}

/** The banks on offer, some at a time, in the order of the catalogue. */
export async function* offeredInstitutions(tx: Tx): AsyncGenerator<IndexedBank[]> {
  // Without a name: a cursor lives in its transaction, and a prepared statement would outlive it.
  await tx.query({
    name: '',
    text: `DECLARE offered_institution NO SCROLL CURSOR FOR
           SELECT ${listed} FROM institution WHERE withdrawn_at IS NULL
           ORDER BY popularity DESC, sort_name, id`,
  });
  for (;;) {
    const { rows } = await tx.query<InstitutionRow>({
      name: '',
      text: `FETCH ${rowsAtOnce} FROM offered_institution`,
    });
    if (rows.length === 0) return;
    yield rows.map(toIndexed);
  }
}

/** Those of these ids that another list brought, with that list. */
export async function findForeign(
  db: Db,
  source: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ id: string; source: string }>({
    name: 'institution-foreign',
    text: 'SELECT id, source FROM institution WHERE id = ANY($1) AND source <> $2 AND withdrawn_at IS NULL',
    values: [ids, source],
  });
  return new Map(rows.map((row) => [row.id, row.source]));
}

/** One import at a time; held until the transaction ends. Moves the version. */
export async function lockCatalogue(tx: Tx): Promise<void> {
  await tx.query({
    name: 'institution-lock',
    text: 'UPDATE institution_catalogue SET version = version + 1',
  });
}

/** Writes those that are new or have changed. Returns how many were. */
export async function saveInstitutions(
  tx: Tx,
  source: string,
  institutions: readonly ImportedInstitution[],
  now: Date,
): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'institution-save',
    text: `INSERT INTO institution AS old (id, source, name, sort_name, markets, currencies, bic, bank_codes, aliases,
             group_name, logo, url, protocol, profile, sealed_headers, test, popularity, updated_at)
           SELECT id, $1, name, sort_name, markets, currencies, bic, bank_codes, aliases,
             group_name, logo, url, protocol, profile, decode(sealed_headers, 'base64'), test, popularity, $3
           FROM jsonb_to_recordset($2::jsonb) AS new (id text, name text, sort_name text, markets text[],
             currencies text[], bic text, bank_codes text[], aliases text[], group_name text, logo text, url text,
             protocol text, profile jsonb, sealed_headers text, test boolean, popularity smallint)
           ON CONFLICT (id) DO UPDATE SET source = excluded.source, name = excluded.name,
             sort_name = excluded.sort_name, markets = excluded.markets, currencies = excluded.currencies,
             bic = excluded.bic, bank_codes = excluded.bank_codes, aliases = excluded.aliases,
             group_name = excluded.group_name, logo = excluded.logo, url = excluded.url,
             protocol = excluded.protocol, profile = excluded.profile,
             sealed_headers = excluded.sealed_headers, test = excluded.test,
             popularity = excluded.popularity, withdrawn_at = NULL, updated_at = excluded.updated_at
           WHERE old.withdrawn_at IS NOT NULL OR (old.source, old.name, old.sort_name, old.markets, old.currencies,
             old.bic, old.bank_codes, old.aliases, old.group_name, old.logo, old.url, old.protocol, old.profile,
             old.sealed_headers, old.test, old.popularity) IS DISTINCT FROM (excluded.source, excluded.name, excluded.sort_name,
             excluded.markets, excluded.currencies, excluded.bic, excluded.bank_codes, excluded.aliases,
             excluded.group_name, excluded.logo, excluded.url, excluded.protocol, excluded.profile,
             excluded.sealed_headers, excluded.test,
             excluded.popularity)`,
    values: [source, JSON.stringify(institutions.map(toRow)), now],
  });
  return rowCount ?? 0;
}

/** Of this list, what is not among these ids is no longer offered. Returns how many. */
export async function withdrawOthers(
  tx: Tx,
  source: string,
  ids: readonly string[],
  now: Date,
): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'institution-withdraw',
    text: `UPDATE institution SET withdrawn_at = $3, updated_at = $3
           WHERE source = $1 AND withdrawn_at IS NULL AND NOT EXISTS
             (SELECT FROM unnest($2::text[]) AS kept (id) WHERE kept.id = institution.id)`,
    values: [source, ids, now],
  });
  return rowCount ?? 0;
}

export interface ListCount {
  readonly source: string;
  readonly offered: number;
  readonly withdrawn: number;
}

export async function countLists(db: Db): Promise<ListCount[]> {
  const { rows } = await db.query<ListCount>({
    name: 'institution-count',
    text: `SELECT source, count(*) FILTER (WHERE withdrawn_at IS NULL)::int AS offered,
                  count(withdrawn_at)::int AS withdrawn
           FROM institution GROUP BY source ORDER BY source`,
  });
  return rows;
}

/** What one list (or, without a source, all) brought and still offers, with the profiles. */
export async function* storedInstitutions(
  tx: Tx,
  source: string | undefined,
): AsyncGenerator<Omit<StoredInstitution, 'offered'>> {
  await tx.query({
    name: '',
    text: `DECLARE stored_institution NO SCROLL CURSOR FOR SELECT ${listed}, profile, sealed_headers FROM institution
           WHERE withdrawn_at IS NULL AND ($1::text IS NULL OR source = $1) ORDER BY source, id`,
    values: [source ?? null],
  });
  for (;;) {
    const { rows } = await tx.query<InstitutionRow & ProfileRow>({
      name: '',
      text: `FETCH ${rowsAtOnce} FROM stored_institution`,
    });
    if (rows.length === 0) return;
    yield* rows.map(toStored);
  }
}

function toStored(row: InstitutionRow & ProfileRow): Omit<StoredInstitution, 'offered'> {
  return { bank: { ...toIndexed(row), profile: row.profile }, sealedHeaders: row.sealed_headers };
}

function toIndexed(row: InstitutionRow): IndexedBank {
  return {
    id: row.id,
    name: row.name,
    markets: row.markets,
    currencies: row.currencies,
    protocol: row.protocol,
    test: row.test,
    bankCodes: row.bank_codes,
    aliases: row.aliases,
    popularity: row.popularity,
    ...(row.bic !== null && { bic: row.bic }),
    ...(row.group_name !== null && { group: row.group_name }),
    ...(row.logo !== null && { logo: row.logo }),
    ...(row.url !== null && { url: row.url }),
  };
}

function toRow({ bank, sealedHeaders, sortName }: ImportedInstitution): Record<string, unknown> {
  const { id, name, markets, currencies, bic, aliases, logo, url, protocol, profile, test } = bank;
  return {
    ...{ id, name, markets, currencies, bic, aliases, logo, url, protocol, profile, test },
    sealed_headers: sealedHeaders?.toString('base64'),
    sort_name: sortName,
    bank_codes: bank.bankCodes,
    group_name: bank.group,
    popularity: bank.popularity ?? 0,
  };
}
