import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import type { Bank } from '../banking/bank.ts';
import type { Remapping } from '../banking/remapping.ts';
import type { Clock } from '../core/clock.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import type { MerchantService } from '../merchants/merchant-service.ts';
import { dbOf, type Tx, transaction } from '../platform/postgres/pool.ts';
import { countryOf } from './account.ts';
import { normaliserVersion } from './bank-data.ts';
import type { BankDataStore, StoredDocument } from './bank-data-store.ts';
import type { BookingService } from './booking-service.ts';
import { holdAccount, saveAliases } from './booking-store.ts';
import type { ChunkStore } from './chunk-store.ts';
import { orUndefined, type RemappedDocument, remapDocument } from './document-remap.ts';
import { FetchSuperseded } from './fetch.ts';
import { beginMending, holdLedger, type Ledger, publishedFetchOf, releaseLedger } from './ledger-store.ts';
import { markCurrent, outdatedOf } from './outdated-store.ts';
import type { DataOwner } from './owner.ts';
import type { Renormalised } from './renormalised.ts';
import { TransactionMending } from './transaction-mending.ts';

export interface RenormaliserDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly institutions: InstitutionService;
  readonly merchants: MerchantService;
  readonly documents: BankDataStore;
  readonly chunks: ChunkStore;
  readonly bookings: BookingService;
}

export interface RenormaliseOptions {
  /** True: nothing is written. */
  readonly dryRun: boolean;
  /** A read of the bank that began this long ago is taken for dead; a younger one goes before. */
  readonly patienceMs: number;
}

/** What a session's data came to by today's rules, before it is published. */
interface Mended {
  readonly owner: DataOwner;
  readonly stored: StoredDocument;
  /** Absent where the document is of today's rules. */
  readonly remapped: RemappedDocument | undefined;
  readonly mending: TransactionMending | undefined;
  readonly ledger: Ledger | undefined;
}

/** Makes stored data anew from what the bank sent, where they were made by older rules. */
export class Renormaliser {
  readonly #deps: RenormaliserDeps;

  constructor(deps: RenormaliserDeps) {
    this.#deps = deps;
  }

  /**
   * Everything of one session becomes visible at once, or nothing. Safe to run twice, to run beside others, and to be
   * killed: what is unpublished is invisible, and cleared away by whoever writes next.
   */
  async run(owner: DataOwner, options: RenormaliseOptions): Promise<Renormalised> {
    const db = dbOf(this.#deps.pool);
    const outdated = await outdatedOf(db, owner);
    const stored =
      (outdated.document || outdated.chunks) && (await this.#deps.documents.findWhole(db, owner));
    if (!stored) return { outcome: 'current' };
    const bank = await this.#bankOf(stored.document.bankId);
    const remapping = bank && this.#remappingOf(bank);
    if (!bank || !remapping) return { outcome: 'bank-unusable' };
    const ledger = outdated.chunks && !options.dryRun ? await this.#begin(owner, options) : undefined;
    if (outdated.chunks && !options.dryRun && !ledger) return { outcome: 'being-read' };
    try {
      const mending = outdated.chunks ? await this.#mend(owner, ledger, bank, remapping) : undefined;
      const remapped = outdated.document ? remapDocument(stored, bank, remapping) : undefined;
      const mended = { owner, stored, remapped, mending, ledger };
      if (!options.dryRun) await transaction(this.#deps.pool, (tx) => this.#publish(tx, mended));
      return outcomeOf(mended);
    } catch (error) {
      if (ledger) await releaseLedger(db, ledger).catch(() => undefined);
      if (error instanceof FetchSuperseded) return { outcome: 'being-read' };
      throw error;
    }
  }

  /** Of whichever environment: the bank's own row says which one it is of. */
  async #bankOf(bankId: string): Promise<Bank | undefined> {
    const { institutions } = this.#deps;
    return (await institutions.find(bankId, 'live')) ?? institutions.find(bankId, 'sandbox');
  }

  #remappingOf(bank: Bank): Remapping | undefined {
    return orUndefined(() => this.#deps.institutions.connectorOf(bank).remap(bank));
  }

  async #begin(owner: DataOwner, { patienceMs }: RenormaliseOptions): Promise<Ledger | undefined> {
    const { pool, clock } = this.#deps;
    return transaction(pool, (tx) => beginMending(tx, owner, patienceMs, clock.now()));
  }

  async #mend(
    owner: DataOwner,
    ledger: Ledger | undefined,
    bank: Bank,
    remapping: Remapping,
  ): Promise<TransactionMending> {
    const { pool, chunks, merchants } = this.#deps;
    const db = dbOf(pool);
    const mending = new TransactionMending({
      db,
      chunks,
      owner,
      publishedFetch: ledger ? ledger.fetchNo - 1 : await publishedFetchOf(db, owner),
      ledger,
      remapping,
      idSecret: await merchants.idSecret(owner.merchantId),
      country: countryOf(bank),
    });
    await mending.run();
    return mending;
  }

  /** @throws FetchSuperseded where something was saved, or another run has begun, since this one did */
  async #publish(tx: Tx, { owner, stored, remapped, mending, ledger }: Mended): Promise<void> {
    const { documents, bookings, clock } = this.#deps;
    // The document before the ledger, as a fetch does it, or the two could wait for each other.
    if (remapped) {
      const version = remapped.unmappable === 0 ? normaliserVersion : stored.normaliserVersion;
      const replaced = await documents.replace(tx, owner, stored, { document: remapped.document, version });
      if (!replaced) throw new FetchSuperseded('the session was read meanwhile');
    }
    if (!ledger || !mending) return;
    await holdLedger(tx, ledger);
    await markCurrent(tx, owner, mending.done);
    for (const [accountId, aliases] of [...mending.aliases].sort(([a], [b]) => (a < b ? -1 : 1))) {
      await holdAccount(tx, owner.merchantId, accountId);
      await saveAliases(tx, owner.merchantId, accountId, aliases, clock.now());
    }
    if (mending.changedRows === 0) await releaseLedger(tx, ledger);
    else await bookings.publish(tx, { ledger, seen: [], chunks: mending.chunksWritten }, clock.now());
  }
}

function outcomeOf({ stored, remapped, mending }: Mended): Renormalised {
  const documentChanged = remapped !== undefined && !isDeepStrictEqual(remapped.document, stored.document);
  return {
    outcome: 'mapped',
    documentChanged,
    rows: mending?.rows ?? 0,
    changedRows: mending?.changedRows ?? 0,
    unmappable: (mending?.unmappable ?? 0) + (remapped?.unmappable ?? 0),
  };
}
