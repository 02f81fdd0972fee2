import { LRUCache } from 'lru-cache';
import type { Bank } from '../banking/bank.ts';
import type { Connector, Connectors } from '../banking/connector.ts';
import type { Permission } from '../banking/permission.ts';
import { present } from '../core/assert.ts';
import type { Environment } from '../merchants/merchant.ts';
import type { Vault } from '../platform/crypto/vault.ts';
import { type Db, dbOf } from '../platform/postgres/pool.ts';
import { BankDirectory } from './bank-directory.ts';
import type { BankIndex, Matches, Wanted } from './bank-index.ts';
import { Catalogue, type CatalogueDeps } from './catalogue.ts';
import type { Health } from './health.ts';
import type { HealthService } from './health-service.ts';
import { type Institution, isBankId, isDefault, type ListedBank } from './institution.ts';
import { findInstitution } from './institution-store.ts';
import { isLogoName } from './logo.ts';
import { findLogo } from './logo-store.ts';
import { withSecrets } from './profile-secret.ts';

export interface BankFilter {
  readonly environment: Environment;
  /** ISO 3166-1 alpha-2; absent means every market. */
  readonly market?: string | undefined;
  /** ISO 4217. */
  readonly currency?: string | undefined;
  readonly group?: string | undefined;
  readonly permission?: string | undefined;
}

export interface BankPage {
  readonly skip: number;
  readonly limit: number;
}

/** A row of a list that people choose from. */
export type Choice = { readonly bank: ListedBank } | { readonly group: string };

export interface StoredCatalogue extends CatalogueDeps {
  /** Opens what is sealed of a bank's profile. */
  readonly vault: Vault;
  readonly health: Pick<HealthService, 'all'>;
}

/** A bank with its whole profile, and whether it may be chosen. */
interface KnownBank {
  readonly bank: Institution;
  readonly offered: boolean;
}

const maxKnown = 2_000;
/** How long a bank's row is taken as it was read last. */
const knownForMs = 5_000;

/**
 * The catalogue: the banks that this installation can reach, which are those that a connector speaks to. Some are built
 * in, the others are in the database, where processes look at most half a minute later for what was imported.
 */
export class InstitutionService {
  readonly #builtIn: ReadonlyMap<string, Institution>;
  readonly #connectors: Connectors;
  readonly #stored: StoredCatalogue | undefined;
  readonly #catalogue: Catalogue;
  readonly #directory = new BankDirectory();
  readonly #known = new LRUCache<string, KnownBank>({ max: maxKnown, ttl: knownForMs });

  /** @throws Error naming the built-in bank whose protocol is unknown or whose profile its connector refuses */
  constructor(builtIn: readonly Institution[], connectors: Connectors, stored?: StoredCatalogue) {
    for (const bank of builtIn) {
      const connector = connectors.get(bank.protocol);
      if (!connector) throw new Error(`bank ${bank.id}: no connector speaks ${bank.protocol}`);
      connector.checkProfile(bank);
    }
    this.#builtIn = new Map(builtIn.map((bank) => [bank.id, bank]));
    this.#connectors = connectors;
    this.#stored = stored;
    this.#catalogue = new Catalogue(builtIn, connectors, stored);
  }

  /**
   * A bank that keys of this environment can reach, for what is under way there: also one that is no longer offered.
   * @param db within a transaction, its own connection: waiting for another one could wait for ever
   */
  async find(bankId: string, environment: Environment, db?: Db): Promise<Institution | undefined> {
    return (await this.#reachable(bankId, environment, db))?.bank;
  }

  /** A bank that may be chosen. */
  async offered(bankId: string, environment: Environment, db?: Db): Promise<Institution | undefined> {
    const found = await this.#reachable(bankId, environment, db);
    return found?.offered ? found.bank : undefined;
  }

  /** Without a text in the order of the catalogue; with one, best match first. */
  async list(
    filter: BankFilter,
    { skip, limit }: BankPage,
    text = '',
  ): Promise<{ banks: ListedBank[]; count: number }> {
    const index = await this.#catalogue.index();
    const matches = await this.#matches(index, text, this.#wanted(filter));
    return { banks: matches.page(skip, limit), count: matches.count };
  }

  /** The default banks of the market; where none is marked so, all. */
  async defaults(
    filter: BankFilter,
    { skip, limit }: BankPage,
  ): Promise<{ banks: ListedBank[]; count: number }> {
    const index = await this.#catalogue.index();
    const wanted = this.#wanted(filter);
    const marked = index.all((bank) => wanted(bank) && isDefault(bank));
    const matches = marked.count > 0 ? marked : index.all(wanted);
    return { banks: matches.page(skip, limit), count: matches.count };
  }

  /** What people choose from: before a search, the members of a group are one row. */
  async choices(filter: BankFilter, text: string, limit: number): Promise<Choice[]> {
    const index = await this.#catalogue.index();
    const wanted = this.#wanted(filter);
    if (text.trim() === '' && filter.group === undefined) return popular(index, wanted, limit);
    const groups = index.groupsNamed(text, wanted).map((group) => ({ group }));
    const matches = await this.#matches(index, text, wanted);
    return [...groups, ...matches.page(0, limit).map((bank) => ({ bank }))].slice(0, limit);
  }

  /** The name of the bank that the text stands for beyond doubt, though nobody reaches it from here. */
  async nameOfUnreached(text: string): Promise<string | undefined> {
    return (await this.#directory.find(text))?.name;
  }

  /** The markets that have a bank, in alphabetical order. */
  async markets(environment: Environment): Promise<string[]> {
    const { kinds } = await this.#catalogue.index();
    const wanted = this.#wanted({ environment });
    return [...new Set(kinds.filter(wanted).flatMap(({ markets }) => markets))].sort();
  }

  /** How each bank answers lately, to be asked about as many as a page shows. */
  async health(): Promise<(bankId: string) => Health> {
    return this.#stored ? this.#stored.health.all() : () => 'good';
  }

  async logo(name: string): Promise<Buffer | undefined> {
    return this.#stored && isLogoName(name) ? findLogo(dbOf(this.#stored.pool), name) : undefined;
  }

  /** Of these permissions, those that can be read at this bank: a user is asked for nothing that is not. */
  readable(bank: Pick<Bank, 'id' | 'protocol'>, permissions: readonly Permission[]): Permission[] {
    const { capabilities } = this.connectorOf(bank);
    return permissions.filter((permission) => capabilities.permissions.includes(permission));
  }

  connectorOf(bank: Pick<Bank, 'id' | 'protocol'>): Connector {
    return present(this.#connectors.get(bank.protocol), `the connector of ${bank.id}`);
  }

  async #reachable(id: string, environment: Environment, db?: Db): Promise<KnownBank | undefined> {
    const found = await this.#lookUp(id, db);
    if (found?.bank.test !== (environment === 'sandbox')) return undefined;
    // While releases change, another process may know a protocol that this one does not.
    return this.#connectors.has(found.bank.protocol) ? found : undefined;
  }

  async #lookUp(id: string, db?: Db): Promise<KnownBank | undefined> {
    const own = this.#builtIn.get(id);
    if (own) return { bank: own, offered: true };
    if (!this.#stored || !isBankId(id)) return undefined;
    const known = this.#known.get(id);
    if (known) return known;
    const found = await findInstitution(db ?? dbOf(this.#stored.pool), id);
    if (!found) return undefined;
    const bank = withSecrets(this.#stored.vault, found.bank, found.sealedHeaders);
    const read = { bank, offered: found.offered };
    this.#known.set(id, read);
    return read;
  }

  #wanted({ environment, market, currency, group, permission }: BankFilter): Wanted {
    return (bank) =>
      bank.test === (environment === 'sandbox') &&
      (market === undefined || bank.markets.includes(market)) &&
      (currency === undefined || bank.currencies.includes(currency)) &&
      (group === undefined || bank.group === group) &&
      (permission === undefined || this.#canRead(bank, permission));
  }

  #canRead(bank: ListedBank, wanted: string): boolean {
    return this.connectorOf(bank).capabilities.permissions.some((permission) => permission === wanted);
  }

  /** A number that no bank here has may still lead to one: the directory knows whose BIC it belongs to. */
  async #matches(index: BankIndex, text: string, wanted: Wanted): Promise<Matches> {
    if (text.trim() === '') return index.all(wanted);
    const matches = index.search(text, wanted);
    if (matches.count > 0 || !/\d{8}/.test(text.replace(/\s/g, ''))) return matches;
    const bic = (await this.#directory.find(text))?.bic;
    return bic === undefined ? matches : index.withBic(bic, wanted);
  }
}

function popular(index: BankIndex, wanted: Wanted, limit: number): Choice[] {
  const rows: Choice[] = [];
  const groups = new Set<string>();
  for (const bank of index.all(wanted).each()) {
    if (rows.length === limit) break;
    if (bank.group === undefined) rows.push({ bank });
    else if (!groups.has(bank.group)) {
      groups.add(bank.group);
      rows.push({ group: bank.group });
    }
  }
  return rows;
}
