import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderOf, isFeature, isPublicFile, mayImport } from './folders.ts';
import { cyclesOf, reachableFrom } from './graph.ts';
import { projectFiles, readSources, root, type SourceFile } from './source.ts';

const files = projectFiles();
const sources = readSources(files);
const all = [...sources.values()];
const inSrc = all.filter(({ path: file }) => file.startsWith('src/') && !/\.test\.tsx?$/.test(file));
const graph = new Map(all.map((source) => [source.path, new Set(source.imports)]));

/** Files of ours in which the code (not the comments) has this. */
function where(pattern: RegExp, candidates: readonly SourceFile[], allowed: RegExp): string[] {
  return candidates
    .filter(({ path: file, code }) => !allowed.test(file) && pattern.test(code))
    .map(({ path: file }) => file);
}

describe('structure', () => {
  test('every import leads to a file that is there', () => {
    const lost = all.flatMap(({ path: file, imports }) =>
      imports
        .filter((target) => !sources.has(target) && !existsSync(path.join(root, target)))
        .map((target) => `${file} -> ${target}`),
    );
    expect(lost).toEqual([]);
  });

  test('no cycles among files, type imports included', () => {
    expect(cyclesOf(new Map(inSrc.map(({ path: file, imports }) => [file, new Set(imports)])))).toEqual([]);
  });

  test('no cycles among folders', () => {
    const folders = new Map<string, Set<string>>();
    for (const { path: file, imports } of inSrc) {
      const from = folderOf(file) ?? '';
      const targets = imports.map(folderOf).filter((folder) => folder !== undefined && folder !== from);
      folders.set(from, new Set([...(folders.get(from) ?? []), ...(targets as string[])]));
    }
    expect(cyclesOf(folders)).toEqual([]);
  });

  test('imports run in the one direction', () => {
    const wrong = inSrc.flatMap(({ path: file, imports }) =>
      imports
        .filter((target) => !mayImport(folderOf(file) ?? '', folderOf(target) ?? 'outside'))
        .map((target) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('of another feature only its types, rules and services are imported', () => {
    const wrong = inSrc.flatMap(({ path: file, imports }) => {
      const from = folderOf(file) ?? '';
      if (!isFeature(from)) return [];
      const foreign = imports.filter(
        (target) => folderOf(target) !== from && isFeature(folderOf(target) ?? ''),
      );
      return foreign.filter((target) => !isPublicFile(target)).map((target) => `${file} -> ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  test('no dead files: everything in src is reached from main.ts', () => {
    const reached = reachableFrom(graph, ['src/main.ts']);
    expect(inSrc.map(({ path: file }) => file).filter((file) => !reached.has(file))).toEqual([]);
  });
});

describe('each thing behind its one door', () => {
  const outsideBank = inSrc.filter(({ path: file }) => !file.startsWith('src/sandbox-bank/'));

  test('SQL only in stores, platform/postgres and platform/jobs', () => {
    const sql =
      /['"`]\s*(?:SELECT\s|INSERT INTO\s|UPDATE\s+\w+\s+SET\s|DELETE FROM\s|WITH\s+\w+\s+AS\s|BEGIN\b|COMMIT\b)/;
    expect(
      where(sql, outsideBank, /-store\.ts$|^src\/platform\/(?:postgres|embedded-postgres|jobs)\//),
    ).toEqual([]);
  });

  test('Fastify only in routes and platform/http', () => {
    const users = outsideBank.filter(({ packages }) => packages.some((name) => /^@?fastify/.test(name)));
    const wrong = users.filter(({ path: file }) => !/-routes\.tsx?$|^src\/platform\/http\//.test(file));
    expect(wrong.map(({ path: file }) => file)).toEqual([]);
  });

  test('the environment only in config.ts', () => {
    expect(where(/\bprocess\.env\b/, inSrc, /^src\/config\.ts$/)).toEqual([]);
  });

  test('outgoing HTTP only through platform/outbound', () => {
    const client = /^(?:undici|node:(?:https?|net|tls)) (?!createServer|isIP|BlockList)/;
    const users = outsideBank.filter(
      ({ imported, calls }) => imported.some((name) => client.test(name)) || calls.includes('fetch'),
    );
    const wrong = users.filter(
      ({ path: file }) => !/^src\/platform\/(?:outbound|embedded-postgres)\//.test(file),
    );
    expect(wrong.map(({ path: file }) => file)).toEqual([]);
  });

  test('clock and randomness only through core', () => {
    const wild = ['Date.now', 'new Date()', 'Math.random', 'performance.now', 'crypto.randomUUID'];
    const random = /^node:crypto random/;
    const users = outsideBank.filter(
      ({ imported, calls }) =>
        imported.some((name) => random.test(name)) || calls.some((name) => wild.includes(name)),
    );
    expect(users.map(({ path: file }) => file).filter((file) => !file.startsWith('src/core/'))).toEqual([]);
  });

  test('no raw HTML', () => {
    expect(where(/dangerouslySetInnerHTML|\.innerHTML\b|insertAdjacentHTML/, inSrc, /^$/)).toEqual([]);
  });

  test('the sandbox bank imports nothing of ours', () => {
    const bank = inSrc.filter(({ path: file }) => file.startsWith('src/sandbox-bank/'));
    const wrong = bank.flatMap(({ imports }) =>
      imports.filter((target) => !target.startsWith('src/sandbox-bank/')),
    );
    expect(wrong).toEqual([]);
  });

  test('examples import nothing of src', () => {
    const examples = all.filter(
      ({ path: file }) => file.startsWith('examples/') && !file.endsWith('.test.ts'),
    );
    expect(examples.flatMap(({ imports }) => imports.filter((target) => target.startsWith('src/')))).toEqual(
      [],
    );
  });
});

describe('sizes and names', () => {
  test('no file of code above 400 lines', () => {
    const long = all.filter(({ lines }) => lines > 400).map(({ path: file, lines }) => `${file}: ${lines}`);
    expect(long).toEqual([]);
  });

  test('no function above 70 lines, and at most 5 % above 40', () => {
    const functions = inSrc.flatMap(({ path: file, functions }) =>
      functions.map((one) => ({ ...one, file })),
    );
    const long = functions
      .filter(({ lines }) => lines > 70)
      .map(({ file, name, lines }) => `${file} ${name}: ${lines}`);
    expect(long).toEqual([]);
    const above40 = functions.filter(({ lines }) => lines > 40);
    expect(
      above40.length / functions.length,
      above40.map(({ file, name }) => `${file} ${name}`).join('\n'),
    ).toBeLessThanOrEqual(0.05);
  });

  test('kebab-case files, no catch-all names, no barrels', () => {
    const banned = /(?:^|\/)(?:helpers?|utils?|common|shared|misc|lib|index)(?:\.tsx?|\/)/;
    const wrong = all
      .map(({ path: file }) => file)
      .filter((file) => banned.test(file) || !/^[a-z0-9./-]+$/.test(file));
    expect(wrong).toEqual([]);
  });

  test('no default exports', () => {
    expect(where(/^export default /m, inSrc, /^$/)).toEqual([]);
  });
});

describe('documents', () => {
  const documents = files.filter((file) => file.endsWith('.md'));

  test.each(documents)('links in %s lead somewhere', (document) => {
    const text = readFileSync(path.join(root, document), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)/g)];
    const lost = targets.filter(([, target = '', anchor = '']) => {
      const file = target === '' ? document : path.posix.join(path.posix.dirname(document), target);
      if (!existsSync(path.join(root, file))) return true;
      return anchor !== '' && file.endsWith('.md') && !anchorsOf(file).has(anchor.slice(1));
    });
    expect(lost.map(([link]) => link)).toEqual([]);
  });

  test('every dependency has its line, and an exact version', () => {
    const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const dependencies = {
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    };
    const argued = readFileSync(path.join(root, 'docs/dependencies.md'), 'utf8');
    expect(Object.keys(dependencies).filter((name) => !argued.includes(`\`${name}\``))).toEqual([]);
    expect(Object.entries(dependencies).filter(([, version]) => !/^\d/.test(version))).toEqual([]);
    expect(Object.keys(manifest.dependencies ?? {}).length).toBeLessThanOrEqual(20);
  });

  test('migrations are numbered from one on, each number once', () => {
    const names = readdirSync(path.join(root, 'migrations'));
    const numbers = names.map((name) => Number(/^(\d{4})_\w+\.sql$/.exec(name)?.[1]));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
  });
});

/** Anchors as the usual renderers make them from headings. */
function anchorsOf(file: string): Set<string> {
  const headings = readFileSync(path.join(root, file), 'utf8').matchAll(/^#+ +(.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}
