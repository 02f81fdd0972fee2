import { monotonicMs } from '../core/clock.ts';
import { endsWithin } from '../core/deadline.ts';
import type { Logger } from '../platform/telemetry/logger.ts';

const exitWithinMs = 10_000;
/** Together, for the closers; one that comes later than that has at least the second. */
const closeWithinMs = 8_500;
const minCloseMs = 1_000;

/**
 * What has to be closed again, newest first. A signal, a lost part or a failed start all close the same way,
 * once; a second signal ends the process at once.
 */
export class Lifetime {
  readonly #closers: { what: string; close: () => Promise<unknown> }[] = [];
  #closing: Promise<void> | undefined;

  /** Closers run in the reverse order of this call. */
  add(what: string, close: () => Promise<unknown>): void {
    this.#closers.push({ what, close });
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  close(logger?: Logger): Promise<void> {
    this.#closing ??= this.#closeAll(logger);
    return this.#closing;
  }

  /** Runs `begin`; whatever it has added is closed again if it fails. Then waits for SIGINT or SIGTERM. */
  async run(begin: () => Promise<void>, logger?: Logger): Promise<void> {
    const end = (code: number) => {
      if (this.isClosing) process.exit(code === 0 ? 130 : code);
      setTimeout(() => process.exit(1), exitWithinMs).unref();
      void this.close(logger).then(() => process.exit(code));
    };
    process.on('SIGINT', () => end(0));
    process.on('SIGTERM', () => end(0));
    // The terminal was closed: nobody is left to press Ctrl-C.
    process.on('SIGHUP', () => end(0));
    try {
      await begin();
    } catch (error) {
      await this.close(logger);
      throw error;
    }
  }

  /** One that hangs must not keep the next from closing: the database would be left running without us. */
  async #closeAll(logger?: Logger): Promise<void> {
    const deadlineMs = monotonicMs() + closeWithinMs;
    for (const { what, close } of this.#closers.reverse()) {
      const ended = close().catch((err: unknown) => logger?.error({ err }, `${what} did not close cleanly`));
      const limitMs = Math.max(minCloseMs, deadlineMs - monotonicMs());
      if (!(await endsWithin(ended, limitMs))) logger?.warn(`${what} did not close in time`);
    }
  }
}
