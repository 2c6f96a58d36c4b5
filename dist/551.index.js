"use strict";exports.id=551,exports.ids=[551],exports.modules={3551:((u,s,_)=>{_.d(s,{fromEnv:()=>d.sF});var d=_(4720)})};
