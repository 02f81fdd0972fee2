import type { AccountData, FinancialAddress } from '../bank-data/account.ts';
import type { BalanceData } from '../bank-data/balance.ts';
import type { BankDocument } from '../bank-data/bank-data.ts';
import type { BankDataService, Published } from '../bank-data/bank-data-service.ts';
import type { TransactionData } from '../bank-data/transaction.ts';
import type { Permission } from '../banking/permission.ts';
import { ApiError } from '../core/errors.ts';
import type { MerchantPrincipal } from '../merchants/merchant.ts';
import { type ListRequest, printListCursor, printSyncCursor, type SyncPosition } from './data-request.ts';
import { ownerOf, type Session } from './session.ts';
import type { SessionService } from './session-service.ts';

export interface SessionDataDeps {
  readonly sessions: SessionService;
  readonly bankData: BankDataService;
}

/** An account in the words of the vendor's last client. */
export interface ListedAccount {
  id: string;
  bankId: string;
  bankName: string;
  currency: string;
  accountName?: string;
  accountType: AccountData['accountType'];
  financialAddress: FinancialAddress[];
}

export interface TransactionsListed {
  transactions: TransactionData[];
  hasNext: boolean;
  nextCursor?: string;
}

export interface TransactionsSynced {
  added: TransactionData[];
  changed: TransactionData[];
  removed: { id: string }[];
  nextCursor: string;
  hasNext: boolean;
}

const streamedAtOnce = 500;
const defaultSyncLimit = 500;

/** What was read for a complete session, in pieces. */
export class SessionDataService {
  readonly #deps: SessionDataDeps;

  constructor(deps: SessionDataDeps) {
    this.#deps = deps;
  }

  /** @throws ApiError NOT_FOUND; CONFLICT before the session is complete, and after it failed */
  async accounts(principal: MerchantPrincipal, sessionId: string): Promise<ListedAccount[]> {
    const { document } = await this.#complete(principal, sessionId);
    return document.accounts.map((account) => toListed(account, document));
  }

  /** @throws ApiError as `accounts`; AUTHORIZATION without the permission */
  async balances(principal: MerchantPrincipal, sessionId: string): Promise<BalanceData[]> {
    const { document } = await this.#complete(principal, sessionId, 'balances');
    return document.balances ?? [];
  }

  /** One page, newest first. @throws ApiError as `balances`; NOT_FOUND for an account that is not the session's */
  async transactions(
    principal: MerchantPrincipal,
    sessionId: string,
    request: ListRequest & { limit: number },
  ): Promise<TransactionsListed> {
    const { session, document } = await this.#complete(principal, sessionId, 'transactions');
    const { transactions: rows } = await this.#published(session, { ...request, limit: request.limit + 1 });
    if (rows.length === 0) requireAccount(document, request.accountId);
    const transactions = rows.slice(0, request.limit);
    const last = rows.length > request.limit ? transactions.at(-1) : undefined;
    return {
      transactions,
      hasNext: last !== undefined,
      ...(last && { nextCursor: printListCursor(session.id, last) }),
    };
  }

  /** All of them, newest first, as the bytes of one answer; none of it waits in memory. @throws ApiError as `balances` */
  async streamTransactions(
    principal: MerchantPrincipal,
    sessionId: string,
    request: ListRequest,
  ): Promise<AsyncIterable<string>> {
    const { session, document } = await this.#complete(principal, sessionId, 'transactions');
    const first = await this.#published(session, { ...request, limit: streamedAtOnce });
    if (first.transactions.length === 0) requireAccount(document, request.accountId);
    return this.#print(session, request, first);
  }

  /**
   * What is new, different or gone since the client's last round. Each round is complete in itself: a refresh
   * meanwhile is told in the next one, and no cursor ever becomes too old.
   *
   * @throws ApiError as `balances`
   */
  async sync(
    principal: MerchantPrincipal,
    sessionId: string,
    position: SyncPosition,
    limit = defaultSyncLimit,
  ): Promise<TransactionsSynced> {
    const { session } = await this.#complete(principal, sessionId, 'transactions');
    const { since, until, after } = position;
    const changes = await this.#deps.bankData.changes(ownerOf(session), { since, until, after, limit });
    const synced: TransactionsSynced = {
      added: [],
      changed: [],
      removed: changes.removedIds.map((id) => ({ id })),
      nextCursor: printSyncCursor(
        session.id,
        changes.since,
        changes.until,
        changes.hasNext ? changes.last : undefined,
      ),
      hasNext: changes.hasNext,
    };
    for (const { isNew, transaction } of changes.rows)
      (isNew ? synced.added : synced.changed).push(transaction);
    return synced;
  }

  async *#print(session: Session, request: ListRequest, first: Published): AsyncGenerator<string> {
    let { transactions: rows } = first;
    yield '{"transactions":[';
    for (let isFirst = true; rows.length > 0; isFirst = false) {
      yield (isFirst ? '' : ',') + rows.map((row) => JSON.stringify(row)).join(',');
      const last = rows.at(-1);
      if (last === undefined || rows.length < streamedAtOnce) break;
      const [at, id] = positionOf(last);
      const after = { at: new Date(at), id };
      const page = await this.#published(session, { ...request, after, limit: streamedAtOnce });
      // An answer that breaks off is asked for again; one of which half is of yesterday would be believed.
      if (page.publishedFetch !== first.publishedFetch) throw new Error('the transactions changed meanwhile');
      rows = page.transactions;
    }
    yield '],"hasNext":false}';
  }

  async #published(session: Session, request: ListRequest & { limit: number }): Promise<Published> {
    const found = await this.#deps.bankData.transactions(ownerOf(session), request);
    return found ?? { publishedFetch: 0, transactions: [] };
  }

  async #complete(
    principal: MerchantPrincipal,
    sessionId: string,
    permission?: Permission,
  ): Promise<{ session: Session; document: BankDocument }> {
    const session = await this.#deps.sessions.own(principal, sessionId);
    if (session.deletedAt) throw new ApiError('NOT_FOUND', 'The data of this session were deleted.');
    if (permission !== undefined && !session.permissions.includes(permission))
      throw new ApiError('AUTHORIZATION', `The session was created without the permission ${permission}.`);
    const { status } = session.state;
    const document = status === 'complete' ? await this.#deps.bankData.document(ownerOf(session)) : undefined;
    if (document) return { session, document };
    throw new ApiError(
      'CONFLICT',
      status === 'failed' ? 'The session failed: it has no data.' : 'The session is not complete yet.',
      { param: 'sessionId' },
    );
  }
}

/** An id that was mistyped must not look like an account without transactions. @throws ApiError NOT_FOUND */
function requireAccount({ accounts }: BankDocument, accountId: string | undefined): void {
  if (accountId !== undefined && !accounts.some(({ id }) => id === accountId))
    throw new ApiError('NOT_FOUND', 'The session has no account with this id.', { param: 'accountId' });
}

function positionOf({ timestamp, id }: TransactionData): [number, string] {
  return [Date.parse(timestamp), id];
}

function toListed(account: AccountData, { bankId, bankName }: BankDocument): ListedAccount {
  const { id, currency, name, accountType, financialAddress } = account;
  // That client knows no cards.
  const isKnown = financialAddress !== undefined && financialAddress.type !== 'masked_pan';
  return {
    id,
    bankId,
    bankName,
    currency,
    accountName: name,
    accountType,
    financialAddress: isKnown ? [financialAddress] : [],
  };
}
