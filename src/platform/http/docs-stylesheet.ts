/** The look of the reference: one column, system fonts, light and dark. */
export const docsStylesheet = `
:root { --paper: #fcfbf7; --ink: #16201c; --soft: #53605a; --line: #dfe3dd; --accent: #1f5c42; --field: #f0f2ed; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #111512; --ink: #eef2ee; --soft: #a5b0a9; --line: #2b332e; --accent: #84d3a9; --field: #1b211d; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, sans-serif; }
main { max-width: 820px; margin: 0 auto; padding: 40px 20px 80px; }
h1 { font-size: 32px; line-height: 1.15; letter-spacing: -0.02em; margin: 0 0 16px; }
h2 { font-size: 22px; margin: 56px 0 8px; }
h3 { font-size: 17px; margin: 0 0 4px; overflow-wrap: anywhere; }
p { margin: 8px 0; }
a { color: var(--accent); }
code { font: 0.92em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
article { padding: 24px 0; border-top: 1px solid var(--line); scroll-margin-top: 16px; }
article:target { outline: 2px solid var(--accent); outline-offset: 8px; border-radius: 4px; }
.lead { font-size: 18px; }
.soft, .type, .required { color: var(--soft); }
.method { font: 600 12px/1 system-ui; padding: 4px 8px; border-radius: 6px; background: var(--field); color: var(--accent); }
.required { font-size: 12px; }
.type { font: 13px/1.5 ui-monospace, monospace; }
table { width: 100%; border-collapse: collapse; margin: 16px 0 0; font-size: 15px; }
caption { text-align: left; font-weight: 600; padding-bottom: 4px; }
th, td { text-align: left; vertical-align: top; padding: 8px 12px 8px 0; border-top: 1px solid var(--line); font-weight: 400; }
th { width: 40%; }
summary { cursor: pointer; margin-top: 12px; color: var(--accent); }
@media (max-width: 560px) { th, td { display: block; width: auto; border: 0; padding: 0; } tr { display: block; padding: 8px 0; border-top: 1px solid var(--line); } }
`;
