import { expect, test } from 'vitest';
import { describeError } from './logger.ts';

test('what the database says of a statement is not logged, since it may quote a value', () => {
  const cause = Object.assign(new Error('invalid input syntax for type uuid: "Ada Lindqvist"'), {
    severity: 'ERROR',
    code: '22P02',
    detail: 'Failing row contains (Ada Lindqvist).',
    routine: 'string_to_uuid',
  });
  const described = describeError(new Error('could not be read', { cause }));
  expect(JSON.stringify(described)).not.toContain('Lindqvist');
  expect(described).toMatchObject({
    message: 'could not be read',
    cause: { code: '22P02', stack: expect.stringContaining('logger.test.ts') },
  });
});
