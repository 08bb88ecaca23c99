/**
 * <parallel-player why="routine" tabindex="0">: one, two or nine pictures on one clock; a script says which: `show(wishes)`.
 *
 * The clock runs in the time of the site. A picture that has nothing of this time says so while the others go on; where
 * none has anything, the clock goes on to where one has. Nothing is played before every picture that has something is ready.
 * Keys: space, left and right (10 s), comma and full stop (one picture), 1…5 (speed).
 * Events on document: sends `lesson-time` (detail: the wall times shown), obeys `lesson-seek` (epoch ms). Sends
 * `tile-chosen` with the number of a picture that was clicked.
 */

import { ClipTile, type ClipSource, type TileWish } from "./clip-tile.ts";
import { button, isTyped, SPEEDS, speeds } from "./player-bar.ts";
import { hms } from "./site-time.ts";
import { word } from "./words.ts";

const STEP_MS = 80; // between two looks at the pictures
const NEAR_MS = 1500; // a picture this near to the clock leads it

export class ParallelPlayer extends HTMLElement {
  private tiles: ClipTile[] = [];
  private clock = 0;
  private playing = false;
  private ready = false;
  private rate = 1;
  private last = 0;
  private timer = 0;
  private readonly stage = document.createElement("div");
  private readonly bar = document.createElement("div");
  private readonly time = document.createElement("output");
  private readonly playButton = button("", () => this.toggle());
  private readonly speed = speeds((rate) => (this.rate = rate));

  connectedCallback(): void {
    this.stage.className = "stage";
    this.bar.className = "player-bar";
    this.bar.append(
      this.playButton,
      button(word("back10"), () => this.move(-10_000)),
      button(word("on10"), () => this.move(10_000)),
      button(word("frame_back"), () => this.frames(-1)),
      button(word("frame"), () => this.frames(1)),
      this.speed,
      this.time,
      button(word("fullscreen"), () => void this.requestFullscreen()),
    );
    this.append(this.stage, this.bar);
    document.addEventListener("lesson-seek", this.onSeek);
    this.addEventListener("keydown", this.onKey);
    this.label();
  }

  disconnectedCallback(): void {
    clearInterval(this.timer);
    document.removeEventListener("lesson-seek", this.onSeek);
    for (const tile of this.tiles) tile.close();
  }

  /** Other pictures, from this wall time (of the first) on. */
  show(wishes: readonly TileWish[], wall: number): void {
    for (const tile of this.tiles) tile.close();
    this.tiles = wishes.map((wish) => new ClipTile(wish, (source) => this.address(source)));
    this.stage.dataset["tiles"] = String(this.tiles.length);
    this.stage.append(...this.tiles.map((tile) => tile.element));
    this.tiles.forEach((tile, index) =>
      tile.element.addEventListener("click", () => this.dispatchEvent(new CustomEvent("tile-chosen", { detail: index }))),
    );
    this.clock = wall - (wishes[0]?.zero ?? 0);
    this.pause();
    clearInterval(this.timer);
    this.last = performance.now();
    this.timer = window.setInterval(() => this.tick(), STEP_MS);
    this.tick();
    this.setAttribute("ready", "");
  }

  /** Wall time of the first picture. */
  get wall(): number {
    return this.tiles[0]?.wallOf(this.clock) ?? 0;
  }

  wallOf(index: number): number {
    return this.tiles[index]?.wallOf(this.clock) ?? this.wall;
  }

  /** What is on the screen now: each picture with its clip and its wall time. */
  get pictures(): { readonly video: HTMLVideoElement; readonly source: ClipSource; readonly wall: number }[] {
    return this.tiles.flatMap((tile) => (tile.picture ? [{ video: tile.video, ...tile.picture }] : []));
  }

  pause(): void {
    this.playing = false;
    this.label();
  }

  private address(source: ClipSource): string {
    const why = encodeURIComponent(this.getAttribute("why") ?? "routine");
    const file = source.span ? `spans/${source.span}` : `lessons/${source.lesson}/clips/${source.sha256}`;
    return `/api/${file}/playlist.m3u8?reason=${why}`;
  }

  private tick(): void {
    const now = performance.now();
    const passed = now - this.last;
    this.last = now;
    const go = this.playing && this.ready; // all wait for the one that is not ready yet
    this.ready = this.tiles.map((tile) => tile.follow(this.clock, go, this.rate)).every(Boolean);
    if (go && this.ready) this.advance(passed * this.rate);
    this.tell();
  }

  /** The first picture that is where the clock is leads it: so it never runs away from a browser that cannot keep up. */
  private advance(ms: number): void {
    const wanted = this.clock + ms;
    const leader = this.tiles.find((tile) => tile.has(this.clock) && tile.shown !== undefined);
    const [shown, near] = [leader?.shown, NEAR_MS * Math.max(1, this.rate / 2)];
    if (shown !== undefined && Math.abs(shown - wanted) < near) this.clock = Math.max(this.clock, shown);
    else this.clock = wanted;
    if (this.tiles.some((tile) => tile.has(this.clock))) return;
    const next = this.tiles.flatMap((tile) => tile.next(this.clock) ?? []);
    if (next.length) this.clock = Math.min(...next);
    else this.pause();
  }

  private tell(): void {
    this.time.textContent = hms(this.wall);
    document.dispatchEvent(new CustomEvent("lesson-time", { detail: this.tiles.map((tile) => tile.wallOf(this.clock)) }));
  }

  private label(): void {
    this.playButton.textContent = word(this.playing ? "pause" : "play");
  }

  private toggle(): void {
    this.playing = !this.playing;
    this.label();
    if (!this.playing) this.tick();
    else if (!this.tiles.some((tile) => tile.next(this.clock) !== undefined)) {
      const first = this.tiles.flatMap((tile) => tile.next(-Infinity) ?? []);
      if (first.length) this.clock = Math.min(...first);
    }
  }

  private move(ms: number): void {
    this.clock += ms;
    if (this.tiles.length && this.tiles[0]?.wallOf(0) !== 0) this.clock = Math.max(0, this.clock);
    this.tick();
  }

  private frames(count: number): void {
    this.pause();
    const leader = this.tiles.find((tile) => tile.has(this.clock));
    this.move(count * (leader?.frameMs ?? 40));
  }

  private readonly onSeek = (event: Event): void => {
    const wanted = (event as CustomEvent<number>).detail;
    const clock = this.tiles.map((tile) => tile.clockOf(wanted)).find((one) => one !== undefined);
    if (clock === undefined) return;
    this.clock = clock;
    this.tick();
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (isTyped(event)) return;
    const rate = SPEEDS[Number(event.key) - 1];
    if (event.key === " ") this.toggle();
    else if (event.key === "ArrowLeft") this.move(-10_000);
    else if (event.key === "ArrowRight") this.move(10_000);
    else if (event.key === ",") this.frames(-1);
    else if (event.key === ".") this.frames(1);
    else if (rate) {
      this.rate = rate;
      this.speed.value = String(rate);
    } else return;
    event.preventDefault();
  };
}
