"use strict";exports.id="here.dry-run.needs-3",exports.ids=["here.dry-run.needs-3"],exports.modules={5035:((N,_,c)=>{c.d(_,{Y:()=>O,Z:()=>v});var k=c(9989),p=c(3999);const g={most:12,spacing:1e3};async function O(E,a,y){const{clock:j,signal:C}=y;for(let P=1;;P++){const L=v((await(0,p.OS)(E,a,y,C)).ours);if(L||P>=g.most)return L;await j.sleep(g.spacing,C)}}function v(E){return E.find(a=>!a.ended&&!a.half&&(0,k._)(a))}}),3841:((N,_,c)=>{c.d(_,{M1:()=>Bn,PC:()=>J,L_:()=>nn,ek:()=>zn,H3:()=>en,dU:()=>q});var k=c(6484),p=c(4626),g=c(422),O=c(8522);function v(n){const e=E(n),t=n.map(o=>`--${e}
${a(o)}
`).join("");return`Content-Type: multipart/mixed; boundary="${e}"
MIME-Version: 1.0

${t}--${e}--
`}function E(n){for(let e=0;;e++){const t=`cml${e||""}`;if(!n.some(({text:o})=>o.includes(`--${t}`)))return t}}function a({type:n,filename:e,text:t}){if(!y(t))throw new Error(`${n} is not plain ASCII`);const o=e?`Content-Disposition: attachment; filename="${e}"
`:"";return`Content-Type: ${n}
${o}
${t}`}function y(n){return/^[\t\n\x20-\x7e]*$/.test(n)}const j="fuses.sh",C=`/var/lib/cloud/instance/boothooks/${j}`;function P({files:n,fuses:e,start:t,keys:o,authorities:r}){const i={bootcmd:[["sh",C]],...o.length>0?{ssh_authorized_keys:o}:{},...r.length>0?{ca_certs:{trusted:r}}:{},write_files:n.map(L)},l=v([{type:"text/cloud-boothook",filename:j,text:e+t},{type:"text/cloud-config",text:`#cloud-config
${JSON.stringify(i)}
`}]),f=l.lastIndexOf(n.at(-1)?.path??"");return W(l,f+Math.max(0,l.slice(f).search(/[\w+/]{1000}/)))}function L({path:n,permissions:e,content:t}){const o=t.toString("latin1");return y(o)?{path:n,permissions:e,content:o}:{path:n,permissions:e,encoding:"b64",content:t.toString("base64")}}function W(n,e){const t=[n.slice(0,e),n.slice(e)];return Buffer.concat(t.map(o=>(0,O.gzipSync)(o,{level:9,memLevel:9})))}var s=c(8951);function d({files:n,image:e}){if(!e)throw new Error("a pod needs the image of the forge's program");const t=[{path:s.oz.bring,permissions:"",content:Buffer.from(M(e.path))},{path:s.oz.start,permissions:"",content:Buffer.from(x)},...n.filter(({path:o})=>$(o)).map(o=>({...o,path:h(o.path)}))];return(0,s.m_)({image:e.name,files:Object.fromEntries(t.map(({path:o,content:r})=>[o,r.toString("base64")]))})}const u=["runner.curl","runner.sha256"];function $(n){return n.startsWith(`${s._U.home}/`)&&!u.includes(h(n))}function h(n){return n.slice(s._U.home.length+1)}const b=`#!/bin/sh
set -eu
umask 000
root=\${CML_RUNNER_ROOT:-}
home=$root${s._U.home}
tree=$root${s._U.tree}
state=$root${s._U.state}
say() { printf 'cml-runner %s %s\\n' "$(date +%s)" "$1"; }
`,M=n=>`${b}sent=$root${s._U.sent}
step='the files that were sent'
finish() {
  [ $? -eq 0 ] && return
  say "failed: $step: $(tail -n 3 "$state/bring.log" | tr '\\n' ' ')"
}
trap finish EXIT
exec 2>"$state/bring.log"
say "timers: the deadline of the pod's Job"
say fetching
cp -RL "$sent"/* "$home"
mv "$home/agent.json" "$state"
chmod -R a+rwX "$home" "$state"
mkdir -p "$tree"
cd "$home"
from=$root${n}
if [ -e node.curl ]; then
  step="the runner's program"
  cp "$from" gitlab-runner
  step='the Node of the agent'
  curl --config node.curl
  sha256sum -c node.sha256 >&2
  tar -xzf node.tar.gz
  cp node-v*/bin/node node
  rm -rf node.curl node.tar.gz node-v*
else
  step="the runner's program"
  cp -R "$from/." "$tree"
  for version in 24 26 28 22 20; do
    [ -x "$tree/externals/node$version/bin/node" ] || continue
    cp "$tree/externals/node$version/bin/node" node
    break
  done
fi
step="the agent's Node"
./node --version >/dev/null
chmod -R a+rwX "$home"
say 'fetched: from the image of the runner'
`,x=`${b}[ "$(date +%s)" -lt "\${CML_RUNNER_DUE_AT:-0}" ] || {
  say 'ending: the launch has given up before this pod began'
  exit 0
}
unset CML_RUNNER_DUE_AT
umask 022
mkdir -p "$state/hooks"
: >"$state/packages-done"
if [ -e "$home/certificates.pem" ]; then export NODE_EXTRA_CA_CERTS="$home/certificates.pem"; fi
exec "$home/node" "$home/agent.js"
`;var T=c(7598);const R="ubuntu",sn=`root=\${CML_RUNNER_ROOT:-}
put() (
umask 022
mkdir -p "$root\${2%/*}"
rm -f "$root$2"
umask 077
"$3" \${4:-} >"$root$2"
chmod "$1" "$root$2"
)
`;function an({files:n,fuses:e,start:t,keys:o,authorities:r}){const i=[e,sn,...n.map(I),...r.length>0?[cn(r)]:[],...o.length>0?[un(o)]:[],t].join("");if(!y(i))throw new Error("the startup script is not plain ASCII");return Buffer.from(i,"latin1")}function I({path:n,permissions:e,content:t}){if(!/^[\w./-]+$/.test(n))throw new Error(`a path that a shell could misread: ${n}`);const o=t.toString("latin1");return y(o)&&o.endsWith(`
`)?z(`put ${e} ${n} cat`,o):z(`put ${e} ${n} base64 -d`,`${t.toString("base64")}
`)}function z(n,e){const t=`END-${(0,T.createHash)("sha256").update(e).digest("hex").slice(0,24)}`;return`${n} <<'${t}'
${e}${t}
`}function cn(n){const e=t=>`/usr/local/share/ca-certificates/cml-runner-${t+1}.crt`;return[...n.map((t,o)=>I({path:e(o),permissions:"0644",content:Buffer.from(t)})),`if command -v update-ca-trust >/dev/null; then
`,`cp "$root"/usr/local/share/ca-certificates/cml-runner-*.crt "$root/etc/pki/ca-trust/source/anchors"
`,`update-ca-trust
`,`else update-ca-certificates; fi >/dev/null 2>&1
`].join("")}function un(n){const e=`"$root/home/${R}"`;return[`getent passwd ${R} >/dev/null || {
`,`getent group ${R} >/dev/null || groupadd ${R}
`,`useradd --gid ${R} --create-home --home-dir ${e} --shell /bin/bash ${R}
`,`}
`,I({path:"/etc/sudoers.d/90-cml-runner-login",permissions:"0440",content:Buffer.from(`${R} ALL=(ALL) NOPASSWD:ALL
`)}),`mkdir -p ${e}/.ssh
`,z(`cat >>${e}/.ssh/authorized_keys`,n.map(t=>`${t}
`).join("")),`chmod 0700 ${e}/.ssh
`,`chmod 0600 ${e}/.ssh/authorized_keys
`,`chown -hR ${R}: ${e}/.ssh
`].join("")}const ln={"cloud-init":P,"startup-script":an,mounted:d};var D=c(9724);const fn=`systemctl --no-block start cml-runner-bootstrap.service
`;function dn({config:n,launchTimeout:e,ground:t,download:o,assets:r}){const i=A=>{if(!Number.isSafeInteger(A)||A<=0)throw new TypeError(`not a whole number of seconds: ${A}`);return String(A)},l=[`DEADLINE=${i(Math.floor(n.expiresAt))}`,`LAUNCH_TIMEOUT=${i(Math.ceil(e))}`].join(`
`),f=$n(t),w=[f?t.powerOff:"ends",o.node?"program":"archive",...(0,D.Ue)(n.proxy).length>0?["proxy"]:[]],S=A=>pn(mn(A,w)),B=[H("bootstrap",S(r.bootstrap)),H("packages",`#!/bin/sh
NEEDS='${hn(n)}'
${S(r.packages)}`),f?H("farewell",gn(t,n)):""].join("");return`#!/bin/sh
${l}
${B}${S(r.fuses)}`}function hn({registration:n}){return n.forge==="github"?"libicu docker":n.executor==="docker"?"docker git":"git docker"}function $n({powerOff:n,farewell:e}){return n!=="ends"&&e!==""}function mn(n,e){let t=!0;return n.split(`
`).filter(r=>{const[,i]=/^#:(.*)$/.exec(r)??[];return i!==void 0&&(t=i===""||i.split(" ").some(l=>e.includes(l))),i===void 0&&t}).join(`
`)}function pn(n){return n.replace(/^[ \t]*#(?!!).*\n/gm,"").replace(/^ +/gm,"").replace(/^\n/gm,"")}function gn({farewell:n},{proxy:e}){return`${Object.entries((0,D.wP)(e)).map(([o,r])=>`export ${o}='${r}'
`).join("")}${n.trimEnd()}
`}function H(n,e){const t=n.toUpperCase();if(e.split(`
`).includes(t))throw new Error(`a line of the ${n} would end it: ${t}`);return`${n}() {
cat <<'${t}'
${e}${t}
}
`}var bn=c(6760);function yn(n){const e={...n,registration:wn(n.registration)};return JSON.stringify(e).replace(/[\u007f-\uffff]/g,t=>`\\u${t.charCodeAt(0).toString(16).padStart(4,"0")}`)}function Xn(n){const{registration:e,...t}=JSON.parse(n);return"pieces"in e?{...t,registration:{forge:"github",kind:"jit",config:K(e.pieces)}}:{...t,registration:e}}function wn(n){if(n.kind!=="jit")return n;const e=Z(n.config).split(/"([A-Za-z0-9+/=]{8,})"/).map((t,o)=>o%2?Z(t):t);return K(e)===n.config?{forge:"github",kind:"jit",pieces:e}:n}function K(n){return X(n.map((e,t)=>t%2?`"${X(e)}"`:e).join(""))}function Z(n){return Buffer.from(n,"base64").toString("utf8")}function X(n){return Buffer.from(n,"utf8").toString("base64")}function kn(n){return[...vn,...n].map(([e,t])=>t===void 0?`${e}
`:`${e} = ${On(t)}
`).join("")}const vn=[["proto","=https,http"],["proto-redir","=https,http"],["proto-default","https"]];function On(n){if(new RegExp("\\p{Cc}","u").test(n))throw new RangeError("a control character in a setting of curl");return`"${n.replace(/[\\"]/g,"\\$&")}"`}var m=c(9364);const F=`#!/bin/bash
root=\${0%${m.iR}/*}
`,Y=n=>`{ : >"$root${m.JL}/${n}-$(date +%s%N)"; } 2>/dev/null || true
`,V=`docker() { [ -e "$root${m.q0}" ]; }
folder() { [ ! -e "$root${m.wk}/returning" ]; }
docker || echo 'Waiting for Docker'
folder || echo 'Waiting for files of the job before'
for _ in {1..360}; do
  docker && folder && break
  sleep 0.5 || true
done
docker || echo 'No Docker: this job goes on without'
exit 0
`;function En(n){const e=n?`echo "${G(n.text).replaceAll("$","\\$")}"
nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2>/dev/null || true
touch "$RUNNER_TEMP/.cml-runner" 2>/dev/null || true
`:"";return`${F}${Y("started")}${e}${V}`}function _n(n){return`${F}${Y("completed")}${n?xn(n):""}exit 0
`}function xn({usdPerHour:n}){return`{
t=$(($(date +%s)-$(stat -c %Y "$RUNNER_TEMP/.cml-runner")))
printf 'This job took %dm %ds, ' $((t/60)) $((t%60))
${n===void 0?"":`c=$((t*${Math.round(n*1e4)}/3600))
printf 'about $%d.%04d, ' $((c/10000)) $((c%10000))
`}m=$(cat "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.peak") && printf 'memory at its peak %d MB, ' $((m>>20))
echo "disk$(df --output=pcent / | tail -1) full"
} 2>/dev/null || true
`}function G(n){return n.replace(/[^\w .,:;$()/+-]/g,"")}const Mn=`${F}${V}`,Sn=`$nrconf{override_rc}{qr(^cml-runner-)} = 0;
`;function jn({config:n,download:e,agent:t,startupScript:o,certificates:r,card:i}){const l=(f,w,S)=>({path:f,permissions:w,content:Buffer.from(S)});return[l(m.$W,"0600",yn(Rn(n,i))),...Cn(e,n).map(([f,w,S])=>l(f,w,S)),...An(n,i).map(([f,w])=>l(f,"0755",w)),l(m.k5,"0440",`runner ALL=(ALL) NOPASSWD:ALL
`),l(m.m4,"0644",Sn),...(0,D.Ue)(n.proxy).map(({path:f,text:w})=>l(f,"0644",w)),...r.length>0?[l(m.$H,"0644",r.join(""))]:[],...o?[l(m.v1,"0700",o)]:[],l(m.MA,"0644",t)]}function Rn(n,e){return e&&n.registration.forge==="gitlab"?{...n,card:G(e.brief)}:n}function An({registration:n},e){return n.forge==="gitlab"?[[m.Cj,Mn]]:[[m.Cj,En(e)],[m.Aw,_n(e)]]}function Cn(n,e){const{node:t}=n,o=t?(0,bn.basename)(m.DM):"runner.tar.gz",r=(i,l,f,w)=>[[f,"0600",Pn(i,l,e)],[w,"0644",`${i.sha256}  ${l}
`]];return[...r(n,o,m.RG,m.br),...t?r(t,"node.tar.gz",m.F2,m.RU):[]]}function Pn({url:n,...e},t,{proxy:o}){const r=n.startsWith("https:")?o.https:o.http;return kn([["url",n],["output",t],..."bearer"in e&&e.bearer?[["header",`Authorization: Bearer ${e.bearer}`]]:[],["fail"],["location"],["silent"],["show-error"],["connect-timeout","20"],["speed-limit","1000"],["speed-time","60"],...r?[["proxy",r]]:[],...r&&o.no?[["noproxy",o.no]]:[]])}function Ln(n){const{assets:e,certificates:t="",sshPublicKey:o}=n,r={...n.config,proxy:(0,D.Yy)(n.config.proxy,n.ground.direct)},i=(0,p.WW)(t);return{files:jn({...n,config:r,agent:e.agent,certificates:i}),fuses:dn({...n,config:r}),start:fn,keys:o===void 0?[]:[o],authorities:i,...n.download.image?{image:n.download.image}:{}}}function Nn(n){return ln[n.carrier](Ln(n))}function Tn(n,e){const t=(0,p.WW)(n.certificates??""),o=f=>Nn({...n,certificates:t.slice(t.length-f).join("")}),r=o(t.length);if(r.length<=e||t.length===0)return{payload:r,leftOut:[]};let[i,l]=[0,t.length];for(;l-i>1;){const f=Math.floor((i+l)/2);o(f).length<=e?i=f:l=f}return{payload:o(i),leftOut:t.slice(0,t.length-i)}}function Dn(n,e,t=0){if(!(n.length<=e))throw new g.HR("invalid-input",{tried:"fit what the machine needs into its user data",said:`${n.length} bytes compressed, and the cloud takes ${e}`,why:t?`It contains a cloud-startup-script of ${t} bytes (before compression).`:"The labels and the name may be very long.",fix:t?"shorten cloud-startup-script, for example by letting it download the rest of its work.":"shorten the labels and the name."})}var Q=c(9989),Un=c(6641),U=c(6452);function q({lease:n,labels:e}){return[...e,(0,U.Q$)(n.identity)]}function J(n,e){const{account:t}=e;return[...nn(n,e),...t===void 0?[]:[(0,U._3)(t)],(0,U.Az)(n.lease)]}function nn(n,{cloud:e,region:t}){return[...q(n),(0,U.sk)(e,t)]}function en(n,e){return{name:n.lease.name,labels:J(n,e),single:n.single,platform:e.platform,...e.docker===!1?{docker:!1}:{},lifetime:n.lease.expiresAt-n.lease.dueAt+n.launchTimeout,...n.workdir?{workdir:n.workdir}:{}}}async function Bn(n,e,t){const o=new Map(e.toReversed().map(r=>[r.cloud,r]));for(const r of o.values())await Wn(n,r,t)}async function Wn(n,e,t){const o={...e,account:""},r=t.forge.sampleRegistration(en(n,o)),{leftOut:i}=await tn(n,o,r,t);i.length>0&&t.host.log.warn(`${o.cloud} takes no more than ${t.clouds.of(o).limits.payloadBytes} bytes for a machine, so ${i.length} certificate authorities of NODE_EXTRA_CA_CERTS stay behind: ${In(i)}. Where the machine needs one of them, name a file that holds it alone.`)}function In(n){const e=n.slice(-5).map(p.zr).join(", ");return n.length>5?`${e} and ${n.length-5} before them`:e}async function zn(n,e,t,o){return(await tn(n,e,t,o)).payload}async function tn(n,e,t,{clouds:o,forge:r,host:i,signal:l}){const f=await r.download(e.platform,l);f.bearer&&i.mask(f.bearer);const{startupScript:w,sshPublicKey:S,certificates:B,launchTimeout:A}=n,{payloadBytes:on,carrier:Kn}=o.of(e).limits,Zn={config:Jn(n,e,t),download:f,launchTimeout:A,ground:e.ground,carrier:Kn,assets:Fn(n,e),card:Hn(n,e),...w?{startupScript:w}:{},...S?{sshPublicKey:S}:{},...B?{certificates:B}:{}},rn=Tn(Zn,on);return Dn(rn.payload,on,w?.length),rn}function Hn({lease:n},e){const{price:t,market:o}=e,r=new Date(n.expiresAt*1e3).toISOString().replace(".000","");return{text:`${(0,Q.c)(e)}: ${(0,Un._B)(t,o)}, ends at ${r} at the latest`,brief:`${(0,Q.c)(e)}${t?`, ${t.usdPerHour} USD/h`:""}, ends by ${r.replace(/:\d\dZ$/,"Z")}`,...t?{usdPerHour:t.usdPerHour}:{}}}function Fn({assets:n},{cloud:e}){const t=n.get(e);if(t)return t;throw new g.HR("internal",{tried:`set up a machine of ${e}`,said:"nothing to run there was read"})}function Jn(n,e,t){return{version:k.gv,identity:n.lease.identity,cloud:e.cloud,name:n.lease.name,labels:J(n,e),single:n.single,idleTimeout:Number.isFinite(n.idleTimeout)?n.idleTimeout:null,expiresAt:n.lease.expiresAt,startupScript:n.startupScript!==void 0,registration:t,proxy:n.proxy,...n.workdir?{workdir:n.workdir}:{}}}}),6484:((N,_,c)=>{c.d(_,{TH:()=>p,TZ:()=>O,gv:()=>k});const k=1,p=/^cml-runner (\d{10}) ([a-z-]+)(?:: (.*))?$/,g=null;function O(v,E,a){return`cml-runner ${Math.floor(v)} ${E}${a?`: ${a}`:""}`}}),8951:((N,_,c)=>{c.d(_,{_U:()=>k,m_:()=>g,oz:()=>p,ri:()=>O});const k={sent:"/opt/cml-runner-sent",home:"/opt/cml-runner",agent:"/opt/cml-runner/agent.js",node:"/opt/cml-runner/node",tree:"/opt/cml-runner/runner",certificates:"/opt/cml-runner/certificates.pem",startupScript:"/opt/cml-runner/startup-script",jobStartedHook:"/opt/cml-runner/hooks/job-started.sh",jobCompletedHook:"/opt/cml-runner/hooks/job-completed.sh",state:"/run/cml-runner",config:"/run/cml-runner/agent.json"},p={bring:"bring.sh",start:"start.sh"};function g(v){return Buffer.from(JSON.stringify(v))}function O(v){return JSON.parse(v.toString("utf8"))}}),6641:((N,_,c)=>{c.d(_,{Ke:()=>v,Zl:()=>g,_B:()=>k,aS:()=>p,yz:()=>O});function k(a,y){return a?`${p(a)} (${y}, ${a.source} of ${a.asOf})`:p(a)}function p(a){return a?g(a):"price not known"}function g({usdPerHour:a}){return`${E(a)} an hour`}function O({usdPerHour:a},y){return E(Math.ceil(a*(y/36))/100,2)}function v(a){return E(a,2)}function E(a,y){const j=y??(a<1?4:2);return`$${a.toFixed(j)}`}}),3999:((N,_,c)=>{c.d(_,{$r:()=>O,Dt:()=>P,OS:()=>v,a9:()=>L,uz:()=>E});var k=c(422),p=c(2793),g=c(8815);async function O(s,d,u,$){const{machines:h,unreadable:b}=await u.clouds.list(y(s),d,$);return{...a(h,s,u),unreadable:b}}async function v(s,d,u,$){const{unreadable:h,...b}=await O(s,d,u,$);if(h.length>0)throw(0,k.cc)(h.map(({failure:M})=>M));return b}async function E(s,d,u,$){const h=await u.clouds.of(s).look(s,$);if(h)return h.state==="gone"?{ours:[],strangers:[]}:a([h],d,u)}function a(s,d,u){const $=s.filter(h=>{const b=(0,p.Dx)(h,d);return b!==void 0&&C(h,b,u),b!==void 0});return{ours:(0,p.nO)(s,d),strangers:$}}function y({scope:s,identity:d,run:u,roughly:$=!1}){return d!==void 0?{identity:d}:u===void 0?{scope:s}:{run:u,roughly:$}}const j=new WeakMap;function C(s,d,{clouds:u,host:$}){const h=j.get(u)??new Set;if(j.set(u,h),h.has(`${(0,g.r4)(s)} ${s.id}`))return;h.add(`${(0,g.r4)(s)} ${s.id}`);const{damage:b}=s,M=b?` If it is of no use, remove it with: ${u.of(s).removalCommand(s)}`:"";$.log.warn(`Machine ${s.id} in ${s.region} is left alone: ${d}.${M}`)}async function P(s,d,u,$){const{ours:h,strangers:b,unreadable:M}=await O(s,d,u,$),x=new Set(M.map(({place:T})=>(0,g.r4)(T)));return{ours:h,strangers:b,readable:new Set(d.map(g.r4).filter(T=>!x.has(T))),problems:W(M)}}function L({forge:s},d){const u=async()=>{const $=[];for await(const h of s.listRunners(d,"ours"))$.push(...h.filter(p.yF));return $};return(0,k.wM)(u(),d)}function W(s){const[d]=s;if(!d)return[];const u=s.map(({place:x})=>x),$=[...new Set(u.map(({cloud:x})=>x))],h=$.length>1?(0,g.DJ)(u):u.map(({region:x})=>x).join(", "),b=(0,k.cc)(s.map(({failure:x})=>x)),M={tried:`look in every region of ${$.join(" and ")}`,said:`${s.length} could not be read: ${h}`,why:'What is in a region that cannot be read is not known, so "nothing is there" cannot be said.',fix:"give these credentials the right to list machines there, or name the regions to look in with `cloud-region`.",details:b.message.split(`
`)};return[new k.HR(d.failure.kind,M)]}})};
