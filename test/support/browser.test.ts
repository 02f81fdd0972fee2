import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessibilityFaults } from './accessibility.ts';
import { openBrowser } from './browser.ts';

const page = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<style>body{margin:0;background:#fff}@media(prefers-color-scheme:dark){body{background:#000}}#wide{width:100%}</style>
<p id="wide">served</p><noscript><p id="plain">without script</p></noscript>
<script>document.getElementById('wide').textContent = 'scripted ' + navigator.language</script>
<img id="out" src="http://outside.invalid/x.png" alt="">`;

let server: Server;
let address: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.headers['accept-language'] ?? '');
    response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://localhost:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const browser = openBrowser();

test('a page renders on a phone in the dark, with script, in the language asked for', async () => {
  const phone = await browser.newPage({ width: 390, height: 844, colorScheme: 'dark', locale: 'de-DE' });
  await phone.goto(address);
  const wide = phone.locator('#wide');
  expect(await wide.textContent()).toBe('scripted de-DE');
  const box = await wide.boundingBox();
  expect(box?.width).toBe(390);
  expect(box?.height).toBeGreaterThan(15); // a font is there
  expect(await phone.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(0, 0, 0)');
  expect(asked.at(-1)).toContain('de-DE');
});

test('a page renders without script', async () => {
  const plain = await browser.newPage({ width: 390, javaScriptEnabled: false });
  await plain.goto(address);
  expect(await plain.locator('#wide').textContent()).toBe('served');
  expect(await plain.locator('#plain').isVisible()).toBe(true);
});

test('pages have cookies of their own, and nothing outside can be reached', async () => {
  const one = await browser.newPage();
  const failed = one.waitForEvent('requestfailed');
  await one.goto(address);
  expect((await failed).url()).toBe('http://outside.invalid/x.png');
  await one.context().addCookies([{ name: 'who', value: 'one', url: address }]);
  const two = await browser.newPage();
  await two.goto(address);
  expect(await two.evaluate('document.cookie')).toBe('');
});

test('a check for accessibility waits for colours that are still changing', async () => {
  const page = await browser.newPage();
  await page.goto(address);
  await page.evaluate(`document.body.innerHTML = '<main><h1 style="color:#ccc;transition:color 1.5s step-end">Heading</h1></main>';
    document.title = 'A page';
    const h1 = document.querySelector('h1');
    getComputedStyle(h1).color;
    h1.style.color = '#000';`);
  expect(await accessibilityFaults(page)).toEqual([]);
});

test('a check for accessibility names what it finds', async () => {
  const page = await browser.newPage();
  await page.goto(address);
  await page.evaluate(`document.body.innerHTML = '<h1 style="color:#ddd">Faint</h1><img src="data:,">'`);
  const faults = await accessibilityFaults(page);
  expect(faults).toContainEqual(expect.stringMatching(/^color-contrast: <h1/));
  expect(faults).toContainEqual(expect.stringMatching(/^image-alt: <img/));
});
