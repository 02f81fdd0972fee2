import { readEnv } from './config.ts';
import { StartProblem } from './core/start-problem.ts';

/** The only process entry. A command is loaded when it is asked for, so that each starts with what it needs. */
const commands: Readonly<Record<string, { does: string; run: (args: string[]) => Promise<void> }>> = {
  start: {
    does: 'everything on this machine, for trying out: database, API, flow, worker, sandbox bank, example merchant',
    run: async () => (await import('./commands/start.ts')).start(readEnv()),
  },
  serve: {
    does: 'API and hosted flow (needs DATABASE_URL, PUBLIC_URL and TRELLIS_MASTER_KEY)',
    run: async () => (await import('./commands/serve.ts')).serve(readEnv()),
  },
  work: {
    does: 'the worker: reads banks, delivers webhooks (same variables as serve)',
    run: async () => (await import('./commands/serve.ts')).work(readEnv()),
  },
  migrate: {
    does: 'bring the database of DATABASE_URL to the newest schema',
    run: async () => (await import('./commands/migrate.ts')).migrateDatabase(readEnv()),
  },
  merchant: {
    does: 'merchant create, merchant add-key, merchant revoke-key: who may use the API (of the npm start that runs here, or of DATABASE_URL with TRELLIS_MASTER_KEY)',
    run: async (args) => (await import('./commands/merchant.ts')).merchant(readEnv(), args),
  },
  banks: {
    does: 'banks import FILE, banks list, banks export: the banks that users can connect (of the npm start that runs here, or of DATABASE_URL)',
    run: async (args) => (await import('./commands/banks.ts')).banks(readEnv(), args),
  },
  renormalise: {
    does: 'renormalise [--dry-run] [--merchant ID] [--session ID]: map stored bank data again, after a release that mends a mapping (database and key as for merchant)',
    run: async (args) => (await import('./commands/renormalise.ts')).renormalise(readEnv(), args),
  },
  'sandbox-bank': {
    does: 'only the sandbox bank',
    run: async () => (await import('./commands/sandbox-bank.ts')).sandboxBank(readEnv()),
  },
};

const oldestNode = 22;

async function main(): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  if (Number(process.versions.node.split('.')[0]) < oldestNode)
    throw new StartProblem(
      `Trellis needs Node ${oldestNode} or newer; this is ${process.version}. Start it with npm, which brings Node 24 on Linux.`,
    );
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new StartProblem(usage());
  await command.run(args);
}

function usage(): string {
  const lines = Object.entries(commands).map(([name, { does }]) => `  ${name.padEnd(13)} ${does}`);
  return ['usage: npm run trellis -- <command>', '', ...lines].join('\n');
}

main().catch((error: unknown) => {
  console.error(error instanceof StartProblem ? error.message : error);
  process.exitCode = 1;
  // Something half-started may hold the process open; what could be closed has been closed by now.
  setTimeout(() => process.exit(1), 500).unref();
});
