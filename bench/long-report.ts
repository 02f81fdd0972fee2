import { fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Bank } from '../src/banking/bank.ts';
import type { BankConsent } from '../src/banking/consent.ts';
import { berlinGroupConnector } from '../src/connectors/berlin-group/connector.ts';
import { systemClock } from '../src/core/clock.ts';
import { createOutbound } from '../src/platform/outbound/outbound.ts';
import { startSandboxBank } from '../src/sandbox-bank/sandbox-bank.ts';
import { BankCustomer } from '../test/conformance/bank-customer.ts';

/**
 * How much memory it takes to read the 100,000 rows that the sandbox's `heavy` has at Trellis camt Bank, which sends
 * them as one document of 75 MB: `node --import tsx bench/long-report.ts`. The reader is a process of its own, with the
 * same flags of Node. With `--no-allocation-site-pretenuring` it takes half: V8 else finds rows that are gathered for a
 * page worth allocating where only its rare large collections look.
 */
const days = 500;
const psu = { ipAddress: '192.0.2.1' };
const nothing = async () => undefined;

interface Order {
  readonly origin: string;
  readonly consent: BankConsent;
}

function bankAt(origin: string): Bank {
  const profile = {
    baseUrl: `${origin}/berlin-group/trellis-camt-bank/v1`,
    sca: 'oauth-integrated',
    transactionsFormat: 'camt',
  };
  const row = { id: 'de-bench', name: 'Bench Bank', markets: ['DE'], currencies: ['EUR'], bankCodes: [] };
  return { ...row, protocol: 'berlin-group', test: true, aliases: [], profile };
}

function connectorTo(origin: string) {
  const outbound = createOutbound({ allowedOrigins: [origin], loopbackHttp: false, forbiddenPorts: [] });
  const tpp = { clientId: 'PSDDE-BAFIN-000000' };
  return { outbound, connector: berlinGroupConnector({ outbound, clock: systemClock, tpp }) };
}

/** `heavy` signs in and agrees. */
async function consentAt(origin: string): Promise<BankConsent> {
  const { outbound, connector } = connectorTo(origin);
  const bank = bankAt(origin);
  const step = await connector.begin(bank, {
    permissions: ['transactions'],
    access: { kind: 'once' },
    callbackUrl: 'https://trellis.test/callback/bank',
    state: 'state',
    nokState: 'nok',
    psu,
    locale: 'en',
  });
  if (step.kind !== 'redirect') throw new Error(`expected a redirect, got ${step.kind}`);
  const back = await new BankCustomer({ userName: 'heavy', password: 'any' }, ['confirm']).walk(step.url);
  const query = Object.fromEntries(back.searchParams);
  const input = { kind: 'callback', query, nextState: 'next', nextNokState: 'next-nok', psu } as const;
  const authorised = await connector.resume(bank, step.attempt, input);
  await outbound.close();
  if (authorised.kind !== 'authorised') throw new Error(`expected a consent, got ${authorised.kind}`);
  return authorised.consent;
}

async function read({ origin, consent }: Order): Promise<Record<string, number>> {
  const { outbound, connector } = connectorTo(origin);
  const bank = bankAt(origin);
  const access = { consent, psu, beforeCall: nothing, keep: nothing, spend: nothing, exhaust: nothing };
  const [account] = (await connector.accounts(bank, access, ['transactions'])).accounts;
  if (account === undefined) throw new Error('no account');
  const from = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let [peak, rows] = [before, 0];
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  for await (const page of connector.transactions(bank, access, account, { from })) rows += page.length;
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(watch);
  globalThis.gc?.();
  const heapMb = process.memoryUsage().heapUsed / 1e6;
  await outbound.close();
  return { rows, seconds, stallMs: delay.max / 1e6, peakMbAboveIdle: (peak - before) / 1e6, heapMb };
}

if (process.send === undefined) {
  const bank = await startSandboxBank({ host: '127.0.0.1', port: 0 });
  const execArgv = ['--expose-gc', ...process.execArgv];
  const reader = fork(import.meta.filename, [], { execArgv });
  reader.send({ origin: bank.url, consent: await consentAt(bank.url) });
  const [figures] = await once(reader, 'message');
  console.table(figures);
  await bank.close();
} else {
  const [order] = (await once(process, 'message')) as [Order];
  process.send(await read(order));
  process.disconnect();
}
