import type pg from 'pg';
import type { Connectors } from '../banking/connector.ts';
import type { Clock } from '../core/clock.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import { dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import type { Institution } from './institution.ts';
import { readBankFile } from './institution-file.ts';
import { type Fault, type FileRow, RowReader } from './institution-row.ts';
import {
  findForeign,
  type ImportedInstitution,
  lockCatalogue,
  saveInstitutions,
  withdrawOthers,
} from './institution-store.ts';
import { isLogoName, type Logo, logoOf, maxLogoBytes } from './logo.ts';
import { deleteUnusedLogos, knownLogos, saveLogo } from './logo-store.ts';
import { hasSecrets, sealSecrets, withoutSecrets } from './profile-secret.ts';
import { findSealedHeaders } from './profile-secret-store.ts';
import { fold } from './search-words.ts';

export interface ImportRequest {
  /** The name of the list: what it brought before and has no longer is withdrawn. */
  readonly source: string;
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** A picture that the file names, by its path from the file's folder; undefined where there is none. */
  readLogo(path: string): Promise<Uint8Array | undefined>;
  /** A list without a bank withdraws all that it brought, which may be a mistake. */
  readonly mayBeEmpty: boolean;
}

export interface ImportDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly connectors: Connectors;
  /** Asked for where a profile has headers, which are sealed. Undefined where nobody gave the key. */
  readonly vault: () => Promise<Vault | undefined>;
  /** Ids that no list may have: these banks would take the place of its own. */
  readonly builtIn: readonly Pick<Institution, 'id'>[];
}

export type ImportResult =
  | { readonly done: true; readonly banks: number; readonly written: number; readonly withdrawn: number }
  | { readonly done: false; readonly faults: readonly Fault[] };

export const maxBanks = 200_000;
const rowsAtOnce = 2_000;

/** Takes a whole list of banks, or nothing of it. */
export class ImportService {
  readonly #deps: ImportDeps;

  constructor(deps: ImportDeps) {
    this.#deps = deps;
  }

  async run(request: ImportRequest): Promise<ImportResult> {
    const file = readBankFile(request.bytes, request.fileName);
    const faults = [...file.faults];
    const banks = this.#read(file.rows, request, faults);
    faults.push(...(await this.#foreign(banks, request.source)));
    const logos = await this.#logosOf(banks, request, faults);
    const vault = await this.#vaultFor(banks, faults);
    if (faults.length > 0) return { done: false, faults: faults.toSorted((a, b) => a.line - b.line) };
    return this.#write(request.source, banks, logos, vault);
  }

  #read(rows: readonly FileRow[], { mayBeEmpty }: ImportRequest, faults: Fault[]): Lined[] {
    if (rows.length === 0 && faults.length === 0 && !mayBeEmpty)
      faults.push({ line: 1, what: 'there is no bank in the file' });
    if (rows.length > maxBanks) {
      faults.push({ line: 1, what: `there are more than ${maxBanks} banks in the file` });
      return [];
    }
    const reader = new RowReader(this.#deps.connectors);
    const lines = new Map<string, number>();
    return rows.flatMap((row) => {
      const bank = reader.read(row, faults);
      if (!bank) return [];
      const earlier = lines.get(bank.id);
      if (earlier !== undefined)
        faults.push({ line: row.line, what: `id ${bank.id} is on line ${earlier} already` });
      lines.set(bank.id, row.line);
      return [{ line: row.line, bank }];
    });
  }

  async #foreign(banks: readonly Lined[], source: string): Promise<Fault[]> {
    const ids = banks.map(({ bank }) => bank.id);
    const builtIn = new Set(this.#deps.builtIn.map(({ id }) => id));
    const foreign = await findForeign(dbOf(this.#deps.pool), source, ids);
    return banks.flatMap(({ line, bank }) => {
      const list = foreign.get(bank.id);
      const owner = builtIn.has(bank.id) ? 'the sandbox' : list && `the list ${list}`;
      return owner === undefined ? [] : [{ line, what: `id ${bank.id} belongs to ${owner}` }];
    });
  }

  /** The pictures that are named, each read once, by the path or name that the file has for them. */
  async #logosOf(
    banks: readonly Lined[],
    request: ImportRequest,
    faults: Fault[],
  ): Promise<ReadonlyMap<string, Logo | undefined>> {
    const named = [...new Set(banks.flatMap(({ bank }) => bank.logo ?? []))];
    const known = await knownLogos(dbOf(this.#deps.pool), named.filter(isLogoName));
    const logos = new Map<string, Logo | undefined>();
    for (const path of named) {
      const bytes = known.has(path) ? undefined : await request.readLogo(path);
      logos.set(path, bytes && logoOf(bytes));
    }
    for (const { line, bank } of banks)
      if (bank.logo !== undefined && !known.has(bank.logo) && !logos.get(bank.logo))
        faults.push({
          line,
          what: `logo ${bank.logo} is no PNG, WebP or SVG file of at most ${maxLogoBytes} bytes there`,
        });
    return logos;
  }

  async #vaultFor(banks: readonly Lined[], faults: Fault[]): Promise<Vault | undefined> {
    const secret = banks.filter(({ bank }) => hasSecrets(bank));
    if (secret.length === 0) return undefined;
    const vault = await this.#deps.vault();
    if (vault) return vault;
    for (const { line } of secret)
      faults.push({
        line,
        what: 'profile.headers is kept sealed: set TRELLIS_MASTER_KEY as the server has it',
      });
    return undefined;
  }

  async #write(
    source: string,
    banks: readonly Lined[],
    logos: ReadonlyMap<string, Logo | undefined>,
    vault: Vault | undefined,
  ): Promise<ImportResult> {
    const now = this.#deps.clock.now();
    return transaction(this.#deps.pool, async (tx) => {
      await lockCatalogue(tx);
      for (const logo of new Set(logos.values())) if (logo) await saveLogo(tx, logo);
      let written = 0;
      for (let at = 0; at < banks.length; at += rowsAtOnce) {
        const some = banks.slice(at, at + rowsAtOnce).map(({ bank }) => withLogo(bank, logos));
        written += await saveInstitutions(tx, source, await toImported(tx, some, vault), now);
      }
      const ids = banks.map(({ bank }) => bank.id);
      const withdrawn = await withdrawOthers(tx, source, ids, now);
      await deleteUnusedLogos(tx);
      return { done: true, banks: banks.length, written, withdrawn };
    });
  }
}

interface Lined {
  readonly line: number;
  readonly bank: Institution;
}

function withLogo(bank: Institution, logos: ReadonlyMap<string, Logo | undefined>): Institution {
  const logo = bank.logo === undefined ? undefined : (logos.get(bank.logo)?.name ?? bank.logo);
  return { ...bank, ...(logo !== undefined && { logo }) };
}

/** What was sealed before stays where it is the same: sealed anew it would look like a change. */
async function toImported(
  tx: Tx,
  banks: readonly Institution[],
  vault: Vault | undefined,
): Promise<ImportedInstitution[]> {
  const ids = banks.filter(hasSecrets).map(({ id }) => id);
  const known = ids.length > 0 ? await findSealedHeaders(tx, ids) : new Map<string, Buffer>();
  return banks.map((bank) => ({
    bank: withoutSecrets(bank),
    sealedHeaders: vault && sealSecrets(vault, bank, known.get(bank.id)),
    sortName: fold(bank.name),
  }));
}
