import { describe, expect, it } from 'vitest';
import { bankRow } from '../../../test/support/berlin-group-row.ts';
import { handleFor, handleOf, quotesDebitsPositive } from './account-handle.ts';
import { accountOf } from './mapping.ts';
import { profileOf } from './profiles.ts';

const base = 'https://bank.test/v1';
const profile = profileOf(bankRow());

function handle(account: object, opens = true, list: 'accounts' | 'card-accounts' = 'accounts') {
  return handleFor({ list, url: `${base}/${list}`, account: { ...account } }, profile, opens);
}

describe('the way to read on from an account', () => {
  it('is by its links, which mean that there are no others', () => {
    const _links = { balances: { href: '/v1/b' }, transactions: { href: 'accounts/1/t?x=1' } };
    expect(handle({ resourceId: '1', _links })).toEqual({
      list: 'accounts',
      balancesUrl: 'https://bank.test/v1/b',
      transactionsUrl: 'https://bank.test/v1/accounts/1/t?x=1',
    });
    expect(handle({ resourceId: '1', _links: { balances: _links.balances } })).toEqual({
      list: 'accounts',
      balancesUrl: 'https://bank.test/v1/b',
    });
  });

  it('is as the standard has it where the bank links to neither', () => {
    const built = {
      balancesUrl: `${base}/accounts/a%2Fb/balances`,
      transactionsUrl: `${base}/accounts/a%2Fb/transactions`,
    };
    expect(handle({ resourceId: 'a/b', _links: { account: { href: '/v1/accounts/1' } } })).toEqual({
      list: 'accounts',
      ...built,
    });
    expect(handle({ resourceId: 'c' }, true, 'card-accounts').balancesUrl).toBe(
      `${base}/card-accounts/c/balances`,
    );
  });

  it('is not there where the consent opens no account, or the account has no name at the bank', () => {
    expect(handle({ resourceId: '1' }, false)).toEqual({ list: 'accounts' });
    expect(handle({ iban: 'DE1' })).toEqual({ list: 'accounts' });
  });

  it('is followed only if it was made here', () => {
    const account = accountOf({ resourceId: '1' }, undefined);
    if (account === undefined) throw new Error('no account');
    const made = handle({ resourceId: '1' });
    expect(handleOf({ ...account, handle: JSON.parse(JSON.stringify(made)) })).toEqual(made);
    for (const foreign of [{}, { list: 'other' }, { list: 'accounts', balancesUrl: 7 }]) {
      expect(() => handleOf({ ...account, handle: foreign })).toThrow('handle');
    }
  });

  it.each([
    [true, {}, true],
    ['true', {}, true],
    [true, { debitAccounting: 'false' }, false],
    [undefined, { debitAccounting: true }, true],
    [undefined, {}, false],
  ])('knows how a card quotes its debits: %j, then %j', (debitAccounting, answer, expected) => {
    const card = handle({ resourceId: 'c', debitAccounting }, true, 'card-accounts');
    expect(quotesDebitsPositive(card, answer)).toBe(expected);
    expect(quotesDebitsPositive(handle({ resourceId: 'c', debitAccounting }), answer)).toBe(false);
  });
});
