import path from 'node:path';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { StartProblem } from '../core/start-problem.ts';

export type BanksWish =
  | {
      readonly action: 'import';
      readonly file: string;
      readonly source: string;
      readonly mayBeEmpty: boolean;
    }
  | { readonly action: 'list' }
  | { readonly action: 'export'; readonly source: string | undefined; readonly withHeaders: boolean };

const usage = `usage: npm run trellis -- banks import FILE [--source NAME] [--allow-empty]
         FILE is CSV or JSON; NAME is the list's, by default FILE without folder and ending
       npm run trellis -- banks list
       npm run trellis -- banks export [--source NAME] [--without-headers]   (JSON, to standard output)
         profiles come with their headers, which may hold keys, unless told otherwise`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** What the command line asks for. @throws StartProblem with the usage */
export function readBanksWish([action, ...args]: readonly string[]): BanksWish {
  if (action === 'import') return readImport(args);
  if (action === 'list') {
    parse(args, {}, 0);
    return { action };
  }
  if (action === 'export') {
    const { source, 'without-headers': without } = parse(
      args,
      { source: text, 'without-headers': flag },
      0,
    ).values;
    return { action, source, withHeaders: !without };
  }
  throw new StartProblem(usage);
}

function readImport(args: string[]): BanksWish {
  const { values, positionals } = parse(args, { source: text, 'allow-empty': flag }, 1);
  const [file = ''] = positionals;
  const source = values.source ?? path.parse(file).name;
  if (!/^[A-Za-z0-9._ -]{1,100}$/.test(source))
    throw new StartProblem(
      '--source must be 1 to 100 letters, digits, spaces, dots, hyphens or underscores.',
    );
  return { action: 'import', file, source, mayBeEmpty: values['allow-empty'] ?? false };
}

function parse<Options extends ParseArgsOptionsConfig>(args: string[], options: Options, files: number) {
  try {
    const parsed = parseArgs({ args, options, allowPositionals: files > 0 });
    if (parsed.positionals.length === files) return parsed;
  } catch (cause) {
    throw new StartProblem(usage, { cause });
  }
  throw new StartProblem(usage);
}
