import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { AuthorisationRequest } from '../../src/banking/connector.ts';
import type { BankConsent } from '../../src/banking/consent.ts';
import type {
  Attempt,
  DecoupledStep,
  FormField,
  FormStep,
  ResumeInput,
  Step,
} from '../../src/banking/step.ts';
import { newMasterKey } from '../../src/config.ts';
import { Secret } from '../../src/core/secret.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createSession, goToBank, Visitor } from '../support/visitor.ts';
import { type ScriptedFlow, scriptedBank, startScriptedFlow } from './scripted-flow.ts';

/** What a bank answers to one call: a step, or whatever comes of asking. */
export type Turn = Step | ((input: ResumeInput, attempt: Attempt) => Promise<Step>);

export interface Told {
  readonly begin: AuthorisationRequest[];
  readonly resume: ResumeInput[];
  /** What was ended there, in order. */
  readonly abandoned: Attempt[];
  readonly revoked: BankConsent[];
}

/** A flow with a bank that answers turn by turn, for the tests of one file. */
export interface ScriptedLine {
  readonly app: TestApp;
  readonly flow: ScriptedFlow;
  /** The first turn is the answer to `begin`; one turn too many fails. */
  bankAnswers(...turns: Turn[]): Told;
  start(headers?: Record<string, string>): Promise<{
    session: { id: string; referenceId: string };
    visitor: Visitor;
    link: string;
    home: string;
    go(): ReturnType<typeof goToBank>;
  }>;
  attemptOf(sessionId: string): Promise<{ merchantId: string; attemptId: string; stage: string }>;
  /** What the worker would do: sweeps, and what they ask to be ended at the bank. */
  sweep(sessionId: string): Promise<void>;
}

export function scriptedLine(): ScriptedLine {
  let app: TestApp;
  let flow: ScriptedFlow;
  beforeAll(async () => {
    const masterKeys = [new Secret(newMasterKey())] as const;
    app = await startTestApp({ worker: false, masterKeys });
    flow = await startScriptedFlow(app, masterKeys);
  });
  afterAll(async () => {
    await flow.close();
    await app.close();
  });
  beforeEach(() => {
    flow.script = {};
  });

  const line: ScriptedLine = {
    get app() {
      return app;
    },
    get flow() {
      return flow;
    },
    bankAnswers: (...turns) => answerByTurns(flow, turns),
    async start(headers = {}) {
      const session = await createSession(app);
      const visitor = new Visitor(headers);
      const link = session.redirectUrl.replace(app.url, flow.url);
      const home = `${flow.url}/flow/shop/${session.id}`;
      return { session, visitor, link, home, go: () => goToBank(visitor, link, scriptedBank.id) };
    },
    async attemptOf(sessionId) {
      const { rows } = await app.pool.query(
        'SELECT id, stage FROM flow_attempt WHERE session_id = $1 ORDER BY id',
        [sessionId],
      );
      return { merchantId: 'shop', attemptId: rows[0].id, stage: rows[0].stage };
    },
    async sweep(sessionId) {
      for (const { name, run } of flow.jobs.sweeps) if (name === 'flow-attempts') await run();
      await flow.jobs.handlers['flow-end-at-bank']?.(await line.attemptOf(sessionId));
    },
  };
  return line;
}

function answerByTurns(flow: ScriptedFlow, turns: Turn[]): Told {
  const told: Told = { begin: [], resume: [], abandoned: [], revoked: [] };
  const next = async (input: ResumeInput | undefined, attempt: Attempt): Promise<Step> => {
    const turn = turns.shift();
    if (!turn) throw new Error('the bank has no more turns');
    return typeof turn === 'function' ? turn(input as ResumeInput, attempt) : turn;
  };
  flow.script = {
    begin: async (_bank, request) => {
      told.begin.push(request);
      return next(undefined, {});
    },
    resume: async (_bank, attempt, input) => {
      told.resume.push(input);
      return next(input, attempt);
    },
    abandon: async (_bank, attempt) => void told.abandoned.push(attempt),
    revoke: async (_bank, access) => void told.revoked.push(access.consent),
  };
  return told;
}

export const consent: BankConsent = {
  bankConsentId: 'canary-consent',
  expiresAt: new Date('2030-01-01T00:00:00Z'),
  credentials: { token: 'canary-token' },
};
export const authorised: Step = { kind: 'authorised', consent };

const plain = { type: 'text', characters: 'any', maxLength: 20, secret: false } as const;
export const fields = {
  userName: { ...plain, name: 'psuId', label: 'user-name' },
  company: { ...plain, name: 'corporateId', label: 'corporate-id', optional: true },
  password: { ...plain, name: 'password', label: 'password', type: 'password', secret: true },
  method: {
    ...plain,
    name: 'method',
    label: 'method',
    type: 'choice',
    options: [
      { value: 'sms', text: 'SMS to +49 170 42' },
      { value: 'photo', text: 'photoTAN' },
    ],
  },
  code: { ...plain, name: 'otp', label: 'code', characters: 'digits', maxLength: 6, secret: true },
} satisfies Record<string, FormField>;

export function formStep(
  purpose: FormStep['purpose'],
  asked: readonly FormField[],
  more: Partial<FormStep> = {},
): FormStep {
  return { kind: 'form', purpose, fields: asked, attempt: { at: purpose }, ...more };
}

export const details = formStep('bank-details', [fields.userName]);
export const credentials = formStep('credentials', [fields.userName, fields.password]);
export const methods = formStep('choose-method', [fields.method]);
export const secondFactor = formStep('second-factor', [fields.code]);

export function appStep(app: TestApp, more: Partial<DecoupledStep> = {}): DecoupledStep {
  const expiresAt = new Date(app.clock.now().getTime() + 5 * 60_000);
  return { kind: 'decoupled', pollAfterMs: 2_000, expiresAt, attempt: { at: 'app' }, ...more };
}
