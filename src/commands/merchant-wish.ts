import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { StartProblem } from '../core/start-problem.ts';
import type { Environment, MerchantSettings } from '../merchants/merchant.ts';
import { returnUrlProblem } from '../sessions/return-url.ts';

export type MerchantWish =
  | {
      readonly action: 'create';
      readonly name: string;
      readonly country: string;
      readonly environment: Environment;
      readonly settings: MerchantSettings;
    }
  | {
      readonly action: 'add-key';
      readonly merchantId: string;
      readonly environment: Environment;
      readonly name: string;
    }
  | { readonly action: 'revoke-key'; readonly appId: string };

const usage = `usage: npm run trellis -- merchant create --name NAME --country CC [--environment live|sandbox]
         [--success-url URL --error-url URL] [--return-origin ORIGIN]... [--app-scheme SCHEME]...
       npm run trellis -- merchant add-key --merchant ID [--environment live|sandbox] [--name NAME]
       npm run trellis -- merchant revoke-key --app-id APPID   (a key is APPID.SECRET)`;

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;
const createOptions = {
  name: text,
  country: text,
  environment: text,
  'success-url': text,
  'error-url': text,
  'return-origin': texts,
  'app-scheme': texts,
};
const addKeyOptions = { merchant: text, environment: text, name: text };
const revokeKeyOptions = { 'app-id': text };

/** What the command line asks for. @throws StartProblem with the usage, or with every value that is wrong */
export function readMerchantWish([action, ...args]: readonly string[]): MerchantWish {
  if (action === 'create') return readCreate(args);
  if (action === 'add-key') return readAddKey(args);
  if (action === 'revoke-key') return readRevokeKey(args);
  throw new StartProblem(usage);
}

function readCreate(args: string[]): MerchantWish {
  const values = parse(args, createOptions);
  const { name, country = '' } = values;
  if (!name || !/^[A-Z]{2}$/.test(country)) throw new StartProblem(usage);
  const environment = readEnvironment(values.environment);
  return { action: 'create', name, country, environment, settings: readSettings(values) };
}

function readAddKey(args: string[]): MerchantWish {
  const { merchant: merchantId, environment, name = 'further key' } = parse(args, addKeyOptions);
  if (!merchantId) throw new StartProblem(usage);
  return { action: 'add-key', merchantId, environment: readEnvironment(environment), name };
}

function readRevokeKey(args: string[]): MerchantWish {
  const { 'app-id': appId } = parse(args, revokeKeyOptions);
  if (!appId) throw new StartProblem(usage);
  return { action: 'revoke-key', appId };
}

/** The rules are the API's: what is registered here works there, and what would not is refused here. */
function readSettings(values: ReturnType<typeof parse<typeof createOptions>>): MerchantSettings {
  const problems: string[] = [];
  const note = (option: string, given: string, problem: string | undefined) => {
    if (problem !== undefined) problems.push(`--${option} ${given} ${problem}.`);
  };
  const appSchemes = (values['app-scheme'] ?? []).map((scheme) => scheme.toLowerCase());
  for (const scheme of appSchemes) note('app-scheme', scheme, appSchemeProblem(scheme));
  const returnOrigins = values['return-origin'] ?? [];
  for (const origin of returnOrigins) note('return-origin', origin, returnOriginProblem(origin));
  const settings = {
    permissions: ['identity', 'balances', 'transactions'],
    returnOrigins,
    appSchemes,
  } as const;
  const { 'success-url': successUrl, 'error-url': errorUrl } = values;
  if (successUrl !== undefined) note('success-url', successUrl, returnUrlProblem(successUrl, settings));
  if (errorUrl !== undefined) note('error-url', errorUrl, returnUrlProblem(errorUrl, settings));
  if (problems.length > 0) throw new StartProblem(problems.join('\n'));
  return {
    ...settings,
    ...(successUrl === undefined ? {} : { successUrl }),
    ...(errorUrl === undefined ? {} : { errorUrl }),
  };
}

/** Return URLs are compared with it as browsers write origins: in lower case, without a path or the usual port. */
function returnOriginProblem(origin: string): string | undefined {
  const open = { permissions: [], returnOrigins: [], appSchemes: [] };
  const problem = returnUrlProblem(origin, open);
  if (problem !== undefined) return problem;
  return new URL(origin).origin === origin ? undefined : 'must be an origin such as https://shop.example';
}

function appSchemeProblem(scheme: string): string | undefined {
  const isName = /^[a-z][a-z0-9+.-]*$/.test(scheme) && !['http', 'https'].includes(scheme);
  const registered = { permissions: [], returnOrigins: [], appSchemes: [scheme] };
  return isName && returnUrlProblem(`${scheme}://return`, registered) === undefined
    ? undefined
    : 'must be the scheme of an app, such as myapp';
}

function readEnvironment(given = 'live'): Environment {
  if (given === 'live' || given === 'sandbox') return given;
  throw new StartProblem(usage);
}

function parse<Options extends ParseArgsOptionsConfig>(args: string[], options: Options) {
  try {
    return parseArgs({ args, options }).values;
  } catch (cause) {
    throw new StartProblem(usage, { cause });
  }
}
