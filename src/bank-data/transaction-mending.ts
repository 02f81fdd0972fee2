import { isDeepStrictEqual } from 'node:util';
import type { Remapping } from '../banking/remapping.ts';
import type { Db } from '../platform/postgres/pool.ts';
import type { ChunkStore } from './chunk-store.ts';
import { orUndefined } from './document-remap.ts';
import type { Ledger } from './ledger-store.ts';
import { findOutdatedChunks, findRowsIn } from './outdated-store.ts';
import type { DataOwner } from './owner.ts';
import { momentOf, toContent } from './transaction.ts';
import { TransactionIds } from './transaction-identity.ts';
import type { Chunk, KeptTransaction, KnownRow, NewTransaction } from './transaction-row.ts';
import { appendChunk } from './transaction-store.ts';

export interface MendingDeps {
  readonly db: Db;
  readonly chunks: ChunkStore;
  readonly owner: DataOwner;
  readonly publishedFetch: number;
  /** Where rows that changed are written; absent: they are only counted. */
  readonly ledger: Ledger | undefined;
  readonly remapping: Remapping;
  readonly idSecret: Buffer;
  /** Where account numbers without a country of their own belong, ISO 3166-1 alpha-2. */
  readonly country: string;
}

type Changed = NewTransaction & Pick<KnownRow, 'firstFetch'>;

/** Of these the rows are looked up together; one chunk at a time is open. */
const chunksAtOnce = 20;

/**
 * Maps the transactions of a session once more, a chunk at a time. What comes out differently is written under the
 * same id as a fetch writes it, invisible until that is published; everything else stays where it is.
 */
export class TransactionMending {
  readonly #deps: MendingDeps;
  readonly #ids = new Map<string, TransactionIds>();
  /** By account: under which id a changed row is known, by the id that a bank's next report would give it. */
  readonly aliases = new Map<string, Map<string, string>>();
  /** Chunks of which every row could be mapped. */
  readonly done: Chunk[] = [];
  rows = 0;
  changedRows = 0;
  unmappable = 0;
  chunksWritten = 0;

  constructor(deps: MendingDeps) {
    this.#deps = deps;
  }

  /** @throws FetchSuperseded */
  async run(): Promise<void> {
    const { db, owner, publishedFetch } = this.#deps;
    let last: Chunk | undefined;
    for (;;) {
      const batch = await findOutdatedChunks(db, owner, publishedFetch, last, chunksAtOnce);
      const rows = Map.groupBy(await findRowsIn(db, owner, batch), nameOf);
      for (const chunk of batch) await this.#mend(chunk, rows.get(nameOf(chunk)) ?? []);
      last = batch.at(-1);
      if (batch.length < chunksAtOnce) return;
    }
  }

  async #mend(chunk: Chunk, rows: readonly KnownRow[]): Promise<void> {
    const { db, chunks, owner } = this.#deps;
    const open = rows.length === 0 ? undefined : await chunks.openWhole(db, owner, chunk);
    const changed: Changed[] = [];
    const unmappableBefore = this.unmappable;
    for (const row of rows) {
      const kept = open?.raws[row.position];
      const again = kept && orUndefined(() => this.#again(row, kept));
      this.rows += 1;
      if (!again) {
        this.unmappable += 1;
      } else if (!isSame(again, row, open?.contents[row.position])) {
        changed.push({ ...again, firstFetch: row.firstFetch });
        if (again.name !== undefined && again.name !== row.id) this.#alias(row, again.name);
      }
    }
    if (this.unmappable === unmappableBefore) this.done.push(chunk);
    this.changedRows += changed.length;
    if (changed.length > 0) await this.#append(chunk.accountId, changed);
  }

  /** The row as today's rules make it, with the id (`name`) that they would give it. */
  #again(row: KnownRow, kept: KeptTransaction): NewTransaction & { readonly name: string | undefined } {
    const { remapping, country } = this.#deps;
    const transaction = remapping.transaction(kept, kept.status);
    const content = toContent(transaction, country);
    const at = momentOf(transaction, row.at);
    return { id: row.id, at, content, raw: kept, name: this.#idsOf(row.accountId).next(transaction) };
  }

  /** Twins are counted over all of an account's rows, as in a report. */
  #idsOf(accountId: string): TransactionIds {
    const ids = this.#ids.get(accountId) ?? new TransactionIds(this.#deps.idSecret, accountId);
    this.#ids.set(accountId, ids);
    return ids;
  }

  #alias({ accountId, id }: KnownRow, name: string): void {
    const aliases = this.aliases.get(accountId) ?? new Map<string, string>();
    this.aliases.set(accountId, aliases.set(name, id));
  }

  async #append(accountId: string, changed: readonly Changed[]): Promise<void> {
    const { db, chunks, ledger } = this.#deps;
    if (!ledger) return;
    const chunkNo = this.chunksWritten;
    this.chunksWritten += 1;
    const sealed = chunks.seal(ledger.owner, { fetchNo: ledger.fetchNo, chunkNo }, changed);
    const rows = changed.map(({ id, at, content, firstFetch }) => ({
      id,
      at,
      pending: content.status === 'pending',
      firstFetch,
    }));
    await appendChunk(db, ledger, { accountId, chunkNo, sealed, rows });
  }
}

function isSame({ at, content }: NewTransaction, row: KnownRow, before: unknown): boolean {
  return at.getTime() === row.at.getTime() && isDeepStrictEqual(content, before);
}

function nameOf({ fetchNo, chunkNo }: Pick<Chunk, 'fetchNo' | 'chunkNo'>): string {
  return `${fetchNo}/${chunkNo}`;
}
