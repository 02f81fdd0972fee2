import { availableParallelism } from 'node:os';
import { openDatabase, temporaryFolder } from './database.ts';
import { figures, missesFloor, type Outcome } from './figures.ts';
import { weighFirstPage } from './first-page.ts';
import { LoadGenerator } from './load-generator.ts';
import { type Plan, readPlan, usage } from './plan.ts';
import { tableOf } from './report.ts';
import { build, prepareSite, type Site } from './servers.ts';
import { compareCreate, compareRetrieve } from './session-load.ts';
import { compareStartUp } from './start-up.ts';

interface Step {
  readonly id: string;
  readonly says: string;
  run(site: Site, load: LoadGenerator, plan: Plan): Promise<Outcome[]>;
}

const steps: readonly Step[] = [
  {
    id: 'R1',
    says: 'starting `serve` and the bare server in turns',
    run: async (site, _load, plan) => {
      const { ready, memory } = await compareStartUp(site, plan);
      return [
        { figure: figures.ready, measured: ready },
        { figure: figures.memory, measured: memory },
      ];
    },
  },
  {
    id: 'H1',
    says: 'loading the first page of the flow',
    run: async (site) => {
      const { br, gzip } = await weighFirstPage(site);
      return [
        { figure: figures.firstPage, measured: br / 1000 },
        { figure: figures.firstPageGzip, measured: gzip / 1000 },
      ];
    },
  },
  {
    id: 'P1',
    says: 'creating sessions',
    run: async (site, load, plan) => [
      { figure: figures.create, measured: await compareCreate(site, load, plan) },
    ],
  },
  {
    id: 'P2',
    says: 'retrieving sessions',
    run: async (site, load, plan) => {
      const { started, complete } = await compareRetrieve(site, load, plan);
      return [
        { figure: figures.retrieve, measured: started },
        { figure: figures.retrieveComplete, measured: complete },
      ];
    },
  },
];

async function measure(scope: AsyncDisposableStack, plan: Plan): Promise<Outcome[]> {
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
    outcomes.push(...(await run(site, load, plan)));
  }
  console.error(
    `load on ${availableParallelism()} cores; the generator used ${load.highestShare.toFixed(2)} of one`,
  );
  return outcomes;
}

/** A signal rejects this, and what was started ends as after any other failure. */
function interruption(): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => reject(new Error(`ended by ${signal}`)));
  });
}

async function main(): Promise<void> {
  const plan = readPlan(process.argv.slice(2));
  await using scope = new AsyncDisposableStack();
  const outcomes = await Promise.race([measure(scope, plan), interruption()]);
  console.log(tableOf(outcomes));
  if (outcomes.some(missesFloor)) {
    console.log('\nA floor was missed.');
    process.exitCode = 1;
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof TypeError && 'code' in error ? `${error.message}\n${usage}` : error);
  process.exitCode = 1;
});
