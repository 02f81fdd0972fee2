import type { MethodKey } from '../sca/method-key.ts';
import { type AccountRow, currentAccount, everyKind, jointAccounts, manyAccounts } from './account-rows.ts';
import { hostileTexts } from './hostile-texts.ts';
import {
  blockedAccounts,
  businessAccounts,
  heavyAccounts,
  hostileAccounts,
  householdWith,
  twinAccounts,
} from './special-accounts.ts';

/** A customer whom anyone may sign in as, with any password. What he stands for is told by his row. */
export interface Persona {
  readonly userName: string;
  /** The person who signs in (`psuName`), and the owner of accounts that name no other. */
  readonly name: string;
  readonly accounts: readonly AccountRow[];
  /** Says no as soon as he has signed in. */
  readonly declines?: true;
  /** His accounts answer 503, though signing in and confirming work. */
  readonly accountsDown?: true;
  /** The bank gives no owner name, even where the consent asks for it. */
  readonly withoutOwnerName?: true;
  /** The ways to authenticate that he has; all, if absent. */
  readonly scaMethods?: readonly MethodKey[];
  /** His password is enough: the bank asks for no second factor. */
  readonly scaExempt?: true;
  /** Approves in the app by himself when this time has passed. */
  readonly approvesAfterSeconds?: number;
  /** What the bank has the TPP show him is hostile too. */
  readonly hostileMessages?: true;
  /** On the login page among the special cases, below the others. */
  readonly isSpecial?: true;
}

export const personas: readonly Persona[] = [
  { userName: 'ada', name: 'Ada Lindqvist', accounts: currentAccount },
  { userName: 'many', name: 'Henrik Vogel', accounts: manyAccounts },
  { userName: 'joint', name: 'Miriam Brandt', accounts: jointAccounts },
  { userName: 'every', name: 'Eva Sommer', accounts: everyKind },
  { userName: 'noname', name: 'Noor Haddad', accounts: currentAccount, withoutOwnerName: true },
  { userName: 'noaccounts', name: 'Lena Neumann', accounts: [] },
  { userName: 'cancel', name: 'Carla Weiss', accounts: currentAccount, declines: true },
  { userName: 'down', name: 'Dominik Auer', accounts: currentAccount, accountsDown: true },
  { userName: 'business', name: 'Thomas Keller', accounts: businessAccounts, isSpecial: true },
  { userName: 'heavy', name: 'Marta Winter', accounts: heavyAccounts, isSpecial: true },
  {
    userName: 'hostile',
    name: hostileTexts.person,
    accounts: hostileAccounts,
    hostileMessages: true,
    isSpecial: true,
  },
  { userName: 'blocked', name: 'Boris Lang', accounts: blockedAccounts, isSpecial: true },
  {
    userName: 'pending',
    name: 'Petra Moll',
    accounts: householdWith({ bookedLate: true }),
    isSpecial: true,
  },
  { userName: 'twins', name: 'Tarek Sahin', accounts: twinAccounts, isSpecial: true },
  {
    userName: 'repeats',
    name: 'Rita Falk',
    accounts: householdWith({ repeatsRows: true }),
    isSpecial: true,
  },
  {
    userName: 'shifting',
    name: 'Selma Yildiz',
    accounts: householdWith({ idsChangeDaily: true }),
    isSpecial: true,
  },
  {
    userName: 'auto',
    name: 'Otto Schnell',
    accounts: currentAccount,
    approvesAfterSeconds: 5,
    isSpecial: true,
  },
  {
    userName: 'single',
    name: 'Sina Wolf',
    accounts: currentAccount,
    scaMethods: ['sms'],
    isSpecial: true,
  },
  { userName: 'exempt', name: 'Emil Frank', accounts: currentAccount, scaExempt: true, isSpecial: true },
];

const byUserName = new Map(personas.map((persona) => [persona.userName, persona]));

export function findPersona(userName: string): Persona | undefined {
  return byUserName.get(userName);
}
