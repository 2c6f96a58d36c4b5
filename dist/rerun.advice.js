"use strict";exports.id="rerun.advice",exports.ids=["rerun.advice"],exports.modules={7857:((s,n,e)=>{e.d(n,{T:()=>t});const t="This run is not to be started again when its machine is taken away (no-retry)."}),5195:((s,n,e)=>{e.d(n,{tellOfRestarts:()=>i});var t=e(7857);async function i(r,{host:a,forge:d}){if(r)return a.note(t.T);a.log.info((await d.runs.advice(a.calledBy)).join(`
`))}})};
