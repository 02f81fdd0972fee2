import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bankRow } from '../../../test/support/berlin-group-row.ts';
import type { Bank } from '../../banking/bank.ts';
import { isBankUrl, keptLinkTo, linkTo } from './links.ts';
import { profileOf } from './profiles.ts';

function profileWith(more: object) {
  return profileOf(bankRow({ baseUrl: 'https://api.bank.test/psd2/v1', ...more }));
}

const profile = profileWith({});
const url = 'https://api.bank.test/psd2/v1/consents';

describe('links', () => {
  it.each([
    ['https://api.bank.test/a', 'https://api.bank.test/a'],
    ['/psd2/v1/consents/1/status', 'https://api.bank.test/psd2/v1/consents/1/status'],
    ['1/status', 'https://api.bank.test/psd2/v1/1/status'],
    ['?x=1', 'https://api.bank.test/psd2/v1/consents?x=1'],
    ['//api.bank.test/a', 'https://api.bank.test/a'],
  ])('%s leads to %s', (href, expected) => {
    expect(linkTo(profile, { url, json: { _links: { self: { href } } } }, 'self')).toBe(expected);
  });

  it.each([
    { _links: { self: { href: '/a' } } },
    { _links: { self: '/a' } },
    { _links: [{ status: { href: '/b' } }, { self: { href: '/a' } }] },
  ])('are read from %j', (json) => {
    expect(linkTo(profile, { url, json }, 'self')).toBe('https://api.bank.test/a');
  });

  it.each([
    {},
    { _links: null },
    { _links: 'self' },
    { _links: {} },
    { _links: { self: null } },
    { _links: { self: { href: '' } } },
    { _links: { self: { href: 7 } } },
    { _links: { other: { href: '/a' } } },
  ])('are absent in %j', (json) => {
    expect(linkTo(profile, { url, json }, 'self')).toBeUndefined();
  });

  it.each([
    'https://evil.test/a',
    '//evil.test/a',
    'https://api.bank.test@evil.test/',
    'https://user@api.bank.test/',
    'https://api.bank.test:8443/',
    'http://api.bank.test/',
    'https://api.bank.test.evil.test/',
    'javascript:alert(1)',
    'https://[',
    '\\\\evil.test\\a',
  ])('refuse %s', (href) => {
    const follow = () => linkTo(profile, { url, json: { _links: { self: { href } } } }, 'self');
    expect(follow).toThrow(expect.objectContaining({ kind: 'operator-fault' }));
    expect(follow).not.toThrow('evil');
  });

  it('lead to other hosts where the profile names them', () => {
    const wider = profileWith({ linkHosts: ['login.bank.test', 'sca.bank.test:8443'] });
    expect(isBankUrl(wider, 'https://login.bank.test/a')).toBe(true);
    expect(isBankUrl(wider, 'https://sca.bank.test:8443/a')).toBe(true);
    expect(isBankUrl(wider, 'https://sca.bank.test/a')).toBe(false);
    expect(isBankUrl(wider, 'http://login.bank.test/a')).toBe(false);
  });

  it('lead people, but no call, to where the profile allows plain HTTP', () => {
    const wider = profileWith({ linkHosts: ['http://127.0.0.1:3001'] });
    const to = (href: string) => linkTo(wider, { url, json: { _links: { self: { href } } } }, 'self');
    expect(to('http://127.0.0.1:3001/sca')).toBe('http://127.0.0.1:3001/sca');
    expect(() => to('http://127.0.0.1:3002/sca')).toThrow();
    expect(() => to('http://api.bank.test/')).toThrow();
    expect(isBankUrl(wider, 'http://127.0.0.1:3001/sca')).toBe(false);
  });

  it('never leave the bank, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.webPath()), (href) => {
        try {
          const found = linkTo(profile, { url, json: { _links: { self: { href } } } }, 'self');
          return found === undefined || new URL(found).origin === 'https://api.bank.test';
        } catch {
          return true;
        }
      }),
    );
  });
});

describe('profiles', () => {
  it('fill in what the standard says', () => {
    expect(profile).toMatchObject({
      scope: 'AIS:{consentId}',
      access: 'least',
      linkHosts: [],
      maxConsentDays: 180,
    });
  });

  it.each([
    [{ baseUrl: 'ftp://bank.test/v1' }, 'profile.baseUrl'],
    [{ baseUrl: 'https://bank.test/v1/' }, 'profile.baseUrl'],
    [{ baseUrl: 'https://bank.test/v1?x=1' }, 'profile.baseUrl'],
    [{ baseUrl: 'https://' }, 'profile.baseUrl'],
    [{ baseUrl: 'https://user@bank.test/v1' }, 'profile.baseUrl'],
    [{ sca: 'embeded' }, 'profile.sca'],
    [{ scope: 'AIS' }, 'profile.scope'],
    [{ maxConsentDays: 0 }, 'profile.maxConsentDays'],
    [{ maxConsentDays: '180' }, 'profile.maxConsentDays'],
    [{ linkHosts: ['https://x.test'] }, 'profile.linkHosts'],
    [{ timeZone: 'Europe/Atlantis' }, 'profile.timeZone'],
    [{ typo: true }, 'additional'],
  ])('refuse %j and name the field', (more, field) => {
    expect(() => profileWith(more)).toThrow(`bank de-test`);
    expect(() => profileWith(more)).toThrow(field);
  });

  it.each([null, undefined, 'text', [], {}])('refuse %j', (broken) => {
    expect(() => profileOf({ id: 'de-x', profile: broken } as unknown as Bank)).toThrow('bank de-x');
  });
});

describe('long links', () => {
  const link = (length: number) => ({
    url,
    json: { _links: { next: { href: `/a?${'x'.repeat(length)}` } } },
  });

  it('are followed whole, or not at all', () => {
    expect(linkTo(profile, link(3_900), 'next')).toHaveLength('https://api.bank.test/a?'.length + 3_900);
    expect(() => linkTo(profile, link(4_100), 'next')).toThrow('next');
    expect(keptLinkTo(profile, link(4_100), 'next')).toBeUndefined();
  });

  it('that are kept are judged by whoever follows them', () => {
    const foreign = { url, json: { _links: { next: { href: 'https://elsewhere.test/a' } } } };
    expect(keptLinkTo(profile, foreign, 'next')).toBe('https://elsewhere.test/a');
    expect(keptLinkTo(profile, { url, json: {} }, 'next')).toBeUndefined();
    expect(
      keptLinkTo(profile, { url, json: { _links: { next: { href: 'http://' } } } }, 'next'),
    ).toBeUndefined();
  });
});

describe('links that a bank writes for itself', () => {
  const rewriting = profileWith({
    linkRewrites: [
      { from: 'https://xs2a.internal:8443/v1/', to: 'https://api.bank.test/psd2/v1/' },
      { from: 'https://api.bank.test/v1/', to: 'https://api.bank.test/psd2/v1/' },
    ],
  });
  const lead = (href: string) => linkTo(rewriting, { url, json: { _links: { next: { href } } } }, 'next');

  it.each([
    ['https://xs2a.internal:8443/v1/accounts/1?page=2', 'https://api.bank.test/psd2/v1/accounts/1?page=2'],
    ['/v1/accounts/1', 'https://api.bank.test/psd2/v1/accounts/1'],
    ['/psd2/v1/accounts/1', 'https://api.bank.test/psd2/v1/accounts/1'],
  ])('are mended as the profile says: %s', (href, expected) => {
    expect(lead(href)).toBe(expected);
    expect(keptLinkTo(rewriting, { url, json: { _links: { next: { href } } } }, 'next')).toBe(expected);
  });

  it.each(['https://xs2a.internal/v1/a', 'https://xs2a.internal:8443/v2/a', 'https://elsewhere.test/v1/a'])(
    'are judged all the same: %s',
    (href) => {
      expect(() => lead(href)).toThrow('next');
    },
  );

  it('cannot be mended into another host', () => {
    const leaky = profileWith({ linkRewrites: [{ from: 'https://in.test', to: 'https://api.bank.test' }] });
    const json = { _links: { next: { href: 'https://in.test.evil.test/a' } } };
    expect(() => linkTo(leaky, { url, json }, 'next')).toThrow('next');
  });
});
