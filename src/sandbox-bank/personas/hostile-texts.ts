/** Characters by their number, since many of them cannot be seen in a source. */
const char = {
  rightToLeftOverride: '\u202e',
  zeroWidthSpace: '\u200b',
  combiningAcute: '\u0301',
  nul: '\u0000',
  escape: '\u001b',
  lineSeparator: '\u2028',
  byteOrderMark: '\ufeff',
  familyEmoji: '👩‍👩‍👧‍👦',
} as const;

/** For the texts of accounts and people. Most fit the standard's lengths, so that nothing refuses them early. */
export const hostileTexts = {
  name: `<script>alert("account")</script>`,
  product: `${char.combiningAcute}'; DROP TABLE accounts; --`,
  displayName: `${char.rightToLeftOverride}0052 SEDE ${char.familyEmoji}`,
  person: `Robin "Bobby" O'Hara & Söhne <b>`,
  secondPerson: `${char.combiningAcute}${char.combiningAcute}Zoë\\u0000${char.zeroWidthSpace}%00{{7*7}}\${7*7}`,
} as const;

/** What a bank may have the TPP show: names of methods, messages, explanations. */
export const hostileMessage = `<b onclick="alert(1)">&amp;</b> ${char.rightToLeftOverride}txet 👍🏽 ${char.combiningAcute}{{7*7}} javascript:alert(1)`;

export interface HostileText {
  readonly name: string;
  readonly counterparty: string;
  readonly text: string;
}

/** For movements: who was paid, and what for. A movement of each kind comes every few days. */
export const hostileMovements: readonly HostileText[] = [
  { name: 'script', counterparty: '<script>alert(1)</script>', text: '<img src=x onerror=alert(2)>' },
  {
    name: 'right-to-left',
    counterparty: `${char.rightToLeftOverride}knaB ruoY`,
    text: `Refund ${char.rightToLeftOverride}00.0001${'\u202c'} EUR`,
  },
  { name: 'emoji', counterparty: `Café ${char.familyEmoji}🇩🇪`, text: '🧾 ☕️ ×2 = 7,60 € 👍🏽' },
  {
    name: 'combining',
    counterparty: `${char.combiningAcute}${char.combiningAcute}lone marks`,
    text: `Z${'\u0335\u0321\u0322\u0327'.repeat(20)}algo`,
  },
  { name: 'long', counterparty: 'Ten Kilobytes AG', text: 'Verwendungszweck 0123456789 '.repeat(370) },
  { name: 'quotes', counterparty: `"';--`, text: `O''Hara said: "\\"yes\\"" \`rm -rf\` $(id)` },
  { name: 'nul', counterparty: 'Nul\\u0000Corp', text: `before${char.nul}after${char.escape}[31mred` },
  {
    name: 'lines',
    counterparty: `two\r\nlines`,
    text: `a\tb\n:61:fake${char.lineSeparator}c${char.byteOrderMark}`,
  },
  { name: 'formula', counterparty: '=HYPERLINK("http://evil.invalid")', text: '=1+1;@SUM(A1);-2+3' },
  { name: 'blank', counterparty: ' ', text: '' },
  { name: 'surrogate', counterparty: 'Half a pair \ud83d', text: 'and the other half \ude00' },
  { name: 'markup', counterparty: ']]><!-- & &amp; &#0;', text: '</Ustrd></Ntry><Ntry>' },
];
