// Checking in by ID number, one person after another. A card reader types the number and Enter; nothing of it stays here.
import { reason, trouble } from "./talk.js";

const IDLE_MS = 60_000;
const form = document.querySelector("#card");
const back = document.querySelector("#back").href;
const token = document.querySelector("meta[name=panel-token]").content;
let idle = setTimeout(() => location.assign(back), IDLE_MS);

for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => {
    clearTimeout(idle);
    idle = setTimeout(() => location.assign(back), IDLE_MS);
  });
}

function ask(number) {
  const wanted = {
    card_id: crypto.randomUUID(),
    session_id: form.dataset.session,
    direction: form.dataset.direction,
    number,
  };
  return fetch("/classroom/card", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Panel-Token": token },
    body: JSON.stringify(wanted),
  });
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = form.elements.namedItem("number");
  const done = document.querySelector("#done");
  const number = field.value;
  field.value = "";
  document.querySelector("#trouble").hidden = true;
  done.textContent = form.dataset.busy;
  try {
    const answer = await ask(number);
    if (answer.ok) {
      const said = await answer.json();
      done.textContent = (said.again ? form.dataset.again : form.dataset.done).replace("{name}", said.name);
    } else {
      done.textContent = "";
      trouble(await reason(answer));
    }
  } catch {
    done.textContent = "";
    trouble(document.body.dataset.failed);
  }
  field.focus();
});
