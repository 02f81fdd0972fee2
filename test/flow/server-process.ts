import { createApp } from '../../src/app.ts';
import { Secret } from '../../src/core/secret.ts';
import { sandboxBanks } from '../../src/institutions/sandbox-banks.ts';
import { DatabaseClock } from '../../src/platform/postgres/database-clock.ts';
import { createPool } from '../../src/platform/postgres/pool.ts';
import { createLogger } from '../../src/platform/telemetry/logger.ts';

/** One more process of a server that is already there, to be killed; it prints its address. One that `works` takes jobs too. */
const [connectionString = '', masterKey = '', bankUrl = '', publicUrl = '', role = 'serves'] =
  process.argv.slice(2);
const pool = createPool({
  connectionString,
  maxConnections: 4,
  applicationName: 'trellis-test-victim',
  onError: () => undefined,
});
const logger = createLogger({ level: 'silent', readable: false });
const app = await createApp(
  {
    publicUrl,
    masterKeys: [new Secret(masterKey)],
    banks: sandboxBanks(bankUrl),
    bankOrigins: [bankUrl],
    webhookOrigins: [],
    loopbackWebhooks: true,
    ownPorts: [],
    trustedProxies: [],
    requestsPerMinute: 1_000_000,
    workerConcurrency: 1,
    tppClientId: 'PSDDE-BAFIN-123456',
    operatorName: 'Trellis Sandbox',
    version: '0.0.0-test',
  },
  { pool, clock: await DatabaseClock.start(pool, logger), logger },
);
const address = await app.server.listen({ host: 'localhost', port: 0 });
if (role === 'works') await app.startWorker();
console.log(`http://localhost:${new URL(address).port}`);
