import { readFile } from 'node:fs/promises';
import type { Config, IdentityFiles, KeyPairFiles } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import { StartProblem } from '../core/start-problem.ts';
import {
  certificatesIn,
  type Identity,
  type KeyPair,
  keyPairOf,
  organisationIdentifierOf,
} from '../platform/outbound/identity.ts';
import type { Logger } from '../platform/telemetry/logger.ts';

const dayMs = 86_400_000;
const warnBeforeDays = 30;
/** Of the sandbox: no authority has given it to anyone. */
const clientIdOfNobody = 'PSDDE-BAFIN-000000';

/**
 * The certificates that the environment names.
 * @throws StartProblem with a sentence for each that cannot be used
 */
export async function loadIdentities(config: Config, clock: Clock): Promise<Identity[]> {
  const problems: string[] = [];
  const identities = await Promise.all(
    config.identities.map((files) => loadIdentity(files, clock.now(), problems)),
  );
  if (problems.length > 0) throw new StartProblem(problems.join('\n'));
  return identities;
}

/** Who we are at Berlin Group banks whose profile names no other certificates. */
export function clientIdOf({ tppClientId }: Config, identities: ReadonlyMap<string, Identity>): string {
  return tppClientId ?? identities.get('default')?.clientId ?? clientIdOfNobody;
}

/** One set of certificates; what cannot be used of it is a sentence each in `problems`. Never rejects. */
export async function loadIdentity(files: IdentityFiles, now: Date, problems: string[]): Promise<Identity> {
  const { name, prefix, qwac, qseal, bankCaFile } = files;
  const attempt = async <T>(what: string, file: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      problems.push(`${prefix}${what}: ${file} ${sentenceOf(error)}.`);
      return undefined;
    }
  };
  const client = qwac && (await attempt('QWAC_CERT_FILE', qwac.certFile, () => loadPair(qwac, now)));
  const seal = qseal && (await attempt('QSEAL_CERT_FILE', qseal.certFile, () => loadSeal(qseal, now)));
  const authorities =
    bankCaFile === undefined
      ? undefined
      : await attempt('BANK_CA_FILE', bankCaFile, () => loadAuthorities(bankCaFile));
  const clientId = files.clientId ?? numberIn(client) ?? numberIn(seal);
  return {
    name,
    ...(clientId !== undefined && { clientId }),
    ...(client && { client }),
    ...(seal && { seal }),
    ...(authorities !== undefined && { authorities }),
  };
}

async function loadPair({ certFile, keyFile, passphrase }: KeyPairFiles, now: Date): Promise<KeyPair> {
  const pair = keyPairOf(await textOf(certFile), await textOf(keyFile), passphrase?.reveal());
  if (now > pair.notAfter) throw new Error(`has expired on ${dateOf(pair.notAfter)}`);
  if (now < pair.notBefore) throw new Error(`is not valid before ${dateOf(pair.notBefore)}`);
  return pair;
}

/** Seals are made by rsa-sha256 (implementation guidelines 1.3, section 12). */
async function loadSeal(files: KeyPairFiles, now: Date): Promise<KeyPair> {
  const pair = await loadPair(files, now);
  if (pair.key.asymmetricKeyType !== 'rsa') throw new Error('has a key that is not RSA');
  return pair;
}

async function loadAuthorities(file: string): Promise<string> {
  const certificates = certificatesIn(await textOf(file));
  if (certificates.length === 0) throw new Error('holds no certificate in PEM form');
  return certificates.map(String).join('');
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new Error(`cannot be read (${file}: ${String(code)})`);
  }
}

function numberIn(pair: KeyPair | undefined): string | undefined {
  return pair && organisationIdentifierOf(pair.certificate);
}

/** Warns of certificates that end within thirty days: now, and every day until `stop`. */
export function watchExpiry(
  identities: ReadonlyMap<string, Identity>,
  clock: Clock,
  logger: Logger,
): () => void {
  const warn = () => {
    for (const { name, client, seal } of identities.values()) {
      warnOf('QWAC', name, client, clock.now(), logger);
      warnOf('QSEAL', name, seal, clock.now(), logger);
    }
  };
  warn();
  const timer = setInterval(warn, dayMs).unref();
  return () => clearInterval(timer);
}

function warnOf(what: string, identity: string, pair: KeyPair | undefined, now: Date, logger: Logger): void {
  if (pair === undefined) return;
  const leftDays = Math.floor((pair.notAfter.getTime() - now.getTime()) / dayMs);
  if (leftDays >= warnBeforeDays) return;
  const serialNumber = pair.certificate.serialNumber;
  const words =
    leftDays < 0
      ? 'our certificate has expired: banks cannot be reached with it'
      : 'our certificate expires soon: banks cannot be reached with it then';
  logger.warn(
    { identity, certificate: what, serialNumber, notAfter: dateOf(pair.notAfter), leftDays },
    words,
  );
}

export function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
