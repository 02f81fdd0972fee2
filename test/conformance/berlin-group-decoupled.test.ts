import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DecoupledStep, Step } from '../../src/banking/step.ts';
import { type BerlinGroupFace, openBerlinGroupFace } from './berlin-group-face.ts';
import { Bench } from './conformance-bench.ts';

let face: BerlinGroupFace;
beforeAll(async () => {
  face = await openBerlinGroupFace();
});
afterEach(() => face.clearFaults());
afterAll(() => face.close());

const psu = { ipAddress: '192.0.2.10' };

function bench(): Bench {
  return new Bench(face, 'decoupled');
}

/** A user who has told the bank who he is. */
async function asked(on: Bench, psuId: string): Promise<Step> {
  const first = await on.connector.begin(on.bank, on.request());
  if (first.kind !== 'form') throw new Error(`expected a form, got ${first.kind}`);
  expect(first).toMatchObject({ purpose: 'bank-details', fields: [{ name: 'psuId', label: 'user-name' }] });
  return on.resume(JSON.parse(JSON.stringify(first.attempt)), { kind: 'form', values: { psuId }, psu });
}

async function poll(on: Bench, step: Step): Promise<Step> {
  const { attempt } = waiting(step);
  return on.resume(JSON.parse(JSON.stringify(attempt)), { kind: 'poll', psu });
}

function waiting(step: Step): DecoupledStep {
  if (step.kind !== 'decoupled') throw new Error(`expected a wait, got ${JSON.stringify(step)}`);
  return step;
}

describe('a request in the app', () => {
  it('waits, longer from time to time, and says the same meanwhile', async () => {
    const on = bench();
    let step = waiting(await asked(on, 'ada'));
    const { message, expiresAt } = step;
    expect(message).toContain('in your app');
    const waits = [step.pollAfterMs];
    for (let polls = 0; polls < 5; polls += 1) {
      step = waiting(await poll(on, step));
      expect(step).toMatchObject({ message, expiresAt });
      waits.push(step.pollAfterMs);
    }
    expect(waits).toEqual([2_000, 3_000, 4_500, 6_750, 10_000, 10_000]);
    face.control.answerInApp(face.control.authorisations().at(-1)?.id ?? '', 'approve');
    expect(await poll(on, step)).toMatchObject({ kind: 'authorised' });
  });

  it('is approved by the user while nobody asks', async () => {
    const on = bench();
    const step = await asked(on, 'auto');
    face.advance(6);
    expect(await poll(on, step)).toMatchObject({ kind: 'authorised' });
    face.advance(-6);
  });

  it('that nobody answers is too late after five minutes, and nothing is left', async () => {
    const on = bench();
    const before = on.livingConsents();
    const step = await asked(on, 'ada');
    face.advance(301);
    expect(await poll(on, step)).toEqual({ kind: 'refused', reason: 'expired' });
    expect(on.livingConsents()).toEqual(before);
    face.advance(-301);
  });

  it('is declined', async () => {
    const on = bench();
    expect(await poll(on, await asked(on, 'cancel'))).toEqual({ kind: 'refused', reason: 'cancelled' });
  });

  it('waits as long as a busy bank wants, and no longer than there is time', async () => {
    const on = bench();
    const step = await asked(on, 'ada');
    face.control.addFault({ route: 'scaStatus', fault: 'status-429', retryAfterSeconds: 17 });
    const busy = waiting(await poll(on, step));
    expect(busy.pollAfterMs).toBe(17_000);
    face.clearFaults();
    face.control.addFault({ route: 'scaStatus', fault: 'status-503', retryAfterSeconds: 3_600 });
    const busier = waiting(await poll(on, busy));
    expect(busier.pollAfterMs).toBeGreaterThan(290_000);
    expect(busier.pollAfterMs).toBeLessThanOrEqual(300_000);
    face.advance(301);
    await expect(poll(on, busier)).rejects.toMatchObject({ kind: 'retry-later' });
    face.advance(-301);
  });
});

it('who is unknown to the bank is asked again who he is', async () => {
  const on = bench();
  const before = on.livingConsents();
  expect(await asked(on, 'nobody')).toMatchObject({
    kind: 'form',
    purpose: 'bank-details',
    fields: [{ name: 'psuId', value: 'nobody' }],
    rejected: { field: 'psuId' },
  });
  expect(on.livingConsents()).toEqual(before);
});
