import type { ComponentChildren } from 'preact';
import { type ErrorCode, errorCatalogue, publicCode } from '../../core/errors.ts';

/** The part of an OpenAPI document that the pages read. */
export interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
}

interface ApiOperation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: ApiSchema;
    readonly description?: string;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: ApiSchema }>> };
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: ApiSchema }>> }>
  >;
}

interface ApiSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, ApiSchema>>;
  readonly required?: readonly string[];
  readonly items?: ApiSchema;
  readonly anyOf?: readonly ApiSchema[];
}

const mediaType = 'application/json';

/** The API reference, made from the same document as `/openapi.json`. */
export function ReferencePage({ document, stylesheet }: { document: ApiDocument; stylesheet: string }) {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? 'Other'))];
  return (
    <Page title={`${document.info.title} API`} stylesheet={stylesheet}>
      <p class="lead">
        <Prose text={document.info.description} />
      </p>
      <p>
        Send your key as <code>X-Ivy-Api-Key</code> or <code>Authorization: Bearer</code>. Every route is also
        served below <code>/api/service</code>. The same in one file: <a href="/openapi.json">openapi.json</a>
        . What goes wrong: <a href="/docs/errors">errors</a>.
      </p>
      {tags.map((tag) => (
        <section key={tag}>
          <h2>{tag}</h2>
          {operations
            .filter(({ operation }) => (operation.tags?.[0] ?? 'Other') === tag)
            .map(({ path, method, operation }) => (
              <Operation key={method + path} path={path} method={method} operation={operation} />
            ))}
        </section>
      ))}
    </Page>
  );
}

function Operation({ path, method, operation }: { path: string; method: string; operation: ApiOperation }) {
  const body = operation.requestBody?.content[mediaType]?.schema;
  const answer = operation.responses?.['200']?.content?.[mediaType]?.schema;
  const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  return (
    <article id={`${method.toLowerCase()}${path.replaceAll('/', '-')}`}>
      <h3>
        <span class="method">{method}</span> <code>{path}</code>
      </h3>
      <p>
        <Prose text={operation.summary} />
      </p>
      {operation.description && (
        <p class="soft">
          <Prose text={operation.description} />
        </p>
      )}
      {query.length > 0 && (
        <Fields
          title="Query"
          schema={{
            properties: Object.fromEntries(query.map(({ name, schema }) => [name, schema ?? {}])),
            required: query.filter(({ required }) => required).map(({ name }) => name),
          }}
        />
      )}
      {body && <Fields title="Body" schema={body} />}
      {answer && (
        <details>
          <summary>Answer</summary>
          {(answer.anyOf ?? [answer]).map((schema, index) => (
            <Fields key={index} title="200" schema={schema} />
          ))}
        </details>
      )}
    </article>
  );
}

/** A description, of whose Markdown only `code` is in use; an unpaired backtick stays what it is. */
function Prose({ text = '' }: { text?: string | undefined }) {
  const parts = text.split(/`([^`]+)`/);
  return <>{parts.map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</>;
}

function Fields({ title, schema }: { title: string; schema: ApiSchema }) {
  const rows = fieldsOf(schema, '');
  if (rows.length === 0) return null;
  return (
    <table>
      <caption>{title}</caption>
      <tbody>
        {rows.map(({ name, schema: field, required }) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
              {required && <span class="required"> required</span>}
            </th>
            <td>
              <span class="type">{typeOf(field)}</span> <Prose text={field.description} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface FieldRow {
  readonly name: string;
  readonly schema: ApiSchema;
  readonly required: boolean;
}

function fieldsOf(schema: ApiSchema, prefix: string): FieldRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const name = `${prefix}${key}`;
    const row = { name, schema: field, required: schema.required?.includes(key) ?? false };
    return [row, ...fieldsOf(field, `${name}.`), ...(field.items ? fieldsOf(field.items, `${name}[].`) : [])];
  });
}

function typeOf(schema: ApiSchema): string {
  if (schema.enum) return schema.enum.map(String).join(' | ');
  if (schema.items) return `array of ${typeOf(schema.items)}`;
  return String(schema.type ?? 'any');
}

const explanations: Readonly<Record<ErrorCode, string>> = {
  VALIDATION:
    'The request cannot be read or a field is not acceptable; param names it. 413: the body is too large. 415: the body is not JSON.',
  UNAUTHENTICATED: 'The key is missing, unknown, expired or revoked.',
  AUTHORIZATION:
    'The key may not do this: a permission was not granted, or the key is of the other environment.',
  NOT_FOUND: 'Nothing with this id belongs to your key. 405: the route takes another method.',
  CONFLICT:
    'Something is in the way: a referenceId that was used (data.id says where), or a state that does not allow it.',
  IDEMPOTENCY: 'The Idempotency-Key was used for another request. Use a new key for a new request.',
  LOCKED: 'The same request is still running. Ask again in a moment.',
  TOO_MANY_REQUESTS: 'More requests than allowed. Wait as long as Retry-After says.',
  REQUEST_FAILED: 'A bank or a receiver answered badly.',
  INTERNAL_SERVER_ERROR: 'A fault of ours. Tell the operator the X-Request-Id.',
  SERVICE_UNAVAILABLE: 'The server cannot work now. Retry-After says when to try again.',
};

/** Where every error's `docUrl` leads. */
export function ErrorsPage({ stylesheet }: { stylesheet: string }) {
  const codes = Object.entries(errorCatalogue) as [ErrorCode, (typeof errorCatalogue)[ErrorCode]][];
  return (
    <Page title="Errors" stylesheet={stylesheet}>
      <p class="lead">
        Every error is one flat JSON object. Act on <code>code</code> and <code>param</code>; show{' '}
        <code>message</code> to developers only. An answer with <code>x-should-retry: false</code> will be the
        same next time.
      </p>
      {codes.map(([code, { status, category, retryable }]) => (
        <article key={code} id={code === 'IDEMPOTENCY' ? 'idempotency' : publicCode(code).toLowerCase()}>
          <h3>
            <code>{publicCode(code)}</code> <span class="method">{status}</span>
          </h3>
          <p>{explanations[code]}</p>
          <p class="soft">
            category <code>{category}</code>; {retryable ? 'a retry can help' : 'a retry does not help'}
          </p>
        </article>
      ))}
      <p>
        <a href="/docs">API reference</a>
      </p>
    </Page>
  );
}

function Page(props: { title: string; stylesheet: string; children: ComponentChildren }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{props.title}</title>
        <link rel="stylesheet" href={props.stylesheet} />
      </head>
      <body>
        <main>
          <h1>{props.title}</h1>
          {props.children}
        </main>
      </body>
    </html>
  );
}
