"use strict";exports.id=1803,exports.ids=[1803],exports.modules={6878:((B,A,o)=>{o.d(A,{I:()=>w});async function w(d,{namesake:O,twin:y},c){if(!O)return;const{takeName:E}=await o.e(6661).then(o.bind(o,6661));await E(d,{namesake:O,twin:y},c)}}),5035:((B,A,o)=>{o.d(A,{Y:()=>O,Z:()=>y});var w=o(3999);const d={most:12,spacing:1e3};async function O(c,E,m){const{clock:a,signal:u}=m;for(let h=1;;h++){const p=y((await(0,w.OS)(c,E,m,u)).ours);if(p||h>=d.most)return p;await a.sleep(d.spacing,u)}}function y(c){return c.find(({ended:E,state:m})=>!E&&(m==="pending"||m==="running"))}}),3841:((B,A,o)=>{o.d(A,{M1:()=>Dt,PC:()=>Z,L_:()=>ot,ek:()=>xt,H3:()=>rt,dU:()=>et});var w=o(6484),d=o(4626),O=o(422),y=o(8522),c=o(7598);function E(t){const n=(0,c.createHash)("sha256");for(const{text:s}of t)n.update(s);const e=`==cml-runner-${n.digest("hex").slice(0,24)}==`,r=t.map(s=>`--${e}
${m(s)}
`).join("");return`Content-Type: multipart/mixed; boundary="${e}"
MIME-Version: 1.0

${r}--${e}--
`}function m({type:t,filename:n,text:e}){if(!a(e))throw new Error(`${n} is not plain ASCII`);return[`Content-Type: ${t}; charset="us-ascii"`,"MIME-Version: 1.0","Content-Transfer-Encoding: 7bit",`Content-Disposition: attachment; filename="${n}"`,"",e].join(`
`)}function a(t){return/^[\t\n\x20-\x7e]*$/.test(t)}const u="fuses.sh",h=`/var/lib/cloud/instance/boothooks/${u}`;function p({files:t,fuses:n,start:e,keys:r,authorities:s}){const S={bootcmd:[["sh",h]],...r.length>0?{ssh_authorized_keys:r}:{},...s.length>0?{ca_certs:{trusted:s}}:{},write_files:t.map(C)},$=E([{type:"text/cloud-boothook",filename:u,text:n+e},{type:"text/cloud-config",filename:"files.json",text:`#cloud-config
${JSON.stringify(S)}
`}]),P=$.lastIndexOf(t.at(-1)?.path??"");return x($,P+Math.max(0,$.slice(P).search(/[\w+/]{1000}/)))}function C({path:t,permissions:n,content:e}){const r=e.toString("latin1");return a(r)?{path:t,permissions:n,content:r}:{path:t,permissions:n,encoding:"b64",content:e.toString("base64")}}function x(t,n){const e=[t.slice(0,n),t.slice(n)];return Buffer.concat(e.map(r=>(0,y.gzipSync)(r,{level:9,memLevel:9})))}var v=o(8951);function M({files:t,image:n}){if(!n)throw new Error("a pod needs the image of the forge's program");const e=[{path:v.oz.bring,permissions:"",content:Buffer.from(f(n.path))},{path:v.oz.start,permissions:"",content:Buffer.from(k)},...t.filter(({path:r})=>i(r)).map(r=>({...r,path:l(r.path)}))];return(0,v.m_)({image:n.name,files:Object.fromEntries(e.map(({path:r,content:s})=>[r,s.toString("base64")]))})}const T=["packages.sh","runner.curl","runner.sha256"];function i(t){return t.startsWith(`${v._U.home}/`)&&!T.includes(l(t))}function l(t){return t.slice(v._U.home.length+1)}const g=`#!/bin/sh
set -eu
umask 000
root=\${CML_RUNNER_ROOT:-}
home=$root${v._U.home}
tree=$root${v._U.tree}
state=$root${v._U.state}
say() { printf 'cml-runner %s %s\\n' "$(date +%s)" "$1"; }
`,f=t=>`${g}sent=$root${v._U.sent}
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
from=$root${t}
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
`,k=`${g}[ "$(date +%s)" -lt "\${CML_RUNNER_DUE_AT:-0}" ] || {
  say 'ending: the launch has given up before this pod began'
  exit 0
}
unset CML_RUNNER_DUE_AT
umask 022
mkdir -p "$state/hooks"
: >"$state/packages-done"
if [ -e "$home/certificates.pem" ]; then export NODE_EXTRA_CA_CERTS="$home/certificates.pem"; fi
exec "$home/node" "$home/agent.js"
`,b="ubuntu",j=`root=\${CML_RUNNER_ROOT:-}
put() (
umask 022
mkdir -p "$root\${2%/*}"
rm -f "$root$2"
umask 077
"$3" \${4:-} >"$root$2"
chmod "$1" "$root$2"
)
`;function W({files:t,fuses:n,start:e,keys:r,authorities:s}){const S=[n,j,...t.map(L),...s.length>0?[z(s)]:[],...r.length>0?[I(r)]:[],e].join("");if(!a(S))throw new Error("the startup script is not plain ASCII");return Buffer.from(S,"latin1")}function L({path:t,permissions:n,content:e}){if(!/^[\w./-]+$/.test(t))throw new Error(`a path that a shell could misread: ${t}`);const r=e.toString("latin1");return a(r)&&r.endsWith(`
`)?H(`put ${n} ${t} cat`,r):H(`put ${n} ${t} base64 -d`,`${e.toString("base64")}
`)}function H(t,n){const e=`END-${(0,c.createHash)("sha256").update(n).digest("hex").slice(0,24)}`;return`${t} <<'${e}'
${n}${e}
`}function z(t){const n=e=>`/usr/local/share/ca-certificates/cml-runner-${e+1}.crt`;return[...t.map((e,r)=>L({path:n(r),permissions:"0644",content:Buffer.from(e)})),`if command -v update-ca-trust >/dev/null; then
`,`cp "$root"/usr/local/share/ca-certificates/cml-runner-*.crt "$root/etc/pki/ca-trust/source/anchors"
`,`update-ca-trust
`,`else update-ca-certificates; fi >/dev/null 2>&1
`].join("")}function I(t){const n=`"$root/home/${b}"`;return[`getent passwd ${b} >/dev/null || {
`,`getent group ${b} >/dev/null || groupadd ${b}
`,`useradd --gid ${b} --create-home --home-dir ${n} --shell /bin/bash ${b}
`,`}
`,L({path:"/etc/sudoers.d/90-cml-runner-login",permissions:"0440",content:Buffer.from(`${b} ALL=(ALL) NOPASSWD:ALL
`)}),`mkdir -p ${n}/.ssh
`,H(`cat >>${n}/.ssh/authorized_keys`,t.map(e=>`${e}
`).join("")),`chmod 0700 ${n}/.ssh
`,`chmod 0600 ${n}/.ssh/authorized_keys
`,`chown -hR ${b}: ${n}/.ssh
`].join("")}const _={"cloud-init":p,"startup-script":W,mounted:M};var N=o(9724);const K=`systemctl --no-block start cml-runner-bootstrap.service
`;function ut({config:t,launchTimeout:n,ground:e,assets:r}){const s=U=>{if(!Number.isSafeInteger(U)||U<=0)throw new TypeError(`not a whole number of seconds: ${U}`);return String(U)},S=[`DEADLINE=${s(Math.floor(t.expiresAt))}`,`LAUNCH_TIMEOUT=${s(Math.ceil(n))}`].join(`
`),[$,P]=[r.fuses,r.bootstrap].map(U=>Q(dt(U,e))),R=X(e)?Y("farewell",ft(e,t)):"";return`#!/bin/sh
${S}
${Y("bootstrap",P??"")}${R}${$}`}function lt(t,{registration:n}){return`#!/bin/sh
NEEDS='${n.forge==="github"?"libicu docker":n.executor==="docker"?"docker git":"git docker"}'
${Q(t)}`}function X({powerOff:t,farewell:n}){return t!=="ends"&&n!==""}function dt(t,n){const e=X(n)?n.powerOff:"ends";let r=!0;return t.split(`
`).filter(S=>{const[,$]=/^#:(.*)$/.exec(S)??[];return $!==void 0&&(r=$.trim()===""||$.trim().split(" ").includes(e)),$===void 0&&r}).join(`
`)}function Q(t){return t.replace(/^[ \t]*#(?!!).*\n/gm,"").replace(/^ +/gm,"")}function ft({farewell:t},{proxy:n}){return`${Object.entries((0,N.wP)(n)).map(([r,s])=>`export ${r}='${s}'
`).join("")}${t.trimEnd()}
`}function Y(t,n){const e=t.toUpperCase();if(n.split(`
`).includes(e))throw new Error(`a line of the ${t} would end it: ${e}`);return`${t}() {
cat <<'${e}'
${n}${e}
}
`}var ht=o(6760);function mt(t){const n={...t,registration:pt(t.registration)};return JSON.stringify(n).replace(/[\u007f-\uffff]/g,e=>`\\u${e.charCodeAt(0).toString(16).padStart(4,"0")}`)}function Nt(t){const{registration:n,...e}=JSON.parse(t);return"pieces"in n?{...e,registration:{forge:"github",kind:"jit",config:V(n.pieces)}}:{...e,registration:n}}function pt(t){if(t.kind!=="jit")return t;const n=G(t.config).split(/"([A-Za-z0-9+/=]{8,})"/).map((e,r)=>r%2?G(e):e);return V(n)===t.config?{forge:"github",kind:"jit",pieces:n}:t}function V(t){return q(t.map((n,e)=>e%2?`"${q(n)}"`:n).join(""))}function G(t){return Buffer.from(t,"base64").toString("utf8")}function q(t){return Buffer.from(t,"utf8").toString("base64")}function gt(t){return[...$t,...t].map(([n,e])=>e===void 0?`${n}
`:`${n} = ${wt(e)}
`).join("")}const $t=[["proto","=https,http"],["proto-redir","=https,http"],["proto-default","https"]];function wt(t){if(new RegExp("\\p{Cc}","u").test(t))throw new RangeError("a control character in a setting of curl");return`"${t.replace(/[\\"]/g,"\\$&")}"`}var D=o(9364);const J=`#!/bin/bash
root=\${0%${D.oS.home}/*}
`,tt=t=>`{ : >"$root${D.oS.hooks}/${t}-$(date +%s%N)"; } 2>/dev/null || true
`,nt=`docker() { [ -e "$root${D.oS.packagesDone}" ]; }
folder() { [ ! -e "$root${D.oS.state}/returning" ]; }
docker || echo 'Waiting for the installation of Docker'
folder || echo 'Waiting for the work folder: files of the job before are being given back'
for _ in {1..360}; do
  docker && folder && break
  sleep 0.5 || true
done
docker || echo 'Docker is still not installed: this job goes on without it'
exit 0
`,yt=`${J}${tt("started")}${nt}`,bt=`${J}${tt("completed")}exit 0
`,vt=`${J}${nt}`,Ot=`$nrconf{override_rc}{qr(^cml-runner-)} = 0;
`;function Et({config:t,download:n,agent:e,packages:r,startupScript:s,certificates:S}){const $=(P,R,U)=>({path:P,permissions:R,content:Buffer.from(U)});return[$(D.oS.config,"0600",mt(t)),$(D.lm.packagesScript,"0755",r),...St(n,t).map(([P,R,U])=>$(P,R,U)),...kt(t).map(([P,R])=>$(P,"0755",R)),$(D.lm.sudoers,"0440",`runner ALL=(ALL) NOPASSWD:ALL
`),$(D.lm.needrestart,"0644",Ot),...(0,N.Ue)(t.proxy).map(({path:P,text:R})=>$(P,"0644",R)),...S.length>0?[$(D.oS.certificates,"0644",S.join(""))]:[],...s?[$(D.oS.startupScript,"0700",s)]:[],$(D.oS.agent,"0644",e)]}function kt({registration:t}){return t.forge==="gitlab"?[[D.oS.jobStartedHook,vt]]:[[D.oS.jobStartedHook,yt],[D.oS.jobCompletedHook,bt]]}function St(t,n){const{node:e}=t,r=e?(0,ht.basename)(D.lm.program):"runner.tar.gz",s=(S,$,P,R)=>[[P,"0600",_t(S,$,n)],[R,"0644",`${S.sha256}  ${$}
`]];return[...s(t,r,D.lm.download,D.lm.digest),...e?s(e,"node.tar.gz",D.lm.nodeDownload,D.lm.nodeDigest):[]]}function _t({url:t,...n},e,{proxy:r}){const s=t.startsWith("https:")?r.https:r.http;return gt([["url",t],["output",e],..."bearer"in n&&n.bearer?[["header",`Authorization: Bearer ${n.bearer}`]]:[],["fail"],["location"],["silent"],["show-error"],["connect-timeout","20"],["speed-limit","1000"],["speed-time","60"],...s?[["proxy",s]]:[],...s&&r.no?[["noproxy",r.no]]:[]])}function Pt(t){const{assets:n,certificates:e="",sshPublicKey:r}=t,s={...t.config,proxy:(0,N.Yy)(t.config.proxy,t.ground.direct)},S=(0,d.WW)(e);return{files:Et({...t,config:s,agent:n.agent,packages:lt(n.packages,s),certificates:S}),fuses:ut({...t,config:s}),start:K,keys:r===void 0?[]:[r],authorities:S,...t.download.image?{image:t.download.image}:{}}}function At(t){return _[t.carrier](Pt(t))}function Mt(t,n){const e=(0,d.WW)(t.certificates??""),r=P=>At({...t,certificates:e.slice(e.length-P).join("")}),s=r(e.length);if(s.length<=n||e.length===0)return{payload:s,leftOut:[]};let[S,$]=[0,e.length];for(;$-S>1;){const P=Math.floor((S+$)/2);r(P).length<=n?S=P:$=P}return{payload:r(S),leftOut:e.slice(0,e.length-S)}}function Ct(t,n,e=0){if(!(t.length<=n))throw new O.HR("invalid-input",{tried:"fit what the machine needs into its user data",said:`${t.length} bytes compressed, and the cloud takes ${n}`,why:e?`It contains a cloud-startup-script of ${e} bytes (before compression).`:"The labels and the name may be very long.",fix:e?"shorten cloud-startup-script, for example by letting it download the rest of its work.":"shorten the labels and the name."})}var F=o(6452);function et({lease:t,labels:n}){return[...n,(0,F.Q$)(t.identity)]}function Z(t,n){const{account:e}=n;return[...ot(t,n),...e===void 0?[]:[(0,F._3)(e)],(0,F.Az)(t.lease)]}function ot(t,{cloud:n,region:e}){return[...et(t),(0,F.sk)(n,e)]}function rt(t,n){return{name:t.lease.name,labels:Z(t,n),single:t.single,platform:n.platform,...n.docker===!1?{docker:!1}:{},lifetime:t.lease.expiresAt-t.lease.dueAt+t.launchTimeout,...t.workdir?{workdir:t.workdir}:{}}}async function Dt(t,n,e){const r=new Map(n.toReversed().map(s=>[s.cloud,s]));for(const s of r.values())await Tt(t,s,e)}async function Tt(t,n,e){const r=e.forge.sampleRegistration(rt(t,n)),{leftOut:s}=await st(t,n,r,e);s.length>0&&e.host.log.warn(`${n.cloud} takes no more than ${e.clouds.of(n).limits.payloadBytes} bytes for a machine, so ${s.length} certificate authorities of NODE_EXTRA_CA_CERTS stay behind: ${Rt(s)}. Where the machine needs one of them, name a file that holds it alone.`)}function Rt(t){const n=t.slice(-5).map(d.zr).join(", ");return t.length>5?`${n} and ${t.length-5} before them`:n}async function xt(t,n,e,r){return(await st(t,n,e,r)).payload}async function st(t,n,e,{clouds:r,forge:s,host:S,signal:$}){const P=await s.download(n.platform,$);P.bearer&&S.mask(P.bearer);const{startupScript:R,sshPublicKey:U,certificates:it,launchTimeout:Ut}=t,{payloadBytes:at,carrier:Bt}=r.of(n).limits,It={config:Lt(t,n,e),download:P,launchTimeout:Ut,ground:n.ground,carrier:Bt,assets:jt(t,n),...R?{startupScript:R}:{},...U?{sshPublicKey:U}:{},...it?{certificates:it}:{}},ct=Mt(It,at);return Ct(ct.payload,at,R?.length),ct}function jt({assets:t},{cloud:n}){const e=t.get(n);if(e)return e;throw new O.HR("internal",{tried:`set up a machine of ${n}`,said:"nothing to run there was read"})}function Lt(t,n,e){return{version:w.gv,identity:t.lease.identity,cloud:n.cloud,name:t.lease.name,labels:Z(t,n),single:t.single,idleTimeout:Number.isFinite(t.idleTimeout)?t.idleTimeout:null,expiresAt:t.lease.expiresAt,startupScript:t.startupScript!==void 0,registration:e,proxy:t.proxy,...t.workdir?{workdir:t.workdir}:{}}}}),332:((B,A,o)=>{o.d(A,{i:()=>a});var w=o(4361),d=o(3880),O=o(7159),y=o(422),c=o(2793),E=o(3999),m=o(1613);async function a(M,T){const{clouds:i,forge:l,host:g,signal:f}=T,k=i.placesOf(M.request.regions),b=i.open.map(_=>[_.name,_.account(f)]),j=(0,c.H_)(M.lease),W=await v(T,_=>{const N=i.resolve(M.request,_);return[N,u({wish:j,places:k,resolving:N},T,_),l.findRunner(M.lease.name,_)]});if(f.throwIfAborted(),"reasons"in W)throw(0,y.S$)(W.reasons.filter(_=>_!==x));const[L,{ours:H},z]=W.values;for(const _ of L.warnings)g.log.warn(_);const I=new Map(await Promise.all(b.map(async([_,N])=>[_,await(0,O.u)(N,p,T.clock)])));return{...L,candidates:L.candidates.filter(({cloud:_})=>i.knows(_)).map(_=>h(_,I.get(_.cloud))),twin:await(0,m.Px)({machines:H,namesake:z},M,T),namesake:z}}async function u({wish:M,places:T,resolving:i},l,g){const{unreadable:f,...k}=await(0,E.$r)(M,T,l,g);return f.length>0&&await o.e(9670).then(o.bind(o,9670)).then(({leaveOutBlind:b})=>b(f,i,l)),k}function h(M,T){return T===void 0?M:{...M,account:T}}const p=300,C=5e3,x=new y.HR("cancelled",{tried:"wait for the other reads"});async function v({clock:M,signal:T},i){const[l,g]=[new AbortController,new AbortController],f=async()=>{await M.sleep(C,g.signal),l.abort(x)},k=i((0,d.EB)(T,l.signal));for(const j of k)j.catch(()=>f().catch(()=>{}));const b=await(0,w.Q)(k);return g.abort(x),b}}),6861:((B,A,o)=>{o.d(A,{P9:()=>E,_5:()=>c,vl:()=>y});var w=o(7159),d=o(6641);const O=100;class y{#t;#n=Promise.resolve(void 0);constructor(a){this.#t=a}ask(a){this.#n=this.#e(a)}known(){return(0,w.u)(this.#n,O,this.#t.clock)}of(a){return(0,w.u)(this.#e(a),O,this.#t.clock)}#e(a){const{clouds:u,host:h,signal:p}=this.#t;return u.of(a).price(a,p).catch(C=>{h.log.debug(`What ${a.type} costs could not be read: ${String(C)}`)})}}function c(m,{clouds:a,signal:u}){return Promise.all(m.map(h=>a.of(h).price(h,u).catch(()=>{})))}function E(m,{market:a,launchedAt:u,type:h},{lease:p}){const C=m?`, at most ${(0,d.yz)(m,p.expiresAt-u)} by its hard end`:": neither the cloud nor the list that comes with this program tells it";return`${h}: ${(0,d._B)(m,a)}${C}. Disks, traffic and public addresses are apart.`}}),1613:((B,A,o)=>{o.d(A,{ry:()=>C,Px:()=>h,Z0:()=>M});var w=o(422),d=o(2793),O=o(351),y=o(3999),c=o(3841);async function E(i,l){const{order:g,attempts:f,ports:k}=l,{clouds:b,host:j,signal:W}=k,L=await l.registrations.for(i),H=await(0,c.ek)(g,i,L,k),z=f.doubt(i.type);f.orderedAt=k.clock.now();try{const{lease:I,request:_}=g,N=await b.requestFor(i,_),K=await b.of(i).create(i,{lease:I,payload:H,request:N},W);return j.log.info(`Created ${K.id}: ${b.render(i)}, ${i.image.name}.`),K}catch(I){const _=(0,w.aC)(I)&&f.canDoWithout(i);if(!(0,w.q4)(I)&&!_)throw I;b.of(i).limits.atomic&&f.dispel(z),_&&f.shut(i),await f.refused({candidate:i,failure:I},k);return}}var m=o(6878),a=o(5035),u=o(3188);async function h({machines:i,namesake:l},g,f){const k=(0,a.Z)(i);if(k)return k;if(!(!l||!(0,d.OM)(l,(0,d.H_)(g.lease)))&&!(!l.online&&l.connected!==!1))return f.host.log.info(`Runner ${l.name} is of an earlier try of this step: looking for its machine.`),p(g,f)}function p({lease:i,request:l},g){return(0,a.Y)((0,d.H_)(i),g.clouds.placesOf(l.regions),g)}async function C(i,l){const{lease:g}=l.order,f=await x(i,l)??await E(i,l);if(f)return(0,d.SC)(f.lease,g)?{own:f}:(await T(l),{twin:f})}async function x(i,{order:l,registrations:g,ports:f}){try{await g.for(i);return}catch(j){if(!v(j))throw j}f.host.log.info("Another try of this very launch registers its runner at this moment: looking for its machine.");const k=await p(l,f);if(k)return k;const b=await f.forge.findRunner(l.lease.name,f.signal);await(0,m.I)(l,{twin:k,namesake:b},f),g.forget()}function v(i){return i instanceof w.HR&&i.kind==="conflict"}async function M(i){const{order:l,ports:g}=i,{lease:f}=l,{host:k,signal:b}=g;if(b.aborted)return;const j=(0,u.O)(i),{ours:W}=await(0,y.OS)((0,d.H_)(f),j.places,g,b).catch(()=>({ours:[]})),L=(0,a.Z)(W.filter(H=>!(0,d.SC)(H.lease,f)));if(L)return k.log.info(`Another try of this very launch has made ${L.id}: ending our own.`),await(0,O.TF)(j,g,O.D9,b),L}async function T({order:{lease:i},ports:{forge:l,signal:g}}){const f=b=>b.connected===!1&&(0,d.dq)(b,i),k=await l.findRunner(i.name,g,f);k&&await l.unregister(k,g)}}),3188:((B,A,o)=>{o.d(A,{O:()=>y,t:()=>c});var w=o(351),d=o(686),O=o(2157);function y({order:{lease:u,request:h},attempts:p,ports:{clouds:C}}){const{created:x,adopted:v}=p;return{identity:u.identity,run:u.run,runnerName:u.name,places:C.placesOf(h.regions),...x?{known:[x]}:{},own:{lease:u,...v?{adopted:v.id}:{}}}}async function c(u,h){const{host:p,signal:C}=h.ports;if(C.aborted&&p.postFollows)return;const x=u instanceof Error?u.message.split(`
`)[0]:String(u);p.log.info(`The launch failed (${x}). Removing everything of it.`);try{const{spared:v}=await(0,d.inTime)(h.ports,E,M=>a({...h,ports:M}));(0,O.q)(p,v.length>0?{handedOver:!0}:{removed:!0}),p.log.info(`Nothing of this launch is left${v.length>0?`, save what another try of it made: ${v.join(", ")}`:""}.`)}catch(v){p.log.error(v instanceof Error?v.message:String(v))}}const E={tried:"undo the launch",patience:24e4,grace:2e4},m={refused:1,known:2,unheard:5};function a(u){const{attempts:h,ports:p}=u,{host:C,signal:x}=p,v=y(u),{mayExist:M,created:T,adopted:i}=h;if(!x.aborted||!C.hurried)return(0,w.TF)(v,p,M?w.D9:w.rI);const l=M?T||i?"known":"unheard":"refused";return(0,w.uq)(v,p,m[l])}}),4361:((B,A,o)=>{o.d(A,{Q:()=>w});async function w(d){const y=(await Promise.allSettled(d)).flatMap(c=>c.status==="rejected"?[c.reason]:[]);return y.length>0?{reasons:y}:{values:await Promise.all(d)}}}),7159:((B,A,o)=>{o.d(A,{u:()=>w});async function w(d,O,y){const c=new AbortController,E=y.sleep(O,c.signal).then(()=>{},()=>{});try{return await Promise.race([d,E])}finally{c.abort()}}}),8951:((B,A,o)=>{o.d(A,{_U:()=>w,m_:()=>O,oz:()=>d,ri:()=>y});const w={sent:"/opt/cml-runner-sent",home:"/opt/cml-runner",agent:"/opt/cml-runner/agent.js",node:"/opt/cml-runner/node",tree:"/opt/cml-runner/runner",certificates:"/opt/cml-runner/certificates.pem",startupScript:"/opt/cml-runner/startup-script",jobStartedHook:"/opt/cml-runner/hooks/job-started.sh",jobCompletedHook:"/opt/cml-runner/hooks/job-completed.sh",state:"/run/cml-runner",config:"/run/cml-runner/agent.json"},d={bring:"bring.sh",start:"start.sh"};function O(c){return Buffer.from(JSON.stringify(c))}function y(c){return JSON.parse(c.toString("utf8"))}}),6641:((B,A,o)=>{o.d(A,{Zl:()=>d,_B:()=>w,yz:()=>O});function w(c,E){return c?`${d(c)} (${E}, ${c.source} of ${c.asOf})`:"price not known"}function d({usdPerHour:c}){return`${y(c)} an hour`}function O({usdPerHour:c},E){return y(Math.ceil(c*(E/36))/100,2)}function y(c,E){const m=E??(c<1?4:2);return`$${c.toFixed(m)}`}}),2157:((B,A,o)=>{o.d(A,{h:()=>y,q:()=>O});var w=o(3920);const d={identity:"identity",creating:"creating",removed:"removed",machine:"instance",adopted:"adopted",handedOver:"handed-over",reused:"reused",stopped:"stopped",leftOut:"left-out"};function O(m,a){for(const[u,h]of Object.entries(a)){const p=typeof h=="object"?JSON.stringify(h):String(h);m.saveState(d[u],p)}}function y(m){const a=C=>m.readState(d[C]),u=C=>a(C)==="true",h=a("identity"),p=E(a("machine"));return{...h!==void 0&&w.L2.test(h)?{identity:h}:{},known:h!==void 0,creating:u("creating"),adopted:u("adopted"),handedOver:u("handedOver"),reused:u("reused"),removed:u("removed"),stopped:u("stopped"),leftOut:c(a("leftOut")),...p?{machine:p}:{}}}function c(m){try{const a=JSON.parse(m??"[]");return Array.isArray(a)?a.filter(u=>typeof u=="string"):[]}catch{return[]}}function E(m){try{const a=JSON.parse(m??"");return typeof a=="object"&&a!==null?a:void 0}catch{return}}})};
