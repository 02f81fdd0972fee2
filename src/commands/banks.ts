import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { createConnectors } from '../app/connectors.ts';
import type { Env } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { StartProblem } from '../core/start-problem.ts';
import { type ImportResult, ImportService } from '../institutions/import-service.ts';
import type { Fault } from '../institutions/institution-row.ts';
import { countLists, storedInstitutions } from '../institutions/institution-store.ts';
import { maxLogoBytes } from '../institutions/logo.ts';
import { withoutSecrets, withSecrets } from '../institutions/profile-secret.ts';
import { countHeaders } from '../institutions/profile-secret-store.ts';
import { sandboxBanks } from '../institutions/sandbox-banks.ts';
import { createOutbound } from '../platform/outbound/outbound.ts';
import { dbOf, snapshot } from '../platform/postgres/pool.ts';
import { type BanksWish, readBanksWish } from './banks-wish.ts';
import { type OpenedDatabase, onDatabase } from './installation.ts';

const maxFileBytes = 200_000_000;
const shownFaults = 50;

/** Brings the operator's banks into the catalogue, and tells what is there. */
export async function banks(env: Env, args: string[]): Promise<void> {
  const wish = readBanksWish(args);
  await onDatabase(env, async (opened) => {
    if (wish.action === 'import') console.log(await importFile(wish, opened));
    else if (wish.action === 'list') console.log(await describeLists(opened.pool));
    else await exportBanks(wish, opened);
  });
}

async function importFile(
  wish: BanksWish & { action: 'import' },
  { pool, vault }: OpenedDatabase,
): Promise<string> {
  const bytes = await readWhole(wish.file, maxFileBytes);
  if (!bytes) throw new StartProblem(`${wish.file} cannot be read, or has more than ${maxFileBytes} bytes.`);
  // The connectors judge the profiles; nothing is sent.
  const outbound = createOutbound({ allowedOrigins: [], loopbackHttp: false, forbiddenPorts: [] });
  const connectors = createConnectors({
    outbound,
    clock: systemClock,
    tpp: { clientId: '' },
  });
  // Only their ids count, wherever the sandbox is.
  const builtIn = sandboxBanks('http://localhost:3001', 'https://localhost:3003');
  try {
    const result = await new ImportService({ pool, vault, clock: systemClock, connectors, builtIn }).run({
      ...wish,
      bytes,
      fileName: path.basename(wish.file),
      readLogo: (logo) => readWhole(path.join(path.dirname(wish.file), logo), maxLogoBytes),
    });
    return describeImport(wish, result);
  } finally {
    await outbound.close({ graceMs: 0 });
  }
}

async function readWhole(file: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    const { size } = await stat(file);
    return size <= maxBytes ? await readFile(file) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws StartProblem with the faults, if there are any */
function describeImport({ file, source }: BanksWish & { action: 'import' }, result: ImportResult): string {
  if (!result.done) throw new StartProblem(describeFaults(file, result.faults));
  const { banks: count, written, withdrawn } = result;
  return [
    `${count} banks in the list ${source}: ${written} new or changed, ${withdrawn} no longer offered.`,
    'Running servers show it within half a minute.',
  ].join('\n');
}

function describeFaults(file: string, faults: readonly Fault[]): string {
  const lines = faults.slice(0, shownFaults).map(({ line, what }) => `${file}:${line}: ${what}`);
  const more = faults.length - lines.length;
  if (more > 0) lines.push(`and ${more} more`);
  return [...lines, 'Nothing was imported.'].join('\n');
}

async function describeLists(pool: pg.Pool): Promise<string> {
  const lists = await countLists(dbOf(pool));
  if (lists.length === 0) return 'No banks were imported yet.';
  const rows = lists.map(
    ({ source, offered, withdrawn }) => `${source}: ${offered} banks offered, ${withdrawn} withdrawn`,
  );
  return rows.join('\n');
}

/**
 * As `import` takes it, written piece by piece; whoever asks for headers is told that they are there.
 * @throws StartProblem, before anything is written, for headers that are sealed while the key is not at hand
 */
async function exportBanks(
  { source, withHeaders }: BanksWish & { action: 'export' },
  { pool, vault }: OpenedDatabase,
): Promise<void> {
  await snapshot(pool, async (tx) => {
    const headers = withHeaders ? await countHeaders(tx, source) : { banks: 0, sealed: false };
    const opener = headers.sealed ? await vault() : undefined;
    if (headers.sealed && !opener)
      throw new StartProblem(
        'Headers of profiles are sealed: set TRELLIS_MASTER_KEY as the server has it, or export --without-headers.',
      );
    if (headers.banks > 0)
      console.error(
        `${headers.banks} profiles have headers, which are in the clear in this export: keep it as you keep keys.`,
      );
    let before = '[\n';
    for await (const { bank, sealedHeaders } of storedInstitutions(tx, source)) {
      const whole = opener ? withSecrets(opener, bank, sealedHeaders) : bank;
      await write(`${before}${JSON.stringify(withHeaders ? whole : withoutSecrets(bank))}`);
      before = ',\n';
    }
    await write(before === '[\n' ? '[]\n' : '\n]\n');
  });
}

/** Whoever reads slowly is waited for. */
function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
