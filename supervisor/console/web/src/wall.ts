/**
 * <wall-board>: the patrol wall. Groups of tiles that turn by themselves, one enlarged with its panel, keys, sign-off.
 * The page's numbers are the server's; they are asked for every few seconds and merged in (wall-merge.ts).
 */

import { merge } from "./wall-merge.ts";
import { bookmark, snapshot } from "./wall-mark.ts";
import { Panel } from "./wall-panel.ts";
import { SignOff } from "./wall-sign.ts";
import { Tile } from "./wall-tile.ts";
import { word } from "./words.ts";

const EVERY_MS = 4000;
const TICK_MS = 1000;
const MOVING = 9; // more tiles at once than this are stills
const SMALL = window.matchMedia("(max-width: 900px)");

class WallBoard extends HTMLElement {
  private readonly tiles = new Map<HTMLElement, Tile>();
  private group = 0;
  private left = 0;
  private paused = false;
  private large = "";
  private skew = 0;
  private ticked = performance.now();
  private panel!: Panel;
  private sign!: SignOff;

  connectedCallback(): void {
    this.panel = new Panel(
      this.one("#panel"),
      () => void this.refresh(),
      (camera) => this.choose(camera),
      () => this.enlarge(""),
      (text) => this.say(text),
    );
    this.sign = new SignOff(
      this.one("#sign"),
      this.one("#sign-row"),
      () => this.one("#wall-parts").dataset["draw"] ?? "",
      (text) => {
        this.say(text);
        void this.refresh();
      },
    );
    this.restore();
    if (SMALL.matches) this.one(".filters").removeAttribute("open");
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("change", (event) => this.onChange(event.target as HTMLElement));
    document.addEventListener("keydown", (event) => this.onKey(event));
    SMALL.addEventListener("change", () => this.apply());
    window.addEventListener("hashchange", () => this.enlarge(location.hash.slice(1)));
    window.setInterval(() => this.tick(), TICK_MS);
    window.setInterval(() => void this.refresh(), EVERY_MS);
    this.clock();
    this.left = this.dwell;
    this.enlarge(location.hash.slice(1));
    this.tick();
  }

  private one<T extends HTMLElement>(selector: string): T {
    return this.querySelector(selector) as T;
  }

  private get items(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("#board > .wall-tile")];
  }

  private get size(): number {
    return Number(this.one<HTMLSelectElement>("#size").value);
  }

  private get dwell(): number {
    return Number(this.one<HTMLSelectElement>("#dwell").value);
  }

  private get groups(): number {
    return Math.max(1, Math.ceil(this.items.length / this.size));
  }

  private of(item: HTMLElement): Tile {
    let tile = this.tiles.get(item);
    if (!tile) this.tiles.set(item, (tile = new Tile(item, () => Date.now() + this.skew)));
    return tile;
  }

  /** The tiles of this group, in reading order. */
  private get here(): Tile[] {
    return this.items.slice(this.group * this.size, (this.group + 1) * this.size).map((item) => this.of(item));
  }

  private get enlarged(): Tile | undefined {
    const item = this.large ? this.one(`#t-${this.large}`) : null;
    return item ? this.of(item) : undefined;
  }

  /** Bring the page into the state that the fields above describe. */
  private apply(): void {
    for (const [item, tile] of this.tiles) {
      if (item.isConnected) continue;
      tile.leave();
      this.tiles.delete(item);
    }
    this.group = Math.min(this.group, this.groups - 1);
    if (this.large && !this.enlarged) this.large = "";
    const large = this.enlarged;
    const here = new Set(this.here);
    const mode = !large && here.size <= MOVING ? "video" : "picture";
    let key = 0;
    for (const item of this.items) {
      const tile = this.of(item);
      item.toggleAttribute("data-large", tile === large);
      if (tile === large) tile.show("video");
      else if (SMALL.matches) tile.rest();
      else if (here.has(tile)) tile.show(mode);
      else tile.hide();
      const label = item.querySelector<HTMLElement>(".key");
      if (label) label.textContent = here.has(tile) && key < 9 ? String(++key) : "";
    }
    this.toggleAttribute("data-large", large !== undefined);
    this.dataset["size"] = String(Math.min(this.size, shape(here.size)));
    this.one("#panel").hidden = !large;
    this.one("#needs").hidden = large !== undefined;
    this.turn();
  }

  private turn(): void {
    const many = this.groups > 1 && !SMALL.matches;
    this.one("#turn").hidden = !many;
    this.one("#pause").hidden = !many;
    const button = this.one("#pause");
    button.setAttribute("aria-pressed", String(this.paused));
    (button.querySelector("span") as HTMLElement).textContent = this.paused ? word("wall_go") : word("wall_pause");
    const which = word("wall_group").replace("{n}", String(this.group + 1)).replace("{all}", String(this.groups));
    const next = this.halted ? word("wall_paused") : word("wall_next").replace("{n}", String(Math.ceil(this.left)));
    this.one("#turn .turn-text").textContent = `${which} · ${next}`;
    this.one<HTMLProgressElement>("#turn .turn-left").value = 1 - this.left / this.dwell;
  }

  /** Nothing turns away under somebody's hands. */
  private get halted(): boolean {
    const busy = this.querySelector("dialog[open], .need details[open]") !== null;
    return this.paused || this.large !== "" || busy || document.hidden;
  }

  private tick(): void {
    const passed = performance.now() - this.ticked;
    this.ticked = performance.now();
    for (const tile of this.tiles.values()) tile.tick(passed);
    if (this.groups > 1 && !this.halted) {
      this.left -= passed / 1000;
      if (this.left <= 0) this.go(1);
    }
    this.turn();
  }

  private go(by: number): void {
    if (this.large) {
      const items = this.items;
      const at = items.findIndex((item) => item.dataset["lesson"] === this.large);
      this.enlarge(items[(at + by + items.length) % items.length]?.dataset["lesson"] ?? "");
      return;
    }
    this.group = (this.group + by + this.groups) % this.groups;
    this.left = this.dwell;
    this.apply();
  }

  private enlarge(lesson: string): void {
    const was = this.large;
    this.large = /^[0-9a-f-]{36}$/.test(lesson) && this.one(`#t-${lesson}`) ? lesson : "";
    const address = `${location.pathname}${location.search}${this.large ? `#${this.large}` : ""}`;
    if (was !== this.large) history.replaceState(null, "", address);
    if (!this.large && was) {
      this.panel.close();
      const at = this.items.findIndex((item) => item.dataset["lesson"] === was);
      if (at >= 0) this.group = Math.floor(at / this.size);
      this.left = this.dwell;
    }
    this.apply();
    if (this.large && this.large !== was) void this.panel.open(this.large);
    if (!this.large && was) this.querySelector<HTMLElement>(`#look-${was}`)?.focus();
    if (this.large && SMALL.matches) this.enlarged?.item.scrollIntoView({ block: "start" });
  }

  private choose(camera: string): void {
    const tile = this.enlarged;
    if (tile) tile.camera = camera;
  }

  private async refresh(): Promise<void> {
    if (document.hidden) return;
    const parts = this.one("#wall-parts");
    try {
      const answer = await fetch(parts.dataset["refresh"] ?? "/wall/parts", { signal: AbortSignal.timeout(10_000) });
      if (answer.redirected) location.reload(); // signed out meanwhile
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("wall-parts");
      if (fresh) merge(parts, fresh);
      document.documentElement.removeAttribute("data-stale");
      this.clock();
      this.apply();
    } catch {
      document.documentElement.setAttribute("data-stale", "");
    }
  }

  private clock(): void {
    this.skew = Number(this.one("#wall-parts").dataset["now"]) - Date.now();
  }

  private onClick(event: MouseEvent): void {
    const target = event.target as Element;
    const button = target.closest("button");
    if (button?.id === "pause") this.pause();
    else if (button?.id === "full") this.full();
    else if (button?.id === "sign-off") this.signOff();
    else if (button?.dataset["look"]) this.look(button.dataset["look"]);
    else if (button?.classList.contains("look")) {
      const lesson = button.closest<HTMLElement>(".wall-tile")?.dataset["lesson"] ?? "";
      this.enlarge(lesson === this.large ? "" : lesson);
    }
  }

  /** Of something that may not be among the tiles that are filtered now. */
  private look(lesson: string): void {
    if (this.one(`#t-${lesson}`)) this.enlarge(lesson);
    else location.assign(`/wall#${lesson}`);
  }

  private onChange(target: HTMLElement): void {
    if (target.id !== "size" && target.id !== "dwell" && target.id !== "keys-on") return;
    const first = this.group * Number(this.dataset["kept"] ?? this.size);
    this.dataset["kept"] = String(this.size);
    this.group = Math.floor(first / this.size);
    this.left = this.dwell;
    this.keep();
    this.apply();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || this.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && this.large) return this.enlarge("");
    // A box to tick takes Space alone; that of the closed help still has the keyboard for a moment.
    const at = event.target as Element;
    const typing = at.closest("input:not([type=checkbox]), textarea, select");
    if (typing || !this.one<HTMLInputElement>("#keys-on").checked) return;
    if (event.key === " " && at.closest("button, summary, a, input")) return;
    if (!this.pressed(event.key)) return;
    event.preventDefault();
  }

  private pressed(key: string): boolean {
    if (key === " ") this.pause();
    else if (key === "ArrowLeft") this.go(-1);
    else if (key === "ArrowRight") this.go(1);
    else if (/^[1-9]$/.test(key)) this.enlarge(this.here[Number(key) - 1]?.lesson ?? this.large);
    else if (key === "?") this.one<HTMLDialogElement>("#help").showModal();
    else if (key.toLowerCase() === "s") void this.mark(snapshot);
    else if (key.toLowerCase() === "b") void this.mark(bookmark);
    else if (key.toLowerCase() === "r") this.replay();
    else if (key.toLowerCase() === "g") this.signOff();
    else if (key.toLowerCase() === "f") this.full();
    else return false;
    return true;
  }

  /** The enlarged tile, or the one whose button has the focus, or the only one. */
  private get aimed(): Tile | undefined {
    const focused = document.activeElement?.closest<HTMLElement>(".wall-tile");
    return this.enlarged ?? (focused ? this.of(focused) : this.here.length === 1 ? this.here[0] : undefined);
  }

  private async mark(how: (tile: Tile) => Promise<string>): Promise<void> {
    const tile = this.aimed;
    this.say(tile ? await how(tile) : word("wall_enlarge_first"));
  }

  private replay(): void {
    const tile = this.aimed;
    if (tile) location.assign(`/lessons/${tile.lesson}/look-back`);
    else this.say(word("wall_enlarge_first"));
  }

  private signOff(): void {
    const tiles = this.enlarged ? [this.enlarged] : this.here;
    if (tiles.length) this.sign.open(tiles);
  }

  private pause(): void {
    if (this.groups < 2) return;
    this.paused = !this.paused;
    this.turn();
  }

  private full(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void this.requestFullscreen().catch(() => this.say(word("wall_failed")));
  }

  private say(text: string): void {
    const place = this.one("#say");
    place.textContent = text;
    window.setTimeout(() => {
      if (place.textContent === text) place.textContent = "";
    }, 6000);
  }

  private keep(): void {
    const kept = { size: this.size, dwell: this.dwell, keys: this.one<HTMLInputElement>("#keys-on").checked };
    localStorage.setItem("wall", JSON.stringify(kept));
  }

  private restore(): void {
    const kept = JSON.parse(localStorage.getItem("wall") ?? "{}") as { size?: number; dwell?: number; keys?: boolean };
    if (kept.size) this.one<HTMLSelectElement>("#size").value = String(kept.size);
    if (kept.dwell) this.one<HTMLSelectElement>("#dwell").value = String(kept.dwell);
    this.one<HTMLInputElement>("#keys-on").checked = kept.keys ?? true;
    this.dataset["kept"] = String(this.size);
  }
}

/** The smallest square that holds so many tiles: three classes need no wall of sixteen. */
function shape(tiles: number): number {
  return tiles <= 1 ? 1 : tiles <= 4 ? 4 : tiles <= 9 ? 9 : 16;
}

customElements.define("wall-board", WallBoard);
