import { afterAll, expect, it } from 'vitest';
import { DataBench, replicaOf } from './data-bench.ts';
import { bankAccount, bankTransaction } from './scripted-connector.ts';

const bench = await DataBench.open();
const { script } = bench;
afterAll(() => bench.close());

const rows = 6;
const refreshes = 40;

it('what is read while refreshes are published is of one moment, whole, and in rounds that never restart', async () => {
  let refresh = 0;
  script.accounts = [bankAccount('busy')];
  // Every row is another one after each refresh, so that whole chunks go.
  script.pages.set('busy', function* () {
    yield Array.from({ length: rows }, (_, row) =>
      bankTransaction(`row ${row}`, { amount: `${row + 1}.00`, bankTransactionCode: `refresh ${refresh}` }),
    );
  });
  const session = bench.session();
  await session.refresh();
  let isOver = false;

  const lists = async () => {
    while (!isOver) {
      const listed = await session.list();
      expect(listed).toHaveLength(rows);
      expect(new Set(listed.map((row) => row.bankTransactionCode)).size).toBe(1);
    }
  };
  const retrieves = async () => {
    while (!isOver) expect((await bench.service.read(session.owner))?.transactions).toHaveLength(rows);
  };
  const syncs = async () => {
    const replica = replicaOf(bench.service, session.owner);
    while (!isOver) await replica();
    const held = await replica();
    expect(held.map(({ id }) => id).toSorted()).toEqual(
      (await session.list()).map(({ id }) => id).toSorted(),
    );
    expect(new Set(held.map((row) => row.bankTransactionCode))).toEqual(new Set([`refresh ${refreshes}`]));
  };
  const readers = Promise.all([lists(), lists(), retrieves(), syncs(), syncs()]);
  try {
    for (refresh = 1; refresh < refreshes; refresh += 1) await session.refresh();
    refresh = refreshes;
    await session.refresh();
  } finally {
    isOver = true;
  }
  await readers;
});
