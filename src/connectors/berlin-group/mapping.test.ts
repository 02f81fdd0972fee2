import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountOf, accountTypeOf, cardAccountOf, holdersOf } from './mapping.ts';

describe('account type', () => {
  it.each([
    ['checking', 'CACC TRAN SLRY CASH NREX NFCA'],
    ['savings', 'SVGS LLSV ONDP'],
    ['credit', 'ODFT'],
    ['card', 'CARD'],
    ['loan', 'LOAN MGLD MORT'],
    ['investment', 'TRAS MOMA'],
    ['other', 'OTHR CHAR CISH COMM CPAC SACC TAXE VACC WALT'],
  ])('%s for %s', (type, codes) => {
    for (const cashAccountType of codes.split(' ')) {
      expect(accountTypeOf({ cashAccountType })).toBe(type);
      expect(accountTypeOf({ cashAccountType: ` ${cashAccountType.toLowerCase()} ` })).toBe(type);
    }
  });

  it.each([
    {},
    { cashAccountType: 'ZZZZ' },
    { cashAccountType: '' },
    { cashAccountType: null },
    { cashAccountType: 1 },
    { cashAccountType: 'constructor' },
    { cashAccountType: '__proto__' },
  ])('unknown for %o', (account) => {
    expect(accountTypeOf(account)).toBe('unknown');
  });

  it.each([
    { creditLimit: { amount: '1000', currency: 'EUR' } },
    { product: 'Gold Kreditkarte' },
    { product: 'Visa CREDIT' },
    { details: 'carte de crédit' },
  ])('a card is credit with %o', (more) => {
    expect(accountTypeOf({ cashAccountType: 'CARD', ...more })).toBe('credit');
  });

  it('a name never replaces a code', () => {
    expect(accountTypeOf({ cashAccountType: 'CACC', product: 'Credit account' })).toBe('checking');
    expect(accountTypeOf({ product: 'Sparkonto', name: 'Savings' })).toBe('unknown');
    expect(accountTypeOf({ cashAccountType: 'CARD', product: 'Debit Mastercard' })).toBe('card');
  });
});

describe('an entry of the list of cards', () => {
  it.each([
    [{}, 'card'],
    [{ product: 'Gold Kreditkarte' }, 'card'],
    [{ creditLimit: { amount: '1000', currency: 'EUR' } }, 'credit'],
  ])('with %o is %s', (more, accountType) => {
    const card = cardAccountOf(
      { resourceId: 'c', maskedPan: 'xxxx1234', currency: 'EUR', ...more },
      undefined,
    );
    expect(card).toMatchObject({ accountType, identifiers: [{ type: 'masked_pan', maskedPan: 'xxxx1234' }] });
  });

  it('without a name at all is none', () => {
    expect(cardAccountOf({ currency: 'EUR' }, undefined)).toBeUndefined();
  });
});

describe('holders', () => {
  it('are the listed owners with their roles', () => {
    const ownerNames = [
      { name: 'Ada', role: 'owner' },
      { name: 'Bo', role: 'legalRepresentative' },
      { name: 'Cy', role: 'AUTHORISED_USER' },
      { name: 'Di', role: 'somethingNew' },
      { name: 'Ed' },
      { name: '  ' },
      { role: 'owner' },
      'Fay',
      { name: 'Ada', role: 'owner' },
    ];
    expect(holdersOf({ ownerNames, ownerName: 'Ada, Bo' })).toEqual([
      { name: 'Ada', role: 'owner' },
      { name: 'Bo', role: 'legal_representative' },
      { name: 'Cy', role: 'authorised_user' },
      { name: 'Di' },
      { name: 'Ed' },
    ]);
  });

  it('are the one name, never taken apart, where no list is', () => {
    expect(holdersOf({ ownerName: ' Ada and Bo Lindqvist ' })).toEqual([{ name: 'Ada and Bo Lindqvist' }]);
    expect(holdersOf({ ownerName: 'Ada', ownerNames: [] })).toEqual([{ name: 'Ada' }]);
    expect(holdersOf({ ownerName: 'Ada', ownerNames: 'Bo' })).toEqual([{ name: 'Ada' }]);
  });

  it('are nobody where the bank names nobody', () => {
    for (const account of [
      {},
      { ownerName: '' },
      { ownerName: '\u0000 \t' },
      { ownerName: 7 },
      { ownerNames: null },
    ]) {
      expect(holdersOf(account)).toEqual([]);
    }
  });
});

describe('an account', () => {
  const iban = 'DE12345678901234567890';

  it('carries what the bank sent, an IBAN with a wrong checksum included', () => {
    const sent = {
      resourceId: 'r1',
      iban,
      bban: 'BARC12345612345678',
      currency: 'eur',
      name: ' Main ',
      product: 'Giro',
      bic: 'TRLTDEF0XXX',
      cashAccountType: 'CACC',
      ownerName: 'Ada',
    };
    expect(accountOf(sent, 'DE')).toEqual({
      resourceId: 'r1',
      identifiers: [
        { type: 'iban', iban },
        { type: 'bban', bban: 'BARC12345612345678', country: 'DE' },
      ],
      currency: 'EUR',
      name: 'Main',
      bic: 'TRLTDEF0XXX',
      accountType: 'checking',
      holders: [{ name: 'Ada' }],
      raw: sent,
    });
  });

  it('is named by the bank, else by the user, else by its product, else not', () => {
    const name = (more: object) => accountOf({ iban, ...more }, undefined)?.name;
    expect(name({ name: 'A', displayName: 'B', product: 'C' })).toBe('A');
    expect(name({ displayName: 'B', product: 'C' })).toBe('B');
    expect(name({ name: '  ', product: 'C' })).toBe('C');
    expect(name({})).toBeUndefined();
  });

  it('has no currency but XXX where the bank names none', () => {
    for (const currency of [undefined, '', 'EURO', 'E1R', 978]) {
      expect(accountOf({ iban, currency }, undefined)?.currency).toBe('XXX');
    }
  });

  it('never holds a full card number, in its identifiers or in the raw object', () => {
    const pan = '5409050000001234';
    const account = accountOf({ resourceId: 'c', pan, currency: 'EUR', cashAccountType: 'CARD' }, undefined);
    expect(account?.identifiers).toEqual([{ type: 'masked_pan', maskedPan: '540905******1234' }]);
    expect(JSON.stringify(account)).not.toContain(pan);
    const both = accountOf({ resourceId: 'c', pan, maskedPan: '540905xxxxxx1234' }, undefined);
    expect(both?.identifiers).toEqual([{ type: 'masked_pan', maskedPan: '540905xxxxxx1234' }]);
    expect(JSON.stringify(accountOf({ pan: '123456' }, undefined))).not.toContain('123456');
  });

  it('without handle and identifier, or closed, is none', () => {
    expect(accountOf({ currency: 'EUR', name: 'Ghost' }, undefined)).toBeUndefined();
    expect(accountOf({ iban, status: 'deleted' }, undefined)).toBeUndefined();
    expect(accountOf({ iban, status: 'blocked' }, undefined)).toMatchObject({ status: 'blocked' });
    expect(accountOf({ iban, status: 'somethingNew' }, undefined)).not.toHaveProperty('status');
    expect(accountOf({ iban, status: 'enabled' }, undefined)).not.toHaveProperty('status');
    expect(accountOf({ iban }, undefined)?.resourceId).toBe('');
    expect(accountOf({ resourceId: 'r1' }, undefined)?.identifiers).toEqual([]);
  });

  it('is read from any object whatsoever without a fault', () => {
    const names = [
      'resourceId',
      'iban',
      'pan',
      'ownerNames',
      'ownerName',
      'currency',
      'cashAccountType',
      'status',
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.anything()), (object) => {
        const account = accountOf(object, 'DE');
        return account === undefined || typeof account.resourceId === 'string';
      }),
    );
  });
});
