import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import type { Call } from './scripted-bank.ts';

type Json = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Json;
}

/** Headers of HTTP itself, and those that the description leaves to its security schemes or to every call. */
const everywhere = new Set(
  [
    'host connection accept accept-encoding accept-language authorization content-type content-length',
    'user-agent date',
  ].flatMap((line) => line.split(' ')),
);

/** Judges what a TPP asks by the Berlin Group's own description of the interface. */
export class OfficialRequests {
  readonly #document: Json;
  readonly #ajv = new Ajv({ strict: false, allErrors: true, formats, unicodeRegExp: false, logger: false });

  constructor(file: string) {
    this.#document = withoutExclusive(parse(readFileSync(file, 'utf8'))) as Json;
    this.#ajv.addSchema({ ...this.#document, $id: 'xs2a' });
  }

  /** What is wrong with a call; empty if nothing is. */
  violations({ route, query, headers, body }: Call): string[] {
    const [method = '', path = ''] = route.split(' ');
    const operation = this.#operation(method, path);
    if (operation === undefined) return [`${route} is no operation of the standard`];
    const parameters = ((operation.parameters ?? []) as Json[]).map(
      (each) => this.#resolved(each) as unknown as Parameter,
    );
    const sent = {
      query: new Map<string, unknown>(query),
      header: new Map<string, unknown>(Object.entries(headers).filter(([name]) => !everywhere.has(name))),
    };
    const problems = (['query', 'header'] as const).flatMap((place) => {
      const known = parameters.filter((parameter) => parameter.in === place);
      return this.#judged(known, sent[place]).map((problem) => `${place} ${problem}`);
    });
    return [...problems, ...this.#body(operation, body)].map((problem) => `${route}: ${problem}`);
  }

  #judged(known: readonly Parameter[], sent: ReadonlyMap<string, unknown>): string[] {
    const names = new Set(known.map(({ name }) => name.toLowerCase()));
    const strange = [...sent.keys()].filter((name) => !names.has(name.toLowerCase()));
    const wrong = known.flatMap(({ name, required, schema }) => {
      const value = sent.get(name) ?? sent.get(name.toLowerCase());
      if (value === undefined) return required ? [`${name} is missing`] : [];
      const typed =
        schema.type === 'boolean' ? value === 'true' || (value === 'false' ? false : value) : value;
      return this.#fits(schema, typed) ? [] : [`${name} is ${String(value)}`];
    });
    return [...strange.map((name) => `${name} is unknown`), ...wrong];
  }

  #body(operation: Json, body: string): string[] {
    if (body === '') return [];
    const request = this.#resolved((operation.requestBody ?? {}) as Json);
    const content = (request.content as Record<string, { schema: Json }> | undefined)?.['application/json'];
    if (content === undefined) return ['a body where none is'];
    return this.#fits(content.schema, JSON.parse(body)) ? [] : ['the body does not fit'];
  }

  #fits(schema: Json, value: unknown): boolean {
    return this.#ajv.validate(ofDocument(schema) as Json, value);
  }

  #operation(method: string, path: string): Json | undefined {
    const paths = this.#document.paths as Record<string, Json>;
    const [found] = Object.keys(paths)
      .filter((each) => new RegExp(`^${each.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path))
      .sort((a, b) => a.split('{').length - b.split('{').length);
    return found === undefined ? undefined : (paths[found]?.[method.toLowerCase()] as Json | undefined);
  }

  #resolved(node: Json): Json {
    const { $ref } = node as { $ref?: string };
    if ($ref === undefined) return node;
    let found: unknown = this.#document;
    for (const step of $ref.split('/').slice(1)) found = (found as Json)[step];
    return this.#resolved(found as Json);
  }
}

/**
 * A part of the document by itself: what it refers to is still in the document. Of alternative bodies it writes
 * one as `{}`, which in JSON Schema is anything, and means an object without content.
 */
function ofDocument(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(ofDocument);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => {
    if (key === '$ref') return [key, `xs2a${String(value)}`];
    if (key === 'oneOf' && Array.isArray(value)) return [key, value.map(alternative)];
    return [key, ofDocument(value)];
  });
  return Object.fromEntries(entries);
}

function alternative(schema: object): unknown {
  return Object.keys(schema).length === 0 ? { type: 'object', maxProperties: 0 } : ofDocument(schema);
}

const formats = {
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  ipv4: /^\d{1,3}(\.\d{1,3}){3}$/,
  uri: /^[a-z][a-z0-9+.-]*:\S+$/i,
  'uri-reference': /^\S+$/,
  'date-time': true,
  byte: true,
} as const;

/** OpenAPI 3.0 has a boolean where JSON Schema has a number. */
function withoutExclusive(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutExclusive);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(
    ([key, value]) => !(key.startsWith('exclusiveM') && typeof value === 'boolean'),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutExclusive(value)]));
}
