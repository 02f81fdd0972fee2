import type { Tx } from '../platform/postgres/pool.ts';
import {
  adoptAliases,
  dropSuperseded,
  findEarliestBooked,
  findNewBooked,
  findOthers,
  findPending,
  holdAccount,
  type PendingRow,
  removeRows,
  renameRow,
  saveAliases,
} from './booking-store.ts';
import type { ChunkStore } from './chunk-store.ts';
import { holdLedger, type Ledger, publishFetch } from './ledger-store.ts';
import { announcedSince, type Matchable, matchPending } from './pending-match.ts';
import type { TransactionData } from './transaction.ts';
import { isWhole } from './transaction-store.ts';
import type { AccountSeen, TransactionWriter } from './transaction-writer.ts';

/** What a run has written. */
type Written = Pick<TransactionWriter, 'ledger' | 'seen' | 'chunks'>;

const dayMs = 86_400_000;
const backwardMs = 3 * dayMs;

/**
 * Makes a fetch visible. What was pending and is booked now keeps its id, in this and every later session of the
 * merchant; what was pending and is gone is told as removed.
 */
export class BookingService {
  readonly #chunks: ChunkStore;

  constructor(chunks: ChunkStore) {
    this.#chunks = chunks;
  }

  /** @throws FetchSuperseded; Error where a crash of the database has taken a part of it: it has to be read again */
  async publish(tx: Tx, { ledger, seen, chunks }: Written, now: Date): Promise<void> {
    await holdLedger(tx, ledger);
    if (!(await isWhole(tx, ledger, chunks))) throw new Error('a part of what was read is lost');
    // In one order for everybody, or two publications could wait for each other.
    const accounts = [...seen].sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
    for (const account of accounts) await this.#settle(tx, ledger, account, now);
    if (ledger.fetchNo > 1) await dropSuperseded(tx, ledger);
    await publishFetch(tx, ledger);
  }

  async #settle(tx: Tx, ledger: Ledger, { accountId, pendingIds }: AccountSeen, now: Date): Promise<void> {
    const { merchantId, sessionId } = ledger.owner;
    await holdAccount(tx, merchantId, accountId);
    await adoptAliases(tx, ledger, accountId);
    const firstBooked = await findEarliestBooked(tx, ledger, accountId);
    const since = firstBooked && announcedSince(firstBooked);
    const vanished = (await findPending(tx, ledger, accountId, since)).filter(
      (row) => !pendingIds.has(row.id),
    );
    if (vanished.length === 0) return;
    const earliest = Math.min(...vanished.map((row) => row.at.getTime())) - backwardMs;
    const booked = await findNewBooked(tx, ledger, accountId, new Date(earliest));
    const matched = matchPending(
      await this.#openAll(tx, merchantId, vanished),
      (await this.#chunks.open(tx, ledger.owner, booked)).map(matchable),
      await findOthers(tx, ledger, accountId, vanished.map(idOf), booked.map(idOf)),
    );
    for (const [bookedId, id] of matched) await renameRow(tx, ledger, bookedId, id);
    if (matched.size > 0) await saveAliases(tx, merchantId, accountId, matched, now);
    const kept = new Set(matched.values());
    const removed = vanished.filter((row) => row.sessionId === sessionId && !kept.has(row.id));
    if (removed.length > 0)
      await removeRows(
        tx,
        ledger,
        removed.map(({ id }) => id),
      );
  }

  /** Each where the session that saw it keeps it; the same id seen by several counts once. */
  async #openAll(tx: Tx, merchantId: string, rows: readonly PendingRow[]): Promise<Matchable[]> {
    const opened = new Map<string, Matchable>();
    for (const [sessionId, own] of Map.groupBy(rows, (row) => row.sessionId))
      for (const row of await this.#chunks.open(tx, { merchantId, sessionId }, own))
        opened.set(row.id, matchable(row));
    return [...opened.values()];
  }
}

function matchable(transaction: TransactionData): Matchable {
  const { id, timestamp, amount, currency, type, counterpartyName, description } = transaction;
  return { id, at: new Date(timestamp), amount, currency, type, counterpartyName, description };
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}
