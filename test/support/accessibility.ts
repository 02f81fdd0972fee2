import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** Waits for what moves towards an end; what turns for ever is stopped by the wish for less motion. */
const settled = `Promise.all(document.getAnimations()
  .filter((each) => each.effect.getComputedTiming().endTime !== Infinity)
  .map((each) => each.finished.catch(() => undefined)))`;

/**
 * What axe finds on a page, one line a fault. It measures colours as they are on the screen, so a transition that is
 * still running would be measured in its middle.
 */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.evaluate(settled);
  // Legacy: in the page itself, and not with the help of another one, which takes the focus away.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}
