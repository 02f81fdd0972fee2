import { describe, expect, test } from 'vitest';
import { BankFailure } from '../../src/banking/failure.ts';
import type { ResumeInput, Step } from '../../src/banking/step.ts';
import type { Seen } from '../support/visitor.ts';
import {
  appStep,
  authorised,
  credentials,
  details,
  fields,
  formStep,
  scriptedLine,
  secondFactor,
} from './scripted-line.ts';

const line = scriptedLine();
const canary = 'canary-Zx91';

/** Every value of every table, as text: bytes in hex and as they read. */
async function everythingStored(): Promise<string> {
  const { rows } = await line.app.pool.query<{ schema: string; name: string }>(
    `SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { schema, name } of rows) {
    const { rows: values } = await line.app.pool.query(`SELECT * FROM "${schema}"."${name}"`);
    found.push(
      JSON.stringify(values, (_key, value) =>
        isBytes(value) ? Buffer.from(value.data).toString('latin1') : value,
      ),
    );
  }
  return found.join('\n');
}

/** How JSON writes a Buffer. */
function isBytes(value: unknown): value is { data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}

const quoting = (input: ResumeInput) => `${JSON.stringify(input)}`;

describe('what is typed into a secret field is nowhere but at the bank', () => {
  test.each<[string, (input: ResumeInput) => Promise<Step>]>([
    ['it was right', async () => authorised],
    [
      'it was wrong',
      async () =>
        formStep('credentials', [fields.userName, fields.password], { rejected: { field: 'password' } }),
    ],
    ['the app is next', async () => appStep(line.app)],
    ['a code is next', async () => secondFactor],
    ['it was wrong too often', async () => ({ kind: 'refused', reason: 'denied' })],
    ['the bank is away', () => Promise.reject(new BankFailure('retry-later', 'away'))],
    ['the connector has a bug that quotes it', (input) => Promise.reject(new TypeError(quoting(input)))],
    ['the connector throws it', (input) => Promise.reject(quoting(input))],
  ])('%s', async (_name, answer) => {
    const told = line.bankAnswers(details, credentials, answer);
    const { session, visitor, go, home } = await line.start();
    const asked = await visitor.submit(await go(), 'answer', { 'field-0': 'ada' });
    const seen: Seen[] = [await visitor.submitOnce(asked, 'answer', { 'field-0': 'ada', 'field-1': canary })];
    expect(told.resume.at(-1)).toMatchObject({ values: { psuId: 'ada', password: canary } });
    seen.push(await visitor.open(home), await visitor.open(`${home}/leave`));
    await line.sweep(session.id);
    for (const { html, headers, url } of seen)
      expect(html + JSON.stringify([...headers]) + url).not.toContain(canary);
    const stored = await everythingStored();
    expect(stored).toContain(session.id);
    expect(stored).not.toContain(canary);
    expect(line.flow.logged()).not.toContain(canary);
  });

  test('nor after it was refused before it went there, by its form or by the proof of ours', async () => {
    line.bankAnswers(credentials);
    const { visitor, go } = await line.start();
    const asked = await go();
    const typed = { 'field-0': '', 'field-1': canary };
    for (const seen of [
      await visitor.submitOnce(asked, 'answer', typed),
      await visitor.submitOnce(asked, 'answer', { ...typed, csrf: 'x' }),
      await visitor.submitOnce(asked, 'answer', { ...typed, asked: 'x' }),
      await visitor.submitOnce(asked, 'answer', { ...typed, 'field-1': canary.repeat(1_000) }),
    ])
      expect(seen.html + JSON.stringify([...seen.headers])).not.toContain(canary);
    expect(await everythingStored()).not.toContain(canary);
    expect(line.flow.logged()).not.toContain(canary);
  });

  test('and what a bank asks is sealed', async () => {
    line.bankAnswers(
      formStep('second-factor', [fields.code], {
        challenge: { text: canary, data: [canary] },
        attempt: { canary },
      }),
    );
    const { go } = await line.start();
    expect((await go()).html).toContain(canary);
    expect(await everythingStored()).not.toContain(canary);
  });
});
