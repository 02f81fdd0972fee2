import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import type { Answer } from './tpp.ts';

const fileName = 'berlin-group-psd2-1.3.12.yaml';
const folder = process.env.TRELLIS_SPECS_DIR ?? path.resolve(import.meta.dirname, '../../../../shared/specs');

/** The official OpenAPI file; undefined where this machine has none (it is not part of the project). */
export const descriptionFile = existsSync(path.join(folder, fileName))
  ? path.join(folder, fileName)
  : undefined;

type Json = Readonly<Record<string, unknown>>;

/** Judges answers by the Berlin Group's own description of the interface. */
export class OfficialDescription {
  readonly #document: Json;
  readonly #ajv: Ajv;
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(file: string) {
    const document = parse(readFileSync(file, 'utf8'));
    // The words of accountDetails name these two among the identifiers; its list of properties forgot them.
    Object.assign(document.components.schemas.accountDetails.properties, { pan: {}, maskedPan: {} });
    this.#document = jsonSchemaOf(document) as Json;
    this.#ajv = new Ajv({
      strict: false,
      allErrors: true,
      validateFormats: true,
      formats,
      unicodeRegExp: false,
    });
    this.#ajv.addSchema({ ...this.#document, $id: 'xs2a' });
  }

  /** What is wrong with the answer to a call of `/v1/...`; empty if nothing is. */
  violations(method: string, target: string, answer: Answer): string[] {
    const pointer = this.#operation(method, target);
    if (pointer === undefined) return [`${method} ${target} is no operation of the standard`];
    const response = this.#resolve(`${pointer}/responses/${answer.status}`);
    if (response === undefined) return [`the standard has no status ${answer.status} here`];
    return [...this.#headers(response.node, answer), ...this.#body(response, answer)].map(
      (problem) => `${method} ${target} ${answer.status}: ${problem}`,
    );
  }

  #headers(response: Json, answer: Answer): string[] {
    return Object.entries((response.headers ?? {}) as Record<string, Json>).flatMap(([name, reference]) => {
      const header = this.#resolve(String(reference.$ref).slice(1));
      const value = answer.headers.get(name);
      if (value === null) return header?.node.required === true ? [`header ${name} is missing`] : [];
      return header === undefined ? [] : this.#judge(`${header.pointer}/schema`, value);
    });
  }

  #body(response: { pointer: string; node: Json }, answer: Answer): string[] {
    const content = response.node.content as Json | undefined;
    if (content === undefined)
      return answer.status === 204 && answer.text !== '' ? ['a body where none is'] : [];
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    if (content[type] === undefined) return [`content type ${type}`];
    const value = type === 'application/json' ? answer.json : answer.text;
    return this.#judge(`${response.pointer}/content/${type.replace('/', '~1')}/schema`, value);
  }

  #judge(pointer: string, value: unknown): string[] {
    let validate = this.#compiled.get(pointer);
    if (validate === undefined) {
      validate = this.#ajv.compile({ $ref: `xs2a#${pointer}` });
      this.#compiled.set(pointer, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      (each) => `${each.instancePath} ${each.message} ${JSON.stringify(each.params)}`,
    );
  }

  #operation(method: string, target: string): string | undefined {
    const wanted = target.split('?')[0] ?? '';
    const paths = Object.keys(this.#document.paths as Json);
    // Of two templates that fit, the more concrete one: `/v1/consents/{id}` before `/v1/{service}/{product}`.
    const [found] = paths
      .filter((each) => new RegExp(`^${each.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(wanted))
      .sort((a, b) => a.split('{').length - b.split('{').length);
    if (found === undefined) return undefined;
    const pointer = `/paths/${found.replaceAll('/', '~1')}/${method.toLowerCase()}`;
    return this.#resolve(pointer) === undefined ? undefined : pointer;
  }

  /** The node at a JSON pointer, references followed. */
  #resolve(pointer: string): { pointer: string; node: Json } | undefined {
    const steps = pointer.split('/').slice(1);
    let node: unknown = this.#document;
    for (const step of steps) node = (node as Json | undefined)?.[step.replaceAll('~1', '/')];
    if (node === undefined || node === null) return undefined;
    const { $ref } = node as { $ref?: string };
    return $ref === undefined ? { pointer, node: node as Json } : this.#resolve($ref.slice(1));
  }
}

const calendarDate = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const formats = {
  byte: /^[A-Za-z0-9+/]*={0,2}$/,
  date: calendarDate,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  uri: /^[a-z][a-z0-9+.-]*:\S+$/i,
  'uri-reference': /^\S+$/,
};

/**
 * OpenAPI 3.0 as JSON Schema: its boolean exclusiveMinimum is left out, and its `oneOf` lists alternatives that
 * overlap (three kinds of camt that are all a string), so that one of them at least must fit. And one turn stricter than the
 * standard: an object has no property that its schema does not name, so that a slip of the pen shows.
 */
function jsonSchemaOf(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(jsonSchemaOf);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node)
    .filter(([key, value]) => !(key.startsWith('exclusiveM') && typeof value === 'boolean'))
    .map(([key, value]) => [key === 'oneOf' ? 'anyOf' : key, jsonSchemaOf(value)]);
  const schema: Record<string, unknown> = Object.fromEntries(entries);
  const isClosable = schema.type === 'object' && schema.properties !== undefined;
  return isClosable && schema.additionalProperties === undefined
    ? { ...schema, additionalProperties: false }
    : schema;
}
