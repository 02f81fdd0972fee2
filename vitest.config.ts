import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.{ts,tsx}',
      'test/**/*.test.{ts,tsx}',
      'sdk/**/*.test.ts',
      'examples/**/*.test.ts',
    ],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // As in production, no module keeps state that another could be surprised by: each is loaded once a worker.
    isolate: false,
    // Three times as many as a small machine has cores, since much of a test is waiting: for a bank, a browser, a limit.
    maxWorkers: 6,
    sequence: { sequencer: LongestFirst },
    // The processes that tests start compile the same sources again and again: Node keeps what it has compiled.
    env: { NODE_COMPILE_CACHE: path.resolve('node_modules/.cache/compiled') },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
});
