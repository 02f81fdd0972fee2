/** Transactions of a bank's report as Berlin Group JSON, of the length that real ones have (about 500 bytes). */
export function reportRow(index: number): Record<string, unknown> {
  const day = new Date(Date.UTC(2026, 10, 1) - Math.floor(index / 40) * 86_400_000)
    .toISOString()
    .slice(0, 10);
  const cents = String((index * 7919) % 100_000).padStart(3, '0');
  const isDebit = index % 3 !== 0;
  const other = {
    name: `Counterparty ${index % 500} Handelsgesellschaft mbH`,
    account: { iban: `DE${String(10 + (index % 80))}9990001${String(index % 500).padStart(11, '0')}` },
  };
  return {
    transactionId: `t-${index}`,
    entryReference: `20261101-${index}`,
    endToEndId: `E2E-${index}-${index * 31}`,
    bookingDate: day,
    valueDate: day,
    transactionAmount: {
      currency: 'EUR',
      amount: `${isDebit ? '-' : ''}${cents.slice(0, -2)}.${cents.slice(-2)}`,
    },
    ...(isDebit
      ? { creditorName: other.name, creditorAccount: other.account }
      : { debtorName: other.name, debtorAccount: other.account }),
    remittanceInformationUnstructured: `Invoice ${index} of ${day}, customer 4471190, thank you for your order`,
    bankTransactionCode: 'PMNT-RDDT-ESDD',
    proprietaryBankTransactionCode: 'NTRF+177+9299+997',
  };
}

/** One page of a report of `total` rows; `next` is the path of the page behind it. */
export function reportPage(first: number, count: number, next: string | undefined): string {
  const booked = Array.from({ length: count }, (_, index) => reportRow(first + index));
  const links = { account: { href: '/v1/accounts/a1' }, ...(next && { next: { href: next } }) };
  return JSON.stringify({
    account: { iban: 'DE02999000100000000001' },
    transactions: { booked, _links: links },
  });
}
