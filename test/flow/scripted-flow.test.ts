import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuthorisationRequest } from '../../src/banking/connector.ts';
import type { BankConsent } from '../../src/banking/consent.ts';
import { BankFailure, type BankFailureKind } from '../../src/banking/failure.ts';
import type { ResumeInput, Step } from '../../src/banking/step.ts';
import { newMasterKey } from '../../src/config.ts';
import { Secret } from '../../src/core/secret.ts';
import { displayName } from '../../src/flow/views/display-name.ts';
import { en } from '../../src/flow/views/texts/en.ts';
import type { FailureReason } from '../../src/flow/views/texts/texts.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createSession, goToBank, leavesTo, statusOf, Visitor } from '../support/visitor.ts';
import { type ScriptedFlow, scriptedBank, startScriptedFlow } from './scripted-flow.ts';

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

const bankPage = 'https://bank.example/login?visit=canary-visit';
const consent: BankConsent = {
  bankConsentId: 'canary-consent',
  expiresAt: new Date('2030-01-01T00:00:00Z'),
  credentials: { token: 'canary-token' },
};
const redirect: Step = { kind: 'redirect', url: bankPage, attempt: { verifier: 'canary-verifier' } };

/** The bank's own part of a whole line, with what it was told. */
function obligingBank(step: Step = { kind: 'authorised', consent }) {
  const told: { begin: AuthorisationRequest[]; resume: ResumeInput[] } = { begin: [], resume: [] };
  flow.script = {
    begin: async (_bank, request) => {
      told.begin.push(request);
      return redirect;
    },
    resume: async (_bank, _attempt, input) => {
      told.resume.push(input);
      return step;
    },
  };
  return told;
}

async function start(headers: Record<string, string> = {}) {
  const session = await createSession(app);
  const visitor = new Visitor(headers);
  const link = session.redirectUrl.replace(app.url, flow.url);
  return { session, visitor, link, go: () => goToBank(visitor, link, scriptedBank.id) };
}

function callback(request: AuthorisationRequest | undefined, more = ''): string {
  return `${request?.callbackUrl}?state=${request?.state}&code=canary-code${more}`;
}

describe('what a bank is told', () => {
  test('when asked to begin: the request, where to come back, and who the user is', async () => {
    const told = obligingBank();
    const { go } = await start({
      'user-agent': 'Phone/1.0 (caf\u00e9)',
      'accept-language': 'en-GB,en;q=0.5',
      'x-forwarded-for': '203.0.113.9',
    });
    await go();
    expect(told.begin).toEqual([
      {
        permissions: ['identity'],
        access: { kind: 'once' },
        callbackUrl: `${flow.url}/flow/callback/de-scripted`,
        state: expect.stringMatching(/^shop\.[\w-]{22}\.[\w-]{27}$/),
        nokState: expect.stringMatching(/^shop\.[\w-]{22}\.[\w-]{27}$/),
        psu: { ipAddress: '203.0.113.9', userAgent: 'Phone/1.0 (caf)', acceptLanguage: 'en-GB,en;q=0.5' },
        locale: 'en',
      },
    ]);
  });

  test('when the user is back: his query, less what came twice, and who he is then', async () => {
    const told = obligingBank();
    const { visitor, go } = await start({ 'x-forwarded-for': '203.0.113.9' });
    await go();
    await visitor.open(callback(told.begin[0], '&iss=a&iss=b&__proto__=x&empty='));
    const [input] = told.resume;
    expect(input).toMatchObject({
      kind: 'callback',
      query: { code: 'canary-code', state: told.begin[0]?.state, empty: '' },
      psu: { ipAddress: '203.0.113.9' },
      nextState: expect.stringMatching(/^shop\.[\w-]{22}\.[\w-]{27}$/),
    });
    expect(input).not.toHaveProperty('query.iss');
  });
});

describe('unusual ways to authorise', () => {
  test('at once, without a page of the bank', async () => {
    flow.script = { begin: async () => ({ kind: 'authorised', consent }) };
    const { session, go } = await start();
    expect(leavesTo(await go())).toContain('success=true');
    expect(await statusOf(app, session.id)).toBe('pending');
  });

  test('by a page of the bank that is left by the way out: once, and with its own state', async () => {
    const told = obligingBank({ kind: 'refused', reason: 'cancelled' });
    const { visitor, go } = await start();
    await go();
    const { callbackUrl, state, nokState } = told.begin[0] ?? { callbackUrl: '', state: '', nokState: '' };
    expect(nokState).not.toBe(state);
    const guessed = `${nokState.slice(0, -1)}${nokState.endsWith('A') ? 'E' : 'A'}`;
    expect((await visitor.open(`${callbackUrl}?state=${guessed}`)).page).toBe('stray-return');
    expect((await visitor.open(`${callbackUrl}?state=${nokState}`)).page).toBe('failed');
    expect(told.resume).toHaveLength(1);
    expect(told.resume[0]).toMatchObject({ query: { state: nokState } });
    await visitor.open(`${callbackUrl}?state=${state}`);
    expect(told.resume).toHaveLength(1);
  });

  test('by two pages of the bank, one after the other', async () => {
    const told = obligingBank({ ...redirect, url: 'https://bank.example/second' } as Step);
    const { session, visitor, go } = await start();
    await go();
    const second = await visitor.open(callback(told.begin[0]));
    expect(leavesTo(second)).toBe('https://bank.example/second');
    const [first] = told.resume;
    const state = first?.kind === 'callback' ? first.nextState : '';
    // The first page's return, once more: its state is used up.
    flow.script = {};
    expect((await visitor.open(callback(told.begin[0]))).page).toBe('stray-return');
    flow.script = { resume: async () => ({ kind: 'authorised', consent }) };
    const back = `${told.begin[0]?.callbackUrl}?state=${state}`;
    expect(leavesTo(await visitor.open(back))).toContain('success=true');
    expect(await statusOf(app, session.id)).toBe('pending');
  });

  test('by two pages, of which the first was left in another browser: it ends there', async () => {
    const told = obligingBank({ ...redirect, url: 'https://bank.example/second' } as Step);
    const ended: unknown[] = [];
    flow.script = { ...flow.script, abandon: async (_bank, attempt) => void ended.push(attempt) };
    const { session, visitor, link, go } = await start();
    await go();
    await new Visitor().open(callback(told.begin[0]));
    const seen = await visitor.open(link);
    expect([seen.page, await statusOf(app, session.id)]).toEqual(['failed', 'started']);
    expect(seen.html).not.toContain('bank.example');
  });
});

describe('what the user is told', () => {
  const bank = displayName('Scripted Bank');

  test.each<[BankFailureKind, FailureReason, string]>([
    ['user-must-act', 'interrupted', 'failed cancelled'],
    ['retry-later', 'bank-down', 'failed bank_unavailable'],
    ['bank-refused', 'bank-refused', 'failed bank_denied'],
    ['operator-fault', 'internal', 'failed internal'],
    ['our-bug', 'internal', 'failed internal'],
  ])('of %s, and the merchant if he gives up', async (kind, reason, status) => {
    flow.script = { begin: () => Promise.reject(new BankFailure(kind, 'it went wrong')) };
    const { session, visitor, go } = await start();
    const failed = await go();
    expect(failed.html).toContain(en.failed[reason].title(bank));
    expect(failed.html.includes('/agree')).toBe(kind !== 'bank-refused');
    expect(leavesTo(await visitor.submit(failed, 'back'))).toContain('success=false');
    expect(await statusOf(app, session.id)).toBe(status);
  });

  test.each([
    ['cancelled', 'cancelled-at-bank', 'failed cancelled'],
    ['denied', 'bank-refused', 'failed bank_denied'],
    ['expired', 'timed-out', 'failed cancelled'],
  ] as const)('of a refusal: %s', async (reason, words, status) => {
    const told = obligingBank({ kind: 'refused', reason });
    const { session, visitor, go } = await start();
    await go();
    const failed = await visitor.open(callback(told.begin[0]));
    expect(failed.html).toContain(en.failed[words].title(bank));
    await visitor.submit(failed, 'back');
    expect(await statusOf(app, session.id)).toBe(status);
  });

  test.each([['javascript:alert(1)'], ['data:text/html,x'], ['com.bank.app:/x'], ['/relative'], ['']])(
    'nobody is sent to "%s", whatever bank says so',
    async (url) => {
      flow.script = { begin: async () => ({ ...redirect, url }) as Step };
      const { go } = await start();
      const failed = await go();
      expect([failed.status, failed.page]).toEqual([200, 'failed']);
      expect(failed.html).toContain(en.failed.internal.title(bank));
    },
  );
});

describe('nothing that is secret is logged', () => {
  test('of a whole line, of failures, and of a connector that breaks its contract', async () => {
    const told = obligingBank();
    const { session, visitor, link, go } = await start();
    await go();
    await visitor.open(callback(told.begin[0]));
    await visitor.open(`${flow.url}/flow/callback/de-scripted?state=canary-state&code=canary-code`);
    flow.script = { begin: () => Promise.reject(new TypeError('canary: <html>IBAN DE00 is not valid JSON')) };
    expect((await (await start()).go()).page).toBe('failed');
    const logged = flow.logged();
    expect(logged).toContain('a connector broke its contract');
    const token = new URL(link).searchParams.get('t') ?? '';
    for (const secret of ['canary', token, told.begin[0]?.state ?? '', session.referenceId, '203.0.113.9']) {
      expect(logged).not.toContain(secret);
    }
  });
});

describe('ending at the bank what is not wanted', () => {
  const task = 'flow-end-at-bank';
  const attemptOf = async (sessionId: string) => {
    const { rows } = await app.pool.query('SELECT id FROM flow_attempt WHERE session_id = $1', [sessionId]);
    return { merchantId: 'shop', attemptId: rows[0].id as string };
  };

  test('an attempt that nobody came back from is abandoned, once', async () => {
    obligingBank();
    const { session, visitor, go } = await start();
    const away = await go();
    await visitor.submit(await visitor.open(away.url.replace('/leave', '')), 'cancel');
    const ended: unknown[] = [];
    flow.script = { abandon: async (_bank, attempt) => void ended.push(attempt) };
    const payload = await attemptOf(session.id);
    await flow.jobs.handlers[task]?.(payload);
    await flow.jobs.handlers[task]?.(payload);
    expect(ended).toEqual([{ verifier: 'canary-verifier' }]);
  });

  test('a bank that is away is asked again; renewed credentials are kept for it', async () => {
    const told = obligingBank();
    const { session, visitor, go } = await start();
    const away = await go();
    const other = new Visitor();
    expect((await other.open(callback(told.begin[0]))).page).toBe('release-code');
    await visitor.submit(await visitor.open(away.url.replace('/leave', '')), 'cancel');
    const revoked: BankConsent[] = [];
    const payload = await attemptOf(session.id);
    flow.script = {
      revoke: async (_bank, access) => {
        revoked.push(access.consent);
        await access.keep({ ...consent, credentials: { token: 'renewed' } });
        throw new BankFailure('retry-later', 'away');
      },
    };
    await expect(flow.jobs.handlers[task]?.(payload)).rejects.toThrow(BankFailure);
    flow.script = { revoke: async (_bank, access) => void revoked.push(access.consent) };
    await flow.jobs.handlers[task]?.(payload);
    await flow.jobs.handlers[task]?.(payload);
    expect(revoked).toEqual([consent, { ...consent, credentials: { token: 'renewed' } }]);
    expect(await statusOf(app, session.id)).toBe('failed cancelled');
  });

  test('a payload that is not one of ours is refused', async () => {
    for (const payload of [null, {}, { merchantId: 1, attemptId: 2 }, 'x']) {
      await expect(flow.jobs.handlers[task]?.(payload)).rejects.toThrow();
    }
    await flow.jobs.handlers[task]?.({
      merchantId: 'shop',
      attemptId: '00000000-0000-7000-8000-000000000000',
    });
  });
});
