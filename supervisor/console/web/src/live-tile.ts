/**
 * <live-tile camera="uuid" mode="video|picture"></live-tile>: one camera, live.
 *
 * All tiles of a page share one WebSocket. Moving pictures are H.264 in fragments (live-player.ts), still ones are JPEGs,
 * one a second; which of the two comes is what the centre says, not what was wished: a slow line, or a camera that sends
 * H.265, gives stills. Fires `tile-state` (it bubbles) at each change and once a second: detail `{ camera, state,
 * reason, age }`, `state` asking | video | picture | down, `reason` a code or null, `age` seconds since the newest
 * picture was taken or null. Has the attribute `ready` once a first picture is shown, and `state` as told.
 * Attributes may change at any time; a tile taken out of the page is watched no longer.
 */

import { LivePlayer, playable } from "./live-player.ts";
import { type Kind, liveSocket, type Mode, type Told, type Watcher } from "./live-socket.ts";

export interface TileState {
  camera: string;
  state: string;
  reason: string | null;
  age: number | null;
}

const STYLE = `
  :host { display: block; position: relative; overflow: hidden; background: #14181c; aspect-ratio: 16 / 9; }
  :host([hidden]) { display: none; }
  video, img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
  [hidden] { display: none; }
`;
const EVERY_MS = 1000;

export class LiveTile extends HTMLElement implements Watcher {
  static readonly observedAttributes = ["camera", "mode"];
  private readonly video = document.createElement("video");
  private readonly image = document.createElement("img");
  private readonly player = new LivePlayer(this.video, () => this.broken());
  private codec: string | null = null;
  private state = "asking";
  private reason: string | null = null;
  private taken: number | null = null;
  private shown = "";
  private picture = "";
  private still = false;
  private ticking: number | undefined;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.image.alt = "";
    this.image.hidden = true;
    this.video.hidden = true;
    root.append(this.image, this.video);
    this.video.addEventListener("error", () => this.broken());
    this.video.addEventListener("loadeddata", () => this.show("video"));
    this.image.addEventListener("load", () => this.show("picture"));
  }

  get camera(): string {
    return this.getAttribute("camera") ?? "";
  }

  get mode(): Mode {
    return this.getAttribute("mode") === "video" && !this.still ? "video" : "picture";
  }

  connectedCallback(): void {
    this.ticking = window.setInterval(() => this.tell(), EVERY_MS);
    this.ask();
  }

  disconnectedCallback(): void {
    window.clearInterval(this.ticking);
    liveSocket().leave(this);
    this.clear();
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now || !this.isConnected) return;
    this.still = false;
    if (name === "camera") this.clear();
    this.ask();
  }

  told(said: Told): void {
    this.codec = said.codec;
    if (said.state !== "video") this.player.end();
    if (said.state === "video" && !playable(said.codec)) {
      this.broken();
      return;
    }
    this.set(said.state, said.reason);
  }

  frame(kind: Kind, at: number, payload: Uint8Array): void {
    if (kind === 2) {
      if (this.state === "video") return; // of another tile of this camera
      this.taken = at;
      const next = URL.createObjectURL(new Blob([payload as BlobPart], { type: "image/jpeg" }));
      if (this.picture) URL.revokeObjectURL(this.picture);
      this.picture = next;
      this.image.src = next;
    } else if (this.mode === "video" && this.codec !== null) {
      if (kind === 0) this.player.begin(this.codec, payload);
      else {
        this.taken = at;
        this.player.add(payload);
      }
    }
  }

  away(_code: number, reason: string, final: boolean): void {
    this.player.end();
    this.set(final ? "down" : "asking", final ? reason || "refused" : "centre_away");
  }

  private ask(): void {
    if (this.camera) liveSocket().watch(this, this.camera, this.mode, this);
  }

  /** This browser cannot play what comes: stills, until the tile is asked for something else. */
  private broken(): void {
    if (this.still) return;
    this.player.end();
    this.still = true;
    this.set("asking", "browser");
    this.ask();
  }

  private clear(): void {
    this.player.end();
    if (this.picture) URL.revokeObjectURL(this.picture);
    this.picture = this.shown = "";
    this.image.removeAttribute("src");
    this.image.hidden = this.video.hidden = true;
    this.taken = null;
    this.codec = null;
    this.removeAttribute("ready");
    this.set("asking", null);
  }

  /** What has a picture is on top; the other stays as it was until then, so that a tile never flashes. */
  private show(what: "video" | "picture"): void {
    if (what === "picture" && this.state === "video" && this.shown === "video") return;
    this.shown = what;
    this.video.hidden = what !== "video";
    this.image.hidden = what !== "picture";
    if (!this.hasAttribute("ready")) {
      this.setAttribute("ready", "");
      this.tell();
    }
  }

  private set(state: string, reason: string | null): void {
    if (state === this.state && reason === this.reason) return;
    this.state = state;
    this.reason = reason;
    this.setAttribute("state", state);
    this.tell();
  }

  private tell(): void {
    if (!this.isConnected) return;
    const age = this.taken === null ? null : Math.max(0, (Date.now() - this.taken) / 1000);
    const detail: TileState = { camera: this.camera, state: this.state, reason: this.reason, age };
    this.dispatchEvent(new CustomEvent<TileState>("tile-state", { bubbles: true, detail }));
  }
}

customElements.define("live-tile", LiveTile);
