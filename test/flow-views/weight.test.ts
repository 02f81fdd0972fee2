import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { assets, scriptAsset, stylesheetAsset } from '../../src/flow/views/assets.ts';
import { accentStylesheet } from '../../src/flow/views/theme-css.ts';
import { frameOf, pages } from './page-cases.ts';

const accent = '#3a4bc9';
const everything = [...assets.map((asset) => asset.body), accentStylesheet(accent)];

function weight(texts: readonly string[], compress: (text: string) => Buffer): number {
  return texts.reduce((total, text) => total + compress(text).length, 0);
}

test('the first page fits into one initial window of TCP, with all that it needs', () => {
  const html = pages[0]?.render(frameOf('de', undefined, { accent })) ?? '';
  expect(html).toContain('Raiffeisenlandesbank');
  expect(weight([html, ...everything], gzipSync)).toBeLessThanOrEqual(8_000);
  expect(weight([html, ...everything], brotliCompressSync)).toBeLessThanOrEqual(7_000);
});

test('even uncompressed it is under the floor of 20 kB for what changes: each page by itself', () => {
  for (const { render } of pages) {
    expect(Buffer.byteLength(render(frameOf('de')))).toBeLessThanOrEqual(8_000);
  }
});

test('the script is a trifle', () => {
  expect(Buffer.byteLength(scriptAsset.body)).toBeLessThanOrEqual(2_048);
  expect(Buffer.byteLength(stylesheetAsset.body)).toBeLessThanOrEqual(14_000);
});

test('the address of each asset follows its bytes', () => {
  expect(new Set(assets.map((asset) => asset.path)).size).toBe(assets.length);
  for (const { path } of assets) expect(path).toMatch(/^\/flow\/assets\/[a-z]+-[\w-]{12}\.(css|js|svg)$/);
});
