import type { PsuContext } from '../banking/consent.ts';
import type { ConsentService } from '../consents/consent-service.ts';
import type { InstitutionService } from '../institutions/institution-service.ts';
import type { Tx } from '../platform/postgres/pool.ts';
import type { SessionService } from '../sessions/session-service.ts';
import type { AttemptService, OpenedAnswer, OpenedAttempt } from './attempt-service.ts';
import type { Sealed } from './attempt-store.ts';
import type { Facts } from './facts.ts';
import type { Place } from './flow-entry.ts';
import type { FieldProblem } from './prompt.ts';
import type { MerchantFrame } from './views/layout.tsx';
import type { CodeProblem } from './views/release-code.tsx';
import type { Visit } from './visit.ts';

/** One row of the table in steps.ts. */
export interface Step {
  readonly name: string;
  shownWhen(facts: Facts): boolean;
  /** The whole HTML document. */
  page(facts: Facts, show: Show): string | Promise<string>;
  /** What a browser may answer at this step; anything else changes nothing and shows the present step. */
  readonly answers: Readonly<Record<string, Answer>>;
}

/** What pages need besides the facts. */
export interface Show {
  readonly frame: MerchantFrame;
  readonly csrf: string;
  /** Where the links and forms of this page start. */
  readonly place: Place;
  /** The page's own query: nothing in it changes anything. */
  readonly query: Readonly<Record<string, string>>;
  readonly institutions: InstitutionService;
  readonly consents: Pick<ConsentService, 'find'>;
  readonly operatorName: string;
  /** What is sealed of the present attempt; read for the pages that need it only. */
  sealed(): Sealed;
  /** What was wrong with the answer that this page is the reply to. */
  readonly problem?: Problem;
}

export type Problem = CodeProblem | FieldProblem;

/**
 * What an answer of the user does, while nothing else can move his session. The browser that answers holds the
 * session, except where the step is for browsers that do not.
 */
export type Answer = (given: Given) => Promise<Next>;

export interface Given {
  readonly tx: Tx;
  readonly facts: Facts & { readonly visit: Visit };
  readonly browserHash: Buffer;
  /** The fields of form and address; each came once. */
  readonly input: Readonly<Record<string, string>>;
  readonly psu: PsuContext;
  readonly attempts: AttemptService;
  readonly sessions: SessionService;
  readonly institutions: InstitutionService;
}

/**
 * Where the user goes after his answer: to the present step (by his link, if another browser holds the session),
 * away (to the bank or the merchant), away once the bank was asked to begin or told what he typed, or to the same page with
 * what was wrong.
 */
export type Next =
  | { readonly go: 'here' }
  | { readonly go: 'at-link' }
  | { readonly go: 'away' }
  | { readonly go: 'begin'; readonly opened: OpenedAttempt }
  | { readonly go: 'send'; readonly opened: OpenedAnswer }
  | { readonly go: 'again'; readonly problem: Problem };

export const here: Next = { go: 'here' };
export const away: Next = { go: 'away' };
export const atLink: Next = { go: 'at-link' };
