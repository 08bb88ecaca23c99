(function(){
var D=document,K="lp-queue",mem=null,busy=0,timer=0,door=0,L=location;
function $(i){return D.getElementById(i)}
function all(){if(mem)return mem;try{return JSON.parse(localStorage.getItem(K))||[]}catch(e){return[]}}
function put(q){try{if(q.length)localStorage.setItem(K,JSON.stringify(q));else localStorage.removeItem(K);mem=null}catch(e){mem=q.length?q:null}show()}
function edit(k,n){put(all().filter(function(o){if(o.k!==k)return 1;if(n){o.n=n;o.w=Date.now()+wait(n)}return n}))}
function wait(n){return Math.min(6e4,1e3*Math.pow(2,n))*(.5+Math.random()/2)}
function two(n){return("0"+n).slice(-2)}
function show(){
var q=all(),s=$("kept"),d,i,t=[];
for(i=0;i<q.length;i++){d=new Date(q[i].t+288e5);t.push(two(d.getUTCHours())+":"+two(d.getUTCMinutes())+" "+s.getAttribute("data-"+q[i].d))}
$("kl").textContent=t.join(" · ");
s.hidden=!q.length;i=q.length&&!q[0].n;
$("k1").hidden=!i;$("k2").hidden=$("k3").hidden=i;$("k4").hidden=!mem}
function tell(i,t){$(i).hidden=!t;if(t)$(i).textContent=t}
function send(now){
clearTimeout(timer);
var q=all(),o=q[0],w=o&&(o.w||0)-Date.now(),x,late;
if(busy||!o)return;
if(now!==1&&w>0&&w<6e4){timer=setTimeout(send,w);return}
busy=1;late=Date.now()-o.t>3e3;x=new XMLHttpRequest();
x.open("POST",o.p);x.timeout=2e4;
x.setRequestHeader("Content-Type","application/x-www-form-urlencoded");
x.onload=function(){
busy=0;
var m=/<main[^>]*?(?:data-w="(\d*)")?>([^]*)<\/main>/.exec(x.responseText),d=D.createElement("div"),a;
if(m)d.innerHTML=m[2];a=d.querySelector("[role=alert]");
if(x.getResponseHeader("Check-In-Key")!==o.k){lost(o);if(x.status===429&&a)tell("told",a.textContent);return}
edit(o.k,0);
if(m&&L.pathname===o.p){$("main").innerHTML=m[2];$("main").setAttribute("data-w",m[1]||"");ready();scrollTo(0,0)}else tell("told",a?a.textContent:$("told").getAttribute("data-t"));
show();send(1)};
x.onerror=x.ontimeout=function(){busy=0;lost(o)};
x.send(o.b+(late?"&made="+encodeURIComponent(new Date(o.t).toISOString())+"&sent="+encodeURIComponent(new Date().toISOString()):"")+"&js=1")}
function lost(o){edit(o.k,(o.n||0)+1);clearTimeout(timer);timer=setTimeout(send,wait(1))}
function key(){var a=new Uint8Array(18),s="",i;crypto.getRandomValues(a);for(i=0;i<18;i++)s+=two(a[i].toString(16));return s}
function off(e){if(navigator.onLine===false){e.preventDefault();$("off").hidden=false;scrollTo(0,0);return 1}}
function other(){$("f").hidden=false;$("again").hidden=true;if($("w"))$("w").hidden=$("w").disabled=false}
function put1(f){
var b=[],i,e,k=f.elements.key.value,q=all(),d=f.querySelector(".go").value;
for(i=0;i<f.elements.length;i++){e=f.elements[i];
if(e.name&&e.name!=="direction"&&!e.matches(":disabled")&&(e.type!=="checkbox"||e.checked))b.push(e.name+"="+encodeURIComponent(e.value))}
b.push("direction="+d);
q.push({k:k,p:f.getAttribute("action"),b:b.join("&"),t:Date.now(),d:d});put(q);
f.elements.key.value=key();
e=f.querySelectorAll("label input");for(i=0;i<e.length;i++)if(e[i].type!=="checkbox")e[i].value="";
f.hidden=true;$("again").hidden=false;
tell("told","");if($("fault"))$("fault").hidden=true;
scrollTo(0,0);send(1)}
function place(){
var c=$("loc"),t=$("lt"),f=$("f");if(!c)return;
f.elements.lat.value="";if(!c.checked){t.textContent="";return}
t.textContent=t.getAttribute("data-wait");
navigator.geolocation.getCurrentPosition(function(p){
if(!c.checked)return;
f.elements.lat.value=p.coords.latitude;f.elements.lon.value=p.coords.longitude;f.elements.acc.value=p.coords.accuracy;
t.textContent=t.getAttribute("data-ok").replace("#",Math.round(p.coords.accuracy))
},function(){t.textContent=t.getAttribute("data-no")},{enableHighAccuracy:true,timeout:15e3,maximumAge:6e4})}
function ready(){
var c=$("loc"),w=+$("main").getAttribute("data-w");
if(c&&navigator.geolocation&&window.isSecureContext){$("lb").hidden=false;if(c.checked)place()}
clearTimeout(door);if(w)door=setTimeout(function(){if(navigator.onLine!==false&&!all().length)L.reload()},w)}
D.addEventListener("submit",function(e){
var f=e.target,h=D.documentElement,b,s;
if(f.id==="z"){e.preventDefault();b=f.querySelector("button");s=b.textContent;b.textContent=b.getAttribute("data-t");b.setAttribute("data-t",s);
h.className=h.className?"":"b";D.cookie="size="+h.className+";path=/;max-age=31536000;samesite=lax";return}
if(f.id==="f"){e.preventDefault();put1(f);return}
if(f.id==="x"&&$("w")&&(all().length||navigator.onLine===false)){e.preventDefault();other();f.hidden=true;return}
off(e)});
D.addEventListener("click",function(e){if(e.target.id==="again")other();else if(e.target.tagName==="A")off(e)});
D.addEventListener("change",function(e){if(e.target.id==="loc")place()});
D.addEventListener("visibilitychange",function(){if(!D.hidden)send(1)});
addEventListener("online",function(){$("off").hidden=true;send(1)});
if(L.pathname!==$("main").getAttribute("data-here")||L.search)history.replaceState(null,"",$("main").getAttribute("data-here")+L.hash);
ready();show();send(1)
})();
