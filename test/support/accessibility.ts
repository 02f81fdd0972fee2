import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Result } from 'axe-core';
import type { Page } from 'playwright-core';

/** Waits for what moves towards an end; what turns for ever is stopped by the wish for less motion. */
const settled = `Promise.all(document.getAnimations()
  .filter((each) => each.effect.getComputedTiming().endTime !== Infinity)
  .map((each) => each.finished.catch(() => undefined)))`;

const ofPackage = createRequire(createRequire(import.meta.url).resolve('@axe-core/playwright'));
const axe = readFileSync(ofPackage.resolve('axe-core/axe.min.js'), 'utf8');
const violations = `axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations)`;

/**
 * What axe finds on a page, one line a fault. It measures colours as they are on the screen, so a transition that is
 * still running would be measured in its middle. AxeBuilder would load axe twice for every check, which costs more
 * than the check, and with the help of another page, which takes the focus away.
 */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.evaluate(settled);
  await page.evaluate(axe);
  const found = await page.evaluate<Result[]>(violations);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}
