// Start and stop a session, and follow it: the page is drawn anew when it ends.
import { post } from "./talk.js";

const form = document.querySelector("#start");
const running = document.querySelector("#running");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const wanted = { camera: form.dataset.camera, known: Number(form.known.value), minutes: Number(form.minutes.value) };
  if (await post("/acceptance/start", wanted)) location.reload();
  else button.disabled = false;
});

document.querySelector("#stop")?.addEventListener("click", async () => {
  if (await post("/acceptance/stop")) location.reload();
});

async function follow() {
  let now;
  try {
    now = (await (await fetch("/acceptance/state")).json()).running;
  } catch {
    return setTimeout(follow, 3000); // the box is restarting, or busy
  }
  if (now === null) return location.reload();
  const words = document.body.dataset;
  if (now.seated !== null) {
    document.querySelector("#told").textContent =
      `${words.picture} ${now.number}/${now.planned} · ${words.seen} ${now.seated} · ${words.of} ${now.known}`;
    document.querySelector("#bar").value = now.number;
  }
  setTimeout(follow, 1000);
}

if (running) follow();
