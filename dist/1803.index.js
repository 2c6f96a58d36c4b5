"use strict";exports.id=1803,exports.ids=[1803],exports.modules={6878:((I,S,r)=>{r.d(S,{I:()=>b});async function b(c,{namesake:O,twin:u},h){if(!O)return;const{takeName:v}=await r.e(6661).then(r.bind(r,6661));await v(c,{namesake:O,twin:u},h)}}),5035:((I,S,r)=>{r.d(S,{Y:()=>O,Z:()=>u});var b=r(3999);const c={most:12,spacing:1e3};async function O(h,v,m){const{clock:l,signal:i}=m;for(let w=1;;w++){const g=u((await(0,b.OS)(h,v,m,i)).ours);if(g||w>=c.most)return g;await l.sleep(c.spacing,i)}}function u(h){return h.find(({ended:v,state:m})=>!v&&(m==="pending"||m==="running"))}}),808:((I,S,r)=>{r.d(S,{M1:()=>xt,PC:()=>X,L_:()=>ot,ek:()=>Nt,H3:()=>rt,dU:()=>et});var b=r(6484),c=r(4626),O=r(422),u=r(8522),h=r(7598);function v(t){const n=(0,h.createHash)("sha256");for(const{text:s}of t)n.update(s);const e=`==cml-runner-${n.digest("hex").slice(0,24)}==`,o=t.map(s=>`--${e}
${m(s)}
`).join("");return`Content-Type: multipart/mixed; boundary="${e}"
MIME-Version: 1.0

${o}--${e}--
`}function m({type:t,filename:n,text:e}){if(!l(e))throw new Error(`${n} is not plain ASCII`);return[`Content-Type: ${t}; charset="us-ascii"`,"MIME-Version: 1.0","Content-Transfer-Encoding: 7bit",`Content-Disposition: attachment; filename="${n}"`,"",e].join(`
`)}function l(t){return/^[\t\n\x20-\x7e]*$/.test(t)}const i="fuses.sh",w=`/var/lib/cloud/instance/boothooks/${i}`;function g({files:t,fuses:n,start:e,keys:o,authorities:s}){const E={bootcmd:[["sh",w]],...o.length>0?{ssh_authorized_keys:o}:{},...s.length>0?{ca_certs:{trusted:s}}:{},write_files:t.map(D)},p=v([{type:"text/cloud-boothook",filename:i,text:n+e},{type:"text/cloud-config",filename:"files.json",text:`#cloud-config
${JSON.stringify(E)}
`}]),k=p.lastIndexOf(t.at(-1)?.path??"");return L(p,k+Math.max(0,p.slice(k).search(/[\w+/]{1000}/)))}function D({path:t,permissions:n,content:e}){const o=e.toString("latin1");return l(o)?{path:t,permissions:n,content:o}:{path:t,permissions:n,encoding:"b64",content:e.toString("base64")}}function L(t,n){const e=[t.slice(0,n),t.slice(n)];return Buffer.concat(e.map(o=>(0,u.gzipSync)(o,{level:9,memLevel:9})))}const d={sent:"/opt/cml-runner-sent",home:"/opt/cml-runner",agent:"/opt/cml-runner/agent.js",node:"/opt/cml-runner/node",tree:"/opt/cml-runner/runner",certificates:"/opt/cml-runner/certificates.pem",startupScript:"/opt/cml-runner/startup-script",jobStartedHook:"/opt/cml-runner/hooks/job-started.sh",jobCompletedHook:"/opt/cml-runner/hooks/job-completed.sh",state:"/run/cml-runner",config:"/run/cml-runner/agent.json"},M={bring:"bring.sh",start:"start.sh"};function N(t){return Buffer.from(JSON.stringify(t))}function a(t){return JSON.parse(t.toString("utf8"))}function f({files:t,image:n}){if(!n)throw new Error("a pod needs the image of the forge's program");const e=[{path:M.bring,permissions:"",content:Buffer.from(x(n.path))},{path:M.start,permissions:"",content:Buffer.from(W)},...t.filter(({path:o})=>$(o)).map(o=>({...o,path:_(o.path)}))];return N({image:n.name,files:Object.fromEntries(e.map(({path:o,content:s})=>[o,s.toString("base64")]))})}const y=["packages.sh","runner.curl","runner.sha256"];function $(t){return t.startsWith(`${d.home}/`)&&!y.includes(_(t))}function _(t){return t.slice(d.home.length+1)}const P=`#!/bin/sh
set -eu
umask 000
root=\${CML_RUNNER_ROOT:-}
home=$root${d.home}
tree=$root${d.tree}
state=$root${d.state}
say() { printf 'cml-runner %s %s\\n' "$(date +%s)" "$1"; }
`,x=t=>`${P}sent=$root${d.sent}
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
`,W=`${P}[ "$(date +%s)" -lt "\${CML_RUNNER_DUE_AT:-0}" ] || {
  say 'ending: the launch has given up before this pod began'
  exit 0
}
unset CML_RUNNER_DUE_AT
umask 022
mkdir -p "$state/hooks"
: >"$state/packages-done"
if [ -e "$home/certificates.pem" ]; then export NODE_EXTRA_CA_CERTS="$home/certificates.pem"; fi
exec "$home/node" "$home/agent.js"
`,T="ubuntu",U=`root=\${CML_RUNNER_ROOT:-}
put() (
umask 022
mkdir -p "$root\${2%/*}"
rm -f "$root$2"
umask 077
"$3" \${4:-} >"$root$2"
chmod "$1" "$root$2"
)
`;function A({files:t,fuses:n,start:e,keys:o,authorities:s}){const E=[n,U,...t.map(B),...s.length>0?[K(s)]:[],...o.length>0?[ut(o)]:[],e].join("");if(!l(E))throw new Error("the startup script is not plain ASCII");return Buffer.from(E,"latin1")}function B({path:t,permissions:n,content:e}){if(!/^[\w./-]+$/.test(t))throw new Error(`a path that a shell could misread: ${t}`);const o=e.toString("latin1");return l(o)&&o.endsWith(`
`)?H(`put ${n} ${t} cat`,o):H(`put ${n} ${t} base64 -d`,`${e.toString("base64")}
`)}function H(t,n){const e=`END-${(0,h.createHash)("sha256").update(n).digest("hex").slice(0,24)}`;return`${t} <<'${e}'
${n}${e}
`}function K(t){const n=e=>`/usr/local/share/ca-certificates/cml-runner-${e+1}.crt`;return[...t.map((e,o)=>B({path:n(o),permissions:"0644",content:Buffer.from(e)})),`if command -v update-ca-trust >/dev/null; then
`,`cp "$root"/usr/local/share/ca-certificates/cml-runner-*.crt "$root/etc/pki/ca-trust/source/anchors"
`,`update-ca-trust
`,`else update-ca-certificates; fi >/dev/null 2>&1
`].join("")}function ut(t){const n=`"$root/home/${T}"`;return[`getent passwd ${T} >/dev/null || {
`,`getent group ${T} >/dev/null || groupadd ${T}
`,`useradd --gid ${T} --create-home --home-dir ${n} --shell /bin/bash ${T}
`,`}
`,B({path:"/etc/sudoers.d/90-cml-runner-login",permissions:"0440",content:Buffer.from(`${T} ALL=(ALL) NOPASSWD:ALL
`)}),`mkdir -p ${n}/.ssh
`,H(`cat >>${n}/.ssh/authorized_keys`,t.map(e=>`${e}
`).join("")),`chmod 0700 ${n}/.ssh
`,`chmod 0600 ${n}/.ssh/authorized_keys
`,`chown -hR ${T}: ${n}/.ssh
`].join("")}const lt={"cloud-init":g,"startup-script":A,mounted:f};var F=r(9724);const dt=`systemctl --no-block start cml-runner-bootstrap.service
`;function ft({config:t,launchTimeout:n,ground:e,assets:o}){const s=j=>{if(!Number.isSafeInteger(j)||j<=0)throw new TypeError(`not a whole number of seconds: ${j}`);return String(j)},E=[`DEADLINE=${s(Math.floor(t.expiresAt))}`,`LAUNCH_TIMEOUT=${s(Math.ceil(n))}`].join(`
`),[p,k]=[o.fuses,o.bootstrap].map(j=>Q(mt(j,e))),R=Z(e)?Y("farewell",pt(e,t)):"";return`#!/bin/sh
${E}
${Y("bootstrap",k??"")}${R}${p}`}function ht(t,{registration:n}){return`#!/bin/sh
NEEDS='${n.forge==="github"?"libicu docker":n.executor==="docker"?"docker git":"git docker"}'
${Q(t)}`}function Z({powerOff:t,farewell:n}){return t!=="ends"&&n!==""}function mt(t,n){const e=Z(n)?n.powerOff:"ends";let o=!0;return t.split(`
`).filter(E=>{const[,p]=/^#:(.*)$/.exec(E)??[];return p!==void 0&&(o=p.trim()===""||p.trim().split(" ").includes(e)),p===void 0&&o}).join(`
`)}function Q(t){return t.replace(/^[ \t]*#(?!!).*\n/gm,"").replace(/^ +/gm,"")}function pt({farewell:t},{proxy:n}){return`${Object.entries((0,F.wP)(n)).map(([o,s])=>`export ${o}='${s}'
`).join("")}${t.trimEnd()}
`}function Y(t,n){const e=t.toUpperCase();if(n.split(`
`).includes(e))throw new Error(`a line of the ${t} would end it: ${e}`);return`${t}() {
cat <<'${e}'
${n}${e}
}
`}var gt=r(6760);function $t(t){const n={...t,registration:wt(t.registration)};return JSON.stringify(n).replace(/[\u007f-\uffff]/g,e=>`\\u${e.charCodeAt(0).toString(16).padStart(4,"0")}`)}function Kt(t){const{registration:n,...e}=JSON.parse(t);return"pieces"in n?{...e,registration:{forge:"github",kind:"jit",config:V(n.pieces)}}:{...e,registration:n}}function wt(t){if(t.kind!=="jit")return t;const n=G(t.config).split(/"([A-Za-z0-9+/=]{8,})"/).map((e,o)=>o%2?G(e):e);return V(n)===t.config?{forge:"github",kind:"jit",pieces:n}:t}function V(t){return q(t.map((n,e)=>e%2?`"${q(n)}"`:n).join(""))}function G(t){return Buffer.from(t,"base64").toString("utf8")}function q(t){return Buffer.from(t,"utf8").toString("base64")}function yt(t){return[...bt,...t].map(([n,e])=>e===void 0?`${n}
`:`${n} = ${vt(e)}
`).join("")}const bt=[["proto","=https,http"],["proto-redir","=https,http"],["proto-default","https"]];function vt(t){if(new RegExp("\\p{Cc}","u").test(t))throw new RangeError("a control character in a setting of curl");return`"${t.replace(/[\\"]/g,"\\$&")}"`}var C=r(9364);const J=`#!/bin/bash
root=\${0%${C.oS.home}/*}
`,tt=t=>`{ : >"$root${C.oS.hooks}/${t}-$(date +%s%N)"; } 2>/dev/null || true
`,nt=`docker() { [ -e "$root${C.oS.packagesDone}" ]; }
folder() { [ ! -e "$root${C.oS.state}/returning" ]; }
docker || echo 'Waiting for the installation of Docker'
folder || echo 'Waiting for the work folder: files of the job before are being given back'
for _ in {1..360}; do
  docker && folder && break
  sleep 0.5 || true
done
docker || echo 'Docker is still not installed: this job goes on without it'
exit 0
`,Et=`${J}${tt("started")}${nt}`,Ot=`${J}${tt("completed")}exit 0
`,kt=`${J}${nt}`,_t=`$nrconf{override_rc}{qr(^cml-runner-)} = 0;
`;function St({config:t,download:n,agent:e,packages:o,startupScript:s,certificates:E}){const p=(k,R,j)=>({path:k,permissions:R,content:Buffer.from(j)});return[p(C.oS.config,"0600",$t(t)),p(C.lm.packagesScript,"0755",o),...Mt(n,t).map(([k,R,j])=>p(k,R,j)),...Pt(t).map(([k,R])=>p(k,"0755",R)),p(C.lm.sudoers,"0440",`runner ALL=(ALL) NOPASSWD:ALL
`),p(C.lm.needrestart,"0644",_t),...(0,F.Ue)(t.proxy).map(({path:k,text:R})=>p(k,"0644",R)),...E.length>0?[p(C.oS.certificates,"0644",E.join(""))]:[],...s?[p(C.oS.startupScript,"0700",s)]:[],p(C.oS.agent,"0644",e)]}function Pt({registration:t}){return t.forge==="gitlab"?[[C.oS.jobStartedHook,kt]]:[[C.oS.jobStartedHook,Et],[C.oS.jobCompletedHook,Ot]]}function Mt(t,n){const{node:e}=t,o=e?(0,gt.basename)(C.lm.program):"runner.tar.gz",s=(E,p,k,R)=>[[k,"0600",At(E,p,n)],[R,"0644",`${E.sha256}  ${p}
`]];return[...s(t,o,C.lm.download,C.lm.digest),...e?s(e,"node.tar.gz",C.lm.nodeDownload,C.lm.nodeDigest):[]]}function At({url:t,...n},e,{proxy:o}){const s=t.startsWith("https:")?o.https:o.http;return yt([["url",t],["output",e],..."bearer"in n&&n.bearer?[["header",`Authorization: Bearer ${n.bearer}`]]:[],["fail"],["location"],["silent"],["show-error"],["connect-timeout","20"],["speed-limit","1000"],["speed-time","60"],...s?[["proxy",s]]:[],...s&&o.no?[["noproxy",o.no]]:[]])}function Ct(t){const{assets:n,certificates:e="",sshPublicKey:o}=t,s={...t.config,proxy:(0,F.Yy)(t.config.proxy,t.ground.direct)},E=(0,c.WW)(e);return{files:St({...t,config:s,agent:n.agent,packages:ht(n.packages,s),certificates:E}),fuses:ft({...t,config:s}),start:dt,keys:o===void 0?[]:[o],authorities:E,...t.download.image?{image:t.download.image}:{}}}function Dt(t){return lt[t.carrier](Ct(t))}function Tt(t,n){const e=(0,c.WW)(t.certificates??""),o=k=>Dt({...t,certificates:e.slice(e.length-k).join("")}),s=o(e.length);if(s.length<=n||e.length===0)return{payload:s,leftOut:[]};let[E,p]=[0,e.length];for(;p-E>1;){const k=Math.floor((E+p)/2);o(k).length<=n?E=k:p=k}return{payload:o(E),leftOut:e.slice(0,e.length-E)}}function Rt(t,n,e=0){if(!(t.length<=n))throw new O.HR("invalid-input",{tried:"fit what the machine needs into its user data",said:`${t.length} bytes compressed, and the cloud takes ${n}`,why:e?`It contains a cloud-startup-script of ${e} bytes (before compression).`:"The labels and the name may be very long.",fix:e?"shorten cloud-startup-script, for example by letting it download the rest of its work.":"shorten the labels and the name."})}var z=r(6452);function et({lease:t,labels:n}){return[...n,(0,z.Q$)(t.identity)]}function X(t,n){const{account:e}=n;return[...ot(t,n),...e===void 0?[]:[(0,z._3)(e)],(0,z.Az)(t.lease)]}function ot(t,{cloud:n,region:e}){return[...et(t),(0,z.sk)(n,e)]}function rt(t,n){return{name:t.lease.name,labels:X(t,n),single:t.single,platform:n.platform,...n.docker===!1?{docker:!1}:{},lifetime:t.lease.expiresAt-t.lease.dueAt+t.launchTimeout,...t.workdir?{workdir:t.workdir}:{}}}async function xt(t,n,e){const o=new Map(n.toReversed().map(s=>[s.cloud,s]));for(const s of o.values())await jt(t,s,e)}async function jt(t,n,e){const o=e.forge.sampleRegistration(rt(t,n)),{leftOut:s}=await st(t,n,o,e);s.length>0&&e.host.log.warn(`${n.cloud} takes no more than ${e.clouds.of(n).limits.payloadBytes} bytes for a machine, so ${s.length} certificate authorities of NODE_EXTRA_CA_CERTS stay behind: ${Lt(s)}. Where the machine needs one of them, name a file that holds it alone.`)}function Lt(t){const n=t.slice(-5).map(c.zr).join(", ");return t.length>5?`${n} and ${t.length-5} before them`:n}async function Nt(t,n,e,o){return(await st(t,n,e,o)).payload}async function st(t,n,e,{clouds:o,forge:s,host:E,signal:p}){const k=await s.download(n.platform,p);k.bearer&&E.mask(k.bearer);const{startupScript:R,sshPublicKey:j,certificates:it,launchTimeout:Wt}=t,{payloadBytes:at,carrier:Ut}=o.of(n).limits,Ht={config:It(t,n,e),download:k,launchTimeout:Wt,ground:n.ground,carrier:Ut,assets:Bt(t,n),...R?{startupScript:R}:{},...j?{sshPublicKey:j}:{},...it?{certificates:it}:{}},ct=Tt(Ht,at);return Rt(ct.payload,at,R?.length),ct}function Bt({assets:t},{cloud:n}){const e=t.get(n);if(e)return e;throw new O.HR("internal",{tried:`set up a machine of ${n}`,said:"nothing to run there was read"})}function It(t,n,e){return{version:b.gv,identity:t.lease.identity,cloud:n.cloud,name:t.lease.name,labels:X(t,n),single:t.single,idleTimeout:Number.isFinite(t.idleTimeout)?t.idleTimeout:null,expiresAt:t.lease.expiresAt,startupScript:t.startupScript!==void 0,registration:e,proxy:t.proxy,...t.workdir?{workdir:t.workdir}:{}}}}),332:((I,S,r)=>{r.d(S,{i:()=>l});var b=r(4361),c=r(3880),O=r(7159),u=r(422),h=r(2793),v=r(3999),m=r(1613);async function l(d,M){const{clouds:N,forge:a,host:f,signal:y}=M,$=N.placesOf(d.request.regions),_=N.open.map(A=>[A.name,A.account(y)]),P=await L(M,A=>[N.resolve(d.request,A),(0,v.OS)((0,h.H_)(d.lease),$,M,A),a.findRunner(d.lease.name,A)]);if(y.throwIfAborted(),"reasons"in P)throw(0,u.S$)(P.reasons.filter(A=>A!==D));const[x,{ours:W},T]=P.values;for(const A of x.warnings)f.log.warn(A);const U=new Map(await Promise.all(_.map(async([A,B])=>[A,await(0,O.u)(B,w,M.clock)])));return{...x,candidates:x.candidates.map(A=>i(A,U.get(A.cloud))),twin:await(0,m.Px)({machines:W,namesake:T},d,M),namesake:T}}function i(d,M){return M===void 0?d:{...d,account:M}}const w=300,g=5e3,D=new u.HR("cancelled",{tried:"wait for the other reads"});async function L({clock:d,signal:M},N){const[a,f]=[new AbortController,new AbortController],y=async()=>{await d.sleep(g,f.signal),a.abort(D)},$=N((0,c.EB)(M,a.signal));for(const P of $)P.catch(()=>y().catch(()=>{}));const _=await(0,b.Q)($);return f.abort(D),_}}),6861:((I,S,r)=>{r.d(S,{P9:()=>v,_5:()=>h,vl:()=>u});var b=r(7159),c=r(6641);const O=100;class u{#t;#n=Promise.resolve(void 0);constructor(l){this.#t=l}ask(l){const{clouds:i,host:w,signal:g}=this.#t;this.#n=i.of(l).price(l,g).catch(D=>{w.log.debug(`What ${l.type} costs could not be read: ${String(D)}`)})}known(){return(0,b.u)(this.#n,O,this.#t.clock)}}function h(m,{clouds:l,signal:i}){return Promise.all(m.map(w=>l.of(w).price(w,i).catch(()=>{})))}function v(m,{market:l,launchedAt:i,type:w},{lease:g}){const D=m?`, at most ${(0,c.y)(m,g.expiresAt-i)} by its hard end`:": neither the cloud nor the list that comes with this program tells it";return`${w}: ${(0,c._)(m,l)}${D}. Disks, traffic and public addresses are apart.`}}),1613:((I,S,r)=>{r.d(S,{ry:()=>D,Px:()=>w,Z0:()=>M});var b=r(422),c=r(2793),O=r(351),u=r(3999),h=r(808);async function v(a,f){const{order:y,attempts:$,ports:_}=f,{clouds:P,host:x,signal:W}=_,T=await f.registrations.for(a),U=await(0,h.ek)(y,a,T,_),A=$.doubt(a.type);try{const{lease:B,request:H}=y,K=await P.of(a).create(a,{lease:B,payload:U,request:H},W);return x.log.info(`Created ${K.id}: ${P.render(a)}, ${a.image.name}.`),K}catch(B){if(!(0,b.q4)(B))throw B;P.of(a).limits.atomic&&$.dispel(A),$.refused({candidate:a,failure:B},_);return}}var m=r(6878),l=r(5035),i=r(3188);async function w({machines:a,namesake:f},y,$){const _=(0,l.Z)(a);if(_)return _;if(!(!f||!(0,c.OM)(f,(0,c.H_)(y.lease)))&&!(!f.online&&f.connected!==!1))return $.host.log.info(`Runner ${f.name} is of an earlier try of this step: looking for its machine.`),g(y,$)}function g({lease:a,request:f},y){return(0,l.Y)((0,c.H_)(a),y.clouds.placesOf(f.regions),y)}async function D(a,f){const{lease:y}=f.order,$=await L(a,f)??await v(a,f);if($)return(0,c.SC)($.lease,y)?{own:$}:(await N(f),{twin:$})}async function L(a,{order:f,registrations:y,ports:$}){try{await y.for(a);return}catch(x){if(!d(x))throw x}$.host.log.info("Another try of this very launch registers its runner at this moment: looking for its machine.");const _=await g(f,$);if(_)return _;const P=await $.forge.findRunner(f.lease.name,$.signal);await(0,m.I)(f,{twin:_,namesake:P},$),y.forget()}function d(a){return a instanceof b.HR&&a.kind==="conflict"}async function M(a){const{order:f,ports:y}=a,{lease:$}=f,{host:_,signal:P}=y;if(P.aborted)return;const x=(0,i.O)(a),{ours:W}=await(0,u.OS)((0,c.H_)($),x.places,y,P).catch(()=>({ours:[]})),T=(0,l.Z)(W.filter(U=>!(0,c.SC)(U.lease,$)));if(T)return _.log.info(`Another try of this very launch has made ${T.id}: ending our own.`),await(0,O.TF)(x,y,O.D9,P),T}async function N({order:{lease:a},ports:{forge:f,signal:y}}){const $=P=>P.connected===!1&&(0,c.dq)(P,a),_=await f.findRunner(a.name,y,$);_&&await f.unregister(_,y)}}),3188:((I,S,r)=>{r.d(S,{O:()=>u,t:()=>h});var b=r(351),c=r(686),O=r(2157);function u({order:{lease:i,request:w},attempts:g,ports:{clouds:D}}){const{created:L,adopted:d}=g;return{identity:i.identity,run:i.run,runnerName:i.name,places:D.placesOf(w.regions),...L?{known:[L]}:{},own:{lease:i,...d?{adopted:d.id}:{}}}}async function h(i,w){const{host:g,signal:D}=w.ports;if(D.aborted&&g.postFollows)return;const L=i instanceof Error?i.message.split(`
`)[0]:String(i);g.log.info(`The launch failed (${L}). Removing everything of it.`);try{const{spared:d}=await(0,c.RN)(w.ports,v,M=>l({...w,ports:M}));(0,O.q)(g,d.length>0?{handedOver:!0}:{removed:!0}),g.log.info(`Nothing of this launch is left${d.length>0?`, save what another try of it made: ${d.join(", ")}`:""}.`)}catch(d){g.log.error(d instanceof Error?d.message:String(d))}}const v={tried:"undo the launch",patience:24e4,grace:2e4},m={refused:1,known:2,unheard:5};function l(i){const{attempts:w,ports:g}=i,{host:D,signal:L}=g,d=u(i),{mayExist:M,created:N,adopted:a}=w;if(!L.aborted||!D.hurried)return(0,b.TF)(d,g,M?b.D9:b.rI);const f=M?N||a?"known":"unheard":"refused";return(0,b.uq)(d,g,m[f])}}),4361:((I,S,r)=>{r.d(S,{Q:()=>b});async function b(c){const u=(await Promise.allSettled(c)).flatMap(h=>h.status==="rejected"?[h.reason]:[]);return u.length>0?{reasons:u}:{values:await Promise.all(c)}}}),7159:((I,S,r)=>{r.d(S,{u:()=>b});async function b(c,O,u){const h=new AbortController,v=u.sleep(O,h.signal).then(()=>{},()=>{});try{return await Promise.race([c,v])}finally{h.abort()}}}),6641:((I,S,r)=>{r.d(S,{_:()=>b,y:()=>c});function b(u,h){return u?`${O(u.usdPerHour)} an hour (${h}, ${u.source} of ${u.asOf})`:"price not known"}function c({usdPerHour:u},h){return O(Math.ceil(u*(h/36))/100,2)}function O(u,h){const v=h??(u<1?4:2);return`$${u.toFixed(v)}`}}),2157:((I,S,r)=>{r.d(S,{h:()=>u,q:()=>O});var b=r(3920);const c={identity:"identity",creating:"creating",removed:"removed",machine:"instance",adopted:"adopted",handedOver:"handed-over",reused:"reused",stopped:"stopped"};function O(v,m){for(const[l,i]of Object.entries(m)){const w=typeof i=="object"?JSON.stringify(i):String(i);v.saveState(c[l],w)}}function u(v){const m=g=>v.readState(c[g]),l=g=>m(g)==="true",i=m("identity"),w=h(m("machine"));return{...i!==void 0&&b.L2.test(i)?{identity:i}:{},known:i!==void 0,creating:l("creating"),adopted:l("adopted"),handedOver:l("handedOver"),reused:l("reused"),removed:l("removed"),stopped:l("stopped"),...w?{machine:w}:{}}}function h(v){try{const m=JSON.parse(v??"");return typeof m=="object"&&m!==null?m:void 0}catch{return}}})};
