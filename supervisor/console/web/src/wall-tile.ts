/** One tile of the wall: asks for its live picture while it is shown, tells how old it is, never leaves one standing. */

import { hms } from "./site-time.ts";
import { word } from "./words.ts";

export type Mode = "video" | "picture";

/** As <live-tile> tells, once a second; `age`: seconds by this computer's clock since the newest picture, or null. */
interface Told {
  state: string;
  reason: string | null;
  age: number | null;
}

const LATE_S = 5;
const LOST_S = 15;

export class Tile {
  private told: Told = { state: "asking", reason: null, age: null };
  private live: HTMLElement | undefined;
  private lastAt: number | null = null;
  shownMs = 0;

  /** `clock`: the centre's, in milliseconds; a wrong clock on the viewer's desk makes no picture old. */
  constructor(
    readonly item: HTMLElement,
    private readonly clock: () => number,
  ) {}

  get now(): number {
    return this.clock();
  }

  get lesson(): string {
    return this.item.dataset["lesson"] ?? "";
  }

  get name(): string {
    return this.item.dataset["name"] ?? "";
  }

  get doubtful(): boolean {
    return this.item.dataset["doubt"] === "yes";
  }

  /** The camera that is shown: the page's choice, until somebody chose another of the room. */
  get camera(): string {
    return this.item.dataset["chosen"] ?? this.item.dataset["camera"] ?? "";
  }

  set camera(wanted: string) {
    this.item.dataset["chosen"] = wanted;
    this.shownMs = 0;
    this.live?.setAttribute("camera", wanted);
  }

  get element(): HTMLElement | undefined {
    return this.live;
  }

  /** What it truly shows: a picture that is there and is not old. */
  get shows(): Mode | "nothing" {
    const { state } = this.told;
    if (!this.live?.hasAttribute("ready") || this.age === null || this.age > LOST_S) return "nothing";
    return state === "video" || state === "picture" ? state : "nothing";
  }

  private get age(): number | null {
    if (this.told.age === null || this.lastAt === null) return null;
    return Math.max(0, (this.clock() - this.lastAt) / 1000);
  }

  private get wanted(): boolean {
    return this.item.dataset["running"] === "yes" && this.camera !== "" && customElements.get("live-tile") !== undefined;
  }

  show(mode: Mode): void {
    this.item.hidden = false;
    if (!this.wanted) this.leave();
    else if (!this.live) this.ask(mode);
    else if (this.live.getAttribute("mode") !== mode) this.live.setAttribute("mode", mode);
    if (this.live && this.live.getAttribute("camera") !== this.camera) this.live.setAttribute("camera", this.camera);
  }

  hide(): void {
    this.item.hidden = true;
    this.leave();
  }

  /** In the page, but without a picture: the list on a small screen. */
  rest(): void {
    this.item.hidden = false;
    this.leave();
  }

  leave(): void {
    this.live?.remove();
    this.live = undefined;
    this.told = { state: "asking", reason: null, age: null };
    this.shownMs = 0;
  }

  private ask(mode: Mode): void {
    const live = document.createElement("live-tile");
    live.setAttribute("camera", this.camera);
    live.setAttribute("mode", mode);
    live.addEventListener("tile-state", (event) => {
      this.told = (event as CustomEvent<Told>).detail;
      if (this.told.age !== null) this.lastAt = Date.now() - this.told.age * 1000;
    });
    this.live = live;
    this.item.querySelector(".stage")?.append(live);
  }

  /** Once a second. */
  tick(passedMs: number): void {
    const { running, out, picture } = this.item.dataset;
    if (this.item.hidden || running !== "yes") return;
    const shows = this.shows;
    if (shows !== "nothing") this.shownMs += passedMs;
    this.item.dataset["shows"] = shows;
    const fresh = this.item.querySelector<HTMLElement>(".fresh");
    const site = picture ? word("wall_site").replace("{n}", String(seconds(this.clock() - Number(picture)))) : "";
    if (fresh) {
      const [text, how] = out === "yes" ? ["", ""] : this.live ? this.freshness() : [site, "site"];
      set(fresh, text);
      fresh.dataset["how"] = how;
    }
    this.veil(out === "yes" || shows !== "nothing", site);
  }

  private freshness(): [string, string] {
    const age = this.age;
    const n = String(Math.round(age ?? 0));
    if (this.shows === "nothing" || age === null) return ["", ""];
    if (age > LATE_S) return [word("wall_late").replace("{n}", n), "late"];
    if (this.told.state === "video") return [word("wall_live").replace("{n}", n), "live"];
    return [`${word("wall_still").replace("{n}", n)}${this.told.reason ? ` · ${reason(this.told.reason)}` : ""}`, "still"];
  }

  /** Over the place of the picture while there is none: what is the matter, since when, and the last one's time. */
  private veil(clear: boolean, site: string): void {
    const veil = this.item.querySelector<HTMLElement>(".veil");
    if (!veil) return;
    veil.hidden = clear;
    if (clear) return;
    const lines = this.lines(site);
    if (veil.children.length !== lines.length) veil.replaceChildren(...lines.map(() => document.createElement("p")));
    lines.forEach((text, index) => set(veil.children[index] as HTMLElement, text));
    veil.dataset["how"] = this.live && this.told.state === "asking" ? "asking" : "down";
  }

  private lines(site: string): string[] {
    if (!this.live) return [word("wall_no_line"), word("wall_no_line_why")];
    if (this.told.state === "asking" && this.lastAt === null) {
      return [word("wall_asking"), this.told.reason ? reason(this.told.reason) : site];
    }
    const since = this.lastAt === null ? "" : lasting(this.clock() - this.lastAt);
    const last = this.lastAt === null ? "" : word("wall_last").replace("{time}", hms(this.lastAt));
    return [word("wall_no_picture"), [since, last].filter(Boolean).join(" · ") || site, reason(this.told.reason)];
  }
}

function lasting(ms: number): string {
  const whole = seconds(ms);
  if (whole < 120) return word("wall_for").replace("{n}", String(whole));
  return word("wall_for_minutes").replace("{n}", String(Math.floor(whole / 60)));
}

function seconds(ms: number): number {
  return Math.max(0, Math.round(ms / 1000));
}

function set(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Whose fault it is, as far as anybody can tell. */
export function reason(code: string | null): string {
  switch (code) {
    case "box_away":
      return word("live_box_away");
    case "no_lesson":
      return word("live_no_lesson");
    case "exempt":
      return word("live_exempt");
    case "not_configured":
      return word("live_not_configured");
    case "unreachable":
      return word("live_unreachable");
    case "unauthorized":
      return word("live_unauthorized");
    case "not_found":
    case "not_video":
    case "forbidden":
      return word("live_wrong_address");
    case "stalled":
    case "ended":
      return word("live_stalled");
    case "codec":
    case "browser":
      return word("live_codec");
    case "slow_uplink":
      return word("live_slow_uplink");
    case "slow_viewer":
      return word("live_slow_viewer");
    case "too_many":
      return word("live_too_many");
    case "centre_away":
      return word("live_centre_away");
    case null:
      return word("live_unknown");
    default:
      return word("live_refused");
  }
}
