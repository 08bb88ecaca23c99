// Follows the box: asks for the board's parts every second and takes over only those that changed, so nothing flickers.
const EVERY_MS = 1000;
const LOST_MS = 6000; // silent for so long: what stands here may be old, and the screen says so
const board = document.querySelector("#board");
const lost = document.querySelector("#lost");
const full = document.querySelector("#full");
let heard = performance.now();

function take(fresh) {
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = board.querySelector(`[data-part="${part.dataset.part}"]`);
    if (old !== null && old.outerHTML !== part.outerHTML) {
      const pressed = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      old.replaceWith(part);
      if (pressed !== null) part.querySelector(`[href="${CSS.escape(pressed)}"]`)?.focus();
    }
  }
}

async function follow() {
  try {
    const answer = await fetch(board.dataset.from, { signal: AbortSignal.timeout(4000) });
    if (answer.ok) {
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
      heard = performance.now();
    }
  } catch {
    // the box is restarting, or busy: `heard` grows old
  }
  lost.hidden = performance.now() - heard < LOST_MS;
  setTimeout(follow, EVERY_MS);
}

if (document.fullscreenEnabled) {
  full.hidden = false;
  full.addEventListener("click", () =>
    document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen(),
  );
}
setTimeout(follow, EVERY_MS);
