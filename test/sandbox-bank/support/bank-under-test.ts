import { afterAll, afterEach, beforeAll } from 'vitest';
import {
  type SandboxBank,
  type SandboxBankOptions,
  startSandboxBank,
} from '../../../src/sandbox-bank/sandbox-bank.ts';

/** A Friday, noon in UTC: the bank's day is the same in Berlin and Vienna. */
export const startOfTests = '2027-03-12T12:00:00.000Z';

/** The sandbox bank of a test file, on a free port; its clock stands still until a test moves it. */
export function openBank(options: Partial<SandboxBankOptions> = {}): { current: SandboxBank } {
  const holder: { current: SandboxBank } = {
    get current(): SandboxBank {
      throw new Error('the bank opens in beforeAll');
    },
  };
  beforeAll(async () => {
    const bank = await startBank(options);
    Object.defineProperty(holder, 'current', { value: bank });
  });
  afterEach(() => {
    holder.current.control.clearFaults();
    holder.current.control.moveClock({ now: new Date(startOfTests) });
  });
  afterAll(() => holder.current.close());
  return holder;
}

export function startBank(options: Partial<SandboxBankOptions> = {}): Promise<SandboxBank> {
  return startSandboxBank({ host: '127.0.0.1', port: 0, now: () => new Date(startOfTests), ...options });
}
