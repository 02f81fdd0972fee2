import { createHmac } from 'node:crypto';
import type { BankAccount } from '../banking/account.ts';
import type { CountedRead, ReadAccess } from '../banking/call-budget.ts';
import type { Connector } from '../banking/connector.ts';
import type { ConsentStatus } from '../banking/consent.ts';
import { BankFailure, type BankFailureKind } from '../banking/failure.ts';
import type { Permission } from '../banking/permission.ts';
import type { Kept } from '../banking/remapping.ts';
import type { UsableConsent } from '../consents/consent-service.ts';
import { accountId } from './account.ts';
import { toBalanceData } from './balance.ts';
import { type BankDocument, type Missing, type MissingReason, normaliseAccounts } from './bank-data.ts';
import { carriedOver } from './carried-over.ts';
import { type RawDocument, toKept } from './raw-document.ts';
import type { TransactionWriter } from './transaction-writer.ts';

/** What to read under which consent. */
export interface Reading {
  readonly connector: Connector;
  readonly consent: UsableConsent;
  /** What the merchant asked for. */
  readonly permissions: readonly Permission[];
  /** Of that, what can be read at this bank. */
  readonly readable: readonly Permission[];
  /** The first day of an account's transactions to ask for, ISO date. */
  readonly from: (accountId: string) => string;
  readonly idSecret: Buffer;
  /** What was read of the same person before: of this session, or of the one that it renews. */
  readonly earlier?: BankDocument | undefined;
  readonly fetchedAt: Date;
  /** Takes the transactions; absent where none are to be read. */
  readonly writer?: TransactionWriter | undefined;
  /** True: what the bank does not give now is named as missing, instead of failing the whole read. */
  readonly isLastTry: boolean;
  /** Told of every part that could not be had, for the operator's log. */
  readonly onMissing: (missing: Missing, failure: BankFailure) => void;
}

/** What came of it; the transactions went to the writer. */
export interface Read {
  readonly document: BankDocument;
  /** The bank's own objects, as they came. */
  readonly raw: RawDocument;
}

/**
 * Reads all that was asked for, one call after the other: calls under one consent must not run side by side.
 * A part that the bank refuses is named under `missing`; the rest goes on.
 *
 * @throws BankFailure where the consent is gone, the accounts cannot be read, or a later try may do better
 */
export async function readBank(reading: Reading): Promise<Read> {
  const { connector } = reading;
  const { bank, access } = reading.consent;
  const accounts = await connector.accounts(bank, ofUnknown(access, reading.idSecret), reading.readable);
  const named = accounts.accounts.map((each) => [accountId(each, bank, reading.idSecret), each] as const);
  const told = carriedOver(named, bank.id, reading.earlier);
  const withIdentity = reading.permissions.includes('identity');
  const base = normaliseAccounts({ ...accounts, accounts: told }, bank, withIdentity);
  const missing: Missing[] = reading.permissions.flatMap((permission) => {
    if (!reading.readable.includes(permission)) return { permission, reason: 'not_supported' } as const;
    return permission === 'identity' && !base.identity
      ? ({ permission, reason: 'not_provided_by_bank' } as const)
      : [];
  });
  const parts = new Parts(reading, missing);
  for (const [id, account] of new Map(told)) await parts.readAccount(id, account);
  return {
    document: {
      ...base,
      ...(reading.readable.includes('balances') && { balances: parts.balances }),
      ...(missing.length > 0 && { missing }),
    },
    raw: {
      fetchedAt: reading.fetchedAt.toISOString(),
      accounts: told.map(([id, account]) => ({ id, ...toKept(account) })),
      ...(accounts.psuName !== undefined && { psuName: accounts.psuName }),
      ...(parts.rawBalances.size > 0 && { balances: Object.fromEntries(parts.rawBalances) }),
    },
  };
}

/** Reads of an account are counted under our id of it, whatever the bank calls it today. */
function ofAccount(access: ReadAccess, account: string): ReadAccess {
  return counting(access, (counted) => ({ ...counted, account }));
}

/** Before an account has an id, it is counted under a digest of the bank's name for it. */
function ofUnknown(access: ReadAccess, idSecret: Buffer): ReadAccess {
  return counting(access, ({ read, account }) => {
    if (account === undefined) return { read };
    return { read, account: createHmac('sha256', idSecret).update(account).digest('base64url').slice(0, 24) };
  });
}

function counting(access: ReadAccess, named: (read: CountedRead) => CountedRead): ReadAccess {
  return {
    get consent() {
      return access.consent;
    },
    psu: access.psu,
    beforeCall: () => access.beforeCall(),
    keep: (consent) => access.keep(consent),
    spend: (read) => access.spend(named(read)),
    exhaust: (read) => access.exhaust(named(read)),
  };
}

/** Balances and transactions, account by account. */
class Parts {
  readonly balances: NonNullable<BankDocument['balances']> = [];
  readonly rawBalances = new Map<string, Kept[]>();
  readonly #reading: Reading;
  readonly #missing: Missing[];
  /** Asked at most once. */
  #standing: Promise<ConsentStatus | undefined> | undefined;

  constructor(reading: Reading, missing: Missing[]) {
    this.#reading = reading;
    this.#missing = missing;
  }

  async readAccount(id: string, account: BankAccount): Promise<void> {
    const { readable, writer } = this.#reading;
    if (readable.includes('balances'))
      await this.#orMissing('balances', id, () => this.#readBalances(id, account));
    if (writer && readable.includes('transactions'))
      await this.#orMissing('transactions', id, () => this.#readTransactions(writer, id, account));
  }

  async #readBalances(id: string, account: BankAccount): Promise<boolean> {
    const { connector, consent, fetchedAt } = this.#reading;
    const access = ofAccount(consent.access, id);
    const rows = account.balances ?? (await connector.balances(consent.bank, access, account));
    const isCard = account.accountType === 'card' || account.accountType === 'credit';
    const balances = toBalanceData(id, rows, isCard, fetchedAt);
    this.balances.push(...balances);
    this.rawBalances.set(id, rows.map(toKept));
    return balances.length > 0;
  }

  async #readTransactions(writer: TransactionWriter, id: string, account: BankAccount): Promise<boolean> {
    const { connector, consent, from } = this.#reading;
    const access = ofAccount(consent.access, id);
    const pages = connector.transactions(consent.bank, access, account, { from: from(id) });
    return writer.write(id, pages);
  }

  async #orMissing(permission: Permission, id: string, read: () => Promise<boolean>): Promise<void> {
    try {
      if (await read()) return;
      this.#missing.push({ permission, accountId: id, reason: 'not_provided_by_bank' });
    } catch (failure) {
      if (!(failure instanceof BankFailure)) throw failure;
      const reason = (await this.#isOfThisPart(failure))
        ? 'refused_by_bank'
        : reasonOf(failure.kind, this.#reading.isLastTry);
      if (reason === undefined) throw failure;
      const missing: Missing = { permission, accountId: id, reason };
      this.#missing.push(missing);
      this.#reading.onMissing(missing, failure);
    }
  }

  /**
   * Whether the consent lives, and only this does not lie open to it: its user has not shared so much of this account,
   * or the bank has no such data of it. By the status alone it might be the consent that is gone, so the bank is asked.
   */
  async #isOfThisPart({ kind, details: { httpStatus, bankCode } }: BankFailure): Promise<boolean> {
    if (kind !== 'user-must-act' || httpStatus !== 403) return false;
    if (bankCode !== undefined && !bankCode.startsWith('RESOURCE_')) return false;
    const { connector, consent } = this.#reading;
    this.#standing ??= connector.status(consent.bank, consent.access).catch(unknownIfBankFails);
    return (await this.#standing) === 'authorised';
  }
}

function unknownIfBankFails(thrown: unknown): undefined {
  if (!(thrown instanceof BankFailure)) throw thrown;
}

/** Undefined for what ends the whole read: the consent is gone, or a later try may bring everything. */
function reasonOf(kind: BankFailureKind, isLastTry: boolean): MissingReason | undefined {
  switch (kind) {
    case 'user-must-act':
      return undefined;
    case 'retry-later':
      return isLastTry ? 'bank_unavailable' : undefined;
    case 'bank-refused':
      return 'refused_by_bank';
    case 'operator-fault':
    case 'our-bug':
      return 'failed';
  }
}
