"use strict";exports.id="here.dry-run.needs-3",exports.ids=["here.dry-run.needs-3"],exports.modules={5035:((N,E,c)=>{c.d(E,{Y:()=>k,Z:()=>b});var g=c(9989),p=c(3999);const $={most:12,spacing:1e3};async function k(v,i,y){const{clock:j,signal:A}=y;for(let D=1;;D++){const C=b((await(0,p.OS)(v,i,y,A)).ours);if(C||D>=$.most)return C;await j.sleep($.spacing,A)}}function b(v){return v.find(i=>!i.ended&&!i.half&&(0,g._)(i))}}),3841:((N,E,c)=>{c.d(E,{M1:()=>Wn,PC:()=>K,L_:()=>en,ek:()=>zn,H3:()=>tn,dU:()=>nn});var g=c(6484),p=c(4626),$=c(422),k=c(8522);function b(n){const e=v(n),t=n.map(o=>`--${e}
${i(o)}
`).join("");return`Content-Type: multipart/mixed; boundary="${e}"
MIME-Version: 1.0

${t}--${e}--
`}function v(n){for(let e=0;;e++){const t=`cml${e||""}`;if(!n.some(({text:o})=>o.includes(`--${t}`)))return t}}function i({type:n,filename:e,text:t}){if(!y(t))throw new Error(`${n} is not plain ASCII`);const o=e?`Content-Disposition: attachment; filename="${e}"
`:"";return`Content-Type: ${n}
${o}
${t}`}function y(n){return/^[\t\n\x20-\x7e]*$/.test(n)}const j="fuses.sh",A=`/var/lib/cloud/instance/boothooks/${j}`;function D({files:n,fuses:e,start:t,keys:o,authorities:r}){const a={bootcmd:[["sh",A]],...o.length>0?{ssh_authorized_keys:o}:{},...r.length>0?{ca_certs:{trusted:r}}:{},write_files:n.map(C)},l=b([{type:"text/cloud-boothook",filename:j,text:e+t},{type:"text/cloud-config",text:`#cloud-config
${JSON.stringify(a)}
`}]),f=l.lastIndexOf(n.at(-1)?.path??"");return U(l,f+Math.max(0,l.slice(f).search(/[\w+/]{1000}/)))}function C({path:n,permissions:e,content:t}){const o=t.toString("latin1");return y(o)?{path:n,permissions:e,content:o}:{path:n,permissions:e,encoding:"b64",content:t.toString("base64")}}function U(n,e){const t=[n.slice(0,e),n.slice(e)];return Buffer.concat(t.map(o=>(0,k.gzipSync)(o,{level:9,memLevel:9})))}var s=c(8951);function d({files:n,image:e}){if(!e)throw new Error("a pod needs the image of the forge's program");const t=[{path:s.oz.bring,permissions:"",content:Buffer.from(x(e.path))},{path:s.oz.start,permissions:"",content:Buffer.from(S)},...n.filter(({path:o})=>m(o)).map(o=>({...o,path:h(o.path)}))];return(0,s.m_)({image:e.name,files:Object.fromEntries(t.map(({path:o,content:r})=>[o,r.toString("base64")]))})}const u=["runner.curl","runner.sha256"];function m(n){return n.startsWith(`${s._U.home}/`)&&!u.includes(h(n))}function h(n){return n.slice(s._U.home.length+1)}const w=`#!/bin/sh
set -eu
umask 000
root=\${CML_RUNNER_ROOT:-}
home=$root${s._U.home}
tree=$root${s._U.tree}
state=$root${s._U.state}
say() { printf 'cml-runner %s %s\\n' "$(date +%s)" "$1"; }
`,x=n=>`${w}sent=$root${s._U.sent}
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
`,S=`${w}[ "$(date +%s)" -lt "\${CML_RUNNER_DUE_AT:-0}" ] || {
  say 'ending: the launch has given up before this pod began'
  exit 0
}
unset CML_RUNNER_DUE_AT
umask 022
mkdir -p "$state/hooks"
: >"$state/packages-done"
if [ -e "$home/certificates.pem" ]; then export NODE_EXTRA_CA_CERTS="$home/certificates.pem"; fi
exec "$home/node" "$home/agent.js"
`;var T=c(7598);const R="ubuntu",an=`root=\${CML_RUNNER_ROOT:-}
put() (
umask 022
mkdir -p "$root\${2%/*}"
rm -f "$root$2"
umask 077
"$3" \${4:-} >"$root$2"
chmod "$1" "$root$2"
)
`;function cn({files:n,fuses:e,start:t,keys:o,authorities:r}){const a=[e,an,...n.map(I),...r.length>0?[un(r)]:[],...o.length>0?[ln(o)]:[],t].join("");if(!y(a))throw new Error("the startup script is not plain ASCII");return Buffer.from(a,"latin1")}function I({path:n,permissions:e,content:t}){if(!/^[\w./-]+$/.test(n))throw new Error(`a path that a shell could misread: ${n}`);const o=t.toString("latin1");return y(o)&&o.endsWith(`
`)?z(`put ${e} ${n} cat`,o):z(`put ${e} ${n} base64 -d`,`${t.toString("base64")}
`)}function z(n,e){const t=`END-${(0,T.createHash)("sha256").update(e).digest("hex").slice(0,24)}`;return`${n} <<'${t}'
${e}${t}
`}function un(n){const e=t=>`/usr/local/share/ca-certificates/cml-runner-${t+1}.crt`;return[...n.map((t,o)=>I({path:e(o),permissions:"0644",content:Buffer.from(t)})),`if command -v update-ca-trust >/dev/null; then
`,`cp "$root"/usr/local/share/ca-certificates/cml-runner-*.crt "$root/etc/pki/ca-trust/source/anchors"
`,`update-ca-trust
`,`else update-ca-certificates; fi >/dev/null 2>&1
`].join("")}function ln(n){const e=`"$root/home/${R}"`;return[`getent passwd ${R} >/dev/null || {
`,`getent group ${R} >/dev/null || groupadd ${R}
`,`useradd --gid ${R} --create-home --home-dir ${e} --shell /bin/bash ${R}
`,`}
`,I({path:"/etc/sudoers.d/90-cml-runner-login",permissions:"0440",content:Buffer.from(`${R} ALL=(ALL) NOPASSWD:ALL
`)}),`mkdir -p ${e}/.ssh
`,z(`cat >>${e}/.ssh/authorized_keys`,n.map(t=>`${t}
`).join("")),`chmod 0700 ${e}/.ssh
`,`chmod 0600 ${e}/.ssh/authorized_keys
`,`chown -hR ${R}: ${e}/.ssh
`].join("")}const dn={"cloud-init":D,"startup-script":cn,mounted:d};var B=c(9724);const fn=`systemctl --no-block start cml-runner-bootstrap.service
`;function hn({config:n,launchTimeout:e,ground:t,download:o,assets:r}){const a=P=>{if(!Number.isSafeInteger(P)||P<=0)throw new TypeError(`not a whole number of seconds: ${P}`);return String(P)},l=[`DEADLINE=${a(Math.floor(n.expiresAt))}`,`LAUNCH_TIMEOUT=${a(Math.ceil(e))}`].join(`
`),f=pn(t),O=[f?t.powerOff:"ends",o.node?"program":"archive",...(0,B.Ue)(n.proxy).length>0?["proxy"]:[]],M=P=>gn($n(P,O)),H=[F("bootstrap",M(r.bootstrap)),F("packages",`#!/bin/sh
NEEDS='${mn(n)}'
${M(r.packages)}`),f?F("farewell",bn(t,n)):""].join("");return`#!/bin/sh
${l}
${H}${M(r.fuses)}`}function mn({registration:n}){return n.forge==="github"?"libicu docker":n.executor==="docker"?"docker git":"git docker"}function pn({powerOff:n,farewell:e}){return n!=="ends"&&e!==""}function $n(n,e){let t=!0;return n.split(`
`).filter(r=>{const[,a]=/^#:(.*)$/.exec(r)??[];return a!==void 0&&(t=a===""||a.split(" ").some(l=>e.includes(l))),a===void 0&&t}).join(`
`)}function gn(n){return n.replace(/^[ \t]*#(?!!).*\n/gm,"").replace(/^ +/gm,"").replace(/^\n/gm,"")}function bn({farewell:n},{proxy:e}){return`${Object.entries((0,B.wP)(e)).map(([o,r])=>`export ${o}='${r}'
`).join("")}${n.trimEnd()}
`}function F(n,e){const t=n.toUpperCase();if(e.split(`
`).includes(t))throw new Error(`a line of the ${n} would end it: ${t}`);return`${n}() {
cat <<'${t}'
${e}${t}
}
`}var yn=c(6760);function wn(n){const e={...n,registration:kn(n.registration)};return JSON.stringify(e).replace(/[\u007f-\uffff]/g,t=>`\\u${t.charCodeAt(0).toString(16).padStart(4,"0")}`)}function Yn(n){const{registration:e,...t}=JSON.parse(n);return"pieces"in e?{...t,registration:{forge:"github",kind:"jit",config:Z(e.pieces)}}:{...t,registration:e}}function kn(n){if(n.kind!=="jit")return n;const e=X(n.config).split(/"([A-Za-z0-9+/=]{8,})"/).map((t,o)=>o%2?X(t):t);return Z(e)===n.config?{forge:"github",kind:"jit",pieces:e}:n}function Z(n){return Y(n.map((e,t)=>t%2?`"${Y(e)}"`:e).join(""))}function X(n){return Buffer.from(n,"base64").toString("utf8")}function Y(n){return Buffer.from(n,"utf8").toString("base64")}function vn(n){return[...On,...n].map(([e,t])=>t===void 0?`${e}
`:`${e} = ${En(t)}
`).join("")}const On=[["proto","=https,http"],["proto-redir","=https,http"],["proto-default","https"]];function En(n){if(new RegExp("\\p{Cc}","u").test(n))throw new RangeError("a control character in a setting of curl");return`"${n.replace(/[\\"]/g,"\\$&")}"`}var _=c(9224);const J=`#!/bin/bash
root=\${0%${_.iR}/*}
`,V=n=>`{ : >"$root${_.JL}/${n}-$(date +%s%N)"; } 2>/dev/null || true
`,Q=`docker() { [ -e "$root${_.q0}" ]; }
folder() { [ ! -e "$root${_.wk}/returning" ]; }
docker || echo 'Waiting for Docker'
folder || echo 'Waiting for files of the job before'
for _ in {1..360}; do
  docker && folder && break
  sleep 0.5 || true
done
docker || echo 'No Docker: this job goes on without'
exit 0
`;function jn(n){const e=n?`echo "${G(n.text).replaceAll("$","\\$")}"
nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2>/dev/null || true
touch "$RUNNER_TEMP/.cml-runner" 2>/dev/null || true
`:"";return`${J}${V("started")}${e}${Q}`}function Sn(n){return`${J}${V("completed")}${n?_n(n):""}exit 0
`}function _n({usdPerHour:n}){return`{
t=$(($(date +%s)-$(stat -c %Y "$RUNNER_TEMP/.cml-runner")))
printf 'This job took %dm %ds, ' $((t/60)) $((t%60))
${n===void 0?"":`c=$((t*${Math.round(n*1e4)}/3600))
printf 'about $%d.%04d, ' $((c/10000)) $((c%10000))
`}m=$(cat "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.peak") && printf 'memory at its peak %d MB, ' $((m>>20))
echo "disk$(df --output=pcent / | tail -1) full"
} 2>/dev/null || true
`}function G(n){return n.replace(/[^\w .,:;$()/+-]/g,"")}const xn=`${J}${Q}`;var L=c(9364);const Mn=`$nrconf{override_rc}{qr(^cml-runner-)} = 0;
`;function An({config:n,download:e,agent:t,startupScript:o,certificates:r,card:a}){const l=(f,O,M)=>({path:f,permissions:O,content:Buffer.from(M)});return[l(_.$W,"0600",wn(Cn(n,a))),...Pn(e,n).map(([f,O,M])=>l(f,O,M)),...Rn(n,a).map(([f,O])=>l(f,"0755",O)),l(L.l.sudoers,"0440",`runner ALL=(ALL) NOPASSWD:ALL
`),l(L.l.needrestart,"0644",Mn),...(0,B.Ue)(n.proxy).map(({path:f,text:O})=>l(f,"0644",O)),...r.length>0?[l(_.$H,"0644",r.join(""))]:[],...o?[l(_.v1,"0700",o)]:[],l(_.MA,"0644",t)]}function Cn(n,e){return e&&n.registration.forge==="gitlab"?{...n,card:G(e.brief)}:n}function Rn({registration:n},e){return n.forge==="gitlab"?[[_.Cj,xn]]:[[_.Cj,jn(e)],[_.Aw,Sn(e)]]}function Pn(n,e){const{node:t}=n,o=t?(0,yn.basename)(L.l.program):"runner.tar.gz",r=(a,l,f,O)=>[[f,"0600",Dn(a,l,e)],[O,"0644",`${a.sha256}  ${l}
`]];return[...r(n,o,L.l.download,L.l.digest),...t?r(t,"node.tar.gz",L.l.nodeDownload,L.l.nodeDigest):[]]}function Dn({url:n,...e},t,{proxy:o}){const r=n.startsWith("https:")?o.https:o.http;return vn([["url",n],["output",t],..."bearer"in e&&e.bearer?[["header",`Authorization: Bearer ${e.bearer}`]]:[],["fail"],["location"],["silent"],["show-error"],["connect-timeout","20"],["speed-limit","1000"],["speed-time","60"],...r?[["proxy",r]]:[],...r&&o.no?[["noproxy",o.no]]:[]])}function Ln(n){const{assets:e,certificates:t="",sshPublicKey:o}=n,r={...n.config,proxy:(0,B.Yy)(n.config.proxy,n.ground.direct)},a=(0,p.WW)(t);return{files:An({...n,config:r,agent:e.agent,certificates:a}),fuses:hn({...n,config:r}),start:fn,keys:o===void 0?[]:[o],authorities:a,...n.download.image?{image:n.download.image}:{}}}function Nn(n){return dn[n.carrier](Ln(n))}function Tn(n,e){const t=(0,p.WW)(n.certificates??""),o=f=>Nn({...n,certificates:t.slice(t.length-f).join("")}),r=o(t.length);if(r.length<=e||t.length===0)return{payload:r,leftOut:[]};let[a,l]=[0,t.length];for(;l-a>1;){const f=Math.floor((a+l)/2);o(f).length<=e?a=f:l=f}return{payload:o(a),leftOut:t.slice(0,t.length-a)}}function Un(n,e,t=0){if(!(n.length<=e))throw new $.HR("invalid-input",{tried:"fit what the machine needs into its user data",said:`${n.length} bytes compressed, and the cloud takes ${e}`,why:t?`It contains a cloud-startup-script of ${t} bytes (before compression).`:"The labels and the name may be very long.",fix:t?"shorten cloud-startup-script, for example by letting it download the rest of its work.":"shorten the labels and the name."})}var q=c(9989),Bn=c(6641),W=c(6452);function nn({lease:n,labels:e}){return[...e,(0,W.Q$)(n.identity)]}function K(n,e){const{account:t}=e;return[...en(n,e),...t===void 0?[]:[(0,W._3)(t)],(0,W.Az)(n.lease)]}function en(n,{cloud:e,region:t}){return[...nn(n),(0,W.sk)(e,t)]}function tn(n,e){return{name:n.lease.name,labels:K(n,e),single:n.single,platform:e.platform,...e.docker===!1?{docker:!1}:{},lifetime:n.lease.expiresAt-n.lease.dueAt+n.launchTimeout,...n.workdir?{workdir:n.workdir}:{}}}async function Wn(n,e,t){const o=new Map(e.toReversed().map(r=>[r.cloud,r]));for(const r of o.values())await Hn(n,r,t)}async function Hn(n,e,t){const o={...e,account:""},r=t.forge.sampleRegistration(tn(n,o)),{leftOut:a}=await on(n,o,r,t);a.length>0&&t.host.log.warn(`${o.cloud} takes no more than ${t.clouds.of(o).limits.payloadBytes} bytes for a machine, so ${a.length} certificate authorities of NODE_EXTRA_CA_CERTS stay behind: ${In(a)}. Where the machine needs one of them, name a file that holds it alone.`)}function In(n){const e=n.slice(-5).map(p.zr).join(", ");return n.length>5?`${e} and ${n.length-5} before them`:e}async function zn(n,e,t,o){return(await on(n,e,t,o)).payload}async function on(n,e,t,{clouds:o,forge:r,host:a,signal:l}){const f=await r.download(e.platform,l);f.bearer&&a.mask(f.bearer);const{startupScript:O,sshPublicKey:M,certificates:H,launchTimeout:P}=n,{payloadBytes:rn,carrier:Zn}=o.of(e).limits,Xn={config:Kn(n,e,t),download:f,launchTimeout:P,ground:e.ground,carrier:Zn,assets:Jn(n,e),card:Fn(n,e),...O?{startupScript:O}:{},...M?{sshPublicKey:M}:{},...H?{certificates:H}:{}},sn=Tn(Xn,rn);return Un(sn.payload,rn,O?.length),sn}function Fn({lease:n},e){const{price:t,market:o}=e,r=new Date(n.expiresAt*1e3).toISOString().replace(".000","");return{text:`${(0,q.c)(e)}: ${(0,Bn._B)(t,o)}, ends at ${r} at the latest`,brief:`${(0,q.c)(e)}${t?`, ${t.usdPerHour} USD/h`:""}, ends by ${r.replace(/:\d\dZ$/,"Z")}`,...t?{usdPerHour:t.usdPerHour}:{}}}function Jn({assets:n},{cloud:e}){const t=n.get(e);if(t)return t;throw new $.HR("internal",{tried:`set up a machine of ${e}`,said:"nothing to run there was read"})}function Kn(n,e,t){return{version:g.gv,identity:n.lease.identity,cloud:e.cloud,name:n.lease.name,labels:K(n,e),single:n.single,idleTimeout:Number.isFinite(n.idleTimeout)?n.idleTimeout:null,expiresAt:n.lease.expiresAt,startupScript:n.startupScript!==void 0,registration:t,proxy:n.proxy,...n.workdir?{workdir:n.workdir}:{}}}}),6484:((N,E,c)=>{c.d(E,{TH:()=>p,TZ:()=>k,gv:()=>g});const g=1,p=/^cml-runner (\d{10}) ([a-z-]+)(?:: (.*))?$/,$=null;function k(b,v,i){return`cml-runner ${Math.floor(b)} ${v}${i?`: ${i}`:""}`}}),9224:((N,E,c)=>{c.d(E,{$H:()=>b,$W:()=>$,Aw:()=>i,Cj:()=>v,JL:()=>A,MA:()=>p,iR:()=>g,q0:()=>C,v1:()=>k,wk:()=>j});const g="/opt/cml-runner",p="/opt/cml-runner/agent.js",$="/opt/cml-runner/agent.json",k="/opt/cml-runner/startup-script",b="/opt/cml-runner/certificates.pem",v="/opt/cml-runner/hooks/job-started.sh",i="/opt/cml-runner/hooks/job-completed.sh",y="/opt/actions-runner",j="/run/cml-runner",A="/run/cml-runner/hooks",D="/run/cml-runner/settled-",C="/run/cml-runner/packages-done",U="/run/cml-runner/request.curl",s="/dev/console",d="/home/runner"}),8951:((N,E,c)=>{c.d(E,{_U:()=>g,m_:()=>$,oz:()=>p,ri:()=>k});const g={sent:"/opt/cml-runner-sent",home:"/opt/cml-runner",agent:"/opt/cml-runner/agent.js",node:"/opt/cml-runner/node",tree:"/opt/cml-runner/runner",certificates:"/opt/cml-runner/certificates.pem",startupScript:"/opt/cml-runner/startup-script",jobStartedHook:"/opt/cml-runner/hooks/job-started.sh",jobCompletedHook:"/opt/cml-runner/hooks/job-completed.sh",state:"/run/cml-runner",config:"/run/cml-runner/agent.json"},p={bring:"bring.sh",start:"start.sh"};function $(b){return Buffer.from(JSON.stringify(b))}function k(b){return JSON.parse(b.toString("utf8"))}}),6641:((N,E,c)=>{c.d(E,{Ke:()=>b,Zl:()=>$,_B:()=>g,aS:()=>p,yz:()=>k});function g(i,y){return i?`${p(i)} (${y}, ${i.source} of ${i.asOf})`:p(i)}function p(i){return i?$(i):"price not known"}function $({usdPerHour:i}){return`${v(i)} an hour`}function k({usdPerHour:i},y){return v(Math.ceil(i*(y/36))/100,2)}function b(i){return v(i,2)}function v(i,y){const j=y??(i<1?4:2);return`$${i.toFixed(j)}`}}),3999:((N,E,c)=>{c.d(E,{$r:()=>k,Dt:()=>D,OS:()=>b,a9:()=>C,uz:()=>v});var g=c(422),p=c(2793),$=c(8815);async function k(s,d,u,m){const{machines:h,unreadable:w}=await u.clouds.list(y(s),d,m);return{...i(h,s,u),unreadable:w}}async function b(s,d,u,m){const{unreadable:h,...w}=await k(s,d,u,m);if(h.length>0)throw(0,g.cc)(h.map(({failure:x})=>x));return w}async function v(s,d,u,m){const h=await u.clouds.of(s).look(s,m);if(h)return h.state==="gone"?{ours:[],strangers:[]}:i([h],d,u)}function i(s,d,u){const m=s.filter(h=>{const w=(0,p.Dx)(h,d);return w!==void 0&&A(h,w,u),w!==void 0});return{ours:(0,p.nO)(s,d),strangers:m}}function y({scope:s,identity:d,run:u,roughly:m=!1}){return d!==void 0?{identity:d}:u===void 0?{scope:s}:{run:u,roughly:m}}const j=new WeakMap;function A(s,d,{clouds:u,host:m}){const h=j.get(u)??new Set;if(j.set(u,h),h.has(`${(0,$.r4)(s)} ${s.id}`))return;h.add(`${(0,$.r4)(s)} ${s.id}`);const{damage:w}=s,x=w?` If it is of no use, remove it with: ${u.of(s).removalCommand(s)}`:"";m.log.warn(`Machine ${s.id} in ${s.region} is left alone: ${d}.${x}`)}async function D(s,d,u,m){const{ours:h,strangers:w,unreadable:x}=await k(s,d,u,m),S=new Set(x.map(({place:T})=>(0,$.r4)(T)));return{ours:h,strangers:w,readable:new Set(d.map($.r4).filter(T=>!S.has(T))),problems:U(x)}}function C({forge:s},d){const u=async()=>{const m=[];for await(const h of s.listRunners(d,"ours"))m.push(...h.filter(p.yF));return m};return(0,g.wM)(u(),d)}function U(s){const[d]=s;if(!d)return[];const u=s.map(({place:S})=>S),m=[...new Set(u.map(({cloud:S})=>S))],h=m.length>1?(0,$.DJ)(u):u.map(({region:S})=>S).join(", "),w=(0,g.cc)(s.map(({failure:S})=>S)),x={tried:`look in every region of ${m.join(" and ")}`,said:`${s.length} could not be read: ${h}`,why:'What is in a region that cannot be read is not known, so "nothing is there" cannot be said.',fix:"give these credentials the right to list machines there, or name the regions to look in with `cloud-region`.",details:w.message.split(`
`)};return[new g.HR(d.failure.kind,x)]}})};
