import type { KeptAccount } from '../banking/remapping.ts';
import type { BankDocument } from './bank-data.ts';

type Told<A extends KeptAccount> = readonly (readonly [id: string, account: A])[];

/**
 * Accounts with the ids that an earlier read of the same person gave them. A masked card number alone is no id: two
 * people may have the same. Where the bank names no holder, its id hangs on the bank's own handle, which another
 * consent or another day may change; but a person whose consent is renewed or whose data are refreshed has the same cards.
 *
 * @param earlier of the same session, or of the one that it renews
 */
export function carriedOver<A extends KeptAccount>(
  told: Told<A>,
  bankId: string,
  earlier: BankDocument | undefined,
): Told<A> {
  if (earlier?.bankId !== bankId || !isSamePerson(told, earlier)) return told;
  const known = uniqueBy(earlier.accounts, ({ financialAddress: address, currency }) =>
    address?.type === 'masked_pan' ? nameOf(address.maskedPan.maskedPan, currency) : undefined,
  );
  const now = uniqueBy(told, ([, account]) => cardNameOf(account));
  return told.map((each) => {
    const name = cardNameOf(each[1]);
    const id = name !== undefined && now.get(name) === each ? known.get(name)?.id : undefined;
    return [id ?? each[0], each[1]] as const;
  });
}

/** A renewal may be given by somebody else: one account in common tells, where there are any but cards. */
function isSamePerson<A extends KeptAccount>(told: Told<A>, earlier: BankDocument): boolean {
  const before = earlier.accounts.filter(({ financialAddress }) => financialAddress?.type !== 'masked_pan');
  const now = new Set(told.filter(([, account]) => cardNameOf(account) === undefined).map(([id]) => id));
  return before.some(({ id }) => now.has(id)) || (before.length === 0 && now.size === 0);
}

function cardNameOf({ identifiers: [first], currency }: KeptAccount): string | undefined {
  return first?.type === 'masked_pan' ? nameOf(first.maskedPan, currency) : undefined;
}

function nameOf(maskedPan: string, currency: string): string {
  return `${maskedPan} ${currency}`;
}

/** By name, those whose name nobody else has. */
function uniqueBy<T>(all: readonly T[], name: (each: T) => string | undefined): ReadonlyMap<string, T> {
  const groups = Map.groupBy(all, name);
  return new Map(
    [...groups].flatMap(([key, [first, ...others]]) =>
      key === undefined || first === undefined || others.length > 0 ? [] : [[key, first] as const],
    ),
  );
}
