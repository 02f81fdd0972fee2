import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import path from 'node:path';
import { query } from './database.ts';
import type { Plan } from './plan.ts';
import { nestedScope, runNode } from './processes.ts';
import { type Site, startProduct } from './servers.ts';
import { percentile } from './statistics.ts';

const banks = 60_000;
/** Of the names that are searched for, letter by letter. */
const namesTyped = 40;

export interface SearchFigures {
  /** P6, in milliseconds. */
  readonly p99Ms: number;
  /** The first search of a process, which makes the index. */
  readonly firstMs: number;
}

/** P6: a bank search over HTTP, one at a time, among 60,000 banks that the operator's command has imported. */
export async function measureBankSearch(
  run: AsyncDisposableStack,
  site: Site,
  plan: Plan,
): Promise<SearchFigures> {
  await using scope = nestedScope(run);
  const file = path.join(site.folder, 'bench-banks.csv');
  await writeFile(file, csvOf(allNames()));
  const env = { DATABASE_URL: site.databaseUrl };
  scope.defer(async () => {
    await query(site.databaseUrl, 'DELETE FROM institution');
  });
  await runNode(scope, 'banks import', { args: ['dist/src/main.js', 'banks', 'import', file], env });
  const { origin } = await startProduct(scope, site);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  scope.defer(async () => agent.destroy());
  const search = (text: string) => searchMs(agent, origin, site.apiKey, text);
  const firstMs = await search('sparkasse');
  const terms = searches(allNames());
  for (const term of terms.slice(0, plan.warmUpSearches)) await search(term);
  const times: number[] = [];
  for (const term of terms) times.push(await search(term));
  return { p99Ms: percentile(times, 0.99), firstMs };
}

const kinds = [
  'Sparkasse',
  'Volksbank',
  'Raiffeisenbank',
  'Stadtsparkasse',
  'Genossenschaftsbank',
  'Privatbank',
];
const begins = ['Ober', 'Nieder', 'Alt', 'Neu', 'Bad ', 'Groß', 'Klein', 'Sankt ', 'Mittel', 'Hohen'];
const middles = ['berg', 'wald', 'see', 'münster', 'kirch', 'stein', 'hausen', 'feld', 'brück', 'bach'];
const ends = ['heim', 'dorf', 'stadt', 'ingen', 'burg', 'furt', 'au', 'rode', 'leben', 'weiler'];

/** Every kind in every town; and then some have branches. */
function allNames(): string[] {
  return Array.from({ length: banks }, (_, at) => {
    const town = `${begins[at % 10]}${middles[Math.floor(at / 10) % 10]}${ends[Math.floor(at / 100) % 10]}`;
    const branch = Math.floor(at / 6_000);
    return `${kinds[Math.floor(at / 1_000) % kinds.length]} ${town}${branch > 0 ? ` ${branch}` : ''}`;
  });
}

function csvOf(names: readonly string[]): string {
  const rows = names.map((name, at) => {
    const popularity = at < 20 ? 20 - at : 0;
    return `de-bank-${at},${name},DE,EUR,${10_000_000 + at},berlin-group,${popularity},https://bank${at}.example/v1,redirect`;
  });
  const header = 'id,name,markets,currencies,bankCodes,protocol,popularity,profile.baseUrl,profile.sca';
  return [header, ...rows].join('\n');
}

/** As people type: every beginning of a name, the name with a slip, a bank code, an IBAN, and what there is not. */
function searches(names: readonly string[]): string[] {
  const chosen = Array.from({ length: namesTyped }, (_, at) => names[(at * 1_499) % banks] ?? '');
  return chosen.flatMap((name, at) => [
    ...Array.from({ length: name.length }, (_, length) => name.slice(0, length + 1)),
    `${name.slice(0, 3)}${name.slice(4)}`,
    `${name.slice(1, 2)}${name.slice(0, 1)}${name.slice(2)}`,
    String(10_000_000 + at * 1_499),
    `DE89${10_000_000 + at * 1_499}0532013000`,
    `${name.split(' ')[1]} quatsch`,
  ]);
}

/** From before the request is sent until its answer has been read. */
async function searchMs(agent: Agent, origin: string, key: string, search: string): Promise<number> {
  const body = JSON.stringify({ search, market: 'DE', limit: 50 });
  const started = performance.now();
  const call = request(`${origin}/banks/search`, {
    agent,
    method: 'POST',
    headers: {
      'x-ivy-api-key': key,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  });
  call.end(body);
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new Error(`a bank search was answered ${answer.statusCode}`);
  return performance.now() - started;
}
