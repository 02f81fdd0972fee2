import type { Locale } from '../visit.ts';

/** All words of the bank's pages in one language. */
export interface Texts {
  readonly language: Locale;
  /** The other language, in its own words. */
  readonly otherLanguage: { readonly locale: Locale; readonly name: string };
  readonly testBank: string;
  readonly testBankExplained: string;
  readonly login: {
    readonly title: string;
    readonly lead: (tpp: string) => string;
    readonly byHand: string;
    readonly customers: string;
    /** Above the customers who are there for one difficulty each. */
    readonly special: string;
    readonly userName: string;
    readonly password: string;
    readonly anyPassword: string;
    readonly submit: string;
    readonly cancel: (tpp: string) => string;
    readonly unknownUserName: string;
    readonly missingPassword: string;
    /** What a persona stands for, by user name. */
    readonly hints: Readonly<Record<string, string>>;
  };
  readonly confirm: {
    readonly title: (tpp: string) => string;
    readonly signedInAs: (name: string) => string;
    readonly accounts: string;
    readonly pickAccounts: string;
    readonly noAccounts: string;
    readonly foreignAccounts: string;
    readonly blocked: string;
    readonly multiCurrency: string;
    readonly shared: string;
    readonly details: string;
    readonly namesOnly: string;
    readonly balances: string;
    readonly transactions: string;
    readonly ownerName: string;
    readonly period: string;
    readonly once: string;
    readonly until: (date: string) => string;
    readonly unattended: (timesADay: number) => string;
    readonly recipient: string;
    readonly promise: string;
    readonly confirm: string;
    readonly decline: string;
  };
  readonly done: { readonly title: string; readonly lead: (tpp: string) => string; readonly link: string };
  /** The page that stands for a customer's phone. */
  readonly phone: {
    readonly title: string;
    readonly lead: string;
    readonly empty: string;
    readonly again: string;
    readonly approve: string;
    readonly decline: string;
    readonly done: { readonly approve: string; readonly decline: string };
    readonly codeFor: (tpp: string) => string;
    /** For a TPP that did not say who it is. */
    readonly someone: string;
  };
  readonly stop: {
    readonly title: string;
    readonly over: string;
    readonly otherBrowser: string;
    readonly failed: string;
    readonly notFound: string;
    readonly repeatedParameter: string;
    readonly unknownClient: string;
    readonly unknownConsent: string;
    readonly foreignRedirectUri: string;
    readonly nothingShared: string;
    readonly advice: string;
  };
}
