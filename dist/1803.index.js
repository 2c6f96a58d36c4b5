"use strict";exports.id=1803,exports.ids=[1803],exports.modules={6878:((j,v,s)=>{s.d(v,{I:()=>p});async function p(d,{namesake:$,twin:w},g){if(!$)return;const{takeName:O}=await s.e(6661).then(s.bind(s,6661));await O(d,{namesake:$,twin:w},g)}}),5035:((j,v,s)=>{s.d(v,{Y:()=>$,Z:()=>w});var p=s(3999);const d={most:12,spacing:1e3};async function $(g,O,l){const{clock:h,signal:k}=l;for(let R=1;;R++){const T=w((await(0,p.OS)(g,O,l,k)).ours);if(T||R>=d.most)return T;await h.sleep(d.spacing,k)}}function w(g){return g.find(({ended:O,state:l})=>!O&&(l==="pending"||l==="running"))}}),3841:((j,v,s)=>{s.d(v,{M1:()=>Ln,PC:()=>X,L_:()=>on,ek:()=>In,H3:()=>rn,dU:()=>en});var p=s(6484),d=s(4626),$=s(422),w=s(8522),g=s(7598);function O(n){const t=(0,g.createHash)("sha256");for(const{text:c}of n)t.update(c);const e=`==cml-runner-${t.digest("hex").slice(0,24)}==`,i=n.map(c=>`--${e}
${l(c)}
`).join("");return`Content-Type: multipart/mixed; boundary="${e}"
MIME-Version: 1.0

${i}--${e}--
`}function l({type:n,filename:t,text:e}){if(!h(e))throw new Error(`${t} is not plain ASCII`);return[`Content-Type: ${n}; charset="us-ascii"`,"MIME-Version: 1.0","Content-Transfer-Encoding: 7bit",`Content-Disposition: attachment; filename="${t}"`,"",e].join(`
`)}function h(n){return/^[\t\n\x20-\x7e]*$/.test(n)}const k="fuses.sh",R=`/var/lib/cloud/instance/boothooks/${k}`;function T({files:n,fuses:t,start:e,keys:i,authorities:c}){const E={bootcmd:[["sh",R]],...i.length>0?{ssh_authorized_keys:i}:{},...c.length>0?{ca_certs:{trusted:c}}:{},write_files:n.map(U)},_=O([{type:"text/cloud-boothook",filename:k,text:t+e},{type:"text/cloud-config",filename:"files.json",text:`#cloud-config
${JSON.stringify(E)}
`}]),b=_.lastIndexOf(n.at(-1)?.path??"");return m(_,b+Math.max(0,_.slice(b).search(/[\w+/]{1000}/)))}function U({path:n,permissions:t,content:e}){const i=e.toString("latin1");return h(i)?{path:n,permissions:t,content:i}:{path:n,permissions:t,encoding:"b64",content:e.toString("base64")}}function m(n,t){const e=[n.slice(0,t),n.slice(t)];return Buffer.concat(e.map(i=>(0,w.gzipSync)(i,{level:9,memLevel:9})))}var o=s(8951);function a({files:n,image:t}){if(!t)throw new Error("a pod needs the image of the forge's program");const e=[{path:o.oz.bring,permissions:"",content:Buffer.from(M(t.path))},{path:o.oz.start,permissions:"",content:Buffer.from(S)},...n.filter(({path:i})=>u(i)).map(i=>({...i,path:f(i.path)}))];return(0,o.m_)({image:t.name,files:Object.fromEntries(e.map(({path:i,content:c})=>[i,c.toString("base64")]))})}const r=["packages.sh","runner.curl","runner.sha256"];function u(n){return n.startsWith(`${o._U.home}/`)&&!r.includes(f(n))}function f(n){return n.slice(o._U.home.length+1)}const y=`#!/bin/sh
set -eu
umask 000
root=\${CML_RUNNER_ROOT:-}
home=$root${o._U.home}
tree=$root${o._U.tree}
state=$root${o._U.state}
say() { printf 'cml-runner %s %s\\n' "$(date +%s)" "$1"; }
`,M=n=>`${y}sent=$root${o._U.sent}
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
`,S=`${y}[ "$(date +%s)" -lt "\${CML_RUNNER_DUE_AT:-0}" ] || {
  say 'ending: the launch has given up before this pod began'
  exit 0
}
unset CML_RUNNER_DUE_AT
umask 022
mkdir -p "$state/hooks"
: >"$state/packages-done"
if [ -e "$home/certificates.pem" ]; then export NODE_EXTRA_CA_CERTS="$home/certificates.pem"; fi
exec "$home/node" "$home/agent.js"
`,P="ubuntu",N=`root=\${CML_RUNNER_ROOT:-}
put() (
umask 022
mkdir -p "$root\${2%/*}"
rm -f "$root$2"
umask 077
"$3" \${4:-} >"$root$2"
chmod "$1" "$root$2"
)
`;function L({files:n,fuses:t,start:e,keys:i,authorities:c}){const E=[t,N,...n.map(B),...c.length>0?[H(c)]:[],...i.length>0?[F(i)]:[],e].join("");if(!h(E))throw new Error("the startup script is not plain ASCII");return Buffer.from(E,"latin1")}function B({path:n,permissions:t,content:e}){if(!/^[\w./-]+$/.test(n))throw new Error(`a path that a shell could misread: ${n}`);const i=e.toString("latin1");return h(i)&&i.endsWith(`
`)?W(`put ${t} ${n} cat`,i):W(`put ${t} ${n} base64 -d`,`${e.toString("base64")}
`)}function W(n,t){const e=`END-${(0,g.createHash)("sha256").update(t).digest("hex").slice(0,24)}`;return`${n} <<'${e}'
${t}${e}
`}function H(n){const t=e=>`/usr/local/share/ca-certificates/cml-runner-${e+1}.crt`;return[...n.map((e,i)=>B({path:t(i),permissions:"0644",content:Buffer.from(e)})),`if command -v update-ca-trust >/dev/null; then
`,`cp "$root"/usr/local/share/ca-certificates/cml-runner-*.crt "$root/etc/pki/ca-trust/source/anchors"
`,`update-ca-trust
`,`else update-ca-certificates; fi >/dev/null 2>&1
`].join("")}function F(n){const t=`"$root/home/${P}"`;return[`getent passwd ${P} >/dev/null || {
`,`getent group ${P} >/dev/null || groupadd ${P}
`,`useradd --gid ${P} --create-home --home-dir ${t} --shell /bin/bash ${P}
`,`}
`,B({path:"/etc/sudoers.d/90-cml-runner-login",permissions:"0440",content:Buffer.from(`${P} ALL=(ALL) NOPASSWD:ALL
`)}),`mkdir -p ${t}/.ssh
`,W(`cat >>${t}/.ssh/authorized_keys`,n.map(e=>`${e}
`).join("")),`chmod 0700 ${t}/.ssh
`,`chmod 0600 ${t}/.ssh/authorized_keys
`,`chown -hR ${P}: ${t}/.ssh
`].join("")}const A={"cloud-init":T,"startup-script":L,mounted:a};var I=s(9724);const un=`systemctl --no-block start cml-runner-bootstrap.service
`;function ln({config:n,launchTimeout:t,ground:e,assets:i}){const c=D=>{if(!Number.isSafeInteger(D)||D<=0)throw new TypeError(`not a whole number of seconds: ${D}`);return String(D)},E=[`DEADLINE=${c(Math.floor(n.expiresAt))}`,`LAUNCH_TIMEOUT=${c(Math.ceil(t))}`].join(`
`),[_,b]=[i.fuses,i.bootstrap].map(D=>Y(dn(D,e))),x=Z(e)?Q("farewell",hn(e,n)):"";return`#!/bin/sh
${E}
${Q("bootstrap",b??"")}${x}${_}`}function fn(n,{registration:t}){return`#!/bin/sh
NEEDS='${t.forge==="github"?"libicu docker":t.executor==="docker"?"docker git":"git docker"}'
${Y(n)}`}function Z({powerOff:n,farewell:t}){return n!=="ends"&&t!==""}function dn(n,t){const e=Z(t)?t.powerOff:"ends";let i=!0;return n.split(`
`).filter(E=>{const[,_]=/^#:(.*)$/.exec(E)??[];return _!==void 0&&(i=_.trim()===""||_.trim().split(" ").includes(e)),_===void 0&&i}).join(`
`)}function Y(n){return n.replace(/^[ \t]*#(?!!).*\n/gm,"").replace(/^ +/gm,"")}function hn({farewell:n},{proxy:t}){return`${Object.entries((0,I.wP)(t)).map(([i,c])=>`export ${i}='${c}'
`).join("")}${n.trimEnd()}
`}function Q(n,t){const e=n.toUpperCase();if(t.split(`
`).includes(e))throw new Error(`a line of the ${n} would end it: ${e}`);return`${n}() {
cat <<'${e}'
${t}${e}
}
`}var mn=s(6760);function pn(n){const t={...n,registration:gn(n.registration)};return JSON.stringify(t).replace(/[\u007f-\uffff]/g,e=>`\\u${e.charCodeAt(0).toString(16).padStart(4,"0")}`)}function Jn(n){const{registration:t,...e}=JSON.parse(n);return"pieces"in t?{...e,registration:{forge:"github",kind:"jit",config:V(t.pieces)}}:{...e,registration:t}}function gn(n){if(n.kind!=="jit")return n;const t=G(n.config).split(/"([A-Za-z0-9+/=]{8,})"/).map((e,i)=>i%2?G(e):e);return V(t)===n.config?{forge:"github",kind:"jit",pieces:t}:n}function V(n){return q(n.map((t,e)=>e%2?`"${q(t)}"`:t).join(""))}function G(n){return Buffer.from(n,"base64").toString("utf8")}function q(n){return Buffer.from(n,"utf8").toString("base64")}function $n(n){return[...wn,...n].map(([t,e])=>e===void 0?`${t}
`:`${t} = ${yn(e)}
`).join("")}const wn=[["proto","=https,http"],["proto-redir","=https,http"],["proto-default","https"]];function yn(n){if(new RegExp("\\p{Cc}","u").test(n))throw new RangeError("a control character in a setting of curl");return`"${n.replace(/[\\"]/g,"\\$&")}"`}var C=s(9364);const J=`#!/bin/bash
root=\${0%${C.oS.home}/*}
`,nn=n=>`{ : >"$root${C.oS.hooks}/${n}-$(date +%s%N)"; } 2>/dev/null || true
`,tn=`docker() { [ -e "$root${C.oS.packagesDone}" ]; }
folder() { [ ! -e "$root${C.oS.state}/returning" ]; }
docker || echo 'Waiting for the installation of Docker'
folder || echo 'Waiting for the work folder: files of the job before are being given back'
for _ in {1..360}; do
  docker && folder && break
  sleep 0.5 || true
done
docker || echo 'Docker is still not installed: this job goes on without it'
exit 0
`;function bn(n){const t=n?`echo "${En(n.text).replaceAll("$","\\$")}"
nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2>/dev/null || true
touch "$RUNNER_TEMP/.cml-runner" 2>/dev/null || true
`:"";return`${J}${nn("started")}${t}${tn}`}function vn(n){return`${J}${nn("completed")}${n?kn(n):""}exit 0
`}function kn({usdPerHour:n}){return`{
t=$(($(date +%s)-$(stat -c %Y "$RUNNER_TEMP/.cml-runner")))
printf 'This job took %dm %ds, ' $((t/60)) $((t%60))
${n===void 0?"":`c=$((t*${Math.round(n*1e4)}/3600))
printf 'about $%d.%04d, ' $((c/10000)) $((c%10000))
`}m=$(cat "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.peak") && printf 'memory at its peak %d MB, ' $((m>>20))
echo "disk$(df --output=pcent / | tail -1) full"
} 2>/dev/null || true
`}function En(n){return n.replace(/[^\w .,:;$()/+-]/g,"")}const On=`${J}${tn}`,_n=`$nrconf{override_rc}{qr(^cml-runner-)} = 0;
`;function Mn({config:n,download:t,agent:e,packages:i,startupScript:c,certificates:E,card:_}){const b=(x,D,z)=>({path:x,permissions:D,content:Buffer.from(z)});return[b(C.oS.config,"0600",pn(n)),b(C.lm.packagesScript,"0755",i),...Pn(t,n).map(([x,D,z])=>b(x,D,z)),...Sn(n,_).map(([x,D])=>b(x,"0755",D)),b(C.lm.sudoers,"0440",`runner ALL=(ALL) NOPASSWD:ALL
`),b(C.lm.needrestart,"0644",_n),...(0,I.Ue)(n.proxy).map(({path:x,text:D})=>b(x,"0644",D)),...E.length>0?[b(C.oS.certificates,"0644",E.join(""))]:[],...c?[b(C.oS.startupScript,"0700",c)]:[],b(C.oS.agent,"0644",e)]}function Sn({registration:n},t){return n.forge==="gitlab"?[[C.oS.jobStartedHook,On]]:[[C.oS.jobStartedHook,bn(t)],[C.oS.jobCompletedHook,vn(t)]]}function Pn(n,t){const{node:e}=n,i=e?(0,mn.basename)(C.lm.program):"runner.tar.gz",c=(E,_,b,x)=>[[b,"0600",An(E,_,t)],[x,"0644",`${E.sha256}  ${_}
`]];return[...c(n,i,C.lm.download,C.lm.digest),...e?c(e,"node.tar.gz",C.lm.nodeDownload,C.lm.nodeDigest):[]]}function An({url:n,...t},e,{proxy:i}){const c=n.startsWith("https:")?i.https:i.http;return $n([["url",n],["output",e],..."bearer"in t&&t.bearer?[["header",`Authorization: Bearer ${t.bearer}`]]:[],["fail"],["location"],["silent"],["show-error"],["connect-timeout","20"],["speed-limit","1000"],["speed-time","60"],...c?[["proxy",c]]:[],...c&&i.no?[["noproxy",i.no]]:[]])}function Cn(n){const{assets:t,certificates:e="",sshPublicKey:i}=n,c={...n.config,proxy:(0,I.Yy)(n.config.proxy,n.ground.direct)},E=(0,d.WW)(e);return{files:Mn({...n,config:c,agent:t.agent,packages:fn(t.packages,c),certificates:E}),fuses:ln({...n,config:c}),start:un,keys:i===void 0?[]:[i],authorities:E,...n.download.image?{image:n.download.image}:{}}}function Rn(n){return A[n.carrier](Cn(n))}function Dn(n,t){const e=(0,d.WW)(n.certificates??""),i=b=>Rn({...n,certificates:e.slice(e.length-b).join("")}),c=i(e.length);if(c.length<=t||e.length===0)return{payload:c,leftOut:[]};let[E,_]=[0,e.length];for(;_-E>1;){const b=Math.floor((E+_)/2);i(b).length<=t?E=b:_=b}return{payload:i(E),leftOut:e.slice(0,e.length-E)}}function xn(n,t,e=0){if(!(n.length<=t))throw new $.HR("invalid-input",{tried:"fit what the machine needs into its user data",said:`${n.length} bytes compressed, and the cloud takes ${t}`,why:e?`It contains a cloud-startup-script of ${e} bytes (before compression).`:"The labels and the name may be very long.",fix:e?"shorten cloud-startup-script, for example by letting it download the rest of its work.":"shorten the labels and the name."})}var Tn=s(9989),jn=s(6641),K=s(6452);function en({lease:n,labels:t}){return[...t,(0,K.Q$)(n.identity)]}function X(n,t){const{account:e}=t;return[...on(n,t),...e===void 0?[]:[(0,K._3)(e)],(0,K.Az)(n.lease)]}function on(n,{cloud:t,region:e}){return[...en(n),(0,K.sk)(t,e)]}function rn(n,t){return{name:n.lease.name,labels:X(n,t),single:n.single,platform:t.platform,...t.docker===!1?{docker:!1}:{},lifetime:n.lease.expiresAt-n.lease.dueAt+n.launchTimeout,...n.workdir?{workdir:n.workdir}:{}}}async function Ln(n,t,e){const i=new Map(t.toReversed().map(c=>[c.cloud,c]));for(const c of i.values())await Bn(n,c,e)}async function Bn(n,t,e){const i=e.forge.sampleRegistration(rn(n,t)),{leftOut:c}=await sn(n,t,i,e);c.length>0&&e.host.log.warn(`${t.cloud} takes no more than ${e.clouds.of(t).limits.payloadBytes} bytes for a machine, so ${c.length} certificate authorities of NODE_EXTRA_CA_CERTS stay behind: ${Un(c)}. Where the machine needs one of them, name a file that holds it alone.`)}function Un(n){const t=n.slice(-5).map(d.zr).join(", ");return n.length>5?`${t} and ${n.length-5} before them`:t}async function In(n,t,e,i){return(await sn(n,t,e,i)).payload}async function sn(n,t,e,{clouds:i,forge:c,host:E,signal:_}){const b=await c.download(t.platform,_);b.bearer&&E.mask(b.bearer);const{startupScript:x,sshPublicKey:D,certificates:z,launchTimeout:zn}=n,{payloadBytes:an,carrier:Kn}=i.of(t).limits,Fn={config:Hn(n,t,e),download:b,launchTimeout:zn,ground:t.ground,carrier:Kn,assets:Wn(n,t),card:Nn(n,t),...x?{startupScript:x}:{},...D?{sshPublicKey:D}:{},...z?{certificates:z}:{}},cn=Dn(Fn,an);return xn(cn.payload,an,x?.length),cn}function Nn({lease:n},t){const{price:e,market:i}=t,c=new Date(n.expiresAt*1e3).toISOString().replace(".000","");return{text:`${(0,Tn.c)(t)}: ${(0,jn._B)(e,i)}, ends at ${c} at the latest`,...e?{usdPerHour:e.usdPerHour}:{}}}function Wn({assets:n},{cloud:t}){const e=n.get(t);if(e)return e;throw new $.HR("internal",{tried:`set up a machine of ${t}`,said:"nothing to run there was read"})}function Hn(n,t,e){return{version:p.gv,identity:n.lease.identity,cloud:t.cloud,name:n.lease.name,labels:X(n,t),single:n.single,idleTimeout:Number.isFinite(n.idleTimeout)?n.idleTimeout:null,expiresAt:n.lease.expiresAt,startupScript:n.startupScript!==void 0,registration:e,proxy:n.proxy,...n.workdir?{workdir:n.workdir}:{}}}}),332:((j,v,s)=>{s.d(v,{i:()=>h});var p=s(4361),d=s(3880),$=s(7159),w=s(422),g=s(2793),O=s(3999),l=s(1613);async function h(a,r){const{clouds:u,forge:f,host:y,signal:M}=r,S=u.placesOf(a.request.regions),P=u.open.map(A=>[A.name,A.account(M)]),N=(0,g.H_)(a.lease),L=await o(r,A=>{const I=u.resolve(a.request,A);return[I,k({wish:N,places:S,resolving:I},r,A),f.findRunner(a.lease.name,A)]});if(M.throwIfAborted(),"reasons"in L)throw(0,w.S$)(L.reasons.filter(A=>A!==m));const[B,{ours:W},H]=L.values;for(const A of B.warnings)y.log.warn(A);const F=new Map(await Promise.all(P.map(async([A,I])=>[A,await(0,$.u)(I,T,r.clock)])));return{...B,candidates:B.candidates.filter(({cloud:A})=>u.knows(A)).map(A=>R(A,F.get(A.cloud))),twin:await(0,l.P)({machines:W,namesake:H},a,r),namesake:H}}async function k({wish:a,places:r,resolving:u},f,y){const{unreadable:M,...S}=await(0,O.$r)(a,r,f,y);return M.length>0&&await s.e(9670).then(s.bind(s,9670)).then(({leaveOutBlind:P})=>P(M,u,f)),S}function R(a,r){return r===void 0?a:{...a,account:r}}const T=300,U=5e3,m=new w.HR("cancelled",{tried:"wait for the other reads"});async function o({clock:a,signal:r},u){const[f,y]=[new AbortController,new AbortController],M=async()=>{await a.sleep(U,y.signal),f.abort(m)},S=u((0,d.EB)(r,f.signal));for(const N of S)N.catch(()=>M().catch(()=>{}));const P=await(0,p.Q)(S);return y.abort(m),P}}),6861:((j,v,s)=>{s.d(v,{_5:()=>g,ho:()=>O,vl:()=>w});var p=s(7159),d=s(6641);const $=100;class w{#n;#t;#e=Promise.resolve(void 0);#o;constructor(h){this.#n=h}ask(h){this.#t!==h&&(this.#t=h,this.#o=void 0,this.#e=this.#r(h),this.#e.then(k=>{this.#t===h&&(this.#o=k)}))}priced(h){const k=this.#t===h?this.#o:void 0;return k?{...h,price:k}:h}known(){return(0,p.u)(this.#e,$,this.#n.clock)}of(h){return(0,p.u)(this.#r(h),$,this.#n.clock)}#r(h){const{clouds:k,host:R,signal:T}=this.#n;return k.of(h).price(h,T).catch(U=>{R.log.debug(`What ${h.type} costs could not be read: ${String(U)}`)})}}function g(l,{clouds:h,signal:k}){return Promise.all(l.map(R=>h.of(R).price(R,k).catch(()=>{})))}function O(l,{market:h,launchedAt:k},{lease:R}){const T=l?`, at most ${(0,d.yz)(l,R.expiresAt-k)} by its hard end`:": neither the cloud nor the list that comes with this program tells it";return`${(0,d._B)(l,h)}${T}. Disks, traffic and public addresses are apart.`}}),1613:((j,v,s)=>{s.d(v,{r:()=>k,P:()=>l});var p=s(422),d=s(2793),$=s(3841);async function w(m,o){const{order:a,attempts:r,ports:u}=o,{clouds:f,host:y,signal:M}=u,S=await o.registrations.for(m),P=await(0,$.ek)(a,r.pricing.priced(m),S,u),N=r.doubt(m.type);r.orderedAt=u.clock.now();try{const{lease:L,request:B}=a,W=await f.requestFor(m,B),H=await f.of(m).create(m,{lease:L,payload:P,request:W},M);return y.log.info(`Created ${H.id}: ${f.render(m)}, ${m.image.name}.`),H}catch(L){const B=(0,p.aC)(L)&&r.canDoWithout(m);if(!(0,p.q4)(L)&&!B)throw L;f.of(m).limits.atomic&&r.dispel(N),B&&r.shut(m),await r.refused({candidate:m,failure:L},u);return}}var g=s(6878),O=s(5035);async function l({machines:m,namesake:o},a,r){const u=(0,O.Z)(m);if(u)return u;if(!(!o||!(0,d.OM)(o,(0,d.H_)(a.lease)))&&!(!o.online&&o.connected!==!1))return r.host.log.info(`Runner ${o.name} is of an earlier try of this step: looking for its machine.`),h(a,r)}function h({lease:m,request:o},a){return(0,O.Y)((0,d.H_)(m),a.clouds.placesOf(o.regions),a)}async function k(m,o){const{lease:a}=o.order,r=await R(m,o)??await w(m,o);if(r)return(0,d.SC)(r.lease,a)?{own:r}:(await U(o),{twin:r})}async function R(m,{order:o,registrations:a,ports:r}){try{await a.for(m);return}catch(y){if(!T(y))throw y}r.host.log.info("Another try of this very launch registers its runner at this moment: looking for its machine.");const u=await h(o,r);if(u)return u;const f=await r.forge.findRunner(o.lease.name,r.signal);await(0,g.I)(o,{twin:u,namesake:f},r),a.forget()}function T(m){return m instanceof p.HR&&m.kind==="conflict"}async function U({order:{lease:m},ports:{forge:o,signal:a}}){const r=f=>f.connected===!1&&(0,d.dq)(f,m),u=await o.findRunner(m.name,a,r);u&&await o.unregister(u,a)}}),4361:((j,v,s)=>{s.d(v,{Q:()=>p});async function p(d){const w=(await Promise.allSettled(d)).flatMap(g=>g.status==="rejected"?[g.reason]:[]);return w.length>0?{reasons:w}:{values:await Promise.all(d)}}}),7159:((j,v,s)=>{s.d(v,{u:()=>p});async function p(d,$,w){const g=new AbortController,O=w.sleep($,g.signal).then(()=>{},()=>{});try{return await Promise.race([d,O])}finally{g.abort()}}}),6484:((j,v,s)=>{s.d(v,{TH:()=>d,TZ:()=>w,gv:()=>p});const p=1,d=/^cml-runner (\d{10}) ([a-z-]+)(?:: (.*))?$/,$=null;function w(g,O,l){return`cml-runner ${Math.floor(g)} ${O}${l?`: ${l}`:""}`}}),9989:((j,v,s)=>{s.d(v,{c:()=>p});function p(d){return`${d.type} ${d.market} in ${d.place??d.region}`}}),8951:((j,v,s)=>{s.d(v,{_U:()=>p,m_:()=>$,oz:()=>d,ri:()=>w});const p={sent:"/opt/cml-runner-sent",home:"/opt/cml-runner",agent:"/opt/cml-runner/agent.js",node:"/opt/cml-runner/node",tree:"/opt/cml-runner/runner",certificates:"/opt/cml-runner/certificates.pem",startupScript:"/opt/cml-runner/startup-script",jobStartedHook:"/opt/cml-runner/hooks/job-started.sh",jobCompletedHook:"/opt/cml-runner/hooks/job-completed.sh",state:"/run/cml-runner",config:"/run/cml-runner/agent.json"},d={bring:"bring.sh",start:"start.sh"};function $(g){return Buffer.from(JSON.stringify(g))}function w(g){return JSON.parse(g.toString("utf8"))}}),6641:((j,v,s)=>{s.d(v,{Ke:()=>g,Zl:()=>$,_B:()=>p,aS:()=>d,yz:()=>w});function p(l,h){return l?`${d(l)} (${h}, ${l.source} of ${l.asOf})`:d(l)}function d(l){return l?$(l):"price not known"}function $({usdPerHour:l}){return`${O(l)} an hour`}function w({usdPerHour:l},h){return O(Math.ceil(l*(h/36))/100,2)}function g(l){return O(l,2)}function O(l,h){const k=h??(l<1?4:2);return`$${l.toFixed(k)}`}}),3999:((j,v,s)=>{s.d(v,{$r:()=>w,Dt:()=>T,OS:()=>g,a9:()=>U,uz:()=>O});var p=s(422),d=s(2793),$=s(8815);async function w(o,a,r,u){const{machines:f,unreadable:y}=await r.clouds.list(h(o),a,u);return{...l(f,o,r),unreadable:y}}async function g(o,a,r,u){const{unreadable:f,...y}=await w(o,a,r,u);if(f.length>0)throw(0,p.cc)(f.map(({failure:M})=>M));return y}async function O(o,a,r,u){const f=await r.clouds.of(o).look(o,u);if(f)return f.state==="gone"?{ours:[],strangers:[]}:l([f],a,r)}function l(o,a,r){const u=o.filter(f=>{const y=(0,d.Dx)(f,a);return y!==void 0&&R(f,y,r),y!==void 0});return{ours:(0,d.nO)(o,a),strangers:u}}function h({scope:o,identity:a,run:r}){return a!==void 0?{identity:a}:r===void 0?{scope:o}:{run:r}}const k=new WeakMap;function R(o,a,{clouds:r,host:u}){const f=k.get(r)??new Set;if(k.set(r,f),f.has(`${(0,$.r4)(o)} ${o.id}`))return;f.add(`${(0,$.r4)(o)} ${o.id}`);const{damage:y}=o,M=y?` If it is of no use, remove it with: ${r.of(o).removalCommand(o)}`:"";u.log.warn(`Machine ${o.id} in ${o.region} is left alone: ${a}.${M}`)}async function T(o,a,r,u){const{ours:f,strangers:y,unreadable:M}=await w(o,a,r,u),S=new Set(M.map(({place:P})=>(0,$.r4)(P)));return{ours:f,strangers:y,readable:new Set(a.map($.r4).filter(P=>!S.has(P))),problems:m(M)}}function U({forge:o},a){const r=async()=>{const u=[];for await(const f of o.listRunners(a,"ours"))u.push(...f.filter(d.yF));return u};return(0,p.wM)(r(),a)}function m(o){const[a]=o;if(!a)return[];const r=o.map(({place:S})=>S),u=[...new Set(r.map(({cloud:S})=>S))],f=u.length>1?(0,$.DJ)(r):r.map(({region:S})=>S).join(", "),y=(0,p.cc)(o.map(({failure:S})=>S)),M={tried:`look in every region of ${u.join(" and ")}`,said:`${o.length} could not be read: ${f}`,why:'What is in a region that cannot be read is not known, so "nothing is there" cannot be said.',fix:"give these credentials the right to list machines there, or name the regions to look in with `cloud-region`.",details:y.message.split(`
`)};return[new p.HR(a.failure.kind,M)]}})};
