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
import { bareInMemory, bareStoring, bareTables, prepareDocument } from './bare-fetch.ts';

/**
 * The part of the worker that reads a bank, alone in a process: what J1 to J3 measure, and J1's bare limits. Compiled
 * before it runs, as the product is.
 */
export interface ProbeOrder {
  readonly what: 'in-memory' | 'storing' | 'fetch';
  readonly rows: number;
  /** Whether memory is watched, which costs some of the time that is measured. */
  readonly watchesMemory?: boolean;
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

/** What is measured: nothing before it is ready. */
async function workOf({ what, rows }: ProbeOrder, owner: DataOwner): Promise<() => Promise<void>> {
  if (what === 'fetch') return () => fetchAll(owner, rows);
  if (what === 'storing') {
    await pool.query(bareTables);
    const url = `${BANK_ORIGIN}/${rows}/v1/accounts/a1/transactions`;
    return () => bareStoring(pool, url, owner.sessionId);
  }
  prepareDocument(rows);
  return async () => bareInMemory(rows);
}

/** Peak of resident memory, in bytes, until it is ended. */
function watchMemory(): { end(): Promise<number> } {
  let peak = process.memoryUsage.rss();
  const watch = new AbortController();
  const watching = (async () => {
    for await (const _ of ticks(20, undefined, { signal: watch.signal }))
      peak = Math.max(peak, process.memoryUsage.rss());
  })().catch(() => undefined);
  return {
    end: async () => {
      watch.abort();
      await watching;
      return peak;
    },
  };
}

async function probe(order: ProbeOrder): Promise<ProbeAnswer> {
  const owner = { merchantId: MERCHANT_ID, sessionId: uuidv7(new Date()) };
  const work = await workOf(order, owner);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const memory = order.watchesMemory ? watchMemory() : undefined;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  delay.disable();
  const peak = (await memory?.end()) ?? before;
  if (order.what === 'fetch') await clearAway(owner, order.rows);
  if (order.what === 'storing') await pool.query('TRUNCATE bench_transaction, bench_chunk');
  return { ms, stallMs: delay.max / 1e6, memoryMb: (peak - before) / 1e6 };
}

process.on('message', (order: ProbeOrder) => {
  probe(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ problem: String(error), ms: 0, stallMs: 0, memoryMb: 0 }),
  );
});
process.on('disconnect', () => process.exit());
