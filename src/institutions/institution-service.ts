import type { Bank } from '../banking/bank.ts';
import type { Connector, Connectors } from '../banking/connector.ts';
import type { Permission } from '../banking/permission.ts';
import { present } from '../core/assert.ts';
import type { Environment } from '../merchants/merchant.ts';
import { matchScore } from './institution.ts';

export interface BankQuery {
  readonly environment: Environment;
  /** ISO 3166-1 alpha-2; absent means every market. */
  readonly market?: string;
  /** Name, BIC, bank code or IBAN, as typed. */
  readonly text?: string;
  readonly limit: number;
}

/** The catalogue: the banks that this installation can reach, which are those that a connector speaks to. */
export class InstitutionService {
  readonly #banks: ReadonlyMap<string, Bank>;
  readonly #connectors: Connectors;

  /** @throws Error naming the bank whose protocol is unknown or whose profile its connector refuses */
  constructor(banks: readonly Bank[], connectors: Connectors) {
    this.#connectors = connectors;
    for (const bank of banks) {
      const connector = connectors.get(bank.protocol);
      if (!connector) throw new Error(`bank ${bank.id}: no connector speaks ${bank.protocol}`);
      connector.checkProfile(bank);
    }
    this.#banks = new Map(banks.map((bank) => [bank.id, bank]));
  }

  /** A bank that keys of this environment can reach. */
  find(bankId: string, environment: Environment): Bank | undefined {
    const bank = this.#banks.get(bankId);
    return bank && isReachable(bank, environment) ? bank : undefined;
  }

  /** Best match first; with equal matches, the order of the catalogue. */
  search(query: BankQuery): Bank[] {
    const { market, text = '' } = query;
    return [...this.#banks.values()]
      .filter((bank) => isReachable(bank, query.environment))
      .filter((bank) => market === undefined || bank.markets.includes(market))
      .map((bank) => ({ bank, score: matchScore(bank, text) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, query.limit)
      .map(({ bank }) => bank);
  }

  /** The markets that have a bank, in alphabetical order. */
  markets(environment: Environment): string[] {
    const reachable = [...this.#banks.values()].filter((bank) => isReachable(bank, environment));
    return [...new Set(reachable.flatMap((bank) => bank.markets))].sort();
  }

  /** Of these permissions, those that can be read at this bank: a user is asked for nothing that is not. */
  readable(bank: Bank, permissions: readonly Permission[]): Permission[] {
    const { capabilities } = this.connectorOf(bank);
    return permissions.filter((permission) => capabilities.permissions.includes(permission));
  }

  connectorOf(bank: Bank): Connector {
    return present(this.#connectors.get(bank.protocol), `the connector of ${bank.id}`);
  }
}

function isReachable(bank: Bank, environment: Environment): boolean {
  return bank.test === (environment === 'sandbox');
}
