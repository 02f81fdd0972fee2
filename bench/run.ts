import { availableParallelism, loadavg } from 'node:os';
import { compareFetch } from './bank-data.ts';
import { measureBankSearch } from './bank-search.ts';
import { openDatabase, temporaryFolder } from './database.ts';
import { figures, missesFloor, type Outcome } from './figures.ts';
import { weighFirstPage } from './first-page.ts';
import { LoadGenerator } from './load-generator.ts';
import { type Plan, readPlan } from './plan.ts';
import { tableOf } from './report.ts';
import { build, prepareSite, type Site } from './servers.ts';
import { compareCreate, compareRetrieve } from './session-load.ts';
import { compareStartUp } from './start-up.ts';
import { compareDelivery, compareWithDead, measureFirstAttempt } from './webhooks.ts';

interface Step {
  readonly id: string;
  readonly says: string;
  run(scope: AsyncDisposableStack, site: Site, load: LoadGenerator, plan: Plan): Promise<Outcome[]>;
}

const steps: readonly Step[] = [
  {
    id: 'R1',
    says: 'starting `serve` and the bare server in turns',
    run: async (scope, site, _load, plan) => {
      const { ready, memory } = await compareStartUp(scope, site, plan);
      return [
        { figure: figures.ready, measured: ready },
        { figure: figures.memory, measured: memory },
      ];
    },
  },
  {
    id: 'H1',
    says: 'loading the first page of the flow',
    run: async (scope, site) => {
      const { br, gzip } = await weighFirstPage(scope, site);
      return [
        { figure: figures.firstPage, measured: br / 1000 },
        { figure: figures.firstPageGzip, measured: gzip / 1000 },
      ];
    },
  },
  {
    id: 'P1',
    says: 'creating sessions',
    run: async (scope, site, load, plan) => [
      { figure: figures.create, measured: await compareCreate(scope, site, load, plan) },
    ],
  },
  {
    id: 'P2',
    says: 'retrieving sessions',
    run: async (scope, site, load, plan) => {
      const { started, complete } = await compareRetrieve(scope, site, load, plan);
      return [
        { figure: figures.retrieve, measured: started },
        { figure: figures.retrieveComplete, measured: complete },
      ];
    },
  },
  {
    id: 'P6',
    says: 'searching among 60,000 banks',
    run: async (scope, site, _load, plan) => {
      const { p99Ms, firstMs } = await measureBankSearch(scope, site, plan);
      return [
        { figure: figures.bankSearch, measured: p99Ms },
        { figure: figures.firstBankSearch, measured: firstMs },
      ];
    },
  },
  {
    id: 'J1',
    says: 'reading a bank (J1 to J3)',
    run: async (scope, site, _load, plan) => {
      const { fetch, besideMemory, stallMs, memoryMb } = await compareFetch(scope, site, plan);
      return [
        { figure: figures.fetch, measured: fetch },
        { figure: figures.fetchBesideMemory, measured: besideMemory },
        { figure: figures.stall, measured: stallMs },
        { figure: figures.fetchMemory, measured: memoryMb },
      ];
    },
  },
  {
    id: 'W1',
    says: 'delivering webhooks',
    run: async (scope, site, _load, plan) => [
      { figure: figures.deliveries, measured: await compareDelivery(scope, site, plan) },
    ],
  },
  {
    id: 'W2',
    says: 'waiting for first attempts',
    run: async (scope, site, _load, plan) => [
      { figure: figures.firstAttempt, measured: await measureFirstAttempt(scope, site, plan) },
    ],
  },
  {
    id: 'W3',
    says: 'delivering beside dead receivers',
    run: async (scope, site, _load, plan) => [
      { figure: figures.besideDead, measured: await compareWithDead(scope, site, plan) },
    ],
  },
];

/** Above this many others that want a core, ratios lean towards whoever uses less of it. */
const quietLoad = 0.5;

function warnIfBusy(): void {
  const [load = 0] = loadavg();
  if (load > quietLoad)
    console.error(
      `this machine is busy (load ${load.toFixed(1)} on ${availableParallelism()} cores): figures will be rough`,
    );
}

async function measure(scope: AsyncDisposableStack, plan: Plan): Promise<Outcome[]> {
  warnIfBusy();
  console.error('building for production, starting a database');
  await build(scope);
  const folder = await temporaryFolder(scope);
  const databaseUrl = await openDatabase(scope, folder, process.env.DATABASE_URL);
  const site = await prepareSite(scope, { databaseUrl, folder, profileFolder: plan.profileFolder });
  const load = new LoadGenerator(scope);
  const outcomes: Outcome[] = [];
  for (const { id, says, run } of steps) {
    if (plan.only && !plan.only.has(id)) continue;
    console.error(`${id}: ${says}`);
    outcomes.push(...(await run(scope, site, load, plan)));
  }
  if (load.highestShare > 0)
    console.error(`the load generator used at most ${load.highestShare.toFixed(2)} of a core`);
  return outcomes;
}

/** Ctrl-C: what was started ends as after any other failure. */
class Interrupted extends Error {}

function interruption(): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => reject(new Interrupted(`ended by ${signal}`)));
  });
}

async function main(): Promise<void> {
  const plan = readPlan(process.argv.slice(2));
  for (const wanted of plan.only ?? [])
    if (!steps.some(({ id }) => id === wanted)) throw new Error(`there is no figure ${wanted}`);
  await using scope = new AsyncDisposableStack();
  const outcomes = await Promise.race([measure(scope, plan), interruption()]);
  console.log(tableOf(outcomes));
  if (outcomes.some(missesFloor)) {
    console.log('\nA floor was missed.');
    process.exitCode = 1;
  }
}

main().catch((error: unknown) => {
  if (error instanceof Interrupted) console.error(error.message);
  else console.error(error);
  process.exitCode = 1;
});
