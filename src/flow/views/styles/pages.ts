/** What only one page has. */
export const pagesCss = `
.search{margin-top:20px}
.search .input{padding-inline-end:60px}
.search .input::-webkit-search-cancel-button{-webkit-appearance:none;appearance:none}
.search button{position:absolute;inset-block:1px;inset-inline-end:1px;width:56px;display:flex;align-items:center;justify-content:center;border:0;border-radius:11px;background:none;color:var(--accent);cursor:pointer}
.search svg{width:1.294rem;height:1.294rem}
.bar{display:flex;align-items:center;gap:12px;margin-top:20px;min-height:44px}
.bar h2{flex:1;min-width:0}
.market{position:relative;flex:none;max-width:55%;display:flex;align-items:center}
.market select{field-sizing:content;max-width:100%;min-height:44px;padding:0 24px 0 8px;border:0;border-radius:6px;background:transparent;color:var(--ink);font:inherit;font-size:.882rem;font-weight:600;text-align:end;text-overflow:ellipsis;-webkit-appearance:none;appearance:none;cursor:pointer}
.market option{background:var(--card);color:var(--ink)}
.market::after,.chevron{content:"";flex:none;width:8px;height:8px;border:solid currentColor;border-width:0 2px 2px 0;transform:rotate(45deg)}
.market::after{position:absolute;inset-inline-end:8px;top:16px;pointer-events:none}
.bar{margin-bottom:8px}
.bar+div .card,.bar+div .note{margin-top:0}
.remembered .card{margin-top:8px}
.remembered:not(:empty){margin-top:20px}
.banks li+li{border-top:1px solid var(--line)}
.row{display:grid;grid-template-columns:auto 1fr auto;align-items:center;gap:16px;width:100%;min-height:72px;padding:14px 20px 14px 16px;border:0;background:none;color:inherit;font:inherit;line-height:1.3;text-align:start;text-decoration:none;cursor:pointer;-webkit-tap-highlight-color:transparent;touch-action:manipulation}
@media (max-width:22.4em){.row{gap:12px;padding-inline:12px 14px}}
.row:focus-visible{outline-offset:-4px;border-radius:19px}
.row b{display:block;font-weight:600}
.row small{display:block;margin-top:3px;font-size:.824rem;color:var(--soft)}
.row .warn{color:var(--warn)}
.chevron{color:var(--soft);transform:rotate(-45deg)}
.row[aria-busy=true] .chevron{width:18px;height:18px;border:2px solid var(--line);border-top-color:var(--accent);border-radius:50%;animation:turn 1s linear infinite}
@media (hover:hover){.row:hover,.search button:hover,.market select:hover{background:var(--accent-soft)}}
.after{margin-top:16px}

.pair{display:flex;align-items:center;gap:12px;margin-bottom:20px}
.pair svg{width:32px;height:16px;color:var(--soft)}
.pair form{margin-inline-start:auto}
.pair .link{font-size:.882rem;text-align:end}
.items{padding:4px 20px}
.items li{display:flex;gap:14px;padding-block:12px;line-height:1.35}
.items li+li{border-top:1px solid var(--line)}
.items svg{width:1.294rem;height:1.294rem;margin-top:1px;color:var(--accent)}
.items small{display:block;margin-top:2px;font-size:.882rem;color:var(--soft)}
.items b{font-weight:600}
.fold{margin-top:20px;border-block:1px solid var(--line)}
.fold summary{display:flex;align-items:center;justify-content:space-between;gap:12px;min-height:52px;padding-block:8px;font-weight:600;cursor:pointer;list-style:none}
.fold summary::-webkit-details-marker{display:none}
.fold[open] .chevron{transform:rotate(-135deg)}
.fold .chevron{transform:rotate(45deg);margin-inline-end:6px}
.fold dl{padding-bottom:20px;font-size:.941rem}
.fold dt{margin-top:14px;font-weight:600}
.fold dt:first-child{margin-top:0}
.fold dd{color:var(--soft)}
.fold .entry:last-child{padding-bottom:20px}

.challenge{margin-top:4px}
.scan{width:min(100%,296px);height:auto;margin-top:12px;padding:8px;border:1px solid var(--line);border-radius:20px;background:#fff;object-fit:contain;image-rendering:pixelated}
.lines{padding:8px 20px}
.lines li{padding-block:6px;font:500 1rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.choices li+li{border-top:1px solid var(--line)}
.choice{position:relative;display:flex;align-items:center;gap:14px;min-height:64px;padding:12px 20px;line-height:1.35;cursor:pointer}
.choice input{position:absolute;inset:0;margin:0;width:100%;height:100%;-webkit-appearance:none;appearance:none;cursor:pointer}
.choice input:focus-visible{outline-offset:-4px;border-radius:19px}
.choice i{flex:none;width:22px;height:22px;border:2px solid var(--field);border-radius:50%}
.choice input:checked+i{border:7px solid var(--accent)}
.ways-out{margin-top:12px}
[role=radiogroup]:focus-visible{outline-offset:8px;border-radius:12px}

.code{margin-top:12px;padding:20px 12px;border:1px solid var(--line);border-radius:20px;background:var(--card);text-align:center;font:600 2.118rem/1.2 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.06em;font-variant-numeric:tabular-nums}
.or{display:flex;align-items:center;gap:12px;margin-top:20px;color:var(--soft);font-size:.882rem}
.or::before,.or::after{content:"";flex:1;border-top:1px solid var(--line)}
.digits{font:600 1.412rem/1.2 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.14em}
.entry{margin-top:16px}
`;
