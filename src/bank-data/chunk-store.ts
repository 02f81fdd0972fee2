import type { Vault } from '../platform/crypto/vault.ts';
import type { Db } from '../platform/postgres/pool.ts';
import type { DataOwner } from './owner.ts';
import type { TransactionContent, TransactionData } from './transaction.ts';
import type { Chunk, KeptTransaction, NewTransaction, TransactionRow } from './transaction-row.ts';

type ChunkName = Pick<Chunk, 'fetchNo' | 'chunkNo'>;

/** All that is sealed in a chunk, by position. */
interface OpenChunk {
  readonly contents: readonly TransactionContent[];
  readonly raws: readonly KeptTransaction[];
}

/**
 * What transactions say, some hundreds sealed together: one by one, sealing would cost more than all the rest of
 * reading a bank. In front what merchants read, behind it what the bank sent, so that a list need not read that.
 */
export class ChunkStore {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  seal(owner: DataOwner, name: ChunkName, transactions: readonly NewTransaction[]): Buffer {
    const contents = JSON.stringify(transactions.map(({ content }) => content));
    const raws = JSON.stringify(transactions.map(({ raw }) => raw));
    // JSON on one line has no line feed of its own.
    return this.#vault.seal(placeOf(owner, name), `${contents}\n${raws}`);
  }

  /** The transactions of these rows, in their order. @throws SealBroken */
  async open(db: Db, owner: DataOwner, rows: readonly TransactionRow[]): Promise<TransactionData[]> {
    const contents = await this.#load(db, owner, rows);
    return rows.map((row) => {
      const content = contents.get(printName(row))?.[row.position];
      if (content === undefined) throw new Error(`the content of the transaction ${row.id} is gone`);
      const { amount, currency, ...rest } = content;
      const timestamp = row.at.toISOString();
      return { id: row.id, accountId: row.accountId, amount, currency, timestamp, ...rest };
    });
  }

  /** What these rows say, by id, without what the row says by itself. @throws SealBroken */
  async contents(
    db: Db,
    owner: DataOwner,
    rows: readonly TransactionRow[],
  ): Promise<Map<string, TransactionContent>> {
    const contents = await this.#load(db, owner, rows);
    return new Map(
      rows.flatMap((row) => {
        const content = contents.get(printName(row))?.[row.position];
        return content === undefined ? [] : [[row.id, content]];
      }),
    );
  }

  /** Both what merchants read and what the bank sent; undefined for a chunk that is gone. @throws SealBroken */
  async openWhole(db: Db, owner: DataOwner, name: ChunkName): Promise<OpenChunk | undefined> {
    const [found] = await this.#find(db, owner, [name]);
    if (found === undefined) return undefined;
    const { opened, end } = found;
    return {
      contents: JSON.parse(opened.toString('utf8', 0, end)) as TransactionContent[],
      raws: JSON.parse(opened.toString('utf8', end + 1)) as KeptTransaction[],
    };
  }

  async #load(
    db: Db,
    owner: DataOwner,
    rows: readonly ChunkName[],
  ): Promise<Map<string, readonly TransactionContent[]>> {
    const names = [...new Map(rows.map((row) => [printName(row), row])).values()];
    const found = await this.#find(db, owner, names);
    return new Map(
      found.map(({ name, opened, end }) => {
        return [printName(name), JSON.parse(opened.toString('utf8', 0, end)) as TransactionContent[]];
      }),
    );
  }

  /** `end` is where the front ends. */
  async #find(
    db: Db,
    owner: DataOwner,
    names: readonly ChunkName[],
  ): Promise<{ name: ChunkName; opened: Buffer; end: number }[]> {
    if (names.length === 0) return [];
    const { rows: found } = await db.query<{ fetch_no: number; chunk_no: number; sealed: Buffer }>({
      name: 'chunk-find',
      text: `SELECT chunk.fetch_no, chunk.chunk_no, chunk.sealed
             FROM unnest($3::int[], $4::int[]) AS wanted (fetch_no, chunk_no)
             JOIN transaction_chunk chunk ON chunk.merchant_id = $1 AND chunk.session_id = $2
               AND chunk.fetch_no = wanted.fetch_no AND chunk.chunk_no = wanted.chunk_no`,
      values: [
        owner.merchantId,
        owner.sessionId,
        names.map(({ fetchNo }) => fetchNo),
        names.map(({ chunkNo }) => chunkNo),
      ],
    });
    return found.map((row) => {
      const name = { fetchNo: row.fetch_no, chunkNo: row.chunk_no };
      const opened = this.#vault.open(placeOf(owner, name), row.sealed);
      return { name, opened, end: opened.indexOf('\n') };
    });
  }
}

function printName({ fetchNo, chunkNo }: ChunkName): string {
  return `${fetchNo}/${chunkNo}`;
}

function placeOf({ merchantId, sessionId }: DataOwner, name: ChunkName) {
  return {
    table: 'transaction_chunk',
    merchantId,
    rowId: `${sessionId}/${printName(name)}`,
    column: 'sealed',
  };
}
