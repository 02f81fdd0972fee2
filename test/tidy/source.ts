import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFunction {
  readonly name: string;
  readonly lines: number;
}

/** One of our files, as the checks see it. Paths are relative to the root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  /** Our own files that it imports, types and dynamic imports included. */
  readonly imports: readonly string[];
  /** Packages and node: modules that it imports. */
  readonly packages: readonly string[];
  readonly functions: readonly SourceFunction[];
  /** Names of what it calls: `fetch`, `Date.now`, `new Date()` (only without arguments). */
  readonly calls: readonly string[];
  /** Names that it imports, with their module: `node:crypto randomBytes`. */
  readonly imported: readonly string[];
  /** The text without comments, for searching words of the code. */
  readonly code: string;
}

/** All files that are in the repository or would be with the next `git add`; works in a clone and in an archive. */
export function projectFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
  });
  return listed
    .toString()
    .split('\0')
    .filter((file) => file !== '' && existsSync(path.join(root, file)));
}

export function readSources(files: readonly string[]): Map<string, SourceFile> {
  const sources = files.filter((file) => /\.tsx?$/.test(file)).map(readSource);
  return new Map(sources.map((source) => [source.path, source]));
}

function readSource(file: string): SourceFile {
  const text = readFileSync(path.join(root, file), 'utf8');
  const { module, program, comments } = parseSync(file, text);
  const specifiers = [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap((entry) =>
      entry.entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) =>
      text.slice(moduleRequest.start + 1, moduleRequest.end - 1),
    ),
  ];
  const ours = specifiers.filter((specifier) => specifier.startsWith('.'));
  return {
    path: file,
    text,
    lines: text.split('\n').length - 1,
    imports: [...new Set(ours.map((specifier) => path.posix.join(path.posix.dirname(file), specifier)))],
    packages: [...new Set(specifiers.filter((specifier) => !specifier.startsWith('.')))],
    functions: functionsOf(program, text),
    calls: callsOf(program),
    imported: module.staticImports.flatMap((entry) =>
      entry.entries
        .filter(({ isType }) => !isType)
        .map(({ importName }) => `${entry.moduleRequest.value} ${importName.name ?? '*'}`),
    ),
    code: withoutComments(text, comments),
  };
}

function functionsOf(program: Parameters<Visitor['visit']>[0], text: string): SourceFunction[] {
  const found: SourceFunction[] = [];
  const note = (node: { start: number; end: number }, name: string) => {
    found.push({ name, lines: text.slice(node.start, node.end).split('\n').length });
  };
  new Visitor({
    FunctionDeclaration: (node) => note(node, node.id?.name ?? 'default'),
    FunctionExpression: (node) => note(node, 'function'),
    ArrowFunctionExpression: (node) => note(node, 'arrow'),
  }).visit(program);
  return found;
}

function callsOf(program: Parameters<Visitor['visit']>[0]): string[] {
  const names: string[] = [];
  new Visitor({
    CallExpression: ({ callee }) => {
      if (callee.type === 'Identifier') names.push(callee.name);
      if (callee.type === 'MemberExpression' && !callee.computed && callee.object.type === 'Identifier')
        names.push(
          `${callee.object.name}.${callee.property.type === 'Identifier' ? callee.property.name : ''}`,
        );
    },
    NewExpression: ({ callee, arguments: given }) => {
      if (callee.type === 'Identifier' && given.length === 0) names.push(`new ${callee.name}()`);
    },
  }).visit(program);
  return names;
}

function withoutComments(text: string, comments: readonly { start: number; end: number }[]): string {
  let code = '';
  let from = 0;
  for (const { start, end } of comments) {
    code += text.slice(from, start) + text.slice(start, end).replace(/[^\n]/g, ' ');
    from = end;
  }
  return code + text.slice(from);
}
