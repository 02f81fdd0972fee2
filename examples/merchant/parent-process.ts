import { once } from 'node:events';

/** `npm start` runs this shop as a child process and knows its webhook secrets; it is asked over their channel. */
const answerTimeoutMs = 2_000;

/** @returns undefined where there is no parent to ask: the shop was started by hand */
export function parentsSecrets(): (() => Promise<readonly string[]>) | undefined {
  return process.connected ? askParent : undefined;
}

async function askParent(): Promise<readonly string[]> {
  const answered = once(process, 'message', { signal: AbortSignal.timeout(answerTimeoutMs) });
  process.send?.({ ask: 'webhook-secrets' }, () => undefined);
  const [{ webhookSecrets = [] }] = (await answered) as [{ webhookSecrets?: readonly string[] }];
  return webhookSecrets;
}
