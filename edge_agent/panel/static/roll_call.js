// The teacher's roll call: names stay on the screen no longer than somebody works with them.
import { post } from "./talk.js";

const IDLE_MS = 180_000;
const form = document.querySelector("#roll");
const back = document.querySelector("#back").href;
let idle = setTimeout(() => location.assign(back), IDLE_MS);

function ticked() {
  return [...form.querySelectorAll("input:checked")].map((box) => box.value);
}

for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => {
    clearTimeout(idle);
    idle = setTimeout(() => location.assign(back), IDLE_MS);
  });
}

function count() {
  const number = ticked().length;
  form.querySelector("button").disabled = number === 0;
  document.querySelector("#ticked").textContent = form.dataset.ticked.replace("{n}", number);
}

form?.addEventListener("change", count);
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const wanted = {
    roll_call_id: form.dataset.rollCall,
    session_id: form.dataset.session,
    direction: form.dataset.direction,
    present: ticked(),
  };
  if (await post("/classroom/roll-call", wanted)) location.assign(back);
});
if (form) count();
