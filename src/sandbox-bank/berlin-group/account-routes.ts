import { accountWire } from './account-wire.ts';
import type { Call, Operation } from './operation.ts';
import { readAccount, readAccounts } from './reading.ts';

export const accountOperations: readonly Operation[] = [
  { name: 'accounts', method: 'GET', path: '/accounts', handle: list },
  { name: 'account', method: 'GET', path: '/accounts/:accountId', handle: read },
];

function list(call: Call) {
  const reading = readAccounts(call);
  return { accounts: reading.accounts.map((each) => accountWire(each, reading.persona, call.bank)) };
}

function read(call: Call) {
  const { readable, persona } = readAccount(call);
  return { account: accountWire(readable, persona, call.bank) };
}
