import { banks } from '../../banks.ts';
import { sha256 } from '../../ids.ts';

const base = `
:root {
  --ground: #eef0f3; --card: #fff; --ink: #1b2028; --soft: #545c68; --line: #d8dce2;
  --accent: #303a48; --on-accent: #fff; --band: var(--accent); --mark: #fff; --notice: #fff4d6; --notice-ink: #5b4300;
  --bad: #a3231c; --focus: #0b63ce;
  color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171c; --card: #1d2128; --ink: #eceff3; --soft: #a9b1bd; --line: #353b45;
    --accent: #c3cad5; --on-accent: #14171c; --band: #1d2128; --mark: var(--accent); --notice: #3a2f10; --notice-ink: #f4dfa6;
    --bad: #ffa199; --focus: #8dbcff;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-bottom: 100px; font: 17px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); }
.band { background: var(--band); color: #fff; border-bottom: 3px solid var(--accent); }
.band-inner { max-width: 600px; margin: 0 auto; padding: 16px 20px; display: flex; align-items: center; gap: 12px; }
.mark { flex: none; color: var(--mark); }
.band-name { font: 600 20px/1.2 Georgia, "Iowan Old Style", "Times New Roman", serif; letter-spacing: .01em; flex: 1; }
.band-link { color: inherit; font-size: 15px; padding: 10px 4px; }
.notice { margin: 0; padding: 8px 20px; background: var(--notice); color: var(--notice-ink); font-size: 15px; text-align: center; }
main { max-width: 600px; margin: 0 auto; padding: 28px 20px 56px; }
h1 { font: 600 29px/1.2 Georgia, "Iowan Old Style", "Times New Roman", serif; margin: 0 0 12px; text-wrap: balance; overflow-wrap: anywhere; }
h2, legend { font-size: 15px; font-weight: 600; line-height: 1.4; color: var(--soft); margin: 0; padding: 0; }
.lead { margin: 0 0 24px; color: var(--soft); overflow-wrap: anywhere; }
.signed-in { margin: 0 0 8px; color: var(--soft); font-size: 15px; }
.card { display: block; margin: 0 0 16px; padding: 16px 20px; min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: 4px; border-top: 3px solid var(--accent); }
fieldset.card { position: relative; }
legend { float: left; width: 100%; }
legend + * { clear: both; }
form.card:has(> .rows) { padding: 4px 20px; }
.rows { list-style: none; margin: 0; padding: 0; clear: both; }
.rows > li + li { border-top: 1px solid var(--line); }
.row { display: flex; align-items: center; gap: 16px; width: 100%; min-height: 64px; padding: 10px 0; }
button.row { font: inherit; color: inherit; text-align: left; background: none; border: 0; cursor: pointer; }
button.row:hover .row-title, label.row:hover .row-title { text-decoration: underline; text-underline-offset: 3px; }
label.row { cursor: pointer; }
.row input[type=checkbox] { flex: none; width: 22px; height: 22px; margin: 0; accent-color: var(--accent); }
.avatar { flex: none; width: 42px; height: 42px; border-radius: 50%; display: grid; place-items: center; background: var(--accent); color: var(--on-accent); font: 600 15px/1 Georgia, serif; letter-spacing: .04em; }
.row-text { flex: 1; min-width: 0; display: flex; flex-direction: column; }
.row-title { font-weight: 600; overflow-wrap: anywhere; }
.row-help { color: var(--soft); font-size: 15px; overflow-wrap: anywhere; }
.number { font-variant-numeric: tabular-nums; }
.row-code, .row-side { flex: none; color: var(--soft); font-size: 14px; text-align: right; }
.row-code { font-family: ui-monospace, Menlo, Consolas, monospace; }
.row-side { display: flex; flex-direction: column; align-items: flex-end; gap: 2px; max-width: 40%; }
.chip { padding: 0 8px; border: 1px solid currentColor; border-radius: 10px; color: var(--bad); font-size: 13px; }
details.special { border-top: 1px solid var(--line); }
.by-hand { margin: 0 0 16px; }
summary { padding: 12px 0; cursor: pointer; color: var(--soft); }
.field { display: flex; flex-direction: column; gap: 4px; margin: 0 0 16px; }
.field label { font-weight: 600; }
.field input { font: inherit; color: inherit; background: var(--ground); padding: 12px 14px; border: 1px solid var(--soft); border-radius: 4px; }
.field input[aria-invalid=true] { border-color: var(--bad); border-width: 2px; }
.help { color: var(--soft); font-size: 15px; }
.error { color: var(--bad); }
.ticks { list-style: none; margin: 8px 0 0; padding: 0; }
.ticks li { padding: 4px 0 4px 28px; position: relative; }
.ticks li::before { content: ""; position: absolute; left: 4px; top: 11px; width: 12px; height: 6px; border: solid var(--accent); border-width: 0 0 2px 2px; transform: rotate(-45deg); }
.facts { margin: 12px 0 0; padding-top: 12px; border-top: 1px solid var(--line); }
.facts dt:not(:first-child) { margin-top: 12px; }
.facts dt { color: var(--soft); font-size: 15px; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.minor { display: block; color: var(--soft); font-size: 15px; }
.promise { margin: 12px 0 0; font-weight: 600; }
.empty { margin: 8px 0; clear: both; }
.message { padding: 28px 24px; }
.primary, .quiet { display: block; width: 100%; min-height: 56px; padding: 14px 20px; font-family: inherit; font-size: 17px; font-weight: 600; line-height: 1.5; text-align: center; text-decoration: none; border-radius: 4px; cursor: pointer; overflow-wrap: anywhere; }
.primary { background: var(--accent); color: var(--on-accent); border: 1px solid var(--accent); }
.primary:hover { filter: brightness(1.12); }
.quiet { background: none; color: var(--ink); border: 1px solid transparent; }
.actions .quiet { border-color: var(--soft); }
.quiet:hover { text-decoration: underline; text-underline-offset: 3px; }
.actions { position: sticky; bottom: 0; display: grid; grid-template-columns: 2fr 3fr; gap: 12px; margin: 8px -20px 0; padding: 12px 20px 16px; background: var(--ground); border-top: 1px solid var(--line); }
.actions .primary { order: 2; }
.actions .quiet:only-child { grid-column: 1 / -1; }
.ask { margin: 0 0 8px; font-size: 19px; color: var(--ink); overflow-wrap: anywhere; }
.code { margin: 0; font-size: 34px; font-weight: 600; letter-spacing: .18em; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 12px; margin-top: 16px; }
.pair .quiet { border-color: var(--soft); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.band :focus-visible { outline-color: #fff; }
@media (min-width: 700px) {
  main { padding-top: 48px; }
  .actions { margin-inline: 0; padding-inline: 0; }
}
`;

const colours = banks
  .map(({ slug, colour }) => {
    const dark = `[data-bank=${slug}] { --accent: ${colour.dark}; }`;
    return `[data-bank=${slug}] { --accent: ${colour.light}; }\n@media (prefers-color-scheme: dark) { ${dark} }`;
  })
  .join('\n');

export const stylesheet = `${base}${colours}\n`;

/** Named by its content, so that a browser may keep it for ever. */
export const stylesheetPath = `/assets/bank-${sha256(stylesheet).slice(0, 12)}.css`;
