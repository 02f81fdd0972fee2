import { createCipheriv, randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setInterval as ticks } from 'node:timers/promises';
import pino from 'pino';
import { BankDataService } from '../src/bank-data/bank-data-service.ts';
import type { DataOwner } from '../src/bank-data/owner.ts';
import type { Bank } from '../src/banking/bank.ts';
import { berlinGroupConnector } from '../src/connectors/berlin-group/connector.ts';
import { systemClock } from '../src/core/clock.ts';
import { uuidv7 } from '../src/core/ids.ts';
import { Secret } from '../src/core/secret.ts';
import { InstitutionService } from '../src/institutions/institution-service.ts';
import { MerchantService } from '../src/merchants/merchant-service.ts';
import { Vault } from '../src/platform/crypto/vault.ts';
import { createOutbound } from '../src/platform/outbound/outbound.ts';
import { createPool, dbOf, transaction } from '../src/platform/postgres/pool.ts';
import { reportPage } from './report-rows.ts';

/**
 * The part of the worker that reads a bank, alone in a process: what J1 to J3 measure, and J1's bare limit. Compiled
 * before it runs, as the product is.
 */
export interface ProbeOrder {
  readonly what: 'limit' | 'fetch';
  readonly rows: number;
}

export interface ProbeAnswer {
  readonly problem?: string;
  readonly ms: number;
  /** The longest that the event loop was held meanwhile. */
  readonly stallMs: number;
  /** Peak of resident memory above what was held before. */
  readonly memoryMb: number;
}

const { DATABASE_URL = '', TRELLIS_MASTER_KEY = '', MERCHANT_ID = '', BANK_ORIGIN = '' } = process.env;

const outbound = createOutbound({ allowedOrigins: [BANK_ORIGIN], loopbackHttp: false, forbiddenPorts: [] });
const pool = createPool({
  connectionString: DATABASE_URL,
  maxConnections: 4,
  applicationName: 'trellis-bench',
  onError: (error) => console.error(error.message),
});
const vault = new Vault([new Secret(TRELLIS_MASTER_KEY)]);
const merchants = new MerchantService({ db: dbOf(pool), vault, clock: systemClock });
const connector = berlinGroupConnector({
  outbound,
  clock: systemClock,
  tpp: { clientId: 'PSDDE-BAFIN-000000' },
});
const lengths = [10_000, 100_000];
const institutions = new InstitutionService(lengths.map(bankOf), new Map([[connector.protocol, connector]]));
const logger = pino({ level: 'error' });
const bankData = new BankDataService({ pool, vault, clock: systemClock, logger, institutions, merchants });

function bankOf(rows: number): Bank {
  return {
    id: `de-bench-${rows}`,
    name: 'Bench Bank',
    markets: ['DE'],
    currencies: ['EUR'],
    protocol: 'berlin-group',
    test: false,
    aliases: [],
    bankCodes: [],
    profile: { baseUrl: `${BANK_ORIGIN}/${rows}/v1`, sca: 'redirect', pendingTransactions: 'none' },
  };
}

const nothing = async () => undefined;

/** From the bank's pages over HTTP to rows that are published. */
async function fetchAll(owner: DataOwner, rows: number): Promise<void> {
  const bank = bankOf(rows);
  const consentUrl = `${bank.profile instanceof Object && 'baseUrl' in bank.profile ? bank.profile.baseUrl : ''}/consents/c`;
  const consent = { bankConsentId: 'c', credentials: { consentUrl, statusUrl: `${consentUrl}/status` } };
  const psu = { ipAddress: '192.0.2.1' };
  const fetched = await bankData.fetch({
    owner,
    consent: {
      bank,
      kind: 'once',
      access: { consent, psu, beforeCall: nothing, keep: nothing, spend: nothing, exhaust: nothing },
    },
    permissions: ['transactions'],
    transactionsFrom: '2020-01-01',
    isLastTry: false,
  });
  await transaction(pool, (tx) => bankData.publish(tx, owner, fetched));
}

/** @throws Error unless all rows were kept */
async function clearAway(owner: DataOwner, rows: number): Promise<void> {
  const kept = await pool.query('SELECT count(*)::int AS count FROM bank_transaction WHERE session_id = $1', [
    owner.sessionId,
  ]);
  if (kept.rows[0]?.count !== rows) throw new Error(`${kept.rows[0]?.count} rows of ${rows} were kept`);
  await transaction(pool, (tx) => bankData.erase(tx, owner));
}

/** Made when it is first asked for: a process that only reads banks has no such thing in its memory. */
const documents = new Map<number, string>();

function documentOf(rows: number): string {
  const document = documents.get(rows) ?? reportPage(0, rows, undefined);
  documents.set(rows, document);
  return document;
}

const key = randomBytes(32);

/** Parse, map, print and encrypt one document: the least that anybody has to do. */
function bareLimit(rows: number): void {
  const { transactions } = JSON.parse(documentOf(rows));
  const mapped = transactions.booked.map((row: Record<string, Record<string, string>>) => ({
    id: row.transactionId,
    amount: row.transactionAmount?.amount,
    currency: row.transactionAmount?.currency,
    bookingDate: row.bookingDate,
    valueDate: row.valueDate,
    counterpartyName: row.creditorName ?? row.debtorName,
    counterpartyAccount: row.creditorAccount ?? row.debtorAccount,
    description: row.remittanceInformationUnstructured,
    bankTransactionCode: row.bankTransactionCode,
    raw: row,
  }));
  const cipher = createCipheriv('aes-256-gcm', key, randomBytes(12));
  Buffer.concat([cipher.update(JSON.stringify(mapped), 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

async function probe({ what, rows }: ProbeOrder): Promise<ProbeAnswer> {
  const owner = { merchantId: MERCHANT_ID, sessionId: uuidv7(new Date()) };
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = new AbortController();
  const watching = (async () => {
    for await (const _ of ticks(20, undefined, { signal: watch.signal }))
      peak = Math.max(peak, process.memoryUsage.rss());
  })().catch(() => undefined);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  if (what === 'limit') bareLimit(rows);
  else await fetchAll(owner, rows);
  const ms = performance.now() - started;
  delay.disable();
  watch.abort();
  await watching;
  if (what === 'fetch') await clearAway(owner, rows);
  return { ms, stallMs: delay.max / 1e6, memoryMb: (peak - before) / 1e6 };
}

process.on('message', (order: ProbeOrder) => {
  probe(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ problem: String(error), ms: 0, stallMs: 0, memoryMb: 0 }),
  );
});
process.on('disconnect', () => process.exit());
