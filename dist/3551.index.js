"use strict";exports.id=3551,exports.ids=[3551],exports.modules={3551:((u,s,_)=>{_.d(s,{fromEnv:()=>d.sF});var d=_(4720)})};
