import path from 'node:path';
import { defineConfig } from 'vitest/config';

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
    // One more than the smallest machine has cores, since much of a test is waiting for a bank or a browser.
    maxWorkers: 3,
    // The processes that tests start compile the same sources again and again: Node keeps what it has compiled.
    env: { NODE_COMPILE_CACHE: path.resolve('node_modules/.cache/compiled') },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
});
