/** <todo-list>: J and K move, Enter opens (the links do), A and R approve and refuse what is decided in the list. */

import { shortcut } from "./keys.ts";

export class TodoList extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("keydown", this.onKey);
    if (document.activeElement === document.body) this.links[0]?.focus();
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.onKey);
  }

  private get links(): HTMLAnchorElement[] {
    return [...this.querySelectorAll<HTMLAnchorElement>(".todo-open")];
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const key = shortcut(event);
    if (key === "J" || key === "K") this.move(key === "J" ? 1 : -1);
    else if (key === "A" || key === "R") {
      if (!this.answer(key === "A" ? "approve" : "refuse")) return;
    } else return;
    event.preventDefault();
  };

  private move(by: number): void {
    const links = this.links;
    const here = links.findIndex((link) => link.closest("li")?.contains(document.activeElement));
    const next = here < 0 ? 0 : Math.min(links.length - 1, Math.max(0, here + by));
    links[next]?.focus();
    links[next]?.scrollIntoView({ block: "nearest" });
  }

  private answer(wanted: string): boolean {
    const act = document.activeElement?.closest("li")?.querySelector<HTMLDetailsElement>(".todo-act");
    const choice = act?.querySelector<HTMLInputElement>(`[value=${wanted}]`);
    if (!act || !choice) return false;
    act.open = true;
    choice.checked = true;
    act.querySelector<HTMLInputElement>("[name=reason]")?.focus();
    return true;
  }
}
