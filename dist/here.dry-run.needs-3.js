"use strict";exports.id="here.dry-run.needs-3",exports.ids=["here.dry-run.needs-3"],exports.modules={5035:((N,_,c)=>{c.d(_,{Y:()=>O,Z:()=>v});var S=c(9989),p=c(3999);const g={most:12,spacing:1e3};async function O(E,i,w){const{clock:j,signal:C}=w;for(let A=1;;A++){const P=v((await(0,p.OS)(E,i,w,C)).ours);if(P||A>=g.most)return P;await j.sleep(g.spacing,C)}}function v(E){return E.find(i=>!i.ended&&!i.half&&(0,S._)(i))}}),3841:((N,_,c)=>{c.d(_,{M1:()=>Le,PC:()=>W,L_:()=>ne,ek:()=>Ie,H3:()=>te,dU:()=>ee});var S=c(6484),p=c(4626),g=c(422),O=c(8522);function v(e){const n=E(e),t=e.map(o=>`--${n}
${i(o)}
`).join("");return`Content-Type: multipart/mixed; boundary="${n}"
MIME-Version: 1.0

${t}--${n}--
`}function E(e){for(let n=0;;n++){const t=`cml${n||""}`;if(!e.some(({text:o})=>o.includes(`--${t}`)))return t}}function i({type:e,filename:n,text:t}){if(!w(t))throw new Error(`${n} is not plain ASCII`);return`Content-Type: ${e}
Content-Disposition: attachment; filename="${n}"

${t}`}function w(e){return/^[\t\n\x20-\x7e]*$/.test(e)}const j="fuses.sh",C=`/var/lib/cloud/instance/boothooks/${j}`;function A({files:e,fuses:n,start:t,keys:o,authorities:r}){const a={bootcmd:[["sh",C]],...o.length>0?{ssh_authorized_keys:o}:{},...r.length>0?{ca_certs:{trusted:r}}:{},write_files:e.map(P)},h=v([{type:"text/cloud-boothook",filename:j,text:n+t},{type:"text/cloud-config",filename:"files.json",text:`#cloud-config
${JSON.stringify(a)}
`}]),u=h.lastIndexOf(e.at(-1)?.path??"");return U(h,u+Math.max(0,h.slice(u).search(/[\w+/]{1000}/)))}function P({path:e,permissions:n,content:t}){const o=t.toString("latin1");return w(o)?{path:e,permissions:n,content:o}:{path:e,permissions:n,encoding:"b64",content:t.toString("base64")}}function U(e,n){const t=[e.slice(0,n),e.slice(n)];return Buffer.concat(t.map(o=>(0,O.gzipSync)(o,{level:9,memLevel:9})))}var s=c(8951);function f({files:e,image:n}){if(!n)throw new Error("a pod needs the image of the forge's program");const t=[{path:s.oz.bring,permissions:"",content:Buffer.from(M(n.path))},{path:s.oz.start,permissions:"",content:Buffer.from(x)},...e.filter(({path:o})=>m(o)).map(o=>({...o,path:d(o.path)}))];return(0,s.m_)({image:n.name,files:Object.fromEntries(t.map(({path:o,content:r})=>[o,r.toString("base64")]))})}const l=["packages.sh","runner.curl","runner.sha256"];function m(e){return e.startsWith(`${s._U.home}/`)&&!l.includes(d(e))}function d(e){return e.slice(s._U.home.length+1)}const y=`#!/bin/sh
set -eu
umask 000
root=\${CML_RUNNER_ROOT:-}
home=$root${s._U.home}
tree=$root${s._U.tree}
state=$root${s._U.state}
say() { printf 'cml-runner %s %s\\n' "$(date +%s)" "$1"; }
`,M=e=>`${y}sent=$root${s._U.sent}
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
`,x=`${y}[ "$(date +%s)" -lt "\${CML_RUNNER_DUE_AT:-0}" ] || {
  say 'ending: the launch has given up before this pod began'
  exit 0
}
unset CML_RUNNER_DUE_AT
umask 022
mkdir -p "$state/hooks"
: >"$state/packages-done"
if [ -e "$home/certificates.pem" ]; then export NODE_EXTRA_CA_CERTS="$home/certificates.pem"; fi
exec "$home/node" "$home/agent.js"
`;var T=c(7598);const R="ubuntu",ie=`root=\${CML_RUNNER_ROOT:-}
put() (
umask 022
mkdir -p "$root\${2%/*}"
rm -f "$root$2"
umask 077
"$3" \${4:-} >"$root$2"
chmod "$1" "$root$2"
)
`;function ae({files:e,fuses:n,start:t,keys:o,authorities:r}){const a=[n,ie,...e.map(B),...r.length>0?[ce(r)]:[],...o.length>0?[ue(o)]:[],t].join("");if(!w(a))throw new Error("the startup script is not plain ASCII");return Buffer.from(a,"latin1")}function B({path:e,permissions:n,content:t}){if(!/^[\w./-]+$/.test(e))throw new Error(`a path that a shell could misread: ${e}`);const o=t.toString("latin1");return w(o)&&o.endsWith(`
`)?I(`put ${n} ${e} cat`,o):I(`put ${n} ${e} base64 -d`,`${t.toString("base64")}
`)}function I(e,n){const t=`END-${(0,T.createHash)("sha256").update(n).digest("hex").slice(0,24)}`;return`${e} <<'${t}'
${n}${t}
`}function ce(e){const n=t=>`/usr/local/share/ca-certificates/cml-runner-${t+1}.crt`;return[...e.map((t,o)=>B({path:n(o),permissions:"0644",content:Buffer.from(t)})),`if command -v update-ca-trust >/dev/null; then
`,`cp "$root"/usr/local/share/ca-certificates/cml-runner-*.crt "$root/etc/pki/ca-trust/source/anchors"
`,`update-ca-trust
`,`else update-ca-certificates; fi >/dev/null 2>&1
`].join("")}function ue(e){const n=`"$root/home/${R}"`;return[`getent passwd ${R} >/dev/null || {
`,`getent group ${R} >/dev/null || groupadd ${R}
`,`useradd --gid ${R} --create-home --home-dir ${n} --shell /bin/bash ${R}
`,`}
`,B({path:"/etc/sudoers.d/90-cml-runner-login",permissions:"0440",content:Buffer.from(`${R} ALL=(ALL) NOPASSWD:ALL
`)}),`mkdir -p ${n}/.ssh
`,I(`cat >>${n}/.ssh/authorized_keys`,e.map(t=>`${t}
`).join("")),`chmod 0700 ${n}/.ssh
`,`chmod 0600 ${n}/.ssh/authorized_keys
`,`chown -hR ${R}: ${n}/.ssh
`].join("")}const le={"cloud-init":A,"startup-script":ae,mounted:f};var z=c(9724);const fe=`systemctl --no-block start cml-runner-bootstrap.service
`;function de({config:e,launchTimeout:n,ground:t,assets:o}){const r=b=>{if(!Number.isSafeInteger(b)||b<=0)throw new TypeError(`not a whole number of seconds: ${b}`);return String(b)},a=[`DEADLINE=${r(Math.floor(e.expiresAt))}`,`LAUNCH_TIMEOUT=${r(Math.ceil(n))}`].join(`
`),[h,u]=[o.fuses,o.bootstrap].map(b=>K(me(b,t))),k=F(t)?J("farewell",$e(t,e)):"";return`#!/bin/sh
${a}
${J("bootstrap",u??"")}${k}${h}`}function he(e,{registration:n}){return`#!/bin/sh
NEEDS='${n.forge==="github"?"libicu docker":n.executor==="docker"?"docker git":"git docker"}'
${K(e)}`}function F({powerOff:e,farewell:n}){return e!=="ends"&&n!==""}function me(e,n){const t=F(n)?n.powerOff:"ends";let o=!0;return e.split(`
`).filter(a=>{const[,h]=/^#:(.*)$/.exec(a)??[];return h!==void 0&&(o=h.trim()===""||h.trim().split(" ").includes(t)),h===void 0&&o}).join(`
`)}function K(e){return e.replace(/^[ \t]*#(?!!).*\n/gm,"").replace(/^ +/gm,"").replace(/^\n/gm,"")}function $e({farewell:e},{proxy:n}){return`${Object.entries((0,z.wP)(n)).map(([o,r])=>`export ${o}='${r}'
`).join("")}${e.trimEnd()}
`}function J(e,n){const t=e.toUpperCase();if(n.split(`
`).includes(t))throw new Error(`a line of the ${e} would end it: ${t}`);return`${e}() {
cat <<'${t}'
${n}${t}
}
`}var pe=c(6760);function ge(e){const n={...e,registration:be(e.registration)};return JSON.stringify(n).replace(/[\u007f-\uffff]/g,t=>`\\u${t.charCodeAt(0).toString(16).padStart(4,"0")}`)}function Ze(e){const{registration:n,...t}=JSON.parse(e);return"pieces"in n?{...t,registration:{forge:"github",kind:"jit",config:Z(n.pieces)}}:{...t,registration:n}}function be(e){if(e.kind!=="jit")return e;const n=X(e.config).split(/"([A-Za-z0-9+/=]{8,})"/).map((t,o)=>o%2?X(t):t);return Z(n)===e.config?{forge:"github",kind:"jit",pieces:n}:e}function Z(e){return Y(e.map((n,t)=>t%2?`"${Y(n)}"`:n).join(""))}function X(e){return Buffer.from(e,"base64").toString("utf8")}function Y(e){return Buffer.from(e,"utf8").toString("base64")}function ye(e){return[...we,...e].map(([n,t])=>t===void 0?`${n}
`:`${n} = ${ke(t)}
`).join("")}const we=[["proto","=https,http"],["proto-redir","=https,http"],["proto-default","https"]];function ke(e){if(new RegExp("\\p{Cc}","u").test(e))throw new RangeError("a control character in a setting of curl");return`"${e.replace(/[\\"]/g,"\\$&")}"`}var $=c(9364);const H=`#!/bin/bash
root=\${0%${$.oS.home}/*}
`,V=e=>`{ : >"$root${$.oS.hooks}/${e}-$(date +%s%N)"; } 2>/dev/null || true
`,G=`docker() { [ -e "$root${$.oS.packagesDone}" ]; }
folder() { [ ! -e "$root${$.oS.state}/returning" ]; }
docker || echo 'Waiting for Docker'
folder || echo 'Waiting for files of the job before'
for _ in {1..360}; do
  docker && folder && break
  sleep 0.5 || true
done
docker || echo 'No Docker: this job goes on without'
exit 0
`;function Se(e){const n=e?`echo "${Q(e.text).replaceAll("$","\\$")}"
nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2>/dev/null || true
touch "$RUNNER_TEMP/.cml-runner" 2>/dev/null || true
`:"";return`${H}${V("started")}${n}${G}`}function ve(e){return`${H}${V("completed")}${e?Oe(e):""}exit 0
`}function Oe({usdPerHour:e}){return`{
t=$(($(date +%s)-$(stat -c %Y "$RUNNER_TEMP/.cml-runner")))
printf 'This job took %dm %ds, ' $((t/60)) $((t%60))
${e===void 0?"":`c=$((t*${Math.round(e*1e4)}/3600))
printf 'about $%d.%04d, ' $((c/10000)) $((c%10000))
`}m=$(cat "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.peak") && printf 'memory at its peak %d MB, ' $((m>>20))
echo "disk$(df --output=pcent / | tail -1) full"
} 2>/dev/null || true
`}function Q(e){return e.replace(/[^\w .,:;$()/+-]/g,"")}const Ee=`${H}${G}`,_e=`$nrconf{override_rc}{qr(^cml-runner-)} = 0;
`;function xe({config:e,download:n,agent:t,packages:o,startupScript:r,certificates:a,card:h}){const u=(k,b,D)=>({path:k,permissions:b,content:Buffer.from(D)});return[u($.oS.config,"0600",ge(Me(e,h))),u($.lm.packagesScript,"0755",o),...Re(n,e).map(([k,b,D])=>u(k,b,D)),...je(e,h).map(([k,b])=>u(k,"0755",b)),u($.lm.sudoers,"0440",`runner ALL=(ALL) NOPASSWD:ALL
`),u($.lm.needrestart,"0644",_e),...(0,z.Ue)(e.proxy).map(({path:k,text:b})=>u(k,"0644",b)),...a.length>0?[u($.oS.certificates,"0644",a.join(""))]:[],...r?[u($.oS.startupScript,"0700",r)]:[],u($.oS.agent,"0644",t)]}function Me(e,n){return n&&e.registration.forge==="gitlab"?{...e,card:Q(n.brief)}:e}function je({registration:e},n){return e.forge==="gitlab"?[[$.oS.jobStartedHook,Ee]]:[[$.oS.jobStartedHook,Se(n)],[$.oS.jobCompletedHook,ve(n)]]}function Re(e,n){const{node:t}=e,o=t?(0,pe.basename)($.lm.program):"runner.tar.gz",r=(a,h,u,k)=>[[u,"0600",Ce(a,h,n)],[k,"0644",`${a.sha256}  ${h}
`]];return[...r(e,o,$.lm.download,$.lm.digest),...t?r(t,"node.tar.gz",$.lm.nodeDownload,$.lm.nodeDigest):[]]}function Ce({url:e,...n},t,{proxy:o}){const r=e.startsWith("https:")?o.https:o.http;return ye([["url",e],["output",t],..."bearer"in n&&n.bearer?[["header",`Authorization: Bearer ${n.bearer}`]]:[],["fail"],["location"],["silent"],["show-error"],["connect-timeout","20"],["speed-limit","1000"],["speed-time","60"],...r?[["proxy",r]]:[],...r&&o.no?[["noproxy",o.no]]:[]])}function Ae(e){const{assets:n,certificates:t="",sshPublicKey:o}=e,r={...e.config,proxy:(0,z.Yy)(e.config.proxy,e.ground.direct)},a=(0,p.WW)(t);return{files:xe({...e,config:r,agent:n.agent,packages:he(n.packages,r),certificates:a}),fuses:de({...e,config:r}),start:fe,keys:o===void 0?[]:[o],authorities:a,...e.download.image?{image:e.download.image}:{}}}function Pe(e){return le[e.carrier](Ae(e))}function De(e,n){const t=(0,p.WW)(e.certificates??""),o=u=>Pe({...e,certificates:t.slice(t.length-u).join("")}),r=o(t.length);if(r.length<=n||t.length===0)return{payload:r,leftOut:[]};let[a,h]=[0,t.length];for(;h-a>1;){const u=Math.floor((a+h)/2);o(u).length<=n?a=u:h=u}return{payload:o(a),leftOut:t.slice(0,t.length-a)}}function Ne(e,n,t=0){if(!(e.length<=n))throw new g.HR("invalid-input",{tried:"fit what the machine needs into its user data",said:`${e.length} bytes compressed, and the cloud takes ${n}`,why:t?`It contains a cloud-startup-script of ${t} bytes (before compression).`:"The labels and the name may be very long.",fix:t?"shorten cloud-startup-script, for example by letting it download the rest of its work.":"shorten the labels and the name."})}var q=c(9989),Te=c(6641),L=c(6452);function ee({lease:e,labels:n}){return[...n,(0,L.Q$)(e.identity)]}function W(e,n){const{account:t}=n;return[...ne(e,n),...t===void 0?[]:[(0,L._3)(t)],(0,L.Az)(e.lease)]}function ne(e,{cloud:n,region:t}){return[...ee(e),(0,L.sk)(n,t)]}function te(e,n){return{name:e.lease.name,labels:W(e,n),single:e.single,platform:n.platform,...n.docker===!1?{docker:!1}:{},lifetime:e.lease.expiresAt-e.lease.dueAt+e.launchTimeout,...e.workdir?{workdir:e.workdir}:{}}}async function Le(e,n,t){const o=new Map(n.toReversed().map(r=>[r.cloud,r]));for(const r of o.values())await Ue(e,r,t)}async function Ue(e,n,t){const o={...n,account:""},r=t.forge.sampleRegistration(te(e,o)),{leftOut:a}=await oe(e,o,r,t);a.length>0&&t.host.log.warn(`${o.cloud} takes no more than ${t.clouds.of(o).limits.payloadBytes} bytes for a machine, so ${a.length} certificate authorities of NODE_EXTRA_CA_CERTS stay behind: ${Be(a)}. Where the machine needs one of them, name a file that holds it alone.`)}function Be(e){const n=e.slice(-5).map(p.zr).join(", ");return e.length>5?`${n} and ${e.length-5} before them`:n}async function Ie(e,n,t,o){return(await oe(e,n,t,o)).payload}async function oe(e,n,t,{clouds:o,forge:r,host:a,signal:h}){const u=await r.download(n.platform,h);u.bearer&&a.mask(u.bearer);const{startupScript:k,sshPublicKey:b,certificates:D,launchTimeout:Fe}=e,{payloadBytes:re,carrier:Ke}=o.of(n).limits,Je={config:We(e,n,t),download:u,launchTimeout:Fe,ground:n.ground,carrier:Ke,assets:He(e,n),card:ze(e,n),...k?{startupScript:k}:{},...b?{sshPublicKey:b}:{},...D?{certificates:D}:{}},se=De(Je,re);return Ne(se.payload,re,k?.length),se}function ze({lease:e},n){const{price:t,market:o}=n,r=new Date(e.expiresAt*1e3).toISOString().replace(".000","");return{text:`${(0,q.c)(n)}: ${(0,Te._B)(t,o)}, ends at ${r} at the latest`,brief:`${(0,q.c)(n)}${t?`, ${t.usdPerHour} USD/h`:""}, ends by ${r.replace(/:\d\dZ$/,"Z")}`,...t?{usdPerHour:t.usdPerHour}:{}}}function He({assets:e},{cloud:n}){const t=e.get(n);if(t)return t;throw new g.HR("internal",{tried:`set up a machine of ${n}`,said:"nothing to run there was read"})}function We(e,n,t){return{version:S.gv,identity:e.lease.identity,cloud:n.cloud,name:e.lease.name,labels:W(e,n),single:e.single,idleTimeout:Number.isFinite(e.idleTimeout)?e.idleTimeout:null,expiresAt:e.lease.expiresAt,startupScript:e.startupScript!==void 0,registration:t,proxy:e.proxy,...e.workdir?{workdir:e.workdir}:{}}}}),6484:((N,_,c)=>{c.d(_,{TH:()=>p,TZ:()=>O,gv:()=>S});const S=1,p=/^cml-runner (\d{10}) ([a-z-]+)(?:: (.*))?$/,g=null;function O(v,E,i){return`cml-runner ${Math.floor(v)} ${E}${i?`: ${i}`:""}`}}),8951:((N,_,c)=>{c.d(_,{_U:()=>S,m_:()=>g,oz:()=>p,ri:()=>O});const S={sent:"/opt/cml-runner-sent",home:"/opt/cml-runner",agent:"/opt/cml-runner/agent.js",node:"/opt/cml-runner/node",tree:"/opt/cml-runner/runner",certificates:"/opt/cml-runner/certificates.pem",startupScript:"/opt/cml-runner/startup-script",jobStartedHook:"/opt/cml-runner/hooks/job-started.sh",jobCompletedHook:"/opt/cml-runner/hooks/job-completed.sh",state:"/run/cml-runner",config:"/run/cml-runner/agent.json"},p={bring:"bring.sh",start:"start.sh"};function g(v){return Buffer.from(JSON.stringify(v))}function O(v){return JSON.parse(v.toString("utf8"))}}),6641:((N,_,c)=>{c.d(_,{Ke:()=>v,Zl:()=>g,_B:()=>S,aS:()=>p,yz:()=>O});function S(i,w){return i?`${p(i)} (${w}, ${i.source} of ${i.asOf})`:p(i)}function p(i){return i?g(i):"price not known"}function g({usdPerHour:i}){return`${E(i)} an hour`}function O({usdPerHour:i},w){return E(Math.ceil(i*(w/36))/100,2)}function v(i){return E(i,2)}function E(i,w){const j=w??(i<1?4:2);return`$${i.toFixed(j)}`}}),3999:((N,_,c)=>{c.d(_,{$r:()=>O,Dt:()=>A,OS:()=>v,a9:()=>P,uz:()=>E});var S=c(422),p=c(2793),g=c(8815);async function O(s,f,l,m){const{machines:d,unreadable:y}=await l.clouds.list(w(s),f,m);return{...i(d,s,l),unreadable:y}}async function v(s,f,l,m){const{unreadable:d,...y}=await O(s,f,l,m);if(d.length>0)throw(0,S.cc)(d.map(({failure:M})=>M));return y}async function E(s,f,l,m){const d=await l.clouds.of(s).look(s,m);if(d)return d.state==="gone"?{ours:[],strangers:[]}:i([d],f,l)}function i(s,f,l){const m=s.filter(d=>{const y=(0,p.Dx)(d,f);return y!==void 0&&C(d,y,l),y!==void 0});return{ours:(0,p.nO)(s,f),strangers:m}}function w({scope:s,identity:f,run:l,roughly:m=!1}){return f!==void 0?{identity:f}:l===void 0?{scope:s}:{run:l,roughly:m}}const j=new WeakMap;function C(s,f,{clouds:l,host:m}){const d=j.get(l)??new Set;if(j.set(l,d),d.has(`${(0,g.r4)(s)} ${s.id}`))return;d.add(`${(0,g.r4)(s)} ${s.id}`);const{damage:y}=s,M=y?` If it is of no use, remove it with: ${l.of(s).removalCommand(s)}`:"";m.log.warn(`Machine ${s.id} in ${s.region} is left alone: ${f}.${M}`)}async function A(s,f,l,m){const{ours:d,strangers:y,unreadable:M}=await O(s,f,l,m),x=new Set(M.map(({place:T})=>(0,g.r4)(T)));return{ours:d,strangers:y,readable:new Set(f.map(g.r4).filter(T=>!x.has(T))),problems:U(M)}}function P({forge:s},f){const l=async()=>{const m=[];for await(const d of s.listRunners(f,"ours"))m.push(...d.filter(p.yF));return m};return(0,S.wM)(l(),f)}function U(s){const[f]=s;if(!f)return[];const l=s.map(({place:x})=>x),m=[...new Set(l.map(({cloud:x})=>x))],d=m.length>1?(0,g.DJ)(l):l.map(({region:x})=>x).join(", "),y=(0,S.cc)(s.map(({failure:x})=>x)),M={tried:`look in every region of ${m.join(" and ")}`,said:`${s.length} could not be read: ${d}`,why:'What is in a region that cannot be read is not known, so "nothing is there" cannot be said.',fix:"give these credentials the right to list machines there, or name the regions to look in with `cloud-region`.",details:y.message.split(`
`)};return[new S.HR(f.failure.kind,M)]}})};
