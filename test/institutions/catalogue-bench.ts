import { createConnectors } from '../../src/app/connectors.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type ImportResult, ImportService } from '../../src/institutions/import-service.ts';
import type { Vault } from '../../src/platform/crypto/vault.ts';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';
import type { TestApp } from '../support/app.ts';

/** A bank as a file has it. */
export function fileBank(id: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id,
    name: `Bank ${id}`,
    markets: ['DE'],
    currencies: ['EUR'],
    protocol: 'berlin-group',
    profile: { baseUrl: `https://${id.replace(/[^a-z]/g, '')}.example/v1`, sca: 'redirect' },
    ...more,
  };
}

/** What `banks import` does with a file. */
export function importBanks(
  pool: TestApp['pool'],
  content: readonly unknown[] | string | Uint8Array,
  more: {
    source?: string;
    fileName?: string;
    logos?: Readonly<Record<string, Uint8Array>>;
    vault?: Vault;
  } = {},
): Promise<ImportResult> {
  const {
    source = 'test',
    logos = {},
    fileName = typeof content === 'string' ? 'banks.csv' : 'banks.json',
  } = more;
  const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: false, forbiddenPorts: [] });
  const connectors = createConnectors({
    outbound,
    clock: systemClock,
    tpp: { clientId: 'PSDDE-BAFIN-123456' },
  });
  return new ImportService({
    pool,
    vault: async () => more.vault,
    clock: systemClock,
    connectors,
    builtIn: [{ id: 'de-built-in' }],
  }).run({
    source,
    fileName,
    bytes: bytesOf(content),
    readLogo: async (path) => logos[path],
    mayBeEmpty: false,
  });
}

function bytesOf(content: readonly unknown[] | string | Uint8Array): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
}
