import { lchown, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { Secret } from '../core/secret.ts';
import { cannotWrite, makeFolder } from '../platform/embedded-postgres/place.ts';

const ownerOnly = 0o700;

/** The small secrets that `npm start` makes for itself, each in a file that only its owner can read. */
export class DataFolder {
  readonly path: string;
  readonly #owner: number | undefined;

  private constructor(folder: string, owner: number | undefined) {
    this.path = folder;
    this.#owner = owner;
  }

  /**
   * `sudoUid`: under sudo, what is made here belongs to who called it, or his next start could not read it.
   * @throws StartProblem when the folder cannot be made or written
   */
  static async open(folder: string, sudoUid?: string): Promise<DataFolder> {
    const absolute = path.resolve(folder);
    const owner = process.getuid?.() === 0 && sudoUid !== undefined ? Number(sudoUid) : undefined;
    for (const made of await makeFolder(absolute, ownerOnly)) {
      if (owner !== undefined) await lchown(made, owner, -1);
    }
    return new DataFolder(absolute, owner);
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  /** The secret kept under this name; made and kept at the first time. */
  async secret(name: string, make: () => string): Promise<{ secret: Secret; isNew: boolean }> {
    const kept = await this.read(name);
    if (kept !== undefined) return { secret: new Secret(kept), isNew: false };
    const value = make();
    await this.write(name, value);
    return { secret: new Secret(value), isNew: true };
  }

  async read(name: string): Promise<string | undefined> {
    try {
      const text = (await readFile(this.file(name), 'utf8')).trim();
      return text === '' ? undefined : text;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw cannotWrite(this.file(name), error);
    }
  }

  /** Written beside and renamed, so that a crash leaves the old value or the new one. */
  async write(name: string, value: string): Promise<void> {
    const temporary = this.file(`${name}.new`);
    try {
      const handle = await open(temporary, 'w', 0o600);
      try {
        await handle.writeFile(`${value}\n`);
        if (this.#owner !== undefined) await handle.chown(this.#owner, -1);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.file(name));
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }
}
