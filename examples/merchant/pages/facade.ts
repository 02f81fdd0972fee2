import { type Html, html } from './html.ts';

const columns = 7;
const rows = 2;
/** The visitor's own window: the one that is lit when the account is there. */
const own = { row: 0, column: 4 };

/** The house front: rows of arched windows, drawn by numbers so that no image has to be loaded. */
export const facade: Html = html`<svg class="facade" viewBox="0 0 420 168" preserveAspectRatio="xMidYMax slice" aria-hidden="true" focusable="false">
${Array.from({ length: rows * columns }, (_, index) => arch(Math.floor(index / columns), index % columns))}
<path class="ground" d="M0 164h420v4H0z"/>
</svg>`;

function arch(row: number, column: number): Html {
  const [left, top] = [10 + column * 58, 10 + row * 82];
  const kind = row === own.row && column === own.column ? 'own' : `w${(column * 3 + row * 5) % 4}`;
  const door = row === 1 && column === 2;
  const bottom = door ? 154 : top + 62;
  const outline = `M${left} ${bottom}V${top + 26}a26 26 0 0 1 52 0V${bottom}z`;
  return html`<path class="arch ${door ? 'door' : kind}" d="${outline}"/>${
    door
      ? html`<circle class="knob" cx="${left + 42}" cy="${top + 44}" r="3"/>`
      : html`<path class="bars" d="M${left + 26} ${top}v62M${left} ${top + 34}h52"/>`
  }`;
}
