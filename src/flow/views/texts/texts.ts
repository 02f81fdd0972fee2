import type { FieldLabel, FormPurpose } from '../../../banking/step.ts';
import type { FieldFault } from '../../prompt.ts';
import type { DisplayName } from '../display-name.ts';

/**
 * Every word of the flow. A language is one value of this type, so that a missing sentence does not compile.
 * Sentences with names or numbers are functions: each language orders them as it needs. `DisplayName` keeps
 * raw names out; dates, durations and countries arrive written in the reader's language.
 */
export interface Texts {
  readonly frame: FrameTexts;
  readonly actions: ActionTexts;
  readonly chooseBank: ChooseBankTexts;
  readonly consent: ConsentTexts;
  readonly handOver: HandOverTexts;
  readonly waiting: WaitingTexts;
  readonly form: FormTexts;
  readonly approve: ApproveTexts;
  readonly release: ReleaseTexts;
  readonly returned: Readonly<Record<ReturnedState, ReturnedTexts>>;
  readonly moved: PageTexts;
  readonly linkUsed: PageTexts;
  readonly failed: Readonly<Record<FailureReason, FailureTexts>>;
  readonly ended: Readonly<Record<Outcome, EndedTexts>>;
  readonly strayReturn: PageTexts;
  readonly unknownLink: PageTexts;
  readonly fault: FaultTexts;
}

/** Why an attempt at a bank ended while the session goes on. */
export type FailureReason =
  | 'bank-down'
  | 'bank-refused'
  | 'cancelled-at-bank'
  | 'timed-out'
  | 'interrupted'
  | 'wrong-codes'
  | 'not-let-in'
  | 'no-accounts'
  | 'internal';

/** What became of a login that came back in another browser, told there. */
export type ReturnedState = 'released' | 'ended' | 'wrong-codes' | 'too-late' | 'elsewhere';

/** How the flow ended. `pending`: its user is through, and what his bank says is being fetched. */
export type Outcome = 'pending' | 'done' | 'failed' | 'cancelled' | 'expired';

export interface Parties {
  readonly bank: DisplayName;
  readonly merchant: DisplayName;
}

export interface PageTexts {
  readonly title: string;
  readonly body: string;
}

export interface FrameTexts {
  readonly progress: string;
  readonly steps: readonly [bank: string, consent: string, login: string];
  readonly stepDone: string;
  readonly languages: string;
  /** Before the title of a page that came back with a mistake in a field. */
  readonly error: string;
  readonly secured: string;
  readonly privacy: string;
  readonly myData: string;
}

export interface ActionTexts {
  readonly cancel: string;
  readonly tryAgain: string;
  readonly otherBank: string;
  readonly continueHere: string;
  readonly reload: string;
  backTo(merchant: DisplayName): string;
}

export interface ChooseBankTexts {
  readonly title: string;
  lead(merchant: DisplayName): string;
  readonly searchLabel: string;
  readonly searchPlaceholder: string;
  readonly searchButton: string;
  readonly market: string;
  readonly anyMarket: string;
  readonly popular: string;
  /** Where there is no bank at all, before any search. */
  readonly noBanks: string;
  readonly noBanksHelp: string;
  remembered(count: number): string;
  results(term: DisplayName): string;
  count(banks: number): string;
  readonly hints: {
    readonly members: string;
    readonly degraded: string;
    readonly down: string;
    readonly test: string;
  };
  readonly notListed: string;
  nothingFound(term: DisplayName): string;
  readonly nothingFoundHelp: string;
  notConnected(bank: DisplayName): string;
  readonly notConnectedHelp: string;
  readonly showAll: string;
  readonly more: string;
  membersTitle(group: DisplayName): string;
  readonly membersLead: string;
  readonly allBanks: string;
}

export interface ConsentTexts {
  titleOnce(merchant: DisplayName): string;
  titleUntil(merchant: DisplayName, date: string): string;
  lead(bank: DisplayName): string;
  /** Of a session that renews another one's consent: until when that lasts, or that it has ended. */
  renews(bank: DisplayName, until: string | null): string;
  readonly items: {
    readonly identity: ConsentItem;
    readonly accounts: ConsentItem;
    readonly balances: ConsentItem;
    readonly transactions: { readonly name: string; detail(since: string): string };
  };
  readonly noteOnce: string;
  noteUntil(merchant: DisplayName, date: string): string;
  readonly noteSafe: string;
  readonly agree: string;
  readonly decline: string;
  next(bank: DisplayName): string;
  licensed(provider: DisplayName, merchant: DisplayName): string;
  trial(provider: DisplayName, merchant: DisplayName): string;
  /** Where the bank does not answer as it should; the user may try all the same. */
  degraded(bank: DisplayName): string;
  down(bank: DisplayName): string;
  readonly tryAnyway: string;
  readonly details: string;
  readonly terms: ConsentTerms;
  readonly otherBank: string;
}

export interface ConsentItem {
  readonly name: string;
  readonly detail: string;
}

/** The unfolded part: a term and its answer each. */
export interface ConsentTerms {
  readonly whoAsks: string;
  readonly whoReads: string;
  whoReadsAnswer(provider: DisplayName, registration: DisplayName | null): string;
  whoReadsTrial(provider: DisplayName): string;
  readonly from: string;
  fromAnswer(bank: DisplayName): string;
  readonly purpose: string;
  purposeUnknown(merchant: DisplayName): string;
  readonly howOften: string;
  readonly howOftenOnce: string;
  howOftenUntil(date: string): string;
  readonly never: string;
  readonly neverAnswer: string;
  readonly stop: string;
  readonly stopOnce: string;
  stopUntil(parties: Parties): string;
  readonly rights: string;
  rightsAnswer(merchant: DisplayName): string;
}

export interface HandOverTexts {
  bankTitle(bank: DisplayName): string;
  readonly bankBody: string;
  readonly bankLink: string;
  merchantTitle(merchant: DisplayName): string;
  readonly merchantBody: string;
}

export interface WaitingTexts {
  contactingTitle(bank: DisplayName): string;
  readonly contactingBody: string;
  readonly finishingTitle: string;
  finishingBody(parties: Parties): string;
  readonly goesOnByItself: string;
  readonly checkNow: string;
}

export interface FormTexts {
  readonly purposes: Readonly<Record<FormPurpose, FormPurposeTexts>>;
  readonly labels: Readonly<Record<FieldLabel, string>>;
  readonly optional: string;
  /** What unfolds the fields for more than one. */
  readonly furtherAccounts: string;
  readonly faults: Readonly<Record<FieldFault, (maxLength: number) => string>>;
  /** The bank did not take what was typed. */
  readonly rejected: Readonly<Record<FormPurpose, (bank: DisplayName) => string>>;
  passwordGoes(parties: Parties & { readonly operator: DisplayName }): string;
  bankSays(bank: DisplayName): string;
  readonly scan: string;
  /** Instead of the picture. */
  picture(bank: DisplayName): string;
  readonly data: string;
  readonly noCode: string;
}

export interface FormPurposeTexts {
  title(bank: DisplayName): string;
  lead(bank: DisplayName): string;
  readonly submit: string;
}

export interface ApproveTexts {
  readonly title: string;
  lead(bank: DisplayName): string;
  bankSays(bank: DisplayName): string;
  readonly compare: string;
  waits(wait: { readonly bank: DisplayName; readonly duration: string }): string;
  readonly nothingCame: string;
  readonly again: string;
}

export interface ReleaseTexts {
  readonly boundTitle: string;
  boundBody(merchant: DisplayName): string;
  /** Where the code is typed. */
  showCode(bank: DisplayName): string;
  readonly keepCode: string;
  readonly lostIt: string;
  readonly againAtBank: string;
  readonly newTitle: string;
  newBody(parties: Parties): string;
  readonly warning: string;
  warningWhy(parties: Parties): string;
  readonly submitCode: string;
  readonly notMe: string;
  notMeDoes(parties: Parties): string;
  readonly codeLabel: string;
  readonly codeHint: string;
  readonly codeWrong: string;
  readonly codeMalformed: string;
  triesLeft(tries: number): string;
  waits(duration: string): string;
}

export interface ReturnedTexts {
  readonly title: string;
  body(parties: Parties): string;
  /** What to do besides, if anything. */
  more(parties: Parties): string | null;
}

export interface FailureTexts {
  title(bank: DisplayName): string;
  /** What happened and whose fault it is not. */
  body(parties: Parties): string;
  /** What was not shared. */
  shared(merchant: DisplayName): string;
  /** What to do now. */
  now(parties: Parties): string;
}

export interface EndedTexts {
  title(merchant: DisplayName): string;
  body(merchant: DisplayName): string;
}

export interface FaultTexts {
  readonly unexpected: PageTexts;
  readonly forbidden: PageTexts;
  readonly tooMany: { readonly title: string; body(wait: string): string };
  reference(requestId: DisplayName): string;
}
