import { Agent } from 'undici';
import { Secret } from '../src/core/secret.ts';
import { signatureHeaders } from '../src/webhooks/signature.ts';

/**
 * The bare limit of webhooks: signed POSTs over kept connections, and nothing else. As many at once as the product
 * may have, to each receiver and in all. Compiled before it runs, as the product is.
 */
export interface SendOrder {
  readonly origins: readonly string[];
  readonly count: number;
  /** Of every webhook. */
  readonly body: string;
}

const maxInFlight = 192;
const maxPerReceiver = 8;
const agent = new Agent({ connections: maxPerReceiver });
const secrets = { primary: new Secret(`whsec_${Buffer.alloc(32, 7).toString('base64')}`) };
let sent = 0;

async function post(origin: string, text: string): Promise<void> {
  sent += 1;
  const body = Buffer.from(text);
  const signed = signatureHeaders({ id: `bare-${sent}`, at: new Date(), body }, secrets);
  const headers = { 'content-type': 'application/json; charset=utf-8', ...signed };
  const answer = await agent.request({ origin, path: '/', method: 'POST', headers, body });
  await answer.body.dump();
  if (answer.statusCode !== 204) throw new Error(`a receiver answered ${answer.statusCode}`);
}

async function sendAll({ origins, count, body }: SendOrder): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) {
      next += 1;
      await post(origins[next % origins.length] ?? '', body);
    }
  };
  await Promise.all(Array.from({ length: maxInFlight }, one));
}

process.on('message', (order: SendOrder) => {
  sendAll(order).then(
    () => process.send?.({}),
    (error: unknown) => process.send?.({ problem: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
