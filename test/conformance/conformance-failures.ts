import { expect, it } from 'vitest';
import type { Connector } from '../../src/banking/connector.ts';
import { accessTo, type Bench, collected, failureOf } from './conformance-bench.ts';
import type { ApproachCases, Fault, ForgedReturn, Operation } from './sandbox-face.ts';

const nextStates = { nextState: 'next', nextNokState: 'next-nok' };

/** The user has acted, or somebody says so. */
export function returns(bench: () => Bench, { forgedReturns, not = [] }: ApproachCases): void {
  it.skipIf(not.includes('declines'))(
    'of a person who declines is a refusal, and leaves no consent behind',
    async () => {
      const on = bench();
      const before = on.livingConsents();
      expect(await on.outcome('declines')).toEqual({ kind: 'refused', reason: 'cancelled' });
      expect(on.livingConsents()).toEqual(before);
    },
  );

  it('twice never makes a second consent', async () => {
    const on = bench();
    const { attempt, input } = await on.visit('one account');
    const first = await on.resume(attempt, input);
    const count = on.face.consents().length;
    const again = await on.resume(attempt, input).catch((failure) => failure.kind);
    expect(first.kind).toBe('authorised');
    if (typeof again === 'string') expect(again).toBe('user-must-act');
    else expect(again).toEqual(first);
    expect(on.face.consents()).toHaveLength(count);
  });

  it('where nothing was done is no consent', async () => {
    const on = bench();
    const { attempt, request } = await on.begin();
    const query = { state: request.state, code: 'made-up', iss: 'https://made-up.test' };
    const back = { kind: 'callback', query, ...nextStates, psu: request.psu } as const;
    const outcome = await on.resume(attempt, back).catch((error) => error);
    expect(['refused', 'bank-refused', 'user-must-act']).toContain(outcome.kind);
  });

  it('of a kind that the attempt does not wait for changes nothing', async () => {
    const on = bench();
    const { step, attempt, request } = await on.begin();
    const { psu } = request;
    if (step.kind !== 'form')
      expect((await failureOf(on.resume(attempt, { kind: 'form', values: {}, psu }))).kind).toBe('our-bug');
    if (step.kind !== 'decoupled')
      expect((await failureOf(on.resume(attempt, { kind: 'poll', psu }))).kind).toBe('our-bug');
    const input = await on.face.act(step, 'one account', request);
    expect((await on.resume(attempt, input)).kind).toBe('authorised');
  });

  if (!not.includes('returns')) fromPages(bench, forgedReturns);
}

/** The user is back from a page of the bank. */
function fromPages(bench: () => Bench, forgedReturns: readonly ForgedReturn[]): void {
  it('at the place that was asked for', async () => {
    const { step, request, face } = await begun(bench());
    const back = await face.visit(step.kind === 'redirect' ? step.url : '', 'one account');
    expect(`${back.origin}${back.pathname}`).toBe(request.callbackUrl);
  });

  it.each(forgedReturns)('with a %s is no consent', async (forged) => {
    const on = bench();
    const { step, attempt, request } = await on.begin();
    on.face.forgeReturn(on.approach, forged);
    const input = await on.face.act(step, 'one account', request);
    expect((await failureOf(on.resume(attempt, input))).kind).toBe('user-must-act');
  });

  it('with the state of another attempt is no consent', async () => {
    const on = bench();
    const [mine, other] = [await on.visit('one account'), await on.visit('no owner name')];
    expect((await failureOf(on.resume(mine.attempt, other.input))).kind).toBe('user-must-act');
    expect((await failureOf(on.resume(other.attempt, mine.input))).kind).toBe('user-must-act');
  });

  it('without anything is no consent', async () => {
    const on = bench();
    const { attempt, request } = await on.begin();
    const empty = { kind: 'callback', query: {}, ...nextStates, psu: request.psu } as const;
    expect((await failureOf(on.resume(attempt, empty))).kind).toBe('user-must-act');
  });
}

async function begun(on: Bench) {
  return { face: on.face, ...(await on.begin()) };
}

const passing: readonly Fault[] = [
  'server error',
  'unavailable',
  'too many calls',
  'error page',
  'page instead of data',
  'malformed',
  'wrong content type',
  'reset',
  'reset in the answer',
  'answer lost',
];
const slow: readonly Fault[] = ['no answer', 'drip'];

/** Everything that can go wrong on the wire, at every call: known by its kind, and over when it is over. */
export function faults(bench: () => Bench, cases: ApproachCases): void {
  const { operations, without, waitsIn = [] } = cases;
  const possible = operations.flatMap((operation) =>
    [...passing, ...slow]
      .filter((fault) => !without[operation]?.includes(fault))
      .map((fault) => [operation, fault] as const),
  );
  it.each(possible)('in %s (%s): the same may work later', async (operation, fault) => {
    const on = bench();
    const connector = slow.includes(fault) ? on.face.impatient : on.connector;
    const run = await prepared(on, connector, operation);
    on.face.setFault(on.approach, operation, fault);
    if (waitsIn.includes(operation)) expect(await run()).toMatchObject({ kind: 'decoupled' });
    else expect((await failureOf(run())).kind).toBe('retry-later');
    on.face.clearFaults();
    await (await prepared(on, on.connector, operation))();
  });

  it.each(operations)('in %s (a redirect elsewhere) is not followed', async (operation) => {
    const on = bench();
    const run = await prepared(on, on.connector, operation);
    on.face.setFault(on.approach, operation, 'redirect elsewhere');
    expect((await failureOf(run())).kind).toBe('operator-fault');
  });

  it('the wait that the bank asks for is told', async () => {
    const on = bench();
    const run = await prepared(on, on.connector, 'accounts');
    for (const fault of ['unavailable', 'too many calls'] as const) {
      on.face.setFault(on.approach, 'accounts', fault, 7);
      expect((await failureOf(run())).details.retryAfterMs).toBe(7_000);
      on.face.clearFaults();
      on.face.setFault(on.approach, 'accounts', fault, 365 * 86_400);
      expect((await failureOf(run())).details.retryAfterMs).toBe(86_400_000);
      on.face.clearFaults();
    }
  });

  it('an answer that is too large is refused', async () => {
    const on = bench();
    const run = await prepared(on, on.face.narrow, 'accounts');
    expect((await failureOf(run())).kind).toBe('bank-refused');
    expect((await failureOf((await on.firstCall(on.face.narrow))())).kind).toBe('bank-refused');
  });

  if (operations.includes('resume: token')) {
    it('after the code was used leaves no consent behind', async () => {
      const on = bench();
      const before = on.livingConsents();
      const { attempt, input } = await on.visit('one account');
      on.face.setFault(on.approach, 'resume', 'server error');
      await failureOf(on.resume(attempt, input));
      expect(on.livingConsents()).toEqual(before);
    });
  }
}

/** Everything before the call, so that a fault set afterwards strikes this one. */
async function prepared(
  on: Bench,
  connector: Connector,
  operation: Operation,
): Promise<() => Promise<unknown>> {
  if (operation.startsWith('begin')) return on.firstCall(connector);
  if (operation.startsWith('resume')) {
    const { attempt, input } = await on.visit('one account');
    return () => connector.resume(on.bank, attempt, input);
  }
  if (operation === 'balances' || operation === 'transactions')
    return preparedReading(on, connector, operation);
  const { access } = accessTo(await on.connect('one account'));
  if (operation === 'accounts') return () => connector.accounts(on.bank, access, ['identity']);
  if (operation === 'status') return () => connector.status(on.bank, access);
  return () => connector.revoke(on.bank, access);
}

async function preparedReading(on: Bench, connector: Connector, operation: 'balances' | 'transactions') {
  const { access, accounts } = await on.open('one account');
  const [account] = accounts;
  if (account === undefined) throw new Error('no account');
  if (operation === 'balances') return () => connector.balances(on.bank, access, account);
  return () => collected(connector.transactions(on.bank, access, account, on.lastYear()));
}
