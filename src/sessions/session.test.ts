import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTerminal, type SessionEvent, type SessionState, transition } from './session.ts';

const events: SessionEvent[] = [
  { type: 'authorised' },
  { type: 'completed' },
  { type: 'failed', failure: 'cancelled' },
];
const order = ['started', 'pending', 'complete', 'failed'];

test('the documented path', () => {
  const pending = transition({ status: 'started' }, { type: 'authorised' });
  expect(pending).toEqual({ status: 'pending' });
  expect(transition(pending, { type: 'completed' })).toEqual({ status: 'complete' });
  expect(transition({ status: 'started' }, { type: 'failed', failure: 'expired' })).toEqual({
    status: 'failed',
    failure: 'expired',
  });
});

test('whatever happens, a state moves only forward and terminal is terminal', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events)), (happened) => {
      let state: SessionState = { status: 'started' };
      for (const event of happened) {
        const before: SessionState = state;
        try {
          state = transition(before, event);
        } catch {
          continue;
        }
        expect(isTerminal(before.status)).toBe(false);
        expect(order.indexOf(state.status)).toBeGreaterThan(order.indexOf(before.status));
      }
    }),
  );
});
