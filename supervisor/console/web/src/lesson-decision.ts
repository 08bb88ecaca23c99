/**
 * <lesson-decision>: each decision has its key. One that needs no words is sent at once; the others open with the
 * cursor where the reason is written, and Enter sends it. N, P and U walk through the list.
 */

import { shortcut } from "./keys.ts";

export class LessonDecision extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("keydown", this.onKey);
    this.addEventListener("toggle", this.onToggle, true);
    this.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("[data-cancel]")) this.close();
    });
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.onKey);
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") return this.close();
    const key = shortcut(event);
    const wanted = key && this.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
    if (!wanted || event.repeat) return;
    event.preventDefault();
    if (wanted instanceof HTMLAnchorElement) wanted.click();
    else if (wanted.hasAttribute("data-at-once")) wanted.querySelector("form")?.requestSubmit();
    else if (wanted instanceof HTMLDetailsElement) {
      wanted.open = true;
      this.write(wanted); // at once: the next key is a letter of the reason already
    }
  };

  private write(opened: HTMLDetailsElement): void {
    opened.querySelector<HTMLElement>("[name=text]")?.focus();
  }

  private close(): void {
    for (const open of this.querySelectorAll<HTMLElement>("details[open]")) {
      open.removeAttribute("open");
      open.querySelector("summary")?.focus();
    }
  }

  private readonly onToggle = (event: Event): void => {
    if (event.target instanceof HTMLDetailsElement && event.target.open) this.write(event.target);
  };
}
