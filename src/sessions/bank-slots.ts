const retryAfterMs = 1_000;
const maxRetryAfterMs = 60_000;

/**
 * Which reads of banks this process may have under way, so that a bank that hangs never holds up the others: a bank
 * may take half of the slots that other banks leave. One alone gets half of all, the next half of the rest,
 * and something is always left.
 */
export class BankSlots {
  readonly #slots: number;
  readonly #taken = new Map<string, number>();
  /** How often each bank was put off since it was last let in. */
  readonly #putOff = new Map<string, number>();

  constructor(slots: number) {
    this.#slots = slots;
  }

  /** Runs the read and answers undefined; or, where the bank has its share already, says when to come again. */
  async run(bankId: string, read: () => Promise<void>): Promise<{ retryAfterMs: number } | undefined> {
    const taken = this.#taken.get(bankId) ?? 0;
    if (taken > 0 && taken + 1 > (this.#slots - this.#others(bankId)) / 2) return this.#later(bankId);
    this.#taken.set(bankId, taken + 1);
    this.#putOff.delete(bankId);
    try {
      await read();
    } finally {
      this.#free(bankId);
    }
    return undefined;
  }

  #others(bankId: string): number {
    let others = 0;
    for (const [id, taken] of this.#taken) if (id !== bankId) others += taken;
    return others;
  }

  /** The longer the line, the later: ten thousand that wait must not come again every second. */
  #later(bankId: string): { retryAfterMs: number } {
    const count = (this.#putOff.get(bankId) ?? 0) + 1;
    this.#putOff.set(bankId, count);
    return { retryAfterMs: Math.min(maxRetryAfterMs, retryAfterMs * Math.ceil(count / this.#slots)) };
  }

  #free(bankId: string): void {
    const left = (this.#taken.get(bankId) ?? 1) - 1;
    if (left > 0) this.#taken.set(bankId, left);
    else this.#taken.delete(bankId);
  }
}
