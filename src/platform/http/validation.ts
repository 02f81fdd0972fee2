import type { FastifySchemaValidationError } from 'fastify';
import { ApiError } from '../../core/errors.ts';

/** `/permissions/1` (JSON pointer of the fault) -> `permissions[1]`; a missing property is the fault itself. */
export function paramOf(fault: FastifySchemaValidationError): string {
  const missing = fault.keyword === 'required' ? [String(fault.params.missingProperty)] : [];
  const parts = fault.instancePath.split('/').slice(1).map(unescapePointer).concat(missing);
  return parts.reduce((path, part) => {
    if (/^\d+$/.test(part)) return `${path}[${part}]`;
    return path === '' ? part : `${path}.${part}`;
  }, '');
}

/** The validator's first complaint as an error that names the field and says what would be right. */
export function describeFault(fault: FastifySchemaValidationError, context: string | undefined): ApiError {
  const param = paramOf(fault);
  const subject = param === '' ? `The ${context === 'querystring' ? 'query' : 'body'}` : param;
  const message = `${subject} ${complaint(fault)}.`;
  return new ApiError('VALIDATION', message, param === '' ? {} : { param });
}

/**
 * What a schema with a `pattern` says in plain words, beside it: a regular expression is no answer for people.
 * `market must be ` and then `two upper-case letters, e.g. DE`.
 */
export const expectedKeyword = 'x-expected';

/** With `verbose`, the validator hands over the schema that was not met. */
type Fault = FastifySchemaValidationError & { readonly parentSchema?: Readonly<Record<string, unknown>> };

function expectedOf(schema: Fault['parentSchema']): string {
  const words = schema?.[expectedKeyword];
  return typeof words === 'string' ? words : 'of the form that the API description gives';
}

function complaint({ keyword, params, message, parentSchema }: Fault): string {
  switch (keyword) {
    case 'required':
      return 'is required';
    case 'type':
      return `must be ${article(String(params.type))}`;
    case 'enum':
      return `must be one of ${(params.allowedValues as string[]).join(', ')}`;
    case 'minLength':
      return params.limit === 1 ? 'must not be empty' : `must have at least ${params.limit} characters`;
    case 'minItems':
      return params.limit === 1 ? 'must not be empty' : `must have at least ${params.limit} items`;
    case 'minimum':
      return `must be at least ${params.limit}`;
    case 'maximum':
      return `must be at most ${params.limit}`;
    case 'maxLength':
      return `must have at most ${params.limit} characters`;
    case 'maxItems':
      return `must have at most ${params.limit} items`;
    case 'maxProperties':
      return `must have at most ${params.limit} keys`;
    case 'pattern':
      return `must be ${expectedOf(parentSchema)}`;
    case 'uniqueItems':
      return 'must not repeat an item';
    default:
      return message ?? 'is not acceptable';
  }
}

function article(type: string): string {
  const noun = type === 'object' ? 'JSON object' : type;
  return /^[aeio]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
