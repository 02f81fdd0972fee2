import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChooseBank } from '../../src/flow/views/choose-bank.tsx';
import { Consent } from '../../src/flow/views/consent.tsx';
import { Ended } from '../../src/flow/views/ended.tsx';
import { Failed } from '../../src/flow/views/failed.tsx';
import { HandOver } from '../../src/flow/views/hand-over.tsx';
import type { MerchantFrame } from '../../src/flow/views/layout.tsx';
import { Release } from '../../src/flow/views/release.tsx';
import { renderPage } from '../../src/flow/views/render-page.ts';
import { Waiting } from '../../src/flow/views/waiting.tsx';
import { locales } from '../../src/sessions/locale.ts';
import { chooseBankProps, consentProps, csrf, frameOf, leavingPages, pages } from './page-cases.ts';

const allPages = [...pages, ...leavingPages];

/** A document's text, as a reader has it: entities read, markup gone. */
function textOf(html: string): string {
  return html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

describe.each(allPages)('$name', ({ name, render }) => {
  test.each(['en', 'de'] as const)('is a whole document in %s', (locale) => {
    const html = render(frameOf(locale, 'dark'));
    expect(html).toMatch(/^<!doctype html><html lang="(en|de)" dir="ltr" data-theme="dark"><head>/);
    expect(html).toContain(`<html lang="${locale}"`);
    expect(html).toMatch(/<title>[^<]{5,}<\/title>/);
    for (const landmark of ['header', 'main', 'footer', 'h1']) {
      expect(html.match(new RegExp(`<${landmark}[ >]`, 'g'))).toHaveLength(1);
    }
    expect(html).not.toMatch(/undefined|NaN|\[object|Invalid Date/);
  });

  test('obeys a strict policy: nothing inline, nothing from elsewhere', () => {
    const html = render(frameOf('en', undefined, { accent: '#3a4bc9' }));
    expect(html).not.toMatch(/ style=| on[a-z]+=|<style|<script(?! src="\/flow\/assets\/)|javascript:/);
    for (const [, url = ''] of html.matchAll(/<(?:link|script|img)[^>]* (?:href|src)="([^"]*)"/g)) {
      expect(url).toMatch(/^\/flow\/assets\//);
    }
    if (name !== 'unknown-link') expect(html).toContain('href="/flow/assets/accent-3a4bc9.css"');
  });

  test('proves with every form that it is ours', () => {
    for (const [form] of render(frameOf('en')).matchAll(/<form method="post".*?<\/form>/gs)) {
      expect(form).toContain(`<input type="hidden" name="csrf" value="${csrf}"/>`);
    }
  });
});

test('the two languages differ on every page, and a locale without words speaks English as English', () => {
  for (const { render } of pages) {
    expect(textOf(render(frameOf('de')))).not.toBe(textOf(render(frameOf('en'))));
  }
});

const hostile = '"><img src=x onerror=alert(1)><script>alert(1)</script>&quot;\'{{7*7}}</title>';

/** Each page with the same text in every place that takes a text. */
function pagesFullOf(text: string): string[] {
  const frame: MerchantFrame = {
    ...frameOf('en', undefined, { id: text, name: text, accent: text }),
    languages: [{ locale: 'de', href: text }],
    links: { privacyUrl: text, myDataUrl: text },
  };
  const bank = { id: text, name: text, detail: text, health: 'good', test: false } as const;
  const choose = chooseBankProps(frame);
  const search = {
    ...choose.search,
    action: text,
    keep: { [`k${text.length}`]: text },
    term: text,
    market: text,
    markets: [text],
  };
  const base = { ...choose, csrf: text, search, chooseAction: text, cancelAction: text, remembered: [bank] };
  const results = { kind: 'results', more: true, showAllHref: text } as const;
  return [
    renderPage(ChooseBank, { ...base, list: { kind: 'popular', banks: [bank] } }),
    renderPage(ChooseBank, { ...base, list: { ...results, banks: [bank] } }),
    renderPage(ChooseBank, { ...base, list: { ...results, banks: [], notConnected: text } }),
    renderPage(ChooseBank, { ...base, list: { kind: 'members', group: text, banks: [bank], allHref: text } }),
    renderPage(Consent, {
      ...consentProps(frame),
      csrf: text,
      agreeAction: text,
      bank: { id: text, name: text, health: 'down' },
      purpose: text,
      reader: { kind: 'licensed', name: text, registration: text },
    }),
    renderPage(Failed, {
      frame,
      csrf: text,
      reason: 'interrupted',
      bankName: text,
      tryAgainAction: text,
      back: { kind: 'cancel', action: text },
    }),
    renderPage(Waiting, { frame, reason: 'finishing', bankName: text, againUrl: text, askEverySeconds: 2 }),
  ];
}

function skeleton(html: string): string {
  return html.replace(/"[^"]*"/g, '""').replace(/>[^<]*</g, '><');
}

test('a hostile text is text wherever it stands', () => {
  for (const html of pagesFullOf(hostile)) {
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<script>');
    expect(html.match(/<\/title>/g)).toHaveLength(1);
    expect(html).toContain('&lt;img src=x onerror=alert(1)>');
  }
});

test('no text whatever changes the markup around it', () => {
  const plain = pagesFullOf('plain').map(skeleton);
  const pieces = fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    '&',
    '/',
    '=',
    '`',
    '<!--',
    '-->',
    '</main>',
    '&lt;',
    'on',
    'x',
    ' ',
    '\u0000',
  );
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1, maxLength: 30 }), (parts) => {
      // A letter first keeps the monograms' letters and the trimmed text from being empty.
      const full = pagesFullOf(`x${parts.join('')}`);
      expect(full.map(skeleton)).toEqual(plain);
    }),
    { numRuns: 60 },
  );
});

test('only a place can be left for: an address that runs or opens here is refused', () => {
  const frame = frameOf('en');
  for (const url of [
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'blob:x',
    'vbscript:x',
    '/relative',
    '',
  ]) {
    expect(() => renderPage(HandOver, { frame, url, to: { kind: 'bank', bankName: 'B' } })).toThrow(
      'broken invariant',
    );
    expect(() => renderPage(Ended, { frame, outcome: 'done', returnUrl: url, againUrl: '/' })).toThrow(
      'broken invariant',
    );
  }
});

test('a hand-over leaves at once, by refresh and by link, to the web and to apps', () => {
  const frame = frameOf('en');
  for (const url of ['https://bank.example/a?state=x&scope=y#z', 'com.nordlicht.app://return?success=true']) {
    const html = renderPage(HandOver, { frame, url, to: { kind: 'merchant', outcome: 'done' } });
    const escaped = url.replaceAll('&', '&amp;');
    expect(html).toContain(`<meta http-equiv="refresh" content="0;url=${escaped}"/>`);
    expect(html).toContain(`href="${escaped}"`);
  }
});

test('the progress ticks what happened, and nothing of a flow that broke off', () => {
  const frame = frameOf('en');
  const url = 'https://shop.example/';
  const ticks = (html: string) => html.match(/class="on"/g)?.length ?? 0;
  for (const outcome of ['pending', 'done', 'failed', 'cancelled', 'expired'] as const) {
    const expected = outcome === 'pending' || outcome === 'done' ? 3 : 0;
    expect(ticks(renderPage(Ended, { frame, outcome, returnUrl: url, againUrl: '/' }))).toBe(expected);
    expect(ticks(renderPage(HandOver, { frame, url, to: { kind: 'merchant', outcome } }))).toBe(expected);
  }
});

test('while the bank’s answer is being fetched, no page claims that the merchant has it', () => {
  const url = 'https://shop.example/';
  for (const locale of ['en', 'de'] as const) {
    const frame = frameOf(locale);
    const ended = renderPage(Ended, { frame, outcome: 'pending', returnUrl: url, againUrl: '/again' });
    const leaving = renderPage(HandOver, { frame, url, to: { kind: 'merchant', outcome: 'pending' } });
    for (const html of [ended, leaving])
      expect(textOf(html)).not.toMatch(/All done|receive|Alles erledigt|erhält|erhalten/);
    expect(ended).toContain('data-again="/again"');
  }
});

test('a page that waits reloads only where no script runs', () => {
  const html = renderPage(Waiting, {
    frame: frameOf('en'),
    reason: 'contacting-bank',
    bankName: 'Trellis Test Bank',
    againUrl: '/flow/s1?a=1&b=2',
    askEverySeconds: 3,
  });
  expect(html).toContain(
    '<noscript><meta http-equiv="refresh" content="3;url=/flow/s1?a=1&amp;b=2"/></noscript>',
  );
  expect(html).toContain('data-again="/flow/s1?a=1&amp;b=2" data-seconds="3"');
});

test('where there is no bank, none is called popular, and nobody is asked for his IBAN', () => {
  const frame = frameOf('en');
  const html = renderPage(ChooseBank, { ...chooseBankProps(frame), list: { kind: 'popular', banks: [] } });
  expect(textOf(html)).toContain('No bank can be connected here yet');
  expect(textOf(html)).not.toMatch(/Popular|12 characters/);
});

test('the consent says who gets what, from where, for how long, and who reads it', () => {
  const once = textOf(renderPage(Consent, consentProps(frameOf('en'))));
  for (const words of [
    'Nordlicht Energy, once?',
    'Trellis Test Bank',
    'Your name',
    'Account numbers',
    'Balances',
  ]) {
    expect(once).toContain(words);
  }
  expect(once).toContain('since 24 August 2025');
  expect(once).toContain('Beispiel Kontodienste GmbH, a licensed account information service (BaFin 123456)');

  const trial = textOf(
    renderPage(Consent, {
      ...consentProps(frameOf('en')),
      reader: { kind: 'trial', name: 'Trellis Sandbox' },
    }),
  );
  expect(trial).toContain('Trellis Sandbox reads these data for Nordlicht Energy.');
  expect(trial).toContain('Who reads the data Trellis Sandbox.');
  expect(trial).not.toContain('licensed');

  const until = renderPage(Consent, {
    ...consentProps(frameOf('de')),
    permissions: ['balances'],
    access: { kind: 'until', until: new Date('2026-05-21T23:59:59Z') },
    purpose: 'Für Ihren Haushaltsplan.',
  });
  const german = textOf(until);
  expect(german).toContain('Bis zum 21. Mai 2026 mit Nordlicht Energy teilen?');
  expect(german).toContain('Für Ihren Haushaltsplan.');
  expect(german).toContain('Kontostände');
  expect(german).not.toContain('Ihr Name');
  expect(german).not.toContain('Umsätze');
});

test('the release page gives its code to the eye in threes, and says how long it is good', () => {
  const html = renderPage(Release, {
    frame: frameOf('de'),
    csrf,
    tryAgainAction: '/c',
    cancelAction: '/x',
    bankName: 'Trellis Test Bank',
    code: '482170',
    now: new Date('2025-11-22T12:00:00Z'),
    expiresAt: new Date('2025-11-22T12:01:00Z'),
    againUrl: '/a',
    askEverySeconds: 5,
  });
  expect(textOf(html)).toContain('482 170');
  expect(textOf(html)).toContain('4 8 2 1 7 0');
  expect(textOf(html)).toContain('wartet noch 1 Minute.');
});

test('the switch names each language in its own words, and never its own page', () => {
  const frame = {
    ...frameOf('de'),
    languages: locales.map((locale) => ({ locale, href: `?lang=${locale}` })),
  };
  const html = renderPage(Ended, {
    frame,
    outcome: 'done',
    returnUrl: 'https://shop.example/',
    againUrl: '/',
  });
  expect(html).toContain('<a href="?lang=fi" lang="fi" hreflang="fi">Suomi</a>');
  expect(html).toContain('<summary>Deutsch</summary>');
  expect(html).not.toContain('hreflang="de"');
});
