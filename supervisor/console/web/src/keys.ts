/** Single-key shortcuts: off while somebody writes, and off for who turned them off (WCAG 2.1.4). */

const KEPT = "lessonproof-keys";
const WRITES = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

/** The upper-case key of a press that is meant as a shortcut; undefined: it is not. */
export function shortcut(event: KeyboardEvent): string | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return undefined;
  if (event.target instanceof Element && event.target.closest(WRITES)) return undefined;
  if (!keysOn()) return undefined;
  return event.key.length === 1 ? event.key.toUpperCase() : undefined;
}

export function keysOn(): boolean {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

/** The page's own switch. */
export function keepSwitch(): void {
  const box = document.querySelector<HTMLInputElement>("#keys-on");
  if (!box) return;
  box.checked = keysOn();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(KEPT, box.checked ? "on" : "off");
    } catch {
      // a browser that keeps nothing: the switch is for this page
    }
  });
}
