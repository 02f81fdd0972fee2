import { type Html, html } from './html.ts';

const columns = 7;
const rows = 3;
/** The visitor's own window: the one that is lit when the account is there. */
const own = { row: 2, column: 4 };
const door = { row: 2, column: 2 };

/** The house front: rows of arched windows, drawn by numbers so that no image has to be loaded. */
export const facade: Html = html`<svg class="facade" viewBox="0 0 420 250" preserveAspectRatio="xMidYMax slice" aria-hidden="true" focusable="false">
${Array.from({ length: rows * columns }, (_, index) => arch(Math.floor(index / columns), index % columns))}
<path class="ground" d="M0 246h420v4H0z"/>
</svg>`;

function arch(row: number, column: number): Html {
  const [left, top] = [10 + column * 58, 10 + row * 82];
  const at = (place: typeof own) => place.row === row && place.column === column;
  const outline = (height: number) => `M${left} ${top + height}V${top + 26}a26 26 0 0 1 52 0v${height - 26}z`;
  if (at(door)) {
    return html`<path class="door" d="${outline(72)}"/><circle class="knob" cx="${left + 42}" cy="${top + 46}" r="3"/>`;
  }
  const pane = at(own) ? 'own' : `w${(column * 3 + row * 5) % 4}`;
  return html`<path class="${pane}" d="${outline(62)}"/><path class="bars" d="M${left + 26} ${top}v62M${left} ${top + 34}h52"/>`;
}
