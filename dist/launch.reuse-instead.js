"use strict";exports.id="launch.reuse-instead",exports.ids=["launch.reuse-instead"],exports.modules={9723:(($,u,r)=>{r.d(u,{Ix:()=>f,OF:()=>p,TM:()=>m,WJ:()=>i,ZZ:()=>s,aY:()=>h,e5:()=>M,n_:()=>j,nf:()=>g,tp:()=>_});var l=r(1490);function s(n){return`${n.filter(Boolean).join(`

`)}
`}function i(n,e){return`### ${n} ${(0,l.H)(e)}`}function f(n){const e=n.flatMap(([o,c])=>c?[`| ${o} | ${c} |`]:[]),[t="",...a]=e;return[t,"| :-- | :-- |",...a].join(`
`)}function m(n,e){return e===""?"":`<details>
<summary>${(0,l.H)(n)}</summary>

${e}

</details>`}function p(n,e="text"){const t="`".repeat(Math.max(3,...[...n.matchAll(/`+/g)].map(([a])=>a.length+1)));return`${t}${e}
${n}
${t}`}function h(n){const e=n.replace(/[\r\n]+/g," ").replaceAll("|","\\|"),t="`".repeat(Math.max(1,...[...e.matchAll(/`+/g)].map(([a])=>a.length+1)));return t.length>1?`${t} ${e} ${t}`:`${t}${e}${t}`}function g(n,e){if(e===void 0||!/^https?:\/\//.test(e))return(0,l.H)(n);const t=e.replace(/[\s()<>|\\]/g,a=>encodeURIComponent(a).replace("(","%28").replace(")","%29"));return`[${(0,l.H)(n)}](${t})`}const d=500;function _(n,e){if(e.length===0)return"";const t=o=>`| ${o.map(c=>c||"\u2013").join(" | ")} |`,a=e.length>d?["",`And ${e.length-d} more; the log has them all.`]:[];return[t(n),t(n.map(()=>"---")),...e.slice(0,d).map(t),...a].join(`
`)}function M(n){return n.map(e=>`- ${e}`).join(`
`)}const b=40;function j(n){const e=Math.max(1,...n.map(({ms:o})=>o)),t=Math.max(...n.map(({what:o})=>o.length)),a=n.map(({what:o,ms:c})=>{const x=(c/1e3).toFixed(1).padStart(6),A="\u2588".repeat(Math.round(c/e*b))||"\u258F";return`${o.padEnd(t)} ${x} s  ${A}`});return n.length===0?"":p(a.join(`
`))}}),1490:(($,u,r)=>{r.d(u,{H:()=>l});function l(s){return s.replace(/[\r\n]+/g," ").replace(/[\\|<>`*_[\]]/g,i=>`\\${i}`)}})};
