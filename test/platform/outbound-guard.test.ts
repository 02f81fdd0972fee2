import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/platform/outbound/address.ts';
import { OutboundFailure } from '../../src/platform/outbound/failure.ts';
import type { OutboundPolicy } from '../../src/platform/outbound/guard.ts';
import { createOutbound } from '../../src/platform/outbound/outbound.ts';

const strict: OutboundPolicy = { allowedOrigins: [], loopbackHttp: false, forbiddenPorts: [] };
const newcomer: OutboundPolicy = { allowedOrigins: [], loopbackHttp: true, forbiddenPorts: [3000, 5432] };

/** An instance whose DNS knows exactly these names. */
function outboundWith(policy: OutboundPolicy, names: Record<string, readonly string[]> = {}) {
  return createOutbound(policy, {
    resolve: async (host) => {
      const found = names[host];
      if (found === undefined) throw new Error('no such name');
      return found;
    },
  });
}

async function problemOf(policy: OutboundPolicy, url: string, names: Record<string, readonly string[]> = {}) {
  const verdict = await outboundWith(policy, names).checkAddress(url);
  return verdict.ok ? 'ok' : verdict.problem;
}

/** Addresses that no merchant's server and no bank has. The name says why. */
const forbidden: readonly (readonly [string, string])[] = [
  ['private 10/8', '10.0.0.1'],
  ['private 172.16/12', '172.31.255.254'],
  ['private 192.168/16', '192.168.1.1'],
  ['link-local', '169.254.1.1'],
  ['cloud metadata', '169.254.169.254'],
  ['Azure control plane', '168.63.129.16'],
  ['Alibaba metadata, in CGNAT', '100.100.100.200'],
  ['CGNAT', '100.64.0.1'],
  ['loopback', '127.0.0.1'],
  ['loopback, other host part', '127.255.255.254'],
  ['this network', '0.0.0.0'],
  ['this network, other host part', '0.1.2.3'],
  ['broadcast', '255.255.255.255'],
  ['multicast', '224.0.0.1'],
  ['reserved 240/4', '240.0.0.1'],
  ['IETF protocol assignments', '192.0.0.192'],
  ['documentation', '192.0.2.1'],
  ['documentation 2', '198.51.100.1'],
  ['documentation 3', '203.0.113.1'],
  ['benchmarking', '198.18.0.1'],
  ['6to4 relay anycast', '192.88.99.1'],
  ['IPv6 loopback', '::1'],
  ['IPv6 unspecified', '::'],
  ['IPv6 link-local', 'fe80::1'],
  ['IPv6 site-local', 'fec0::1'],
  ['IPv6 unique local', 'fd00::1'],
  ['IPv6 metadata', 'fd00:ec2::254'],
  ['IPv6 multicast', 'ff02::1'],
  ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
  ['IPv4-mapped, hexadecimal', '::ffff:7f00:1'],
  ['IPv4-mapped public', '::ffff:8.8.8.8'],
  ['IPv4-compatible', '::127.0.0.1'],
  ['IPv4-translated', '::ffff:0:127.0.0.1'],
  ['NAT64', '64:ff9b::7f00:1'],
  ['NAT64 local use', '64:ff9b:1::7f00:1'],
  ['6to4', '2002:7f00:1::'],
  ['Teredo', '2001:0:7f00:1::'],
  ['ORCHIDv2', '2001:20::1'],
  ['IPv6 documentation', '2001:db8::1'],
  ['IPv6 documentation, new', '3fff::1'],
  ['IPv6 discard', '100::1'],
  ['IPv6 benchmarking', '2001:2::1'],
  ['segment routing', '5f00::1'],
  ['outside global unicast', '4000::1'],
];

const publicAddresses = ['1.1.1.1', '8.8.8.8', '93.184.216.34', '172.15.0.1', '172.32.0.1', '100.63.0.1'];
const publicAddresses6 = ['2606:4700:4700::1111', '2a00:1450:4001:82a::200e'];

function inUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

describe('addresses', () => {
  it.each(forbidden)('refuses %s in the URL', async (_why, address) => {
    expect(await problemOf(strict, `https://${inUrl(address)}/`)).toBe('address');
  });

  it.each(forbidden)('refuses %s behind a name', async (_why, address) => {
    expect(await problemOf(strict, 'https://bank.test/', { 'bank.test': [address] })).toBe('address');
  });

  it.each(forbidden)('refuses %s among public ones, wherever it stands', async (_why, address) => {
    const first = { 'bank.test': [address, '1.1.1.1'] };
    const last = { 'bank.test': ['1.1.1.1', '2606:4700:4700::1111', address] };
    expect(await problemOf(strict, 'https://bank.test/', first)).toBe('address');
    expect(await problemOf(strict, 'https://bank.test/', last)).toBe('address');
  });

  it.each([...publicAddresses, ...publicAddresses6])('allows %s', async (address) => {
    expect(await problemOf(strict, `https://${inUrl(address)}/`)).toBe('ok');
    expect(await problemOf(strict, 'https://bank.test/', { 'bank.test': [address] })).toBe('ok');
  });

  it.each([
    'https://2130706433/',
    'https://017700000001/',
    'https://0x7f000001/',
    'https://0x7f.0.0.1/',
    'https://127.1/',
    'https://0/',
    'https://127.0.0.1./',
    'https://%31%32%37.0.0.1/',
    'https://127。0。0。1/',
  ])('reads %s as the address it is', async (url) => {
    expect(await problemOf(strict, url)).toBe('address');
  });

  it.each(['https://localhost/', 'https://LOCALHOST./', 'https://a.localhost/'])(
    'refuses %s',
    async (url) => {
      expect(await problemOf(strict, url, { localhost: ['1.1.1.1'], 'a.localhost': ['1.1.1.1'] })).toBe(
        'address',
      );
    },
  );

  it('calls no IPv4 address public whatever IPv6 form carries it', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
        const hex = octets.map((o) => o.toString(16).padStart(2, '0'));
        const groups = `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`;
        const forms = [`::ffff:${groups}`, `::${groups}`, `64:ff9b::${groups}`, `2002:${groups}::`];
        return forms.every((form) => !isPublicAddress(form));
      }),
    );
  });

  it('calls text that is no address not public', () => {
    for (const text of ['', 'bank.test', '1.2.3', '1.2.3.4/8', '::1%eth0', '256.1.1.1']) {
      expect(isPublicAddress(text)).toBe(false);
    }
  });
});

describe('URLs', () => {
  const known = { 'bank.test': ['1.1.1.1'] };

  it.each([
    ['malformed', ''],
    ['malformed', '/relative'],
    ['malformed', 'https://'],
    ['malformed', 'https://bank.test:99999/'],
    ['malformed', `https://bank.test/${'a'.repeat(2_048)}`],
    ['scheme', 'http://bank.test/'],
    ['scheme', 'ftp://bank.test/'],
    ['scheme', 'javascript:alert(1)'],
    ['scheme', 'data:text/plain,x'],
    ['scheme', 'file:///etc/passwd'],
    ['credentials', 'https://user@bank.test/'],
    ['credentials', 'https://user:word@bank.test/'],
    ['credentials', 'https://127.0.0.1@bank.test/'],
    ['port', 'https://bank.test:0/'],
    ['dns', 'https://unknown.test/'],
    ['ok', 'https://bank.test/'],
    ['ok', 'https://BANK.test:8443/path?query'],
    ['ok', 'https://bank.test\\@127.0.0.1/'],
  ])('%s: %s', async (expected, url) => {
    expect(await problemOf(strict, url, known)).toBe(expected);
  });

  it('says what is wrong without telling which address a name has', async () => {
    const verdict = await outboundWith(strict, { 'x.test': ['10.1.2.3'] }).checkAddress('https://x.test/');
    expect(verdict).toEqual({ ok: false, problem: 'address', message: 'must lead to a public address' });
  });
});

describe('policy', () => {
  it.each([
    'http://localhost:4000/hook',
    'http://127.0.0.1:4000/hook',
    'http://[::1]:4000/',
    'https://localhost:4000/',
  ])('loopbackHttp allows %s', async (url) => {
    expect(await problemOf(newcomer, url)).toBe('ok');
    expect(await problemOf(strict, url)).not.toBe('ok');
  });

  it.each([
    ['port', 'http://localhost:3000/'],
    ['port', 'http://127.0.0.1:5432/'],
    ['port', 'http://[::1]:3000/'],
    ['scheme', 'http://0.0.0.0:4000/'],
    ['scheme', 'http://[::ffff:127.0.0.1]:4000/'],
    ['scheme', 'http://192.168.1.1/'],
    ['scheme', 'http://dev.test/'],
    ['address', 'https://dev.test/'],
  ])('loopbackHttp still refuses (%s) %s', async (problem, url) => {
    expect(await problemOf(newcomer, url, { 'dev.test': ['127.0.0.1'] })).toBe(problem);
  });

  it('an allowed origin is exact: scheme, host and port', async () => {
    const policy = { ...strict, allowedOrigins: ['http://127.0.0.1:3001/'] };
    expect(await problemOf(policy, 'http://127.0.0.1:3001/any/path')).toBe('ok');
    expect(await problemOf(policy, 'http://127.0.0.1:3002/')).toBe('scheme');
    expect(await problemOf(policy, 'https://127.0.0.1:3001/')).toBe('address');
    expect(await problemOf(policy, 'http://127.0.0.1:3001@evil.test/')).toBe('credentials');
  });

  it('an allowed origin does not open a forbidden port of this machine', async () => {
    const policy = { ...newcomer, allowedOrigins: ['http://127.0.0.1:5432', 'http://0.0.0.0:5432'] };
    expect(await problemOf(policy, 'http://127.0.0.1:5432/')).toBe('port');
    expect(await problemOf(policy, 'http://0.0.0.0:5432/')).toBe('port');
  });

  it('the forbidden ports are those of this machine only', async () => {
    expect(await problemOf(newcomer, 'https://shop.test:3000/', { 'shop.test': ['1.1.1.1'] })).toBe('ok');
  });
});

describe('what is dialled', () => {
  const request = { method: 'GET', timeoutMs: 25_000, maxBodyBytes: 1_000 } as const;

  it('is checked again: a name that was public and became private is refused', async () => {
    const answers = [['1.1.1.1'], ['127.0.0.1']];
    const outbound = createOutbound(strict, { resolve: async () => answers.shift() ?? ['127.0.0.1'] });
    expect(await outbound.checkAddress('https://rebind.test/')).toEqual({ ok: true });
    await expect(outbound.send({ ...request, url: 'https://rebind.test/' })).rejects.toMatchObject({
      reason: 'refused-address',
    });
    await outbound.close();
  });

  it.each([
    ['refused-address', 'https://10.0.0.1/'],
    ['refused-address', 'https://[::ffff:10.0.0.1]/'],
    ['refused-address', 'http://bank.test/'],
    ['refused-address', 'not a url'],
    ['dns', 'https://unknown.test/'],
  ])('%s for %s, naming neither path nor query', async (reason, url) => {
    const outbound = outboundWith(strict);
    const thrown: unknown = await outbound
      .send({ ...request, url: `${url}secret?token=secret` })
      .catch((e) => e);
    expect(thrown).toBeInstanceOf(OutboundFailure);
    expect(thrown).toMatchObject({ reason });
    expect(String(thrown)).not.toContain('secret');
    await outbound.close();
  });
});
