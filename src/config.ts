import ipaddr from 'ipaddr.js';
import { randomBytes } from './core/ids.ts';
import { Secret } from './core/secret.ts';
import { StartProblem } from './core/start-problem.ts';

/** The environment as it was when the process started; the only place that reads it. */
export type Env = Readonly<Record<string, string | undefined>>;

export function readEnv(): Env {
  return Object.freeze({ ...process.env });
}

export interface Config {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly sandboxBankPort: number;
  /** Of the same banks, over TLS. */
  readonly sandboxBankTlsPort: number;
  readonly examplePort: number;
  /** How users reach this server; absent means `http://localhost:<port>`. */
  readonly publicUrl?: string;
  readonly dataDir: string;
  /** An existing server; absent means the embedded one. */
  readonly databaseUrl?: Secret;
  readonly databaseConnections: number;
  /** The first seals, all open. Absent means one that is generated in the data folder (sandbox only). */
  readonly masterKeys?: readonly [Secret, ...Secret[]];
  readonly sandboxApiKey?: Secret;
  readonly logLevel: string;
  readonly logReadable: boolean;
  readonly trustedProxies: readonly string[];
  readonly requestsPerMinute: number;
  /** Of one address at the flow's pages; absent means the flow's own limit. */
  readonly flowRequestsPerMinute?: number;
  readonly workerConcurrency: number;
  /** Webhook receivers that may be reached although they are http or private, as exact origins. */
  readonly webhookOrigins: readonly string[];
  /** The client id at Berlin Group banks; absent means the organisation identifier of the certificates. */
  readonly tppClientId?: string;
  /** The operator's certificates: the set `default`, if any, and those that TPP_IDENTITIES names. */
  readonly identities: readonly IdentityFiles[];
  /** Who reads the data in law; named on the consent page. */
  readonly operatorName: string;
  /** For the embedded server, which refuses to run as root: who called sudo. */
  readonly sudoUid?: string;
}

/** Where one set of certificates lies: as whom the banks are called whose profile names it. */
export interface IdentityFiles {
  readonly name: string;
  /** What the variables of this set begin with, for messages. */
  readonly prefix: string;
  readonly clientId?: string;
  /** For mutual TLS. */
  readonly qwac?: KeyPairFiles;
  /** For sealed messages. */
  readonly qseal?: KeyPairFiles;
  /** Authorities, as PEM, that these banks are trusted by in place of the usual ones. */
  readonly bankCaFile?: string;
}

export interface KeyPairFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly passphrase?: Secret;
}

type Read<T> = (text: string) => T | undefined;

/**
 * Checks the environment. Every problem is reported at once, so that nobody mends them one start at a time.
 * @throws StartProblem
 */
export function parseConfig(env: Env): Config {
  const problems: string[] = [];
  const read = <T>(name: string, parse: Read<T>, expected: string): T | undefined => {
    const text = env[name]?.trim();
    if (text === undefined || text === '') return undefined;
    const value = parse(text);
    if (value === undefined) problems.push(`${name} must be ${expected}.`);
    return value;
  };
  const port = read('PORT', readPort, 'a port from 0 to 65535');
  // Who moves only PORT runs several at once: the others must not collide either.
  const otherPort = (usual: number) => (port === undefined ? usual : 0);
  const config: Config = {
    host: env.HOST?.trim() || 'localhost',
    port: port ?? 3000,
    sandboxBankPort: read('SANDBOX_BANK_PORT', readPort, 'a port from 0 to 65535') ?? otherPort(3001),
    sandboxBankTlsPort: read('SANDBOX_BANK_TLS_PORT', readPort, 'a port from 0 to 65535') ?? otherPort(3003),
    examplePort: read('EXAMPLE_PORT', readPort, 'a port from 0 to 65535') ?? otherPort(3002),
    ...optional(
      'publicUrl',
      read('PUBLIC_URL', readPublicOrigin, 'an https origin such as https://data.example.com'),
    ),
    dataDir: env.TRELLIS_DATA_DIR?.trim() || '.trellis',
    ...optional('databaseUrl', read('DATABASE_URL', readDatabaseUrl, 'a postgres:// URL')),
    databaseConnections: read('DATABASE_CONNECTIONS', readCount, 'a number from 1 to 1000000') ?? 32,
    ...optional(
      'masterKeys',
      read(
        'TRELLIS_MASTER_KEY',
        readMasterKeys,
        'one or more keys of 32 bytes in base64, separated by commas (openssl rand -base64 32)',
      ),
    ),
    ...optional(
      'sandboxApiKey',
      read('TRELLIS_SANDBOX_API_KEY', readApiKey, '<appId>.<secret>, with a secret of 8 characters or more'),
    ),
    logLevel: read('LOG_LEVEL', readLevel, 'one of trace, debug, info, warn, error, fatal, silent') ?? 'info',
    logReadable: process.stdout.isTTY === true,
    trustedProxies:
      read(
        'TRUSTED_PROXIES',
        readAddresses,
        'IP addresses or ranges such as 10.0.0.0/8, separated by commas',
      ) ?? [],
    requestsPerMinute: read('REQUESTS_PER_MINUTE', readCount, 'a number from 1 to 1000000') ?? 120_000,
    ...optional(
      'flowRequestsPerMinute',
      read('FLOW_REQUESTS_PER_MINUTE', readCount, 'a number from 1 to 1000000'),
    ),
    workerConcurrency: read('WORKER_CONCURRENCY', readCount, 'a number from 1 to 1000000') ?? 16,
    webhookOrigins:
      read('WEBHOOK_ORIGINS', readOrigins, 'origins such as http://10.0.0.5:8080, separated by commas') ?? [],
    ...optional('tppClientId', env.TPP_CLIENT_ID?.trim() || undefined),
    identities: readIdentities(env, problems),
    operatorName: env.OPERATOR_NAME?.trim() || 'Trellis Sandbox',
    ...optional('sudoUid', read('SUDO_UID', readUid, 'a numeric user id')),
  };
  if (problems.length > 0) throw new StartProblem(problems.join('\n'));
  return Object.freeze(config);
}

/** A new master key, for a data folder that has none. */
export function newMasterKey(): string {
  return randomBytes(32).toString('base64');
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

/** `TPP_IDENTITIES=acme-at` adds the set that ACME_AT_QWAC_CERT_FILE and its like describe. */
function readIdentities(env: Env, problems: string[]): IdentityFiles[] {
  const names = list(env.TPP_IDENTITIES);
  for (const name of names) {
    if (!/^[a-z][a-z0-9-]{0,39}$/.test(name) || name === 'default' || name === 'sandbox')
      problems.push(`TPP_IDENTITIES must be names such as acme-at, with commas; ${name} cannot be one.`);
  }
  const sets = ['default', ...new Set(names)].map((name) => readIdentity(env, name, problems));
  return sets.filter(
    ({ name, qwac, qseal, bankCaFile }) => name !== 'default' || qwac || qseal || bankCaFile !== undefined,
  );
}

function readIdentity(env: Env, name: string, problems: string[]): IdentityFiles {
  const prefix = name === 'default' ? '' : `${name.toUpperCase().replaceAll('-', '_')}_`;
  const text = (variable: string) => env[`${prefix}${variable}`]?.trim() || undefined;
  const keyPair = (what: 'QWAC' | 'QSEAL'): KeyPairFiles | undefined => {
    const [certFile, keyFile, passphrase] = [
      `${what}_CERT_FILE`,
      `${what}_KEY_FILE`,
      `${what}_KEY_PASSPHRASE`,
    ].map(text);
    if (certFile === undefined && keyFile === undefined) return undefined;
    if (certFile === undefined || keyFile === undefined) {
      problems.push(`${prefix}${what}_CERT_FILE and ${prefix}${what}_KEY_FILE must be set together.`);
      return undefined;
    }
    return {
      certFile,
      keyFile,
      ...optional('passphrase', passphrase === undefined ? undefined : new Secret(passphrase)),
    };
  };
  const identity = {
    name,
    prefix,
    ...optional('clientId', text('TPP_CLIENT_ID')),
    ...optional('qwac', keyPair('QWAC')),
    ...optional('qseal', keyPair('QSEAL')),
    ...optional('bankCaFile', text('BANK_CA_FILE')),
  };
  if (name !== 'default' && identity.qwac === undefined && identity.qseal === undefined)
    problems.push(
      `TPP_IDENTITIES names ${name}, so ${prefix}QWAC_CERT_FILE or ${prefix}QSEAL_CERT_FILE must be set.`,
    );
  return identity;
}

function readPort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function readUid(text: string): string | undefined {
  return /^\d{1,10}$/.test(text) ? text : undefined;
}

function readCount(text: string): number | undefined {
  return /^\d{1,7}$/.test(text) && Number(text) >= 1 && Number(text) <= 1_000_000 ? Number(text) : undefined;
}

function readOrigin(text: string): string | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
    ? url.origin
    : undefined;
}

/** Cookies of a flow over plain http would travel in the open: only for this machine. */
function readPublicOrigin(text: string): string | undefined {
  const origin = readOrigin(text);
  const isLocal =
    origin !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(origin).hostname);
  return origin?.startsWith('https:') || isLocal ? origin : undefined;
}

function readAddresses(text: string): string[] | undefined {
  const addresses = list(text);
  return addresses.every((address) => ipaddr.isValid(address) || ipaddr.isValidCIDR(address))
    ? addresses
    : undefined;
}

function readOrigins(text: string): string[] | undefined {
  const origins = list(text).map(readOrigin);
  return origins.every((origin) => origin !== undefined) ? origins : undefined;
}

function readDatabaseUrl(text: string): Secret | undefined {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? new Secret(text) : undefined;
}

function readMasterKeys(text: string): readonly [Secret, ...Secret[]] | undefined {
  const keys = list(text);
  const [first, ...rest] = keys.map((key) => new Secret(key));
  return first && keys.every((key) => Buffer.from(key, 'base64').length === 32)
    ? [first, ...rest]
    : undefined;
}

function readApiKey(text: string): Secret | undefined {
  return /^[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9._~+/=-]{8,256}$/.test(text) ? new Secret(text) : undefined;
}

function readLevel(text: string): string | undefined {
  return ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].includes(text) ? text : undefined;
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
