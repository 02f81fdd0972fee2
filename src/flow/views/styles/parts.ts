/** What several pages are made of: buttons, cards, notes, fields, monograms, the spinner. */
export const partsCss = `
.lead{margin-top:8px;color:var(--soft)}
.card{margin-top:20px;background:var(--card);border:1px solid var(--line);border-radius:20px;overflow:hidden}
.note{margin-top:16px;padding:14px 16px;border-radius:12px;background:var(--accent-soft);font-size:.941rem}
.note p+p{margin-top:4px}
.note.warn{background:var(--warn-soft);color:var(--warn)}
.actions{display:grid;gap:12px;margin-top:28px}
.actions .small{text-align:center;color:var(--soft);text-wrap:balance}

.button{display:flex;align-items:center;justify-content:center;width:100%;min-height:56px;padding:12px 20px;border:1px solid transparent;border-radius:12px;
  font:inherit;font-weight:600;line-height:1.3;text-align:center;text-wrap:balance;text-decoration:none;color:var(--ink);background:none;cursor:pointer;-webkit-tap-highlight-color:transparent;touch-action:manipulation}
.button.primary{background:var(--accent);color:var(--accent-text)}
.button.plain{border-color:var(--field)}
.button.quiet{min-height:48px}
.link{display:inline-flex;align-items:center;gap:6px;min-height:44px;padding:0;border:0;background:none;color:var(--accent);font:inherit;font-weight:600;text-decoration:underline;text-underline-offset:.2em;text-decoration-thickness:1px;cursor:pointer}
.link.back{text-decoration:none;margin-top:-12px}
.link svg{width:18px;height:18px}
@media (hover:hover){
  .button.primary:hover{box-shadow:inset 0 0 0 99px var(--press)}
  .button.plain:hover,.button.quiet:hover{background:var(--accent-soft)}
  .link:hover{text-decoration-thickness:2px}
}
.button:active,.row:active{opacity:.8}
[aria-busy=true]{cursor:progress}

.mono{display:flex;align-items:center;justify-content:center;flex:none;width:2.353rem;height:2.353rem;border-radius:12px;border:1px solid transparent;font-size:.941rem;font-weight:600;line-height:1;color:#fff;overflow:hidden}
.mono.large{width:3.294rem;height:3.294rem;border-radius:16px;font-size:1.353rem}
.mono.own{background:var(--accent);color:var(--accent-text)}
img.mono{object-fit:contain;background:#fff;border-color:var(--line)}

.field{position:relative;display:flex}
.input{width:100%;min-height:56px;padding:12px 16px;border:1px solid var(--field);border-radius:12px;background:var(--card);color:var(--ink);font:inherit;-webkit-appearance:none;appearance:none}
.input::placeholder{color:var(--soft);opacity:1}
.input[aria-invalid]{border:2px solid var(--warn)}
.label{display:block;font-weight:600;margin-bottom:4px}
.hint{color:var(--soft);font-size:.882rem;margin-bottom:8px}
.problem{display:flex;gap:8px;margin-bottom:8px;color:var(--warn);font-weight:600;font-size:.941rem}
.problem svg{width:1.176rem;height:1.176rem;margin-top:2px}

.mark{display:flex;align-items:center;justify-content:center;width:56px;height:56px;margin-bottom:20px;border-radius:50%;background:var(--accent-soft);color:var(--accent)}
.mark svg{width:26px;height:26px}
.mark.done{background:var(--accent);color:var(--accent-text)}
.mark.warn{background:var(--warn-soft);color:var(--warn)}
.spinner{width:56px;height:56px;margin-bottom:20px;border:4px solid var(--line);border-top-color:var(--accent);border-radius:50%;animation:turn 1s linear infinite}
@keyframes turn{to{transform:rotate(1turn)}}
@media (prefers-reduced-motion:reduce){.spinner{animation:none;border-inline-color:var(--accent)}}
@media (forced-colors:active){
  .items svg,.pair svg{color:CanvasText}
  .steps li{border-color:GrayText}
  .steps .on{border-color:Highlight}
  .spinner{border-top-color:Highlight}
  .button,.mono,.note,.mark{border:1px solid ButtonText}
  .button.primary{background:Highlight;color:HighlightText;forced-color-adjust:none}
}
`;
