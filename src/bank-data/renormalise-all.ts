import { setTimeout as delay } from 'node:timers/promises';
import type { BankDataService } from './bank-data-service.ts';
import type { DataOwner } from './owner.ts';
import type { Renormalised } from './renormalised.ts';

export interface RenormaliseWish {
  /** Only this merchant's; absent: everybody's. */
  readonly merchantId?: string | undefined;
  readonly sessionId?: string | undefined;
  /** True: nothing is written. */
  readonly dryRun: boolean;
}

/** Why a session is named to the operator. Never with anything of its content. */
export type Trouble =
  | { readonly kind: 'unmappable'; readonly count: number }
  | { readonly kind: 'bank-unusable' | 'being-read' | 'failed' };

export interface RenormaliseSummary {
  /** Sessions of which something was made by older rules. */
  sessions: number;
  changedSessions: number;
  rows: number;
  changedRows: number;
  unmappable: number;
  /** Sessions that were named. */
  troubled: number;
}

export interface Walk {
  readonly service: Pick<BankDataService, 'findOutdated' | 'renormalise'>;
  readonly onTrouble: (owner: DataOwner, trouble: Trouble, error?: unknown) => void;
  /** Waits between tries for sessions whose bank is being read just now. */
  readonly waitsMs?: readonly number[];
}

const batchSize = 100;
const defaultWaitsMs = [1_000, 5_000, 15_000, 30_000];
/** Of those more are tried by the next run. */
const maxWaiting = 10_000;

/** All sessions of the wish, one after the other, in batches: nothing grows with their number. */
export async function renormaliseAll(walk: Walk, wish: RenormaliseWish): Promise<RenormaliseSummary> {
  const summary = { sessions: 0, changedSessions: 0, rows: 0, changedRows: 0, unmappable: 0, troubled: 0 };
  const waiting: DataOwner[] = [];
  let last: DataOwner | undefined;
  do {
    const batch: readonly DataOwner[] = await walk.service.findOutdated(wish, last, batchSize);
    for (const owner of batch) {
      summary.sessions += 1;
      if (!(await isBeingRead(walk, wish, owner, summary))) continue;
      if (waiting.length < maxWaiting) waiting.push(owner);
      else trouble(walk, summary, owner, { kind: 'being-read' });
    }
    last = batch.length < batchSize ? undefined : batch.at(-1);
  } while (last !== undefined);
  await tryAgain(walk, wish, waiting, summary);
  return summary;
}

/** Whoever reads the bank goes first; it rarely takes longer than a minute. */
async function tryAgain(
  walk: Walk,
  wish: RenormaliseWish,
  first: readonly DataOwner[],
  summary: RenormaliseSummary,
): Promise<void> {
  let waiting = first;
  for (const waitMs of walk.waitsMs ?? defaultWaitsMs) {
    if (waiting.length === 0) return;
    await delay(waitMs);
    const still: DataOwner[] = [];
    for (const owner of waiting) if (await isBeingRead(walk, wish, owner, summary)) still.push(owner);
    waiting = still;
  }
  for (const owner of waiting) trouble(walk, summary, owner, { kind: 'being-read' });
}

/** Maps one session again and counts what came of it; true where that has to wait. */
async function isBeingRead(
  walk: Walk,
  { dryRun }: RenormaliseWish,
  owner: DataOwner,
  summary: RenormaliseSummary,
): Promise<boolean> {
  try {
    const result = await walk.service.renormalise(owner, dryRun);
    if (result.outcome === 'being-read') return true;
    if (result.outcome === 'bank-unusable') trouble(walk, summary, owner, { kind: result.outcome });
    if (result.outcome === 'mapped') count(walk, summary, owner, result);
  } catch (error) {
    trouble(walk, summary, owner, { kind: 'failed' }, error);
  }
  return false;
}

function count(
  walk: Walk,
  summary: RenormaliseSummary,
  owner: DataOwner,
  { documentChanged, rows, changedRows, unmappable }: Renormalised & { outcome: 'mapped' },
): void {
  summary.rows += rows;
  summary.changedRows += changedRows;
  if (documentChanged || changedRows > 0) summary.changedSessions += 1;
  summary.unmappable += unmappable;
  if (unmappable > 0) trouble(walk, summary, owner, { kind: 'unmappable', count: unmappable });
}

function trouble(
  { onTrouble }: Walk,
  summary: RenormaliseSummary,
  owner: DataOwner,
  what: Trouble,
  error?: unknown,
): void {
  summary.troubled += 1;
  onTrouble(owner, what, error);
}
