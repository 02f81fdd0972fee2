import type pg from 'pg';
import { createConnectors } from '../app/connectors.ts';
import { BankDataService } from '../bank-data/bank-data-service.ts';
import type { DataOwner } from '../bank-data/owner.ts';
import {
  type RenormaliseSummary,
  type RenormaliseWish,
  renormaliseAll,
  type Trouble,
} from '../bank-data/renormalise-all.ts';
import type { Env } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { StartProblem } from '../core/start-problem.ts';
import { HealthService } from '../institutions/health-service.ts';
import { InstitutionService } from '../institutions/institution-service.ts';
import { sandboxBanks } from '../institutions/sandbox-banks.ts';
import { MerchantService } from '../merchants/merchant-service.ts';
import { Vault } from '../platform/crypto/vault.ts';
import { createOutbound } from '../platform/outbound/outbound.ts';
import { dbOf } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { onInstallation } from './installation.ts';
import type { MasterKeys } from './master-key.ts';
import { readRenormaliseWish } from './renormalise-wish.ts';

/** Maps stored bank data once more, where that was done by older rules: after a release that mends a mapping. */
export async function renormalise(env: Env, args: string[]): Promise<void> {
  const wish = readRenormaliseWish(args);
  await onInstallation(env, ({ pool, masterKeys, logger }) => run(wish, pool, masterKeys, logger));
}

/** @throws StartProblem where something stays as older rules made it */
async function run(
  wish: RenormaliseWish,
  pool: pg.Pool,
  masterKeys: MasterKeys,
  logger: Logger,
): Promise<void> {
  // Nobody is called; connectors cannot be made without.
  const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: false, forbiddenPorts: [] });
  try {
    const service = serviceOn(pool, new Vault(masterKeys), logger, outbound);
    const onTrouble = (owner: DataOwner, trouble: Trouble, err?: unknown) => {
      if (err !== undefined)
        logger.error({ err, sessionId: owner.sessionId }, 'a session cannot be mapped again');
      console.log(describeTrouble(owner, trouble));
    };
    const summary = await renormaliseAll({ service, onTrouble }, wish);
    console.log(describe(summary, wish.dryRun));
    if (summary.troubled > 0)
      throw new StartProblem(`${counted(summary.troubled, 'session')} above could not be mapped as a whole.`);
  } finally {
    await outbound.close({ graceMs: 0 });
  }
}

function serviceOn(
  pool: pg.Pool,
  vault: Vault,
  logger: Logger,
  outbound: ReturnType<typeof createOutbound>,
): BankDataService {
  const clock = systemClock;
  const db = dbOf(pool);
  const connectors = createConnectors({ outbound, clock, tpp: { clientId: '' } });
  // Where the sandbox's banks are matters to nobody here; what they sent may be in this database.
  const builtIn = sandboxBanks('http://localhost:3001', 'https://localhost:3003');
  const health = new HealthService({ db, logger });
  const institutions = new InstitutionService(builtIn, connectors, { pool, vault, logger, health });
  const merchants = new MerchantService({ db, vault, clock });
  return new BankDataService({ pool, vault, clock, logger, institutions, merchants });
}

function describeTrouble({ merchantId, sessionId }: DataOwner, trouble: Trouble): string {
  return `session ${sessionId} of merchant ${merchantId}: ${wordsOf(trouble)}`;
}

function wordsOf(trouble: Trouble): string {
  switch (trouble.kind) {
    case 'unmappable':
      return `${trouble.count} of what the bank sent cannot be mapped, and stay as they were`;
    case 'bank-unusable':
      return 'its bank is not in the catalogue, or has a profile that cannot be used';
    case 'being-read':
      return 'its bank is being read; run this again later';
    case 'failed':
      return 'failed; see the log';
  }
}

function describe(summary: RenormaliseSummary, dryRun: boolean): string {
  const { sessions, changedSessions, rows, changedRows, unmappable } = summary;
  const would = dryRun ? 'would change' : 'changed';
  return [
    `${counted(sessions, 'session')} of older rules: ${changedSessions} ${would}.`,
    `${counted(rows, 'transaction')}: ${changedRows} ${would}.`,
    `${unmappable} could not be mapped.`,
    ...(dryRun ? ['Nothing was written.'] : []),
  ].join('\n');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
