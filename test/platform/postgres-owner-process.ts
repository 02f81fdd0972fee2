/**
 * A process of its own that owns a PostgreSQL, for tests that kill it. Its argument is the options as JSON; it says
 * on standard output, a line of JSON each, what it logs, that it is ready, or why it cannot start.
 */
import { StartProblem } from '../../src/core/start-problem.ts';
import {
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.ts';

function say(message: Record<string, string>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const options = JSON.parse(process.argv[2] ?? '{}') as Omit<EmbeddedPostgresOptions, 'log'>;
try {
  const postgres = await startEmbeddedPostgres({ ...options, log: (line) => say({ log: line }) });
  process.once('SIGTERM', () => void postgres.stop());
  say({ ready: postgres.connectionString, folder: postgres.folder });
} catch (error) {
  if (!(error instanceof StartProblem)) throw error;
  say({ problem: error.message });
  process.exitCode = 1;
}
