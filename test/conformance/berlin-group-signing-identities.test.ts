import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DataFolder } from '../../src/commands/data-folder.ts';
import { clientIdOf, loadIdentities, watchExpiry } from '../../src/commands/identities.ts';
import { IdentityRenewal } from '../../src/commands/identity-renewal.ts';
import { sandboxCertificates, sandboxIdentityOf } from '../../src/commands/sandbox-certificates.ts';
import { newMasterKey, parseConfig } from '../../src/config.ts';
import type { Identity } from '../../src/platform/outbound/identity.ts';
import { credentialIn, pemOf } from '../../src/sandbox-bank/tpp/certificate.ts';
import {
  newLeaf,
  renewedCertificates,
  type SandboxCertificates,
} from '../../src/sandbox-bank/tpp/sandbox-certificates.ts';
import { runCommand } from '../support/started.ts';

const dayMs = 86_400_000;
const clock = { now: () => new Date() };
let folder: string;
let certificates: SandboxCertificates;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trellis-identities-'));
  certificates = await renewedCertificates({}, new Date());
});
afterEach(() => vi.useRealTimers());
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  await writeFile(path.join(folder, name), text, { mode: 0o600 });
  return path.join(folder, name);
}

/** Certificate and key of a set in files, as variables. */
async function variables(what: 'QWAC' | 'QSEAL', pem: string, prefix = ''): Promise<Record<string, string>> {
  const [cert = '', key = ''] = pem.split(/(?=-----BEGIN PRIVATE)/);
  const name = `${prefix}${what}`.toLowerCase();
  return {
    [`${prefix}${what}_CERT_FILE`]: await file(`${name}-cert.pem`, cert),
    [`${prefix}${what}_KEY_FILE`]: await file(`${name}-key.pem`, key),
  };
}

async function leaf(name: 'qwac' | 'qseal', from: Date, days: number): Promise<string> {
  const ca = credentialIn(certificates.ca);
  if (ca === undefined) throw new Error('no authority');
  return pemOf(await newLeaf(name, ca, from, days));
}

const byName = (identities: readonly Identity[]) => new Map(identities.map((each) => [each.name, each]));
const load = (env: Record<string, string>) => loadIdentities(parseConfig(env), clock);

describe('certificates from files', () => {
  it('are none, if no variable names any', async () => {
    expect(await load({})).toEqual([]);
    expect(clientIdOf(parseConfig({}), new Map())).toBe('PSDDE-BAFIN-000000');
  });

  it('are read, and tell who we are', async () => {
    const env = {
      ...(await variables('QWAC', certificates.qwac)),
      ...(await variables('QSEAL', certificates.qseal)),
      BANK_CA_FILE: await file('ca.pem', certificates.ca),
    };
    const [identity] = await load(env);
    expect(identity).toMatchObject({ name: 'default', clientId: 'PSDDE-BAFIN-000000' });
    expect(identity?.client?.certificate.subject).toContain('tpp.trellis.test');
    expect(identity?.seal?.certificate.subject).toContain('Trellis Sandbox Seal');
    expect(identity?.authorities).not.toContain('PRIVATE');
    const named = { ...env, TPP_CLIENT_ID: 'registered-elsewhere' };
    expect(clientIdOf(parseConfig(named), byName(await load(named)))).toBe('registered-elsewhere');
  });

  it('are of several names, each with a number of its own', async () => {
    const env = {
      TPP_IDENTITIES: 'acme-at,other',
      ...(await variables('QWAC', certificates.qwac, 'ACME_AT_')),
      ACME_AT_TPP_CLIENT_ID: 'PSDAT-FMA-1',
      ...(await variables('QSEAL', certificates.qseal, 'OTHER_')),
    };
    const loaded = await load(env);
    expect(loaded.map(({ name, clientId }) => `${name} ${clientId}`)).toEqual([
      'acme-at PSDAT-FMA-1',
      'other PSDDE-BAFIN-000000',
    ]);
  });

  it('that cannot be used are told all at once, in a sentence each', async () => {
    const old = await leaf('qwac', new Date(Date.now() - 20 * dayMs), 10);
    const early = await leaf('qseal', new Date(Date.now() + 20 * dayMs), 10);
    const problemsOf = (env: Record<string, string>) => load(env).catch((error: Error) => error.message);
    const expired = await problemsOf({
      ...(await variables('QWAC', old)),
      ...(await variables('QSEAL', early)),
    });
    const date = '\\d{4}-\\d{2}-\\d{2}';
    expect(expired).toMatch(new RegExp(`^QWAC_CERT_FILE: .*qwac-cert.pem has expired on ${date}\\.\n`));
    expect(expired).toMatch(
      new RegExp(`\nQSEAL_CERT_FILE: .*qseal-cert.pem is not valid before ${date}\\.$`),
    );
    const mixed = { ...(await variables('QWAC', certificates.qwac)), QWAC_KEY_FILE: '/nowhere' };
    expect(await problemsOf(mixed)).toMatch(/cannot be read \(\/nowhere: ENOENT\)\.$/);
    const swapped = {
      ...(await variables('QWAC', certificates.qwac)),
      QWAC_KEY_FILE: (await variables('QSEAL', certificates.qseal)).QSEAL_KEY_FILE ?? '',
    };
    expect(await problemsOf(swapped)).toMatch(/is not the certificate of this key\.$/);
    const text = await file('text.pem', 'text');
    expect(await problemsOf({ QWAC_CERT_FILE: text, QWAC_KEY_FILE: text, BANK_CA_FILE: text })).toMatch(
      /holds no certificate in PEM form\.\nBANK_CA_FILE: .* holds no certificate in PEM form\.$/,
    );
  });

  it.each([
    [{ QWAC_CERT_FILE: 'a' }, 'QWAC_CERT_FILE and QWAC_KEY_FILE must be set together.'],
    [{ TPP_IDENTITIES: 'A B' }, 'TPP_IDENTITIES must be names'],
    [
      { TPP_IDENTITIES: 'sandbox', SANDBOX_QWAC_CERT_FILE: 'a', SANDBOX_QWAC_KEY_FILE: 'a' },
      'sandbox cannot be one',
    ],
    [{ TPP_IDENTITIES: 'acme' }, 'ACME_QWAC_CERT_FILE or ACME_QSEAL_CERT_FILE must be set.'],
  ])('%j are refused', (env, message) => {
    expect(() => parseConfig(env)).toThrow(message);
  });

  it('keep a server from starting, before it has opened anything', async () => {
    const { code, output } = await runCommand(['serve'], {
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      TRELLIS_MASTER_KEY: newMasterKey(),
      PUBLIC_URL: 'https://data.example.com',
      QSEAL_CERT_FILE: '/nowhere/cert.pem',
      QSEAL_KEY_FILE: '/nowhere/key.pem',
    });
    expect(code).toBe(1);
    expect(output.trim()).toBe(
      'QSEAL_CERT_FILE: /nowhere/cert.pem cannot be read (/nowhere/cert.pem: ENOENT).',
    );
  }, 30_000);
});

describe('certificates that end soon', () => {
  it('are told at the start and every day, from thirty days before', async () => {
    vi.useFakeTimers({ now: Date.now() });
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
    const start = new Date();
    const ca = credentialIn(certificates.ca);
    if (ca === undefined) throw new Error('no authority');
    vi.useRealTimers();
    const qseal = await leaf('qseal', start, 32);
    vi.useFakeTimers({ now: start });
    const identity = sandboxIdentityOf('acme', { ...certificates, qseal });
    const stop = watchExpiry(byName([identity]), clock, logger);
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(2 * dayMs);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        identity: 'acme',
        certificate: 'QSEAL',
        leftDays: 29,
        msg: expect.stringContaining('soon'),
      }),
    ]);
    vi.advanceTimersByTime(30 * dayMs);
    expect(lines).toHaveLength(31);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      leftDays: -1,
      msg: expect.stringContaining('has expired'),
    });
    stop();
    vi.advanceTimersByTime(3 * dayMs);
    expect(lines).toHaveLength(31);
  });
});

describe('certificates that were renewed', () => {
  /** A process that has loaded what the files hold, and looks once more whenever it is told to. */
  async function running(env: Record<string, string>) {
    const config = parseConfig(env);
    const identities = byName(await load(env));
    const lines: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line) => lines.push(line) });
    const renewal = new IdentityRenewal({ files: config.identities, identities, clock, logger });
    const serial = () => identities.get('default')?.client?.certificate.serialNumber;
    return { identities, renewal, serial, told: () => lines.splice(0).map((line) => JSON.parse(line)) };
  }

  it('are taken from the same files, one name by itself', async () => {
    const env: Record<string, string> = {
      TPP_IDENTITIES: 'acme',
      ...(await variables('QWAC', certificates.qwac)),
      ...(await variables('QSEAL', certificates.qseal)),
      ...(await variables('QSEAL', certificates.qseal, 'ACME_')),
    };
    const { identities, renewal, serial, told } = await running(env);
    const [before, acme] = [identities.get('default'), identities.get('acme')];
    await renewal.look();
    expect([identities.get('default'), told()]).toEqual([before, []]);
    await variables('QWAC', await leaf('qwac', new Date(), 300));
    await writeFile(env.ACME_QSEAL_CERT_FILE ?? '', 'damaged');
    await renewal.look();
    expect(serial()).not.toBe(before?.client?.certificate.serialNumber);
    expect(identities.get('acme')).toBe(acme);
    expect(identities.get('default')?.seal?.chain).toBe(before?.seal?.chain);
    const lines = told();
    expect(lines).toHaveLength(2);
    expect(lines).toContainEqual(
      expect.objectContaining({
        identity: 'default',
        qwac: expect.objectContaining({ serialNumber: serial() }),
        msg: 'our certificates were renewed',
      }),
    );
    expect(JSON.stringify(lines)).not.toContain('BEGIN');
  });

  it('are taken once certificate and key fit, and what is wrong is told once', async () => {
    const env = await variables('QWAC', certificates.qwac);
    const { renewal, serial, told } = await running(env);
    const before = serial();
    const [cert = '', key = ''] = (await leaf('qwac', new Date(), 300)).split(/(?=-----BEGIN PRIVATE)/);
    await writeFile(env.QWAC_CERT_FILE ?? '', cert);
    await Promise.all([renewal.look(), renewal.look()]);
    await renewal.look();
    expect(serial()).toBe(before);
    expect(told()).toEqual([
      expect.objectContaining({
        level: 40,
        problem: expect.stringContaining('is not the certificate of this key'),
      }),
    ]);
    await writeFile(env.QWAC_KEY_FILE ?? '', key);
    await renewal.look();
    expect(serial()).not.toBe(before);
    expect(told()).toMatchObject([{ level: 30 }]);
    await rm(env.QWAC_KEY_FILE ?? '');
    await renewal.look();
    expect(told()).toMatchObject([{ level: 40, problem: expect.stringContaining('ENOENT') }]);
  });

  it('are not taken where they have expired, or are of another registration', async () => {
    const env = await variables('QWAC', certificates.qwac);
    const { identities, renewal, serial, told } = await running(env);
    const before = serial();
    await variables('QWAC', await leaf('qwac', new Date(Date.now() - 20 * dayMs), 10));
    await renewal.look();
    expect([serial(), told()]).toMatchObject([before, [{ problem: expect.stringContaining('has expired') }]]);
    const present = identities.get('default');
    if (present) identities.set('default', { ...present, clientId: 'PSDAT-FMA-1' });
    await variables('QWAC', await leaf('qwac', new Date(), 300));
    await renewal.look();
    expect([serial(), told()]).toMatchObject([
      before,
      [{ problem: expect.stringContaining('another registration number') }],
    ]);
  });
});

describe('the certificates of the sandbox', () => {
  it('are made once, for their owner only, and mended where one is damaged', async () => {
    const place = await DataFolder.open(path.join(folder, 'data'));
    const first = await sandboxCertificates(place, new Date());
    const files = await readdir(place.path);
    expect(files.sort()).toEqual(['ca', 'qseal', 'qwac', 'server'].map((name) => `sandbox-${name}.pem`));
    for (const name of files) expect((await stat(place.file(name))).mode & 0o777).toBe(0o600);
    expect(await sandboxCertificates(place, new Date())).toEqual(first);
    await writeFile(place.file('sandbox-qwac.pem'), first.qwac.slice(0, 500));
    const mended = await sandboxCertificates(place, new Date());
    expect({ ...mended, qwac: first.qwac }).toEqual(first);
    expect(mended.qwac).not.toBe(first.qwac);
  });
});
