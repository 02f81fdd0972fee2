import type { Bank } from './bank.ts';
import { german } from './bank-defaults.ts';
import { deviatingBanks } from './deviating-banks.ts';

export const banks: readonly Bank[] = [
  {
    ...german,
    slug: 'trellis-test-bank',
    name: 'Trellis Test Bank',
    bankCode: '99900010',
    bic: 'TRLSDEFFXXX',
    colour: { light: '#1d3a6e', dark: '#9db8ea' },
  },
  {
    ...german,
    slug: 'trellis-redirect-bank',
    name: 'Trellis Redirect Bank',
    bankCode: '99900020',
    bic: 'TRRDDEFFXXX',
    sca: 'redirect',
    colour: { light: '#5b2a55', dark: '#dba9d3' },
  },
  {
    ...german,
    slug: 'trellis-decoupled-bank',
    name: 'Trellis Decoupled Bank',
    bankCode: '99900040',
    bic: 'TRDCDEFFXXX',
    sca: 'decoupled',
    start: 'explicit',
    colour: { light: '#6b3410', dark: '#f0b78e' },
  },
  {
    ...german,
    slug: 'trellis-embedded-bank',
    name: 'Trellis Embedded Bank',
    bankCode: '99900050',
    bic: 'TREMDEFFXXX',
    sca: 'embedded',
    start: 'explicit',
    colour: { light: '#14532d', dark: '#9ad3ab' },
  },
  {
    ...german,
    slug: 'trellis-prestep-bank',
    name: 'Trellis Pre-step Bank',
    bankCode: '99900060',
    bic: 'TRPSDEFFXXX',
    sca: 'preStep',
    colour: { light: '#3b2f73', dark: '#c0b4f0' },
  },
  {
    ...german,
    slug: 'trellis-offline-bank',
    name: 'Trellis Offline Bank',
    bankCode: '99900030',
    bic: 'TROFDEFFXXX',
    offline: true,
    colour: { light: '#4a4f57', dark: '#b6bcc6' },
  },
  {
    ...german,
    slug: 'alpen-test-bank',
    name: 'Alpen Test Bank',
    country: 'AT',
    bankCode: '99910',
    bic: 'ALPTATWWXXX',
    timeZone: 'Europe/Vienna',
    accessTokenSeconds: 3600,
    rotatesRefreshTokens: false,
    colour: { light: '#0d5257', dark: '#86cfcd' },
  },
  ...deviatingBanks,
];

const bySlug = new Map(banks.map((bank) => [bank.slug, bank]));

export function findBank(slug: string): Bank | undefined {
  return bySlug.get(slug);
}
