import { expect } from 'vitest';
import type { BankAccount } from '../../src/banking/account.ts';
import type { Bank } from '../../src/banking/bank.ts';
import type { CountedRead, ReadAccess } from '../../src/banking/call-budget.ts';
import type { AuthorisationRequest, Connector } from '../../src/banking/connector.ts';
import type { BankConsent, PsuContext } from '../../src/banking/consent.ts';
import { BankFailure } from '../../src/banking/failure.ts';
import type { Permission } from '../../src/banking/permission.ts';
import type { Attempt, ResumeInput, Step } from '../../src/banking/step.ts';
import type { TransactionsAsked, TransactionsPage } from '../../src/banking/transaction.ts';
import { expectAccountsAgain, expectRowsAgain } from './mapped-again.ts';
import type { Approach, Person, SandboxFace } from './sandbox-face.ts';

const psu: PsuContext = { ipAddress: '192.0.2.10', userAgent: 'Conformance/1.0', acceptLanguage: 'en' };
const callbackUrl = 'https://trellis.test/callback/bank';
const daySeconds = 86_400;
/** More than any bank asks of a person. */
const maxActs = 8;
const everything: readonly Permission[] = ['identity', 'balances', 'transactions'];

/** What the platform does with a connector, as short words for tests: one approach of one sandbox. */
export class Bench {
  readonly face: SandboxFace;
  readonly approach: Approach;
  readonly bank: Bank;
  readonly connector: Connector;
  #attempts = 0;

  readonly acts: number;

  /** `acts`: how often the user acts until there is a consent. */
  constructor(face: SandboxFace, approach: Approach, bank: Bank = face.bank(approach), acts = 1) {
    this.face = face;
    this.approach = approach;
    this.bank = bank;
    this.acts = acts;
    this.connector = face.connector;
  }

  request(
    access: 'once' | 'ongoing' = 'once',
    asked: readonly Permission[] = ['identity'],
  ): AuthorisationRequest {
    this.#attempts += 1;
    const validUntil = new Date(Date.now() + 30 * daySeconds * 1_000);
    return {
      permissions: asked,
      access: access === 'once' ? { kind: 'once' } : { kind: 'ongoing', validUntil },
      callbackUrl,
      state: `state-${this.#attempts}-of-${crypto.randomUUID()}`,
      nokState: `nok-${this.#attempts}-of-${crypto.randomUUID()}`,
      psu,
      locale: 'en',
    };
  }

  /** Up to the last time that the user has to act. */
  async begin(
    access?: 'once' | 'ongoing',
    asked?: readonly Permission[],
    person: Person = 'one account',
  ): Promise<{ step: WaitingStep; attempt: Attempt; request: AuthorisationRequest }> {
    const request = this.request(access, asked);
    let step = waiting(await this.connector.begin(this.bank, request));
    for (let act = 1; act < this.acts; act += 1) {
      const input = await this.face.act(step, person, request);
      step = waiting(await this.resume(stored(step.attempt), input));
    }
    return { step, attempt: stored(step.attempt), request };
  }

  /** Up to his last act, whose outcome has not been judged yet. */
  async visit(
    person: Person,
    access?: 'once' | 'ongoing',
    asked?: readonly Permission[],
  ): Promise<{ attempt: Attempt; input: ResumeInput }> {
    const { step, attempt, request } = await this.begin(access, asked, person);
    return { attempt, input: await this.face.act(step, person, request) };
  }

  /** All that he does, until there is an end to it or he is asked for the same over and over. */
  async outcome(person: Person, access?: 'once' | 'ongoing', asked?: readonly Permission[]): Promise<Step> {
    const request = this.request(access, asked);
    let step = await this.connector.begin(this.bank, request);
    for (let act = 0; 'attempt' in step && act < maxActs; act += 1) {
      const input = await this.face.act(step, person, request);
      step = await this.resume(stored(step.attempt), input);
    }
    return step;
  }

  /** The call by which the bank first hears of a request: at once, or with the user's first answer. */
  async firstCall(connector: Connector): Promise<() => Promise<Step>> {
    const request = this.request();
    // These two ask who the user is before the bank hears of him.
    if (this.approach !== 'decoupled' && this.approach !== 'embedded')
      return () => connector.begin(this.bank, request);
    const step = waiting(await connector.begin(this.bank, request));
    const input = await this.face.act(step, 'one account', request);
    return () => connector.resume(this.bank, stored(step.attempt), input);
  }

  resume(attempt: Attempt, input: ResumeInput): Promise<Step> {
    return this.connector.resume(this.bank, attempt, input);
  }

  /** The whole way to a consent. */
  async connect(
    person: Person,
    access?: 'once' | 'ongoing',
    asked?: readonly Permission[],
  ): Promise<BankConsent> {
    const step = await this.outcome(person, access, asked);
    if (step.kind !== 'authorised') throw new Error(`expected a consent, got ${JSON.stringify(step)}`);
    return stored(step.consent);
  }

  /** The whole way to accounts of which everything may be read. */
  async open(person: Person): Promise<{ access: ReadAccess; accounts: readonly BankAccount[] }> {
    const { access } = accessTo(await this.connect(person, 'once', everything));
    const { accounts } = await this.connector.accounts(this.bank, access, everything);
    expectAccountsAgain(this.connector.remap(this.bank), stored([...accounts]));
    return { access, accounts: stored([...accounts]) };
  }

  /** All transactions of an account, page by page. */
  async report(access: ReadAccess, account: BankAccount): Promise<readonly TransactionsPage[]> {
    const pages = await collected(this.connector.transactions(this.bank, access, account, this.lastYear()));
    expectRowsAgain(this.connector.remap(this.bank), pages.flat());
    return pages;
  }

  lastYear(): TransactionsAsked {
    return { from: new Date(Date.now() - 365 * daySeconds * 1_000).toISOString().slice(0, 10) };
  }

  isLiving(consentId: string): boolean {
    return this.face.consents().some(({ id, living }) => id === consentId && living);
  }

  livingConsents(): ReadonlySet<string> {
    return new Set(this.face.consents().flatMap(({ id, living }) => (living ? [id] : [])));
  }
}

/** Access as the platform gives it; `kept` is what it would have stored last, and counted so far. */
export function accessTo(consent: BankConsent, presence: 'present' | 'absent' = 'present') {
  const kept: { consent: BankConsent; spent: CountedRead[]; exhausted: CountedRead[] } = {
    consent,
    spent: [],
    exhausted: [],
  };
  const access: ReadAccess = {
    get consent() {
      return kept.consent;
    },
    psu: presence === 'present' ? psu : null,
    beforeCall: async () => undefined,
    keep: async (renewed) => {
      kept.consent = stored(renewed);
    },
    spend: async (read) => {
      kept.spent.push(read);
    },
    exhaust: async (read) => {
      kept.exhausted.push(read);
    },
  };
  return { access, kept };
}

export async function collected<T>(values: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

type WaitingStep = Exclude<Step, { kind: 'authorised' | 'refused' }>;

function waiting(step: Step): WaitingStep {
  if (step.kind === 'authorised' || step.kind === 'refused')
    throw new Error(`expected a step of the user, got ${JSON.stringify(step)}`);
  return step;
}

/** Nothing of a person or an account may be in what an operator reads. */
const bankData = /Lindqvist|Vogel|Brandt|Haddad|\b[A-Z]{2}\d{2}[A-Z0-9]{10,30}\b/;

/** The failure of a call that must fail, and only as the contract allows. */
export async function failureOf(promise: Promise<unknown>): Promise<BankFailure> {
  const thrown: unknown = await promise.then(
    (value) => new Error(`no failure but ${JSON.stringify(value).slice(0, 500)}`),
    (error) => error,
  );
  if (!(thrown instanceof BankFailure)) throw thrown;
  const cause = thrown.cause instanceof Error ? thrown.cause.stack : JSON.stringify(thrown.cause);
  expect(`${thrown.stack} ${JSON.stringify(thrown.details)} ${cause}`).not.toMatch(bankData);
  return thrown;
}

/** As it comes back from the database: JSON, dates apart. */
function stored<T extends object>(value: T): T {
  const copy = JSON.parse(JSON.stringify(value));
  return 'expiresAt' in value && value.expiresAt instanceof Date
    ? { ...copy, expiresAt: value.expiresAt }
    : copy;
}
