import type pg from 'pg';
import pino from 'pino';
import { systemClock } from '../src/core/clock.ts';
import { Secret } from '../src/core/secret.ts';
import { MerchantService } from '../src/merchants/merchant-service.ts';
import { Vault } from '../src/platform/crypto/vault.ts';
import { createOutbound } from '../src/platform/outbound/outbound.ts';
import { createPool, dbOf, type Tx, transaction } from '../src/platform/postgres/pool.ts';
import { printEvent } from '../src/webhooks/event.ts';
import { WebhookService } from '../src/webhooks/webhook-service.ts';
import type { Site } from './servers.ts';
import { exampleData } from './sessions.ts';

const environment = 'live';
const publishers = 4;
/** Events in one transaction: their making is not measured. */
const publishedAtOnce = 25;

/** Merchants with receivers, and events for them, made as the product's own jobs make them. */
export class WebhookSite {
  readonly #pool: pg.Pool;
  readonly #webhooks: WebhookService;
  readonly #merchants: MerchantService;

  constructor(scope: AsyncDisposableStack, { databaseUrl, masterKey }: Site) {
    this.#pool = createPool({
      connectionString: databaseUrl,
      maxConnections: publishers,
      applicationName: 'trellis bench',
      onError: () => undefined,
    });
    scope.defer(() => this.#pool.end());
    const deps = { pool: this.#pool, vault: new Vault([new Secret(masterKey)]), clock: systemClock };
    const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: false, forbiddenPorts: [] });
    scope.defer(() => outbound.close({ graceMs: 0 }));
    this.#webhooks = new WebhookService({ ...deps, logger: pino({ level: 'silent' }), outbound });
    this.#merchants = new MerchantService({ ...deps, db: dbOf(this.#pool) });
  }

  /** A merchant whose events go to all of these. */
  async addMerchant(id: string, origins: readonly string[]): Promise<string> {
    const settings = { permissions: ['identity' as const], returnOrigins: [], appSchemes: [] };
    await this.#merchants.save({ id, name: id, country: 'DE', settings });
    for (const url of origins) await this.#webhooks.replaceSubscription({ merchantId: id, environment, url });
    return id;
  }

  /** This many events, one after the other to each of these merchants. */
  async publish(merchantIds: readonly string[], count: number): Promise<void> {
    let next = 0;
    const one = async () => {
      while (next < count) {
        const from = next;
        next = Math.min(next + publishedAtOnce, count);
        const upTo = next;
        await transaction(this.#pool, async (tx) => {
          for (let made = from; made < upTo; made += 1)
            await this.#publish(tx, merchantIds[made % merchantIds.length]);
        });
      }
    };
    await Promise.all(Array.from({ length: publishers }, one));
  }

  /** One event; returns when its transaction was about to commit, by the system's monotonic clock, in ms. */
  async publishOne(merchantId: string): Promise<number> {
    return transaction(this.#pool, async (tx) => {
      await this.#publish(tx, merchantId);
      return Number(process.hrtime.bigint()) / 1e6;
    });
  }

  async #publish(tx: Tx, merchantId = ''): Promise<void> {
    const at = new Date();
    await this.#webhooks.publish(tx, {
      merchantId,
      environment,
      type: 'data_session_completed',
      payload,
      at,
    });
  }

  /** How many deliveries of these merchants are neither made nor given up. */
  async waiting(merchantIds: readonly string[]): Promise<number> {
    return this.#count(
      `SELECT count(*) FROM webhook_delivery WHERE merchant_id = ANY ($1) AND status = 'waiting'`,
      [merchantIds],
    );
  }

  /** Lets all deliveries of a merchant be due, or none; returns how many there are. */
  async setDue(merchantId: string, isDue: boolean): Promise<number> {
    const { rowCount } = await this.#pool.query(
      `UPDATE webhook_delivery SET status = $2, next_attempt_at = $3, failures = 0, leased_until = NULL
       WHERE merchant_id = $1`,
      [merchantId, isDue ? 'waiting' : 'cancelled', isDue ? new Date() : null],
    );
    return rowCount ?? 0;
  }

  /** What a merchant's retries have come to so far. */
  async attempts(merchantId: string): Promise<number> {
    return this.#count('SELECT count(*) FROM webhook_attempt WHERE merchant_id = $1', [merchantId]);
  }

  /** The deliveries of a merchant are retries from now on: no job waits for them, only the sweep. */
  async forgetJobs(): Promise<void> {
    await this.#pool.query('DELETE FROM graphile_worker._private_jobs');
  }

  async #count(text: string, values: unknown[]): Promise<number> {
    const { rows } = await this.#pool.query<{ count: string }>(text, values);
    return Number(rows[0]?.count);
  }
}

const payload = {
  id: '0198c0de-0000-7000-8000-0000000000aa',
  referenceId: '123456789',
  status: 'complete',
  permissions: ['identity'],
  market: 'DE',
  data: exampleData,
};

/** A body such as the product sends. */
export const exampleBody = printEvent('0198c0de-0000-7000-8000-000000000001', 2, {
  merchantId: '',
  environment,
  type: 'data_session_completed',
  payload,
  at: new Date(),
}).body;
