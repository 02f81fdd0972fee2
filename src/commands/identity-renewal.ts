import type { IdentityFiles } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import type { Identity, KeyPair } from '../platform/outbound/identity.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { dateOf, loadIdentity, watchExpiry } from './identities.ts';

const lookEveryMs = 60_000;

export interface WatchedIdentities {
  readonly files: readonly IdentityFiles[];
  /** As whom banks are called, by name: read anew for each call, so that what is put here goes with the next one. */
  readonly identities: Map<string, Identity>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Warns of certificates that end soon, and takes renewed ones, until the function that it returns is called. */
export function watchIdentities(watched: WatchedIdentities): () => void {
  const { identities, clock, logger } = watched;
  const stopWarning = watchExpiry(identities, clock, logger);
  const renewal = new IdentityRenewal(watched);
  const timer = setInterval(() => void renewal.look(), lookEveryMs).unref();
  return () => {
    stopWarning();
    clearInterval(timer);
  };
}

/**
 * Looks whether the files of certificates have other contents than before, since a signal would have to reach every
 * process. What cannot be used changes nothing: a new certificate may be there a moment before its key.
 */
export class IdentityRenewal {
  readonly #watched: WatchedIdentities;
  /** What was wrong with the files of a name when it was told last: once is enough. */
  readonly #told = new Map<string, string>();
  #looking: Promise<void> | undefined;

  constructor(watched: WatchedIdentities) {
    this.#watched = watched;
  }

  /** Never rejects. One look at a time: files may lie on another machine. */
  look(): Promise<void> {
    this.#looking ??= Promise.all(this.#watched.files.map((files) => this.#lookAt(files))).then(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookAt(files: IdentityFiles): Promise<void> {
    const { identities, clock, logger } = this.#watched;
    const { name } = files;
    const problems: string[] = [];
    const old = identities.get(name);
    const found = await loadIdentity(files, clock.now(), problems);
    // Consents belong to the registration, and so does what was settled with it when this process started.
    if (problems.length === 0 && found.clientId !== old?.clientId)
      problems.push('They are of another registration number: restart to act under that.');
    if (problems.length > 0) return this.#tell(name, problems.join('\n'));
    this.#told.delete(name);
    if (contentsOf(found) === contentsOf(old)) return;
    identities.set(name, found);
    const certificates = { qwac: described(found.client), qseal: described(found.seal) };
    logger.info({ identity: name, ...certificates }, 'our certificates were renewed');
  }

  #tell(name: string, problem: string): void {
    if (this.#told.get(name) === problem) return;
    this.#told.set(name, problem);
    this.#watched.logger.warn(
      { identity: name, problem },
      'the files of our certificates cannot be used as they are now: those from before go on',
    );
  }
}

/** The public part is enough: another key has another certificate. */
function contentsOf(identity: Identity | undefined): string {
  return JSON.stringify([identity?.client?.chain, identity?.seal?.chain, identity?.authorities]);
}

function described(pair: KeyPair | undefined) {
  return pair && { serialNumber: pair.certificate.serialNumber, notAfter: dateOf(pair.notAfter) };
}
