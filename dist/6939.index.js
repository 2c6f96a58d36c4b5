"use strict";exports.id=6939,exports.ids=[6939],exports.modules={5035:((T,j,a)=>{a.d(j,{Y:()=>b,Z:()=>v});var S=a(3999);const $={most:12,spacing:1e3};async function b(w,O,i){const{clock:E,signal:_}=i;for(let C=1;;C++){const A=v((await(0,S.OS)(w,O,i,_)).ours);if(A||C>=$.most)return A;await E.sleep($.spacing,_)}}function v(w){return w.find(({ended:O,state:i})=>!O&&(i==="pending"||i==="running"))}}),3841:((T,j,a)=>{a.d(j,{M1:()=>Ne,PC:()=>H,L_:()=>Q,ek:()=>Ue,H3:()=>q,dU:()=>G});var S=a(6484),$=a(4626),b=a(422),v=a(8522),w=a(7598);function O(e){const n=(0,w.createHash)("sha256");for(const{text:r}of e)n.update(r);const t=`==cml-runner-${n.digest("hex").slice(0,24)}==`,o=e.map(r=>`--${t}
${i(r)}
`).join("");return`Content-Type: multipart/mixed; boundary="${t}"
MIME-Version: 1.0

${o}--${t}--
`}function i({type:e,filename:n,text:t}){if(!E(t))throw new Error(`${n} is not plain ASCII`);return[`Content-Type: ${e}; charset="us-ascii"`,"MIME-Version: 1.0","Content-Transfer-Encoding: 7bit",`Content-Disposition: attachment; filename="${n}"`,"",t].join(`
`)}function E(e){return/^[\t\n\x20-\x7e]*$/.test(e)}const _="fuses.sh",C=`/var/lib/cloud/instance/boothooks/${_}`;function A({files:e,fuses:n,start:t,keys:o,authorities:r}){const l={bootcmd:[["sh",C]],...o.length>0?{ssh_authorized_keys:o}:{},...r.length>0?{ca_certs:{trusted:r}}:{},write_files:e.map(D)},h=O([{type:"text/cloud-boothook",filename:_,text:n+t},{type:"text/cloud-config",filename:"files.json",text:`#cloud-config
${JSON.stringify(l)}
`}]),c=h.lastIndexOf(e.at(-1)?.path??"");return L(h,c+Math.max(0,h.slice(c).search(/[\w+/]{1000}/)))}function D({path:e,permissions:n,content:t}){const o=t.toString("latin1");return E(o)?{path:e,permissions:n,content:o}:{path:e,permissions:n,encoding:"b64",content:t.toString("base64")}}function L(e,n){const t=[e.slice(0,n),e.slice(n)];return Buffer.concat(t.map(o=>(0,v.gzipSync)(o,{level:9,memLevel:9})))}var s=a(8951);function f({files:e,image:n}){if(!n)throw new Error("a pod needs the image of the forge's program");const t=[{path:s.oz.bring,permissions:"",content:Buffer.from(R(n.path))},{path:s.oz.start,permissions:"",content:Buffer.from(M)},...e.filter(({path:o})=>m(o)).map(o=>({...o,path:d(o.path)}))];return(0,s.m_)({image:n.name,files:Object.fromEntries(t.map(({path:o,content:r})=>[o,r.toString("base64")]))})}const u=["packages.sh","runner.curl","runner.sha256"];function m(e){return e.startsWith(`${s._U.home}/`)&&!u.includes(d(e))}function d(e){return e.slice(s._U.home.length+1)}const y=`#!/bin/sh
set -eu
umask 000
root=\${CML_RUNNER_ROOT:-}
home=$root${s._U.home}
tree=$root${s._U.tree}
state=$root${s._U.state}
say() { printf 'cml-runner %s %s\\n' "$(date +%s)" "$1"; }
`,R=e=>`${y}sent=$root${s._U.sent}
step='the files that were sent'
finish() {
  [ $? -eq 0 ] && return
  say "failed: $step: $(tail -n 3 "$state/bring.log" | tr '\\n' ' ')"
}
trap finish EXIT
exec 2>"$state/bring.log"
say "fuses: the deadline of the pod's Job"
say fetching
cp -RL "$sent"/* "$home"
mv "$home/agent.json" "$state"
chmod -R a+rwX "$home" "$state"
mkdir -p "$tree"
cd "$home"
from=$root${e}
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
`,M=`${y}[ "$(date +%s)" -lt "\${CML_RUNNER_DUE_AT:-0}" ] || {
  say 'ending: the launch has given up before this pod began'
  exit 0
}
unset CML_RUNNER_DUE_AT
umask 022
mkdir -p "$state/hooks"
: >"$state/packages-done"
if [ -e "$home/certificates.pem" ]; then export NODE_EXTRA_CA_CERTS="$home/certificates.pem"; fi
exec "$home/node" "$home/agent.js"
`,x="ubuntu",oe=`root=\${CML_RUNNER_ROOT:-}
put() (
umask 022
mkdir -p "$root\${2%/*}"
rm -f "$root$2"
umask 077
"$3" \${4:-} >"$root$2"
chmod "$1" "$root$2"
)
`;function re({files:e,fuses:n,start:t,keys:o,authorities:r}){const l=[n,oe,...e.map(U),...r.length>0?[se(r)]:[],...o.length>0?[ie(o)]:[],t].join("");if(!E(l))throw new Error("the startup script is not plain ASCII");return Buffer.from(l,"latin1")}function U({path:e,permissions:n,content:t}){if(!/^[\w./-]+$/.test(e))throw new Error(`a path that a shell could misread: ${e}`);const o=t.toString("latin1");return E(o)&&o.endsWith(`
`)?B(`put ${n} ${e} cat`,o):B(`put ${n} ${e} base64 -d`,`${t.toString("base64")}
`)}function B(e,n){const t=`END-${(0,w.createHash)("sha256").update(n).digest("hex").slice(0,24)}`;return`${e} <<'${t}'
${n}${t}
`}function se(e){const n=t=>`/usr/local/share/ca-certificates/cml-runner-${t+1}.crt`;return[...e.map((t,o)=>U({path:n(o),permissions:"0644",content:Buffer.from(t)})),`if command -v update-ca-trust >/dev/null; then
`,`cp "$root"/usr/local/share/ca-certificates/cml-runner-*.crt "$root/etc/pki/ca-trust/source/anchors"
`,`update-ca-trust
`,`else update-ca-certificates; fi >/dev/null 2>&1
`].join("")}function ie(e){const n=`"$root/home/${x}"`;return[`getent passwd ${x} >/dev/null || {
`,`getent group ${x} >/dev/null || groupadd ${x}
`,`useradd --gid ${x} --create-home --home-dir ${n} --shell /bin/bash ${x}
`,`}
`,U({path:"/etc/sudoers.d/90-cml-runner-login",permissions:"0440",content:Buffer.from(`${x} ALL=(ALL) NOPASSWD:ALL
`)}),`mkdir -p ${n}/.ssh
`,B(`cat >>${n}/.ssh/authorized_keys`,e.map(t=>`${t}
`).join("")),`chmod 0700 ${n}/.ssh
`,`chmod 0600 ${n}/.ssh/authorized_keys
`,`chown -hR ${x}: ${n}/.ssh
`].join("")}const ae={"cloud-init":A,"startup-script":re,mounted:f};var I=a(9724);const ce=`systemctl --no-block start cml-runner-bootstrap.service
`;function ue({config:e,launchTimeout:n,ground:t,assets:o}){const r=g=>{if(!Number.isSafeInteger(g)||g<=0)throw new TypeError(`not a whole number of seconds: ${g}`);return String(g)},l=[`DEADLINE=${r(Math.floor(e.expiresAt))}`,`LAUNCH_TIMEOUT=${r(Math.ceil(n))}`].join(`
`),[h,c]=[o.fuses,o.bootstrap].map(g=>F(fe(g,t))),k=W(t)?J("farewell",de(t,e)):"";return`#!/bin/sh
${l}
${J("bootstrap",c??"")}${k}${h}`}function le(e,{registration:n}){return`#!/bin/sh
NEEDS='${n.forge==="github"?"libicu docker":n.executor==="docker"?"docker git":"git docker"}'
${F(e)}`}function W({powerOff:e,farewell:n}){return e!=="ends"&&n!==""}function fe(e,n){const t=W(n)?n.powerOff:"ends";let o=!0;return e.split(`
`).filter(l=>{const[,h]=/^#:(.*)$/.exec(l)??[];return h!==void 0&&(o=h.trim()===""||h.trim().split(" ").includes(t)),h===void 0&&o}).join(`
`)}function F(e){return e.replace(/^[ \t]*#(?!!).*\n/gm,"").replace(/^ +/gm,"")}function de({farewell:e},{proxy:n}){return`${Object.entries((0,I.wP)(n)).map(([o,r])=>`export ${o}='${r}'
`).join("")}${e.trimEnd()}
`}function J(e,n){const t=e.toUpperCase();if(n.split(`
`).includes(t))throw new Error(`a line of the ${e} would end it: ${t}`);return`${e}() {
cat <<'${t}'
${n}${t}
}
`}var he=a(6760);function me(e){const n={...e,registration:pe(e.registration)};return JSON.stringify(n).replace(/[\u007f-\uffff]/g,t=>`\\u${t.charCodeAt(0).toString(16).padStart(4,"0")}`)}function Je(e){const{registration:n,...t}=JSON.parse(e);return"pieces"in n?{...t,registration:{forge:"github",kind:"jit",config:K(n.pieces)}}:{...t,registration:n}}function pe(e){if(e.kind!=="jit")return e;const n=X(e.config).split(/"([A-Za-z0-9+/=]{8,})"/).map((t,o)=>o%2?X(t):t);return K(n)===e.config?{forge:"github",kind:"jit",pieces:n}:e}function K(e){return Z(e.map((n,t)=>t%2?`"${Z(n)}"`:n).join(""))}function X(e){return Buffer.from(e,"base64").toString("utf8")}function Z(e){return Buffer.from(e,"utf8").toString("base64")}function $e(e){return[...ge,...e].map(([n,t])=>t===void 0?`${n}
`:`${n} = ${be(t)}
`).join("")}const ge=[["proto","=https,http"],["proto-redir","=https,http"],["proto-default","https"]];function be(e){if(new RegExp("\\p{Cc}","u").test(e))throw new RangeError("a control character in a setting of curl");return`"${e.replace(/[\\"]/g,"\\$&")}"`}var p=a(9364);const z=`#!/bin/bash
root=\${0%${p.oS.home}/*}
`,V=e=>`{ : >"$root${p.oS.hooks}/${e}-$(date +%s%N)"; } 2>/dev/null || true
`,Y=`docker() { [ -e "$root${p.oS.packagesDone}" ]; }
folder() { [ ! -e "$root${p.oS.state}/returning" ]; }
docker || echo 'Waiting for the installation of Docker'
folder || echo 'Waiting for the work folder: files of the job before are being given back'
for _ in {1..360}; do
  docker && folder && break
  sleep 0.5 || true
done
docker || echo 'Docker is still not installed: this job goes on without it'
exit 0
`;function we(e){const n=e?`echo "${Se(e.text).replaceAll("$","\\$")}"
nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2>/dev/null || true
touch "$RUNNER_TEMP/.cml-runner" 2>/dev/null || true
`:"";return`${z}${V("started")}${n}${Y}`}function ye(e){return`${z}${V("completed")}${e?ke(e):""}exit 0
`}function ke({usdPerHour:e}){return`{
t=$(($(date +%s)-$(stat -c %Y "$RUNNER_TEMP/.cml-runner")))
printf 'This job took %dm %ds, ' $((t/60)) $((t%60))
${e===void 0?"":`c=$((t*${Math.round(e*1e4)}/3600))
printf 'about $%d.%04d, ' $((c/10000)) $((c%10000))
`}m=$(cat "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.peak") && printf 'memory at its peak %d MB, ' $((m>>20))
echo "disk$(df --output=pcent / | tail -1) full"
} 2>/dev/null || true
`}function Se(e){return e.replace(/[^\w .,:;$()/+-]/g,"")}const ve=`${z}${Y}`,Ee=`$nrconf{override_rc}{qr(^cml-runner-)} = 0;
`;function Oe({config:e,download:n,agent:t,packages:o,startupScript:r,certificates:l,card:h}){const c=(k,g,P)=>({path:k,permissions:g,content:Buffer.from(P)});return[c(p.oS.config,"0600",me(e)),c(p.lm.packagesScript,"0755",o),...je(n,e).map(([k,g,P])=>c(k,g,P)),...xe(e,h).map(([k,g])=>c(k,"0755",g)),c(p.lm.sudoers,"0440",`runner ALL=(ALL) NOPASSWD:ALL
`),c(p.lm.needrestart,"0644",Ee),...(0,I.Ue)(e.proxy).map(({path:k,text:g})=>c(k,"0644",g)),...l.length>0?[c(p.oS.certificates,"0644",l.join(""))]:[],...r?[c(p.oS.startupScript,"0700",r)]:[],c(p.oS.agent,"0644",t)]}function xe({registration:e},n){return e.forge==="gitlab"?[[p.oS.jobStartedHook,ve]]:[[p.oS.jobStartedHook,we(n)],[p.oS.jobCompletedHook,ye(n)]]}function je(e,n){const{node:t}=e,o=t?(0,he.basename)(p.lm.program):"runner.tar.gz",r=(l,h,c,k)=>[[c,"0600",Me(l,h,n)],[k,"0644",`${l.sha256}  ${h}
`]];return[...r(e,o,p.lm.download,p.lm.digest),...t?r(t,"node.tar.gz",p.lm.nodeDownload,p.lm.nodeDigest):[]]}function Me({url:e,...n},t,{proxy:o}){const r=e.startsWith("https:")?o.https:o.http;return $e([["url",e],["output",t],..."bearer"in n&&n.bearer?[["header",`Authorization: Bearer ${n.bearer}`]]:[],["fail"],["location"],["silent"],["show-error"],["connect-timeout","20"],["speed-limit","1000"],["speed-time","60"],...r?[["proxy",r]]:[],...r&&o.no?[["noproxy",o.no]]:[]])}function _e(e){const{assets:n,certificates:t="",sshPublicKey:o}=e,r={...e.config,proxy:(0,I.Yy)(e.config.proxy,e.ground.direct)},l=(0,$.WW)(t);return{files:Oe({...e,config:r,agent:n.agent,packages:le(n.packages,r),certificates:l}),fuses:ue({...e,config:r}),start:ce,keys:o===void 0?[]:[o],authorities:l,...e.download.image?{image:e.download.image}:{}}}function Re(e){return ae[e.carrier](_e(e))}function Ce(e,n){const t=(0,$.WW)(e.certificates??""),o=c=>Re({...e,certificates:t.slice(t.length-c).join("")}),r=o(t.length);if(r.length<=n||t.length===0)return{payload:r,leftOut:[]};let[l,h]=[0,t.length];for(;h-l>1;){const c=Math.floor((l+h)/2);o(c).length<=n?l=c:h=c}return{payload:o(l),leftOut:t.slice(0,t.length-l)}}function Ae(e,n,t=0){if(!(e.length<=n))throw new b.HR("invalid-input",{tried:"fit what the machine needs into its user data",said:`${e.length} bytes compressed, and the cloud takes ${n}`,why:t?`It contains a cloud-startup-script of ${t} bytes (before compression).`:"The labels and the name may be very long.",fix:t?"shorten cloud-startup-script, for example by letting it download the rest of its work.":"shorten the labels and the name."})}var Pe=a(9989),Te=a(6641),N=a(6452);function G({lease:e,labels:n}){return[...n,(0,N.Q$)(e.identity)]}function H(e,n){const{account:t}=n;return[...Q(e,n),...t===void 0?[]:[(0,N._3)(t)],(0,N.Az)(e.lease)]}function Q(e,{cloud:n,region:t}){return[...G(e),(0,N.sk)(n,t)]}function q(e,n){return{name:e.lease.name,labels:H(e,n),single:e.single,platform:n.platform,...n.docker===!1?{docker:!1}:{},lifetime:e.lease.expiresAt-e.lease.dueAt+e.launchTimeout,...e.workdir?{workdir:e.workdir}:{}}}async function Ne(e,n,t){const o=new Map(n.toReversed().map(r=>[r.cloud,r]));for(const r of o.values())await De(e,r,t)}async function De(e,n,t){const o=t.forge.sampleRegistration(q(e,n)),{leftOut:r}=await ee(e,n,o,t);r.length>0&&t.host.log.warn(`${n.cloud} takes no more than ${t.clouds.of(n).limits.payloadBytes} bytes for a machine, so ${r.length} certificate authorities of NODE_EXTRA_CA_CERTS stay behind: ${Le(r)}. Where the machine needs one of them, name a file that holds it alone.`)}function Le(e){const n=e.slice(-5).map($.zr).join(", ");return e.length>5?`${n} and ${e.length-5} before them`:n}async function Ue(e,n,t,o){return(await ee(e,n,t,o)).payload}async function ee(e,n,t,{clouds:o,forge:r,host:l,signal:h}){const c=await r.download(n.platform,h);c.bearer&&l.mask(c.bearer);const{startupScript:k,sshPublicKey:g,certificates:P,launchTimeout:He}=e,{payloadBytes:ne,carrier:We}=o.of(n).limits,Fe={config:ze(e,n,t),download:c,launchTimeout:He,ground:n.ground,carrier:We,assets:Ie(e,n),card:Be(e,n),...k?{startupScript:k}:{},...g?{sshPublicKey:g}:{},...P?{certificates:P}:{}},te=Ce(Fe,ne);return Ae(te.payload,ne,k?.length),te}function Be({lease:e},n){const{price:t,market:o}=n,r=new Date(e.expiresAt*1e3).toISOString().replace(".000","");return{text:`${(0,Pe.c)(n)}: ${(0,Te._B)(t,o)}, ends at ${r} at the latest`,...t?{usdPerHour:t.usdPerHour}:{}}}function Ie({assets:e},{cloud:n}){const t=e.get(n);if(t)return t;throw new b.HR("internal",{tried:`set up a machine of ${n}`,said:"nothing to run there was read"})}function ze(e,n,t){return{version:S.gv,identity:e.lease.identity,cloud:n.cloud,name:e.lease.name,labels:H(e,n),single:e.single,idleTimeout:Number.isFinite(e.idleTimeout)?e.idleTimeout:null,expiresAt:e.lease.expiresAt,startupScript:e.startupScript!==void 0,registration:t,proxy:e.proxy,...e.workdir?{workdir:e.workdir}:{}}}}),6484:((T,j,a)=>{a.d(j,{TH:()=>$,TZ:()=>v,gv:()=>S});const S=1,$=/^cml-runner (\d{10}) ([a-z-]+)(?:: (.*))?$/,b=null;function v(w,O,i){return`cml-runner ${Math.floor(w)} ${O}${i?`: ${i}`:""}`}}),8951:((T,j,a)=>{a.d(j,{_U:()=>S,m_:()=>b,oz:()=>$,ri:()=>v});const S={sent:"/opt/cml-runner-sent",home:"/opt/cml-runner",agent:"/opt/cml-runner/agent.js",node:"/opt/cml-runner/node",tree:"/opt/cml-runner/runner",certificates:"/opt/cml-runner/certificates.pem",startupScript:"/opt/cml-runner/startup-script",jobStartedHook:"/opt/cml-runner/hooks/job-started.sh",jobCompletedHook:"/opt/cml-runner/hooks/job-completed.sh",state:"/run/cml-runner",config:"/run/cml-runner/agent.json"},$={bring:"bring.sh",start:"start.sh"};function b(w){return Buffer.from(JSON.stringify(w))}function v(w){return JSON.parse(w.toString("utf8"))}}),6641:((T,j,a)=>{a.d(j,{Ke:()=>w,Zl:()=>b,_B:()=>S,aS:()=>$,yz:()=>v});function S(i,E){return i?`${$(i)} (${E}, ${i.source} of ${i.asOf})`:$(i)}function $(i){return i?b(i):"price not known"}function b({usdPerHour:i}){return`${O(i)} an hour`}function v({usdPerHour:i},E){return O(Math.ceil(i*(E/36))/100,2)}function w(i){return O(i,2)}function O(i,E){const _=E??(i<1?4:2);return`$${i.toFixed(_)}`}}),3999:((T,j,a)=>{a.d(j,{$r:()=>v,Dt:()=>A,OS:()=>w,a9:()=>D,uz:()=>O});var S=a(422),$=a(2793),b=a(8815);async function v(s,f,u,m){const{machines:d,unreadable:y}=await u.clouds.list(E(s),f,m);return{...i(d,s,u),unreadable:y}}async function w(s,f,u,m){const{unreadable:d,...y}=await v(s,f,u,m);if(d.length>0)throw(0,S.cc)(d.map(({failure:R})=>R));return y}async function O(s,f,u,m){const d=await u.clouds.of(s).look(s,m);if(d)return d.state==="gone"?{ours:[],strangers:[]}:i([d],f,u)}function i(s,f,u){const m=s.filter(d=>{const y=(0,$.Dx)(d,f);return y!==void 0&&C(d,y,u),y!==void 0});return{ours:(0,$.nO)(s,f),strangers:m}}function E({scope:s,identity:f,run:u}){return f!==void 0?{identity:f}:u===void 0?{scope:s}:{run:u}}const _=new WeakMap;function C(s,f,{clouds:u,host:m}){const d=_.get(u)??new Set;if(_.set(u,d),d.has(`${(0,b.r4)(s)} ${s.id}`))return;d.add(`${(0,b.r4)(s)} ${s.id}`);const{damage:y}=s,R=y?` If it is of no use, remove it with: ${u.of(s).removalCommand(s)}`:"";m.log.warn(`Machine ${s.id} in ${s.region} is left alone: ${f}.${R}`)}async function A(s,f,u,m){const{ours:d,strangers:y,unreadable:R}=await v(s,f,u,m),M=new Set(R.map(({place:x})=>(0,b.r4)(x)));return{ours:d,strangers:y,readable:new Set(f.map(b.r4).filter(x=>!M.has(x))),problems:L(R)}}function D({forge:s},f){const u=async()=>{const m=[];for await(const d of s.listRunners(f,"ours"))m.push(...d.filter($.yF));return m};return(0,S.wM)(u(),f)}function L(s){const[f]=s;if(!f)return[];const u=s.map(({place:M})=>M),m=[...new Set(u.map(({cloud:M})=>M))],d=m.length>1?(0,b.DJ)(u):u.map(({region:M})=>M).join(", "),y=(0,S.cc)(s.map(({failure:M})=>M)),R={tried:`look in every region of ${m.join(" and ")}`,said:`${s.length} could not be read: ${d}`,why:'What is in a region that cannot be read is not known, so "nothing is there" cannot be said.',fix:"give these credentials the right to list machines there, or name the regions to look in with `cloud-region`.",details:y.message.split(`
`)};return[new S.HR(f.failure.kind,R)]}})};
