import { expect, test } from 'vitest';
import { Batch } from './batch.ts';

/** Runs that end when the test says. */
function bench(maxItems: number) {
  const runs: { items: readonly number[]; end: (failure?: Error) => Promise<void> }[] = [];
  const batch = new Batch<number, number>((items) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly number[]>();
    const end = async (failure?: Error) => {
      if (failure) reject(failure);
      else resolve(items.map((item) => item * 10));
      await new Promise((turn) => setImmediate(turn));
    };
    runs.push({ items, end });
    return promise;
  }, maxItems);
  return { batch, runs };
}

test('what is added while one run is under way goes together into the next, each with its own result', async () => {
  const { batch, runs } = bench(3);
  const results = [batch.add(1), batch.add(2)];
  await Promise.resolve();
  results.push(...[3, 4, 5, 6].map((item) => batch.add(item)));
  await runs[0]?.end();
  await runs[1]?.end();
  await runs[2]?.end();
  expect(runs.map(({ items }) => items)).toEqual([[1, 2], [3, 4, 5], [6]]);
  expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50, 60]);
});

test('a run that fails fails its own items, and the next goes on', async () => {
  const { batch, runs } = bench(1);
  const first = expect(batch.add(1)).rejects.toThrow('database away');
  const second = batch.add(2);
  await Promise.resolve();
  await runs[0]?.end(new Error('database away'));
  await runs[1]?.end();
  await first;
  expect(await second).toBe(20);
});
