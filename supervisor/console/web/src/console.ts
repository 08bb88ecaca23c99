/** Every console page: the page refreshes its own parts (htmx), quietly, and only while somebody is looking. */

import htmx from "htmx.org";

// The page's content policy allows neither eval nor inline styles.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyEnabled = false;
htmx.config.timeout = 10_000;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden) event.preventDefault();
});

// Files that are too large together are told before they are sent: a server that refuses half-way hangs up.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target } = (event as CustomEvent<{ elt: HTMLElement; target: HTMLElement }>).detail;
  const most = Number(elt.dataset.mostBytes ?? Infinity);
  const chosen = [...elt.querySelectorAll<HTMLInputElement>("input[type=file]")].flatMap((one) => [...(one.files ?? [])]);
  if (chosen.reduce((sum, file) => sum + file.size, 0) <= most) return;
  event.preventDefault();
  target.textContent = elt.dataset.tooLarge ?? "";
});

// A part that cannot be refreshed says so instead of showing old numbers as if they were new.
function markStale(stale: boolean): void {
  document.documentElement.toggleAttribute("data-stale", stale);
}
document.addEventListener("htmx:sendError", () => markStale(true));
document.addEventListener("htmx:timeout", () => markStale(true));
document.addEventListener("htmx:responseError", (event) => {
  const status = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail.xhr.status;
  if (status === 401) location.reload(); // signed out meanwhile: the server sends us to the sign-in page
  markStale(true);
});
document.addEventListener("htmx:afterSwap", () => markStale(false));
