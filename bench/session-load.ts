import { randomUUID } from 'node:crypto';
import { inTurns } from './in-turns.ts';
import type { LoadOrder } from './load.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { Plan } from './plan.ts';
import { nestedScope } from './processes.ts';
import { type Site, startBareServer, startProduct } from './servers.ts';
import { completeSessions, createSessions } from './sessions.ts';
import { type Comparison, compare } from './statistics.ts';

const connections = 32;
const sessionsRead = 256;

export interface RetrieveComparisons {
  /** Sessions that have no data yet: what a merchant polls. */
  readonly started: Comparison;
  /** Sessions with data, which are read and decrypted. */
  readonly complete: Comparison;
}

/** P1, in requests/s: each create with a key check, schema, an idempotency key of its own, insert and log line. */
export async function compareCreate(
  run: AsyncDisposableStack,
  site: Site,
  load: LoadGenerator,
  plan: Plan,
): Promise<Comparison> {
  await using scope = nestedScope(run);
  const [bare, product] = [await startBareServer(scope, site), await startProduct(scope, site)];
  const rateOf = (origin: string) => async (seconds: number) =>
    (await load.send({ ...orderOf(site, origin, seconds), send: newCreates() })).perSecond;
  return compare(await loadInTurns(plan, { limit: rateOf(bare.origin), product: rateOf(product.origin) }));
}

/** P2, in requests/s: the very same rows, read by both. */
export async function compareRetrieve(
  run: AsyncDisposableStack,
  site: Site,
  load: LoadGenerator,
  plan: Plan,
): Promise<RetrieveComparisons> {
  await using scope = nestedScope(run);
  const [bare, product] = [await startBareServer(scope, site), await startProduct(scope, site)];
  const started = await createSessions(product.origin, site, sessionsRead);
  const complete = await createSessions(product.origin, site, sessionsRead);
  await completeSessions(site, complete);
  const rateOf = (origin: string, ids: string[]) => async (seconds: number) =>
    (await load.send({ ...orderOf(site, origin, seconds), send: getsOf(ids) })).perSecond;
  const rates = await loadInTurns(plan, {
    limit: rateOf(bare.origin, started),
    product: rateOf(product.origin, started),
    complete: rateOf(product.origin, complete),
  });
  return {
    started: compare(rates),
    complete: compare({ limit: rates.limit, product: rates.complete }),
  };
}

async function loadInTurns<Name extends string>(
  plan: Plan,
  contenders: Readonly<Record<Name, (seconds: number) => Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const lasting = (seconds: number) =>
    Object.fromEntries(
      (Object.keys(contenders) as Name[]).map((name) => [name, () => contenders[name](seconds)]),
    ) as Record<Name, () => Promise<number>>;
  await inTurns(1, lasting(plan.warmUpSeconds));
  return inTurns(plan.pairs, lasting(plan.loadSeconds));
}

/** Both servers get the same requests, headers that the bare one ignores included. */
function orderOf(site: Site, url: string, seconds: number): Omit<LoadOrder, 'send'> {
  return { url, connections, seconds, headers: { 'x-ivy-api-key': site.apiKey } };
}

function newCreates(): LoadOrder['send'] {
  return { what: 'creates', path: '/data/session/create', run: randomUUID() };
}

function getsOf(ids: readonly string[]): LoadOrder['send'] {
  return { what: 'gets', paths: ids.map((id) => `/data/session/retrieve?id=${id}`) };
}
