import { parentsSecrets } from './parent-process.ts';
import { Problem, readSettings, type Settings } from './settings.ts';
import { createShop } from './shop.ts';
import { WebhookSecrets } from './webhook-secrets.ts';

/** Started by `npm start` as a child process, or by hand. */
async function main(): Promise<void> {
  // A child ends when its parent does. Ctrl-C reaches the whole group, and then too the parent decides.
  process.on('disconnect', () => process.exit());
  if (process.connected) process.on('SIGINT', () => undefined);
  const settings = readSettings(process.env);
  await listen(settings);
  // A parent that is gone by now is no error: the closed channel ends this process by itself.
  if (process.send) process.send({ ready: true, url: settings.url }, () => undefined);
  else console.log(`Juniper Living is at ${settings.url}`);
}

function listen(settings: Settings): Promise<void> {
  const server = createShop(settings, new WebhookSecrets(settings.webhookSecrets, parentsSecrets()));
  server.maxConnections = 1_000;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `Port ${settings.port} is in use. Stop what uses it, or set EXAMPLE_PORT to a free port.`;
      reject(error.code === 'EADDRINUSE' ? new Problem(taken) : error);
    });
    server.listen(settings.port, 'localhost', resolve);
  });
}

main().catch((error: unknown) => {
  if (!(error instanceof Problem)) throw error;
  process.exitCode = 1;
  if (process.send) process.send({ problem: error.message }, () => process.disconnect());
  else console.error(error.message);
});
