import type pg from 'pg';
import type { Connectors } from '../banking/connector.ts';
import { monotonicMs } from '../core/clock.ts';
import { dbOf, snapshot } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { BankIndex } from './bank-index.ts';
import type { IndexBuilder } from './index-builder.ts';
import { compareBanks, type IndexedBank, type Institution } from './institution.ts';
import { catalogueVersion, offeredInstitutions } from './institution-store.ts';
import { fold } from './search-words.ts';

/** How often the database is asked whether anything has changed, while anybody searches. */
const askEveryMs = 2_000;
/** What is known to have been right this lately is still shown while the new one is made. */
const mayBeOldMs = 30_000;

interface Loaded {
  readonly version: string;
  readonly index: BankIndex;
}

export interface CatalogueDeps {
  readonly pool: pg.Pool;
  readonly logger: Logger;
}

/**
 * All banks on offer, in memory and ready to be searched: made when it is first needed, since processes that only read
 * banks never need it, and made anew, beside what is shown meanwhile, when the database has another version.
 */
export class Catalogue {
  readonly #builtIn: readonly Institution[];
  readonly #connectors: Connectors;
  readonly #stored: CatalogueDeps | undefined;
  #loaded: Loaded | undefined;
  #loading: Promise<Loaded> | undefined;
  #asking: Promise<void> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #wasRightAt = Number.NEGATIVE_INFINITY;

  constructor(builtIn: readonly Institution[], connectors: Connectors, stored?: CatalogueDeps) {
    this.#builtIn = builtIn.toSorted((one, other) => compareBanks(keyOf(one), keyOf(other)));
    this.#connectors = connectors;
    this.#stored = stored;
  }

  /** What to search; at most half a minute behind the database. */
  async index(): Promise<BankIndex> {
    if (!this.#loaded) return (await this.#load()).index;
    if (this.#stored && monotonicMs() - this.#askedAt > askEveryMs) {
      this.#asking ??= this.#ask(this.#stored).finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
    return this.#loaded.index;
  }

  /** What is known stays when the database cannot be asked: a search needs nothing else of it. */
  async #ask({ pool, logger }: CatalogueDeps): Promise<void> {
    this.#askedAt = monotonicMs();
    try {
      const isRight = (await catalogueVersion(dbOf(pool))) === this.#loaded?.version;
      const isFresh = monotonicMs() - this.#wasRightAt < mayBeOldMs;
      if (isRight) {
        this.#wasRightAt = monotonicMs();
        return;
      }
      const loading = this.#load();
      if (!isFresh) await loading;
      else
        loading.catch((err: unknown) => logger.warn({ err }, 'the catalogue of banks could not be renewed'));
    } catch (err) {
      logger.warn({ err }, 'the catalogue of banks could not be renewed');
    }
  }

  #load(): Promise<Loaded> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #read(): Promise<Loaded> {
    const startedAt = monotonicMs();
    // Who never searches does not load it.
    const { IndexBuilder } = await import('./index-builder.ts');
    const builder = new IndexBuilder();
    const version = this.#stored ? await this.#readStored(this.#stored.pool, builder) : '';
    if (!this.#stored) await builder.add(this.#builtIn);
    this.#loaded = { version, index: await builder.build() };
    this.#wasRightAt = startedAt;
    this.#askedAt = startedAt;
    return this.#loaded;
  }

  /**
   * Two lists in the same order become one. A built-in bank takes the place of a stored one with its id. Version and
   * banks belong together.
   */
  async #readStored(pool: pg.Pool, builder: IndexBuilder): Promise<string> {
    return snapshot(pool, async (tx) => {
      const version = await catalogueVersion(tx);
      const ownIds = new Set(this.#builtIn.map(({ id }) => id));
      let own = 0;
      for await (const banks of offeredInstitutions(tx)) {
        const some: IndexedBank[] = [];
        for (const bank of banks) {
          if (ownIds.has(bank.id) || !this.#connectors.has(bank.protocol)) continue;
          const key = keyOf(bank);
          for (
            let next = this.#builtIn[own];
            next && compareBanks(keyOf(next), key) < 0;
            next = this.#builtIn[own]
          ) {
            some.push(next);
            own += 1;
          }
          some.push(bank);
        }
        await builder.add(some);
      }
      await builder.add(this.#builtIn.slice(own));
      return version;
    });
  }
}

function keyOf({ popularity = 0, name, id }: IndexedBank) {
  return { popularity, sortName: fold(name), id };
}
