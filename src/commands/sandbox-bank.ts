import { type Config, type Env, parseConfig } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { startSandboxBank } from '../sandbox-bank/sandbox-bank.ts';
import { DataFolder } from './data-folder.ts';
import { Lifetime } from './lifetime.ts';
import { portProblem } from './ports.ts';
import { sandboxCertificates } from './sandbox-certificates.ts';

/** The sandbox bank as a process of its own: started by `start` over IPC, or by hand. */
export async function sandboxBank(env: Env): Promise<void> {
  const config = parseConfig(env);
  const isChild = process.send !== undefined;
  const lifetime = new Lifetime();
  if (isChild) process.on('disconnect', () => void lifetime.close().then(() => process.exit(0)));
  const begin = async () => {
    const folder = await DataFolder.open(config.dataDir, config.sudoUid);
    const bank = await startSandboxBank({
      host: '127.0.0.1',
      port: config.sandboxBankPort,
      dataFile: folder.file('sandbox-bank.jsonl'),
      tls: {
        port: config.sandboxBankTlsPort,
        certificates: await sandboxCertificates(folder, systemClock.now()),
      },
    });
    lifetime.add('the sandbox bank', () => bank.close());
    if (isChild) process.send?.({ ready: true, url: bank.url }, () => undefined);
    else console.log(`The sandbox bank listens on ${bank.url}, for sealed calls on ${bank.tlsUrl}`);
  };
  if (!isChild) return lifetime.run(begin);
  // Ctrl-C reaches the whole group of processes; the parent decides when this one ends.
  process.on('SIGINT', () => undefined);
  await begin().catch((error: unknown) => {
    const problem = problemOfPorts(config, error) ?? error;
    const message = problem instanceof Error ? problem.message : String(problem);
    process.send?.({ problem: message }, () => process.exit(1));
  });
}

/** The system names the port that it could not give. */
function problemOfPorts({ sandboxBankPort, sandboxBankTlsPort }: Config, error: unknown) {
  const port = error instanceof Error && 'port' in error ? error.port : undefined;
  return port === sandboxBankTlsPort && port !== sandboxBankPort
    ? portProblem('SANDBOX_BANK_TLS_PORT', sandboxBankTlsPort, error)
    : portProblem('SANDBOX_BANK_PORT', sandboxBankPort, error);
}
