import { parseArgs } from 'node:util';

/** How much is measured: more pairs and longer loads make steadier figures. */
export interface Plan {
  readonly pairs: number;
  readonly warmUpSeconds: number;
  /** One load on one server. autocannon counts in whole seconds. */
  readonly loadSeconds: number;
  /** After it is ready, before memory is read. */
  readonly settleMs: number;
  readonly startPairs: number;
  readonly webhookPairs: number;
  /** Of one load. */
  readonly deliveries: number;
  readonly bareSends: number;
  /** One after the other, after some that do not count. */
  readonly firstAttempts: number;
  readonly warmUpEvents: number;
  readonly warmUpSearches: number;
  readonly only: ReadonlySet<string> | undefined;
  readonly profileFolder: string | undefined;
}

const full = {
  pairs: 7,
  warmUpSeconds: 3,
  loadSeconds: 4,
  settleMs: 1_000,
  startPairs: 7,
  webhookPairs: 7,
  deliveries: 2_500,
  bareSends: 15_000,
  firstAttempts: 300,
  warmUpEvents: 50,
  warmUpSearches: 500,
};
/** Whether everything works; its figures are too short to mean much. */
const quick = {
  pairs: 2,
  warmUpSeconds: 1,
  loadSeconds: 1,
  settleMs: 500,
  startPairs: 2,
  webhookPairs: 2,
  deliveries: 500,
  bareSends: 2_000,
  firstAttempts: 20,
  warmUpEvents: 5,
  warmUpSearches: 100,
};

/**
 * Options: `--quick`, `--only P1,P2,P6,R1,H1,J1,W1,W2,W3`, `--profile FOLDER`.
 * @throws TypeError for an option that there is not
 */
export function readPlan(args: string[]): Plan {
  const { values } = parseArgs({
    args,
    options: { quick: { type: 'boolean' }, only: { type: 'string' }, profile: { type: 'string' } },
  });
  return {
    ...(values.quick ? quick : full),
    only: values.only === undefined ? undefined : new Set(values.only.split(',')),
    profileFolder: values.profile,
  };
}
