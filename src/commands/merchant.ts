import { parseArgs } from 'node:util';
import { type Env, parseConfig } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { readableId } from '../core/ids.ts';
import { StartProblem } from '../core/start-problem.ts';
import { newApiKey, printApiKey } from '../merchants/api-key.ts';
import { MerchantService } from '../merchants/merchant-service.ts';
import { Vault } from '../platform/crypto/vault.ts';
import { dbOf } from '../platform/postgres/pool.ts';
import { createLogger } from '../platform/telemetry/logger.ts';
import { openPool } from './database.ts';
import { requireDatabaseUrl } from './serve.ts';

const usage =
  'usage: npm run trellis -- merchant create --name NAME --country CC [--environment live|sandbox]';
const merchantIdLength = 8;

/** Makes a merchant with a first key, which is shown this once. */
export async function merchant(env: Env, args: string[]): Promise<void> {
  const wish = readWish(args);
  const config = parseConfig(env);
  if (!config.masterKeys) throw new StartProblem('Set TRELLIS_MASTER_KEY to the key that the server uses.');
  const logger = createLogger({ level: 'warn', readable: config.logReadable });
  const pool = await openPool(requireDatabaseUrl(config), config, logger);
  try {
    const merchants = new MerchantService({
      db: dbOf(pool),
      vault: new Vault(config.masterKeys),
      clock: systemClock,
    });
    const id = readableId(merchantIdLength);
    await merchants.save({
      id,
      name: wish.name,
      country: wish.country,
      settings: { permissions: ['identity', 'balances', 'transactions'], returnOrigins: [], appSchemes: [] },
    });
    const key = newApiKey(id, wish.environment);
    await merchants.addKey(id, wish.environment, key, 'first key');
    console.log(
      `Merchant ${id} (${wish.name}). Its ${wish.environment} key, shown only now:\n${printApiKey(key)}`,
    );
  } finally {
    await pool.end();
  }
}

function readWish(args: string[]): { name: string; country: string; environment: 'live' | 'sandbox' } {
  const { values, positionals } = parse(args);
  const { name, country, environment = 'live' } = values;
  const isKnown = environment === 'live' || environment === 'sandbox';
  if (positionals[0] !== 'create' || !name || !/^[A-Z]{2}$/.test(country ?? '') || !isKnown)
    throw new StartProblem(usage);
  return { name, country: country ?? '', environment };
}

function parse(args: string[]) {
  try {
    const option = { type: 'string' } as const;
    return parseArgs({
      args,
      allowPositionals: true,
      options: { name: option, country: option, environment: option },
    });
  } catch (cause) {
    throw new StartProblem(usage, { cause });
  }
}
