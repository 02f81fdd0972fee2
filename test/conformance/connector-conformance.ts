import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench, failureOf } from './conformance-bench.ts';
import { faults, returns } from './conformance-failures.ts';
import { endings, journeys, unattended } from './conformance-journeys.ts';
import { money } from './conformance-money.ts';
import type { Approach, ApproachCases, ConformanceCases, SandboxFace } from './sandbox-face.ts';

/**
 * What every connector must do, whatever its protocol, shown against its sandbox. A new protocol family
 * writes a face (see sandbox-face.ts) and one test file that calls this.
 */
export function connectorConformance(
  protocol: string,
  cases: ConformanceCases,
  open: () => Promise<SandboxFace>,
): void {
  let face: SandboxFace;
  beforeAll(async () => {
    face = await open();
  });
  afterEach(() => face.clearFaults());
  afterAll(() => face.close());

  for (const [approach, itsCases] of entriesOf(cases))
    describe(`${protocol} by ${approach}`, () => {
      const bench = () => new Bench(face, approach, face.bank(approach), itsCases.acts);
      describe('a person connects', () => journeys(bench));
      describe('the end of a consent', () => endings(bench, itsCases));
      describe('unattended access', () => unattended(bench));
      describe('the way back', () => returns(bench, itsCases));
      describe('the money', () => money(bench));
      describe('a fault', () => faults(bench, itsCases));
    });

  it(`${protocol}: a bank that is away can be tried again later`, async () => {
    const bench = new Bench(face, entriesOf(cases)[0]?.[0] ?? 'plain-redirect');
    expect((await failureOf(face.connector.begin(face.offlineBank, bench.request()))).kind).toBe(
      'retry-later',
    );
  });
}

function entriesOf(cases: ConformanceCases): readonly (readonly [Approach, ApproachCases])[] {
  return Object.entries(cases).map(([approach, its]) => [approach as Approach, its]);
}
