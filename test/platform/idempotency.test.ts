import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newMasterKey } from '../../src/config.ts';
import { ApiError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { Vault } from '../../src/platform/crypto/vault.ts';
import { errorBody } from '../../src/platform/http/error-reply.ts';
import { claimOf, Idempotency } from '../../src/platform/idempotency/idempotency.ts';
import { createPool, type Tx } from '../../src/platform/postgres/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { TestClock } from '../support/test-clock.ts';
import { eventually } from '../support/visitor.ts';

const vault = new Vault([new Secret(newMasterKey())]);
const clock = new TestClock();
const pools: pg.Pool[] = [];
let database: TestDatabase;
let keys = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await database.drop();
});

/** As one of the processes of an installation has it, with connections of its own. */
function aProcess(leaseSeconds: number, pool = aPool()): Idempotency {
  const describeError = (error: ApiError) => errorBody(error, 'https://docs.example');
  return new Idempotency({ pool, vault, clock, describeError, leaseSeconds });
}

function aPool(maxConnections = 4): pg.Pool {
  const pool = createPool({
    connectionString: database.connectionString,
    maxConnections,
    applicationName: 'trellis-test',
    onError: () => undefined,
  });
  pools.push(pool);
  return pool;
}

function newClaim() {
  keys += 1;
  const request = { merchantId: 'shop', environment: 'sandbox', route: '/ping', bodyHash: Buffer.alloc(32) };
  const claim = claimOf({ ...request, key: `key-${keys}` });
  if (!claim) throw new Error('no claim');
  return claim;
}

/** Work that ends when the test says so, and how. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const began = Promise.withResolvers<void>();
  return {
    began: began.promise,
    resolve,
    reject,
    run: () => {
      began.resolve();
      return promise;
    },
  };
}

const locked = { code: 'LOCKED' };
const shortLeaseSeconds = 0.3;

/** A first process works longer than its lease; a second one takes the key over, and works too. */
async function takenOver() {
  const [one, two, three] = [aProcess(shortLeaseSeconds), aProcess(60), aProcess(60)];
  const claim = newClaim();
  const [first, second] = [work(), work()];
  const firstAnswer = one.runOutside(claim, first.run);
  await first.began;
  await expect(two.runOutside(claim, second.run)).rejects.toMatchObject(locked);
  let secondAnswer: ReturnType<Idempotency['runOutside']> | undefined;
  await eventually(
    async () => {
      const trying = two.runOutside(claim, second.run);
      const refused = await Promise.race([second.began.then(() => false), trying.catch(() => true)]);
      if (refused === false) secondAnswer = trying;
      return refused;
    },
    (refused) => refused === false,
  );
  if (!secondAnswer) throw new Error('not taken over');
  const again = (answers = work()) => three.runOutside(claim, answers.run);
  return { first, firstAnswer, second, secondAnswer, again };
}

describe('work that outlives its lease', () => {
  test.each([
    ['a failure', () => new Error('the receiver hung up')],
    ['a final refusal', () => new ApiError('NOT_FOUND', 'There is none.')],
  ])('and ends in %s leaves the one who took over alone', async (_name, error) => {
    const { first, firstAnswer, second, secondAnswer, again } = await takenOver();
    const failure = error();
    first.reject(failure);
    await expect(firstAnswer).rejects.toBe(failure);
    await expect(again()).rejects.toMatchObject(locked);
    second.resolve('done');
    expect(await secondAnswer).toEqual({ status: 200, body: 'done', replayed: false });
    expect(await again()).toEqual({ status: 200, body: 'done', replayed: true });
  });

  test('and ends well answers its own caller; what is kept is the answer of who holds the key', async () => {
    const { first, firstAnswer, second, secondAnswer, again } = await takenOver();
    first.resolve('late');
    expect(await firstAnswer).toEqual({ status: 200, body: 'late', replayed: false });
    await expect(again()).rejects.toMatchObject(locked);
    second.resolve('done');
    await secondAnswer;
    expect(await again()).toMatchObject({ body: 'done', replayed: true });
  });
});

test('work within its lease: a failure frees the key, a final refusal is kept', async () => {
  const [one, two] = [aProcess(60), aProcess(60)];
  const claim = newClaim();
  await expect(one.runOutside(claim, () => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
  const refusal = new ApiError('NOT_FOUND', 'There is none.');
  await expect(two.runOutside(claim, () => Promise.reject(refusal))).rejects.toBe(refusal);
  expect(await one.runOutside(claim, () => Promise.resolve('never'))).toMatchObject({
    status: 404,
    replayed: true,
  });
});

test.each([-10, 10])(
  'a clock that leaps %i minutes during a lease neither ends nor lengthens it',
  async (minutes) => {
    const [one, two] = [aProcess(60), aProcess(60)];
    const claim = newClaim();
    const first = work();
    const answer = one.runOutside(claim, first.run);
    await first.began;
    clock.advance(minutes * 60_000);
    await expect(two.runOutside(claim, () => Promise.resolve('twice'))).rejects.toMatchObject(locked);
    first.resolve('once');
    expect(await answer).toMatchObject({ body: 'once', replayed: false });
    expect(await two.runOutside(claim, () => Promise.resolve('twice'))).toMatchObject({
      body: 'once',
      replayed: true,
    });
    clock.advance(-minutes * 60_000);
  },
);

test('of many requests with one key in two processes one works', async () => {
  const processes = [aProcess(60), aProcess(60)];
  const claim = newClaim();
  let runs = 0;
  const one = work();
  const count = () => {
    runs += 1;
    return one.run();
  };
  const all = Array.from({ length: 20 }, (_, index) => processes[index % 2]?.runOutside(claim, count));
  const settled = Promise.allSettled(all);
  await one.began;
  one.resolve('once');
  const results = await settled;
  expect(runs).toBe(1);
  for (const result of results)
    expect(result).toMatchObject(
      result.status === 'fulfilled' ? { value: { body: 'once' } } : { reason: locked },
    );
  expect(await processes[1]?.runOutside(claim, count)).toMatchObject({ body: 'once', replayed: true });
});

describe('of two with one key, of which the first is refused and the second would not be', () => {
  test('the second is told the same, however late the first comes to speak', async () => {
    const pool = aPool(1);
    const [one, two] = [aProcess(60, pool), aProcess(60)];
    const claim = newClaim();
    const first = work();
    const told = one.run(claim, first.run).catch((error: unknown) => error);
    await first.began;
    // Whatever the first one asks of the database after its transaction has to wait.
    const next = pool.connect();
    const refusal = new ApiError('CONFLICT', 'It has ended.');
    first.reject(refusal);
    const waiting = await next;
    let worked = 0;
    const second = await two.run(claim, async () => {
      worked += 1;
      return 'done';
    });
    waiting.release();
    expect(await told).toBe(refusal);
    expect([worked, second.status, second.replayed]).toEqual([0, 409, true]);
    expect(await two.run(claim, async () => 'done')).toEqual(second);
  });

  test('of many in two processes one works, and all who are answered are told the same', async () => {
    const processes = [aProcess(60), aProcess(60)];
    for (let round = 0; round < 10; round += 1) {
      const claim = newClaim();
      const refusal = new ApiError('CONFLICT', 'It has ended.');
      let runs = 0;
      const once = async () => {
        runs += 1;
        if (runs === 1) throw refusal;
        return 'done';
      };
      const all = Array.from({ length: 12 }, (_, index) => processes[index % 2]?.run(claim, once));
      for (const result of await Promise.allSettled(all)) {
        if (result.status === 'fulfilled')
          expect(result.value).toMatchObject({ status: 409, replayed: true });
        else if (result.reason !== refusal) expect(result.reason).toMatchObject(locked);
      }
      expect(runs).toBe(1);
    }
  });

  test('what the refused work had written is undone', async () => {
    const one = aProcess(60);
    const claim = newClaim();
    const written = async (tx: Tx) => {
      await tx.query({ name: 'mark', text: `INSERT INTO worker_pool (id) VALUES ('idempotency-mark')` });
      throw new ApiError('CONFLICT', 'It has ended.');
    };
    await expect(one.run(claim, written)).rejects.toMatchObject({ code: 'CONFLICT' });
    const { rowCount } = await aPool().query(`SELECT FROM worker_pool WHERE id = 'idempotency-mark'`);
    expect(rowCount).toBe(0);
  });
});
