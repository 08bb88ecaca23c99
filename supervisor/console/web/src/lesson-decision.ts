/**
 * <lesson-decision>: each decision has its key. One that needs no words is sent at once; the others open with the
 * cursor where the reason is written, and Enter sends it. N, P and U walk through the list.
 */

import { shortcut } from "./keys.ts";

export class LessonDecision extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("keydown", this.onKey);
    this.addEventListener("toggle", this.onToggle, true);
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.onKey);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      for (const open of this.querySelectorAll("details[open]")) open.removeAttribute("open");
      return;
    }
    const key = shortcut(event);
    const wanted = key && this.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
    if (!wanted || event.repeat) return;
    event.preventDefault();
    if (wanted instanceof HTMLAnchorElement) wanted.click();
    else if (wanted.hasAttribute("data-at-once")) wanted.querySelector("form")?.requestSubmit();
    else wanted.setAttribute("open", "");
  };

  private readonly onToggle = (event: Event): void => {
    const opened = event.target;
    if (!(opened instanceof HTMLDetailsElement) || !opened.open) return;
    opened.querySelector<HTMLElement>("[name=text]")?.focus();
  };
}
