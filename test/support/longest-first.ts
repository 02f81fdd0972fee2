import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What takes longest, though its size does not tell: it starts processes or a browser, or waits for a limit. Begun
 * late, one of these would be run alone at the end.
 */
const longest = [
  'journeys/flow',
  'journeys/start',
  'journeys/start-keys',
  'flow-views/pages-in-browser',
  'platform/postgres-user',
  'conformance/berlin-group',
  'journeys/authorising',
  'journeys/example-shop',
  'flow/killed',
  'flow/authorising-in-browser',
  'api/session-life',
  'platform/postgres-recovery',
  'flow/bank-silent',
  'api/shutdown',
  'api/slow-requests',
  'api/bank-fairness',
];

/** Without this, a run on a clean clone begins with the largest file, as does one of files it does not know. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const first = longest.flatMap((name) => sorted.filter((file) => nameOf(file) === name));
    return [...first, ...sorted.filter((file) => !first.includes(file))];
  }
}

function nameOf({ moduleId }: TestSpecification): string | undefined {
  return /\/test\/(.+)\.test\.ts$/.exec(moduleId)?.[1];
}
