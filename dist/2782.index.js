"use strict";exports.id=2782,exports.ids=[2782],exports.modules={9723:((v,h,r)=>{r.d(h,{Ix:()=>$,OF:()=>m,TM:()=>_,WJ:()=>u,ZZ:()=>p,aY:()=>b,e5:()=>O,n_:()=>s,nf:()=>M,tp:()=>x});var i=r(1490);function p(n){return`${n.filter(Boolean).join(`

`)}
`}function u(n,t){return`### ${n} ${(0,i.H)(t)}`}function $(n){return["| | |","| --- | --- |",...n.flatMap(([e,a])=>a?[`| ${e} | ${a} |`]:[])].join(`
`)}function _(n,t){return t===""?"":`<details>
<summary>${(0,i.H)(n)}</summary>

${t}

</details>`}function m(n,t="text"){const e="`".repeat(Math.max(3,...[...n.matchAll(/`+/g)].map(([a])=>a.length+1)));return`${e}${t}
${n}
${e}`}function b(n){const t=n.replace(/[\r\n]+/g," ").replaceAll("|","\\|"),e="`".repeat(Math.max(1,...[...t.matchAll(/`+/g)].map(([a])=>a.length+1)));return e.length>1?`${e} ${t} ${e}`:`${e}${t}${e}`}function M(n,t){if(t===void 0||!/^https?:\/\//.test(t))return(0,i.H)(n);const e=t.replace(/[\s()<>|\\]/g,a=>encodeURIComponent(a).replace("(","%28").replace(")","%29"));return`[${(0,i.H)(n)}](${e})`}const d=500;function x(n,t){if(t.length===0)return"";const e=l=>`| ${l.map(c=>c||"\u2013").join(" | ")} |`,a=t.length>d?["",`And ${t.length-d} more; the log has them all.`]:[];return[e(n),e(n.map(()=>"---")),...t.slice(0,d).map(e),...a].join(`
`)}function O(n){return n.map(t=>`- ${t}`).join(`
`)}const o=40;function s(n){const t=Math.max(1,...n.map(({ms:l})=>l)),e=Math.max(...n.map(({what:l})=>l.length)),a=n.map(({what:l,ms:c})=>{const f=(c/1e3).toFixed(1).padStart(6),g="\u2588".repeat(Math.round(c/t*o))||"\u258F";return`${l.padEnd(e)} ${f} s  ${g}`});return n.length===0?"":m(a.join(`
`))}}),1490:((v,h,r)=>{r.d(h,{H:()=>i});function i(p){return p.replace(/[\r\n]+/g," ").replace(/[\\|<>`*_[\]]/g,u=>`\\${u}`)}}),2782:((v,h,r)=>{r.d(h,{_:()=>O,troubleOf:()=>$,troublePage:()=>b});var i=r(9723),p=r(1490),u=r(422);function $(o){const{tried:s,why:n,fix:t,details:e=[]}=o.explanation,a=(0,u.ut)(o.explanation),l=(0,u.go)(o),f=[`Could not ${s}${a?`: ${a}`:"."}`,...n?[n]:[],...t?[`What to do: ${t}`]:[]],g=l?Math.max(0,_-f.length):0;return{title:`cml-runner: ${m[o.kind]}`,lines:[...f,...e.slice(0,g)],rest:e.slice(g),aboutOptions:l}}const _=3,m={"invalid-input":"options that cannot be used",unimplemented:"not in this version",unauthenticated:"credentials were not accepted","permission-denied":"a permission is missing","quota-exceeded":"a quota of the account is used up","capacity-unavailable":"the cloud has no such machine left","rate-limited":"too many requests",unavailable:"a service is not available","deadline-exceeded":"it took too long","not-found":"something was not found","already-exists":"something is there already",conflict:"something else is in the way","failed-precondition":"a condition is not met",unknown:"an answer that is not known",cancelled:"cancelled",internal:"it failed"};function b(o,s=[]){return(0,i.ZZ)([...M(o),...s])}function M(o){if(!(o instanceof u.HR))return[(0,i.WJ)("\u274C","Something went wrong inside cml-runner"),"The log of the step has it."];const{tried:s,why:n,fix:t,details:e=[]}=o.explanation,a=(0,u.ut)(o.explanation),l=e.length>0&&e.every(c=>c.startsWith("- "));return[(0,i.WJ)("\u274C",`Could not ${s}`),a?d(`${a.slice(0,1).toUpperCase()}${a.slice(1)}`):"",n?d(n):"",t?`**What to do:** ${d(t)}`:"",l?e.map(c=>`- ${d(c.slice(2))}`).join(`
`):"",l?"":(0,i.TM)("The end of the log",e.length>0?(0,i.OF)(e.join(`
`)):"")]}function d(o){const s=o.split("`");return s.length%2===0?(0,p.H)(o):s.map((n,t)=>t%2===0?(0,p.H)(n):`\`${x(n)}\``).join("")}const x=o=>o.replace(/[\r\n]+/g," ");function O(o){const s=o.map(n=>n instanceof Error?n.message:String(n));return s.length===0?"":(0,i.TM)("Not everything could be looked at or removed",(0,i.OF)(s.join(`

`)))}})};
