import { contentHash } from './content-hash.ts';
import { pageCss } from './styles/page.ts';
import { pagesCss } from './styles/pages.ts';
import { partsCss } from './styles/parts.ts';
import { paletteCss } from './theme-css.ts';
import { monogramColours } from './tokens.ts';

/** The flow's whole stylesheet; the same bytes for every merchant, so that it is cached for good. */
export const stylesheet: string = [paletteCss(), pageCss, partsCss, pagesCss, monogramCss()]
  .map(compact)
  .join('');

export const stylesheetHash: string = contentHash(stylesheet);

function monogramCss(): string {
  return monogramColours.map((colour, index) => `.m${index}{background:${colour}}`).join('');
}

/** Line breaks and indentation go; the sources keep one space wherever CSS needs one. */
function compact(css: string): string {
  return css.replace(/\s*\n\s*/g, '');
}
