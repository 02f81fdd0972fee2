import { describe, expect, it } from 'vitest';
import { BankSlots } from './bank-slots.ts';

/** Reads that hang until they are let go. */
class Hanging {
  readonly #slots: BankSlots;
  readonly #ends: (() => void)[] = [];
  readonly #runs: Promise<unknown>[] = [];

  constructor(slots: BankSlots) {
    this.#slots = slots;
  }

  /** True if the read has begun. */
  async begin(bankId: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let begun = false;
    const run = this.#slots.run(bankId, () => {
      begun = true;
      this.#ends.push(resolve);
      return promise;
    });
    if (begun) this.#runs.push(run);
    else await run;
    return begun;
  }

  async count(bankId: string): Promise<number> {
    let count = 0;
    while (await this.begin(bankId)) count += 1;
    return count;
  }

  async endAll(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    await Promise.all(this.#runs.splice(0));
  }
}

describe('the slots of a worker', () => {
  it('are half for one bank, half of the rest for the next, and never all gone', async () => {
    const hanging = new Hanging(new BankSlots(16));
    expect(await hanging.count('a')).toBe(8);
    expect(await hanging.count('b')).toBe(4);
    expect(await hanging.count('c')).toBe(2);
    expect(await hanging.count('d')).toBe(1);
    expect(await hanging.begin('e')).toBe(true);
  });

  it('let a bank in though there is one slot only', async () => {
    const hanging = new Hanging(new BankSlots(1));
    expect(await hanging.begin('a')).toBe(true);
    expect(await hanging.begin('a')).toBe(false);
  });

  it('are free again when a read ends, well or not', async () => {
    const slots = new BankSlots(2);
    const hanging = new Hanging(slots);
    expect(await hanging.count('a')).toBe(1);
    await hanging.endAll();
    await expect(slots.run('a', async () => Promise.reject(new Error('bank')))).rejects.toThrow('bank');
    expect(await hanging.begin('a')).toBe(true);
  });

  it('put a long line off for longer, and a minute at most', async () => {
    const slots = new BankSlots(4);
    await new Hanging(slots).count('a');
    const waits: number[] = [];
    for (let asked = 0; asked < 500; asked += 1)
      waits.push((await slots.run('a', async () => undefined))?.retryAfterMs ?? 0);
    expect(waits[0]).toBe(1_000);
    expect(waits.toSorted((a, b) => a - b)).toEqual(waits);
    expect(waits.at(-1)).toBe(60_000);
  });
});
