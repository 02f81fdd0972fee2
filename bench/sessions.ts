import { randomUUID } from 'node:crypto';
import type { BankData } from '../src/bank-data/bank-data.ts';
import { BankDataStore } from '../src/bank-data/bank-data-store.ts';
import { Secret } from '../src/core/secret.ts';
import { Vault } from '../src/platform/crypto/vault.ts';
import { createPool, transaction } from '../src/platform/postgres/pool.ts';
import { SessionStore } from '../src/sessions/session-store.ts';
import type { Site } from './servers.ts';

/** Creates sessions through the API, one after the other, and returns their ids. */
export async function createSessions(origin: string, site: Site, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) ids.push((await createSession(origin, site.apiKey)).id);
  return ids;
}

/** The seed's example request. */
export async function createSession(
  origin: string,
  apiKey: string,
): Promise<{ id: string; redirectUrl: string }> {
  const response = await fetch(`${origin}/data/session/create`, {
    method: 'POST',
    headers: { 'x-ivy-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({
      referenceId: randomUUID(),
      permissions: ['identity'],
      returnUrl: 'https://example.com/callback/result',
      market: 'DE',
    }),
  });
  if (!response.ok) throw new Error(`create answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { id: string; redirectUrl: string };
}

/** Makes sessions complete as the fetch job does, with data of two accounts. */
export async function completeSessions(site: Site, ids: readonly string[]): Promise<void> {
  const vault = new Vault([new Secret(site.masterKey)]);
  const [sessions, bankData] = [new SessionStore(vault), new BankDataStore(vault)];
  const pool = createPool({
    connectionString: site.databaseUrl,
    maxConnections: 1,
    applicationName: 'trellis bench',
    onError: () => undefined,
  });
  const now = new Date();
  try {
    await transaction(pool, async (tx) => {
      for (const id of ids) {
        await bankData.save(tx, { merchantId: site.merchantId, sessionId: id }, exampleData, {}, now);
        await sessions.saveState(tx, { merchantId: site.merchantId, id }, { status: 'complete' }, now);
      }
    });
  } finally {
    await pool.end();
  }
}

/** What a bank with two accounts gives. */
export const exampleData: BankData = {
  bankName: 'Example Bank',
  bankId: 'de-example-bank',
  identity: { name: 'John Doe', holders: [{ name: 'John Doe' }] },
  accounts: ['DE89370400440532013000', 'DE02120300000000202051'].map((iban) => ({
    id: iban.slice(-10),
    name: 'Example Account',
    financialAddress: { type: 'iban', iban: { iban, accountHolderName: 'John Doe' } },
    accountType: 'checking',
    currency: 'EUR',
  })),
};
