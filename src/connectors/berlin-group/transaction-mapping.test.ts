import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BankFailure } from '../../banking/failure.ts';
import { cardTransactionOf, type RowRules, transactionOf } from './transaction-mapping.ts';

const rules: RowRules = { transactionSign: 'by-sign', stableReference: 'none', timeZone: 'Europe/Berlin' };
const out = { transactionAmount: { amount: '-12.50', currency: 'EUR' } };
const into = { transactionAmount: { amount: '12.50', currency: 'EUR' } };

function read(row: object, more: Partial<RowRules> = {}) {
  return transactionOf({ ...row }, 'booked', { ...rules, ...more });
}

function readCard(row: object, debitsPositive = false) {
  return cardTransactionOf({ ...row }, 'pending', { ...rules, debitsPositive });
}

describe('a transaction', () => {
  it('is what the bank sent', () => {
    const sent = {
      ...out,
      transactionId: 'T1',
      entryReference: 'E1',
      endToEndId: 'NOTPROVIDED',
      bookingDate: '2026-05-04',
      valueDate: '2026-05-05',
      creditorName: 'Grocer',
      creditorAccount: { iban: 'DE12345678901234567890' },
      debtorName: 'Ada Lindqvist',
      remittanceInformationUnstructured: 'Thank you',
      bankTransactionCode: 'PMNT-ICDT-ESCT',
      proprietaryBankTransactionCode: 'NTRF+177',
      somethingNew: [1, { two: 3 }],
    };
    expect(read(sent)).toEqual({
      status: 'booked',
      amount: '12.50',
      currency: 'EUR',
      direction: 'debit',
      bookingDate: '2026-05-04',
      valueDate: '2026-05-05',
      counterpartyName: 'Grocer',
      counterpartyAccount: { type: 'iban', iban: 'DE12345678901234567890' },
      description: 'Thank you',
      bankTransactionCode: 'PMNT-ICDT-ESCT',
      reference: 'T1',
      raw: sent,
    });
  });

  it('says no more than the bank does', () => {
    expect(read(into)).toEqual({
      status: 'booked',
      amount: '12.50',
      currency: 'EUR',
      direction: 'credit',
      raw: into,
    });
  });

  it.each([
    [{}, 'amount'],
    [{ transactionAmount: '12.50 EUR' }, 'amount'],
    [{ transactionAmount: { amount: '12,50', currency: 'EUR' } }, 'amount'],
    [{ transactionAmount: { amount: '1e3', currency: 'EUR' } }, 'amount'],
    [{ transactionAmount: { amount: '12.50' } }, 'currency'],
    [{ transactionAmount: { amount: '12.50', currency: 'Euro' } }, 'currency'],
  ])('that cannot be read fails: %j', (row, part) => {
    expect(() => read(row)).toThrow(
      new BankFailure('bank-refused', `read transactions: a row has no readable ${part}`),
    );
  });

  it('keeps every digit of its amount, and its direction', () => {
    const places = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 16n }), places, fc.boolean(), (units, scale, isDebit) => {
        const digits = units.toString().padStart(scale + 1, '0');
        const fraction = scale === 0 ? '' : `.${digits.slice(-scale)}`;
        const text = `${digits.slice(0, digits.length - scale)}${fraction}`;
        const amount = `${isDebit ? '-' : ''}${text}`;
        for (const { amount: kept, direction } of [
          read({ transactionAmount: { amount, currency: 'EUR' } }),
          readCard({ transactionAmount: { amount, currency: 'EUR' } }),
        ]) {
          expect(kept).toBe(text);
          expect(direction).toBe(isDebit ? 'debit' : 'credit');
        }
      }),
    );
  });

  it('is read from any object whatsoever, or fails in our words', () => {
    const names = [
      'creditorName',
      'creditorAccount',
      'bookingDate',
      'remittanceInformationUnstructured',
      'pan',
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.anything()), (object) => {
        return read({ ...object, ...out }).amount === '12.50';
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (transactionAmount) => {
        try {
          return /^\d+(\.\d+)?$/.test(read({ transactionAmount }).amount);
        } catch (thrown) {
          return thrown instanceof BankFailure;
        }
      }),
    );
  });
});

describe('direction', () => {
  const shop = { creditorName: 'Grocer' };
  const employer = { debtorName: 'Works' };
  it.each([
    ['by-sign', { ...out }, 'debit'],
    ['by-sign', { ...into, ...shop }, 'credit'],
    ['by-sign', { ...into, creditDebitIndicator: 'DBIT' }, 'credit'],
    ['by-indicator', { ...into, creditDebitIndicator: 'DBIT' }, 'debit'],
    ['by-indicator', { ...into, creditDebitIndicator: 'CRDT' }, 'credit'],
    ['by-indicator', { ...into, debitCreditIndicator: 'debit' }, 'debit'],
    ['by-indicator', { ...out, creditDebitIndicator: 'CRDT' }, 'debit'],
    ['by-party', { ...into, ...shop }, 'debit'],
    ['by-party', { ...into, creditorAccount: { iban: 'DE1' } }, 'debit'],
    ['by-party', { ...into, ...employer }, 'credit'],
    ['by-party', { ...into, ...employer, ...shop }, 'credit'],
    ['by-party', { ...into }, 'credit'],
    ['by-party', { ...out, ...employer }, 'debit'],
  ] as const)('%s of %j is %s', (transactionSign, row, direction) => {
    expect(read(row, { transactionSign }).direction).toBe(direction);
  });

  it.each([{}, { creditDebitIndicator: 'X' }, { creditDebitIndicator: 1 }])(
    'by an indicator that says nothing is not guessed: %j',
    (row) => {
      expect(() => read({ ...into, ...row }, { transactionSign: 'by-indicator' })).toThrow('direction');
    },
  );
});

describe('the other side', () => {
  const both = { creditorName: 'Grocer', debtorName: 'Ada' };
  it.each([
    [{ ...out, ...both }, 'Grocer'],
    [{ ...into, ...both }, 'Ada'],
    [{ ...out, ultimateCreditor: 'Chain' }, 'Chain'],
    [{ ...out, creditorName: ' ', ultimateCreditor: 'Chain' }, 'Chain'],
    [{ ...into, ultimateDebtor: 'Works' }, 'Works'],
    [{ ...into, ultimateDebtor: { name: 'Works' } }, 'Works'],
    [{ ...out, creditor: { name: 'Grocer' } }, 'Grocer'],
    [{ ...out, debtorName: 'Ada' }, undefined],
    [{ ...out, creditorName: ['Grocer'] }, undefined],
  ])('of %j is %s', (row, name) => {
    expect(read(row).counterpartyName).toBe(name);
  });

  it.each([
    [{ iban: 'DE1' }, { type: 'iban', iban: 'DE1' }],
    [{ bban: '370400440532013000' }, { type: 'bban', bban: '370400440532013000' }],
    [{ maskedPan: '540905xxxxxx1234' }, { type: 'masked_pan', maskedPan: '540905xxxxxx1234' }],
    ['DE12345678901234567890', { type: 'iban', iban: 'DE12345678901234567890' }],
    ['see statement', undefined],
    [{}, undefined],
    [null, undefined],
  ])('has the account %j', (creditorAccount, expected) => {
    expect(read({ ...out, creditorAccount }).counterpartyAccount).toEqual(expected);
  });

  it('never has a full card number, in the raw object neither', () => {
    const row = {
      ...out,
      creditorAccount: { pan: '5409050000001234' },
      extra: [{ maskedPan: '5409050000001234' }],
    };
    const mapped = read(row);
    expect(mapped.counterpartyAccount).toEqual({ type: 'masked_pan', maskedPan: '540905******1234' });
    expect(JSON.stringify(mapped)).not.toContain('5409050000001234');
  });
});

describe('description', () => {
  const unstructured = 'remittanceInformationUnstructured';
  const structured = 'remittanceInformationStructured';
  it.each([
    [{ [unstructured]: ' Rent\tMay ' }, 'Rent May'],
    [{ [unstructured]: ['Rent', 'May', '', null] }, 'Rent\nMay'],
    [{ [`${unstructured}Array`]: ['Rent', 'May'] }, 'Rent\nMay'],
    [{ [unstructured]: 'Rent', [`${unstructured}Array`]: ['Rent', 'May'] }, 'Rent\nMay'],
    [{ [unstructured]: 'Rent for May', [`${unstructured}Array`]: ['Rent'] }, 'Rent for May'],
    [{ [structured]: 'RF18' }, 'RF18'],
    [{ [structured]: { reference: 'RF18', referenceType: 'SCOR', referenceIssuer: 'ISO' } }, 'RF18'],
    [{ [structured]: [{ reference: 'RF18' }, 'RF19'] }, 'RF18\nRF19'],
    [{ [`${structured}Array`]: [{ reference: 'RF18' }, { reference: 'RF19' }] }, 'RF18\nRF19'],
    [{ [structured]: 'RF18', [unstructured]: 'Rent' }, 'Rent'],
    [{ [structured]: {}, additionalInformation: 'Interest' }, 'Interest'],
    [{ additionalInformation: 'Interest' }, 'Interest'],
    [{ [unstructured]: '', additionalInformation: 7 }, undefined],
  ])('of %j', (row, text) => {
    expect(read({ ...out, ...row }).description).toBe(text);
  });

  it('keeps hostile text as text, within its limit', () => {
    const hostile = `<script>\u202e🙂\u0000${'x'.repeat(20_000)}`;
    const { description } = read({ ...out, [unstructured]: hostile });
    expect(description).toHaveLength(10_000);
    expect(description?.startsWith('<script>\u202e🙂 xxx')).toBe(true);
    const many = Array.from({ length: 5_000 }, () => 'line');
    expect(read({ ...out, [`${unstructured}Array`]: many }).description).toHaveLength(10_000);
    expect(read({ ...out, [unstructured]: '\ud800' }).description?.isWellFormed()).toBe(true);
  });
});

describe('dates', () => {
  it('are days as written, moments where they are told', () => {
    const row = { ...out, bookingDate: '2026-05-04T00:00:00.000Z', valueDate: '04.05.2026' };
    expect(read(row)).toMatchObject({ bookingDate: '2026-05-04' });
    expect(read(row)).not.toHaveProperty('valueDate');
    const timed = read({ ...out, bookingDateTime: '2026-12-04T23:30:00' });
    expect(timed).toMatchObject({ bookingDate: '2026-12-04', at: new Date('2026-12-04T22:30:00Z') });
  });

  it.each(['2026-02-30', '', 'tomorrow', 20260504, null, '2026-05-0400'])(
    'that are none are left out: %j',
    (date) => {
      expect(read({ ...out, bookingDate: date, valueDate: date, transactionDate: date })).toEqual(
        expect.not.objectContaining({ bookingDate: expect.anything() }),
      );
    },
  );
});

describe('codes and references', () => {
  it('are the ISO code, else the bank has its own', () => {
    expect(read({ ...out, proprietaryBankTransactionCode: 'NTRF+177' }).bankTransactionCode).toBe('NTRF+177');
  });

  it.each([
    ['none', undefined],
    ['entryReference', 'E1'],
    ['transactionId', 'T1'],
  ] as const)('are stable as the profile says: %s', (stableReference, expected) => {
    const row = { ...out, entryReference: 'E1', transactionId: 'T1' };
    expect(read(row, { stableReference }).stableReference).toBe(expected);
    expect(read(out, { stableReference })).not.toHaveProperty('stableReference');
  });
});

describe("a card's transaction", () => {
  it('is what the bank sent', () => {
    const sent = {
      cardTransactionId: 'C1',
      transactionDate: '2026-05-03',
      acceptorTransactionDateTime: '2026-05-03T20:15:00Z',
      bookingDate: '2026-05-04',
      valueDate: '2026-06-01',
      transactionAmount: { amount: '-91.07', currency: 'EUR' },
      originalAmount: { amount: '-100.00', currency: 'USD' },
      cardAcceptorAddress: { townName: 'Paris', country: 'FR' },
      transactionDetails: 'CAFE DE FLORE',
      maskedPAN: '540905xxxxxx1234',
      proprietaryBankTransactionCode: 'PURCHASE',
    };
    expect(readCard(sent)).toEqual({
      status: 'pending',
      amount: '91.07',
      currency: 'EUR',
      direction: 'debit',
      bookingDate: '2026-05-04',
      valueDate: '2026-06-01',
      transactionDate: '2026-05-03',
      at: new Date('2026-05-03T20:15:00Z'),
      description: 'CAFE DE FLORE',
      bankTransactionCode: 'PURCHASE',
      reference: 'C1',
      raw: sent,
    });
    const stable = { ...rules, stableReference: 'transactionId', debitsPositive: false } as const;
    expect(cardTransactionOf(sent, 'booked', stable).stableReference).toBe('C1');
  });

  it('names its shop where the bank does', () => {
    expect(readCard({ ...out, cardAcceptorName: 'Café de Flore' }).counterpartyName).toBe('Café de Flore');
  });

  it('is told by its place where nothing else is told', () => {
    const cardAcceptorAddress = {
      streetName: 'rue A',
      buildingNumber: '1',
      postCode: '75000',
      townName: 'Paris',
    };
    expect(readCard({ ...out, cardAcceptorAddress }).description).toBe('rue A 1, 75000 Paris');
    expect(readCard({ ...out, cardAcceptorAddress: {} })).not.toHaveProperty('description');
    expect(readCard({ ...out, cardAcceptorAddress: 'Paris' })).not.toHaveProperty('description');
  });

  it('is turned round where debits are quoted without a minus', () => {
    expect(readCard(into, true).direction).toBe('debit');
    expect(readCard(out, true).direction).toBe('credit');
    expect(readCard(into, false).direction).toBe('credit');
  });

  it('hides a full card number', () => {
    expect(JSON.stringify(readCard({ ...out, maskedPAN: '5409050000001234' }))).not.toContain('0000001234');
  });
});

it.each([
  [{ transactionId: 'T1', entryReference: 'E1' }, 'T1'],
  [{ entryReference: 'E1' }, 'E1'],
  [{ transactionId: 'NOTPROVIDED' }, undefined],
  [{ transactionId: 'NOTPROVIDED', entryReference: 'E1' }, 'E1'],
  [{ transactionId: '0000 0000' }, undefined],
  [{ entryReference: 'NONREF' }, undefined],
  [{}, undefined],
])('the name of an entry within its report: %j', (names, reference) => {
  const row = { transactionAmount: { amount: '1.00', currency: 'EUR' }, ...names };
  expect(transactionOf(row, 'booked', rules).reference).toBe(reference);
});
