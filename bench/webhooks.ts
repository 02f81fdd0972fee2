import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SendOrder } from './bare-sender.ts';
import { inTurns } from './in-turns.ts';
import type { Plan } from './plan.ts';
import { freePort, nestedScope, startNode } from './processes.ts';
import { ReceiverFarm, rateOf } from './receiver-farm.ts';
import { type Site, startWorker } from './servers.ts';
import { type Comparison, compare, percentile } from './statistics.ts';
import { exampleBody, WebhookSite } from './webhook-site.ts';

const receivers = 50;
const dead = { hanging: 10, refusing: 10 };
const deadDeliveries = 10_000;
const recordedWithinMs = 30_000;
const sentWithinMs = 60_000;
const idleMs = { least: 20, most: 60 };

/** The worker, its healthy receivers and those that are dead; the worker is paused but for the measurements. */
interface Scene {
  readonly site: WebhookSite;
  readonly farm: ReceiverFarm;
  readonly worker: ChildProcess;
  /** One merchant for each healthy receiver. */
  readonly healthy: readonly string[];
  /** One merchant whose events go to all dead receivers. */
  readonly dead: string;
}

async function setScene(
  scope: AsyncDisposableStack,
  { at, name }: { at: Site; name: string },
): Promise<Scene> {
  const farm = await ReceiverFarm.start(scope, { answering: receivers, hanging: dead.hanging });
  const refusing: string[] = [];
  for (let made = 0; made < dead.refusing; made += 1) refusing.push(`http://127.0.0.1:${await freePort()}`);
  const site = new WebhookSite(scope, at);
  const healthy: string[] = [];
  for (const [index, origin] of farm.answering.entries())
    healthy.push(await site.addMerchant(`${name}-${index}`, [origin]));
  const gone = await site.addMerchant(`${name}-dead`, [...farm.hanging, ...refusing]);
  const worker = await startWorker(scope, at, [...farm.answering, ...farm.hanging, ...refusing]);
  return { site, farm, worker, healthy, dead: gone };
}

/** W1, in deliveries/s: events that are due when the worker goes on, each of a session and receiver of its own. */
export async function compareDelivery(run: AsyncDisposableStack, at: Site, plan: Plan): Promise<Comparison> {
  await using scope = nestedScope(run);
  const scene = await setScene(scope, { at, name: 'w1' });
  const bare = startNode(scope, {
    args: ['dist/bench/bare-sender.js'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const contenders = {
    limit: () => sendBare(scene, bare, plan.bareSends),
    product: () => deliverAll(scene, plan.deliveries),
  };
  await inTurns(1, contenders);
  return compare(await inTurns(plan.webhookPairs, contenders));
}

async function sendBare({ farm }: Scene, bare: ChildProcess, count: number): Promise<number> {
  const arrival = await farm.expect(count);
  const done = once(bare, 'message', { signal: AbortSignal.timeout(sentWithinMs) }) as Promise<
    [{ problem?: string }]
  >;
  bare.send({ origins: farm.answering, count, body: exampleBody } satisfies SendOrder);
  const [{ problem }] = await done;
  if (problem) throw new Error(`the bare sender failed: ${problem}`);
  return rateOf(count, await arrival());
}

/**
 * Publishes while the worker is paused, so that it is not measured how fast events are made. The rate counts once
 * every delivery is also recorded as made.
 */
async function deliverAll({ site, farm, worker, healthy }: Scene, count: number): Promise<number> {
  await site.publish(healthy, count);
  const arrival = await farm.expect(count);
  worker.kill('SIGCONT');
  const rate = rateOf(count, await arrival());
  await untilRecorded(site, healthy);
  worker.kill('SIGSTOP');
  return rate;
}

async function untilRecorded(site: WebhookSite, merchantIds: readonly string[]): Promise<void> {
  const deadline = performance.now() + recordedWithinMs;
  while ((await site.waiting(merchantIds)) > 0) {
    if (performance.now() > deadline) throw new Error('deliveries that arrived were not recorded as made');
    await sleep(10);
  }
}

/** W2, in ms: from the commit that makes data complete to the first attempt's headers at the receiver, idle. */
export async function measureFirstAttempt(run: AsyncDisposableStack, at: Site, plan: Plan): Promise<number> {
  await using scope = nestedScope(run);
  const { site, farm, worker, healthy } = await setScene(scope, { at, name: 'w2' });
  worker.kill('SIGCONT');
  const waits: number[] = [];
  for (let sent = 0; sent < plan.warmUpEvents + plan.firstAttempts; sent += 1) {
    const arrival = await farm.expect(1);
    const committedAt = await site.publishOne(healthy[sent % healthy.length] ?? '');
    waits.push((await arrival()).firstAt - committedAt);
    await sleep(idleMs.least + Math.random() * (idleMs.most - idleMs.least));
  }
  return percentile(waits.slice(plan.warmUpEvents), 0.99);
}

/** W3, in deliveries/s to the healthy ones, the dead ones' deliveries given up (limit) and all due (product). */
export async function compareWithDead(run: AsyncDisposableStack, at: Site, plan: Plan): Promise<Comparison> {
  await using scope = nestedScope(run);
  const scene = await setScene(scope, { at, name: 'w3' });
  await makeBacklog(scene);
  const withDead = (isDue: boolean) => async () => {
    await scene.site.setDue(scene.dead, isDue);
    return deliverAll(scene, plan.deliveries);
  };
  const contenders = { limit: withDead(false), product: withDead(true) };
  await inTurns(1, contenders);
  const rates = await inTurns(plan.webhookPairs, contenders);
  if ((await scene.site.attempts(scene.dead)) === 0) throw new Error('the dead receivers were never tried');
  return compare(rates);
}

async function makeBacklog({ site, dead: merchantId }: Scene): Promise<void> {
  await site.publish([merchantId], deadDeliveries / (dead.hanging + dead.refusing));
  await site.forgetJobs();
  const made = await site.setDue(merchantId, false);
  if (made !== deadDeliveries) throw new Error(`${made} deliveries to the dead instead of ${deadDeliveries}`);
}
