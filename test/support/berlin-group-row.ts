import { expect } from 'vitest';
import type { Bank } from '../../src/banking/bank.ts';
import type { BankTransaction } from '../../src/banking/transaction.ts';
import { type Profile, profileOf } from '../../src/connectors/berlin-group/profiles.ts';
import { remappingOf } from '../../src/connectors/berlin-group/remap.ts';

/** A bank's row with a profile of few words, for tests of what a connector does with them. */
export function bankRow(profile: object = {}): Bank {
  return {
    id: 'de-test',
    name: 'Test',
    markets: ['DE'],
    currencies: ['EUR'],
    protocol: 'berlin-group',
    test: true,
    aliases: [],
    bankCodes: [],
    profile: { baseUrl: 'https://bank.test/v1', sca: 'redirect', ...profile },
  };
}

/** What was kept of each row, as JSON, gives the same once more. */
export function expectSameAgain(read: readonly BankTransaction[], more: Partial<Profile>): void {
  const bank = bankRow();
  const remapping = remappingOf(bank, { ...profileOf(bank), ...more });
  for (const row of read) {
    const { raw, rawForm, status } = row;
    const again = remapping.transaction(JSON.parse(JSON.stringify({ raw, rawForm })), status);
    expect({ ...again, raw, rawForm }).toEqual(row);
  }
}
