"use strict";exports.id="package.fromEnv",exports.ids=["package.fromEnv"],exports.modules={8939:((E,s,_)=>{_.d(s,{fromEnv:()=>d.sF});var d=_(1259)})};
