"use strict";exports.id=5195,exports.ids=[5195],exports.modules={7857:((a,t,n)=>{n.d(t,{T:()=>e});const e="This run is not to be started again when its machine is taken away (no-retry)."}),5195:((a,t,n)=>{n.d(t,{tellOfRestarts:()=>i});var e=n(7857);async function i(o,{host:s,forge:_}){if(o)return s.note(e.T);s.log.info((await _.runs.advice()).join(`
`))}})};
