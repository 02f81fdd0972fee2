/** The sheet itself: type, header, progress, footer. Sizes of text in rem (1 rem = 17 px), of space in px. */
export const pageCss = `
*,*::before,*::after{box-sizing:border-box}
html{font-size:106.25%;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100svh;display:flex;flex-direction:column;background:var(--paper);color:var(--ink);
  font:400 1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
body>*{width:100%;max-width:600px;margin-inline:auto;padding-inline:20px}
main{flex:1}
main>:first-child:not(.steps){margin-top:28px}
h1,h2,p,ul,ol,dl,dd{margin:0;padding:0}
ul,ol{list-style:none}
h1{font-size:1.588rem;line-height:1.2;font-weight:700;letter-spacing:-.018em;text-wrap:balance}
h2{font-size:.882rem;line-height:1.4;font-weight:600;color:var(--soft)}
p{text-wrap:pretty}
a{color:inherit;text-underline-offset:.2em;text-decoration-thickness:1px}
img,svg{display:block;flex:none}
svg{fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
[hidden]{display:none}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
a:focus-visible{border-radius:6px}
.vh{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.soft{color:var(--soft)}
.small{font-size:.882rem;line-height:1.5}

.top{display:flex;align-items:center;gap:12px;padding-block:14px}
.brand{display:flex;align-items:center;gap:12px;flex:1;min-width:0;font-weight:600;line-height:1.25}
.languages{position:relative;flex:none;font-size:.882rem}
.languages a,.languages summary{display:flex;align-items:center;min-height:44px;padding-inline:10px;color:var(--soft);text-decoration:none;cursor:pointer}
.languages>a,.languages summary{margin-inline-end:-10px}
.languages ul{position:absolute;z-index:1;inset-inline-end:-10px;min-width:11rem;padding:6px;background:var(--card);border:1px solid var(--line);border-radius:12px}

.steps{display:flex;gap:6px;margin-block:8px 28px}
.steps li{flex:1;min-width:0;padding-top:7px;border-top:4px solid var(--line);font-size:.765rem;line-height:1.35;color:var(--soft);hyphens:auto}
.steps li:first-child{border-start-start-radius:2px;border-end-start-radius:2px}
.steps .on{border-color:var(--accent)}
.steps [aria-current]{color:var(--ink);font-weight:600}

.foot{display:flex;flex-wrap:wrap;align-items:center;gap:0 18px;padding-block:40px max(12px,env(safe-area-inset-bottom));font-size:.765rem;color:var(--soft)}
.foot>*{display:flex;align-items:center;gap:6px;min-height:44px}
.foot span{margin-inline-end:auto}
.foot svg{width:16px;height:16px}

@media (min-width:640px){
  main>:first-child:not(.steps){margin-top:48px}
  .top{padding-block:28px 20px}
  .steps{margin-block:8px 36px}
}
@media (max-width:22.4em){
  body>*{padding-inline:16px}
  h1,.row b{hyphens:auto}
  .foot{column-gap:12px}
  .foot svg{display:none}
}
@media (hover:hover){.languages a:hover,.foot a:hover,.languages summary:hover{color:var(--ink)}}
`;
