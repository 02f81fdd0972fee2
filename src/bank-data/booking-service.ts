import type { Tx } from '../platform/postgres/pool.ts';
import {
  dropSuperseded,
  findNewBooked,
  findPending,
  holdAccount,
  type PendingRow,
  removeRows,
  renameRow,
  saveAliases,
} from './booking-store.ts';
import type { Ledger, LedgerStore } from './ledger-store.ts';
import { type Matchable, matchPending, openSince } from './pending-match.ts';
import type { RowSealer, TransactionRow } from './transaction-row.ts';
import type { SealedRow } from './transaction-store.ts';
import type { AccountSeen } from './transaction-writer.ts';

const dayMs = 86_400_000;
const backwardMs = 3 * dayMs;

/**
 * Makes a fetch visible. What was pending and is booked now keeps its id, in this and every later session of the
 * merchant; what was pending and is gone is told as removed.
 */
export class BookingService {
  readonly #ledgers: LedgerStore;

  constructor(ledgers: LedgerStore) {
    this.#ledgers = ledgers;
  }

  /** @throws FetchSuperseded */
  async publish(tx: Tx, ledger: Ledger, seen: readonly AccountSeen[], now: Date): Promise<void> {
    await this.#ledgers.hold(tx, ledger);
    // In one order for everybody, or two publications could wait for each other.
    const accounts = [...seen].sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
    for (const account of accounts) await this.#settle(tx, ledger, account, now);
    if (ledger.fetchNo > 1) await dropSuperseded(tx, ledger);
    await this.#ledgers.publish(tx, ledger);
  }

  async #settle(tx: Tx, ledger: Ledger, { accountId, pendingIds }: AccountSeen, now: Date): Promise<void> {
    const { merchantId, sessionId } = ledger.owner;
    await holdAccount(tx, merchantId, accountId);
    const vanished = (await findPending(tx, ledger, accountId, openSince(now))).filter(
      (row) => !pendingIds.has(row.id),
    );
    if (vanished.length === 0) return;
    const earliest = Math.min(...vanished.map((row) => row.at.getTime())) - backwardMs;
    const booked = await findNewBooked(tx, ledger, accountId, new Date(earliest));
    const matched = matchPending(
      await this.#openAll(tx, merchantId, vanished),
      booked.map((row) => matchable(ledger.sealer, row)),
    );
    await rename(tx, ledger, accountId, booked, matched, now);
    const kept = new Set(matched.values());
    const removed = vanished.filter((row) => row.sessionId === sessionId && !kept.has(row.id));
    if (removed.length > 0)
      await removeRows(
        tx,
        ledger,
        removed.map(({ id }) => id),
      );
  }

  /** Each under the key of the session that saw it; the same id seen by several counts once. */
  async #openAll(tx: Tx, merchantId: string, rows: readonly PendingRow[]): Promise<Matchable[]> {
    const opened = new Map<string, Matchable>();
    for (const [sessionId, own] of Map.groupBy(rows, (row) => row.sessionId)) {
      const ledger = await this.#ledgers.find(tx, { merchantId, sessionId });
      for (const row of ledger ? own : []) if (ledger) opened.set(row.id, matchable(ledger.sealer, row));
    }
    return [...opened.values()];
  }
}

function matchable(sealer: RowSealer, row: SealedRow): Matchable {
  const { amount, currency, type, counterpartyName, description } = sealer.open(row);
  return { id: row.id, at: row.at, amount, currency, type, counterpartyName, description };
}

async function rename(
  tx: Tx,
  ledger: Ledger,
  accountId: string,
  booked: readonly TransactionRow[],
  matched: ReadonlyMap<string, string>,
  now: Date,
): Promise<void> {
  if (matched.size === 0) return;
  for (const row of booked) {
    const id = matched.get(row.id);
    if (id !== undefined) await renameRow(tx, ledger, row.id, ledger.sealer.renamed(row, id));
  }
  await saveAliases(tx, ledger.owner.merchantId, accountId, matched, now);
}
