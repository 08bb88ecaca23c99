/**
 * One picture of several that play on one clock: follows the clock through the clips it was given, and where none of them
 * has a picture of that time it shows why, never the picture of another time.
 */

import { HlsClip } from "./hls-clip.ts";
import { correction, covered, mediaAt, nextCovered, wallAt } from "./play-math.ts";
import { FrameLength } from "./player-bar.ts";
import { hms } from "./site-time.ts";
import type { Span } from "./timeline-math.ts";
import { word } from "./words.ts";

export interface ClipSource {
  readonly lesson: string;
  readonly camera: string;
  readonly sha256: string;
  readonly start: number;
  readonly end: number;
  /** Of raw recording that somebody fetched, its id; it is no evidence clip. */
  readonly span?: string;
}

export interface TileWish {
  readonly title: string;
  readonly sources: readonly ClipSource[];
  /** Wall time at 0 of the player's clock, and how much of it is wanted. */
  readonly zero: number;
  readonly limit: Span;
  /** Why there is no picture of this time. */
  readonly absent: (wall: number) => string;
}

export class ClipTile {
  readonly element = document.createElement("figure");
  readonly video = document.createElement("video");
  private readonly time = document.createElement("span");
  private readonly kind = document.createElement("span");
  private readonly notice = document.createElement("p");
  private readonly frame: FrameLength;
  private source: ClipSource | undefined;
  private clip: HlsClip | undefined;
  private failed = false;
  private gone = false;

  constructor(
    private readonly wish: TileWish,
    private readonly address: (source: ClipSource) => string,
  ) {
    const caption = document.createElement("figcaption");
    const title = document.createElement("b");
    title.textContent = wish.title;
    caption.append(title, this.time, this.kind);
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.preload = "auto";
    this.video.setAttribute("aria-label", wish.title);
    this.notice.className = "no-picture";
    this.element.className = "tile-picture";
    this.element.append(this.video, this.notice, caption);
    this.frame = new FrameLength(this.video);
  }

  close(): void {
    this.gone = true;
    this.clip?.close();
    this.element.remove();
  }

  /** Length of one picture, ms. */
  get frameMs(): number {
    return this.frame.seconds * 1000;
  }

  wallOf(clock: number): number {
    return this.wish.zero + clock;
  }

  /** The clock's time of a wall time that this tile may show; undefined: it may not. */
  clockOf(wall: number): number | undefined {
    return wall >= this.wish.limit[0] && wall < this.wish.limit[1] ? wall - this.wish.zero : undefined;
  }

  /** Where the clips have pictures, on the clock; of those not opened yet as far as is known. */
  private get spans(): Span[] {
    const [from, to] = this.wish.limit;
    const pieces = this.clip?.pieces ?? [];
    return this.wish.sources
      .flatMap((one): readonly Span[] => (one === this.source && pieces.length ? covered(pieces) : [[one.start, one.end]]))
      .map(([start, end]): Span => [Math.max(start, from) - this.wish.zero, Math.min(end, to) - this.wish.zero])
      .filter(([start, end]) => end > start);
  }

  next(clock: number): number | undefined {
    return nextCovered(this.spans, clock);
  }

  has(clock: number): boolean {
    return !this.failed && this.spans.some(([start, end]) => clock >= start - 40 && clock < end);
  }

  /** Clock of the picture on the screen; undefined while none is. */
  get shown(): number | undefined {
    if (!this.clip || this.video.seeking || this.video.readyState < 2) return undefined;
    const wall = wallAt(this.clip.pieces, this.video.currentTime);
    return wall === undefined ? undefined : wall - this.wish.zero;
  }

  /** What is on the screen, for whoever takes it: its clip and wall time. */
  get picture(): { readonly source: ClipSource; readonly wall: number } | undefined {
    const shown = this.shown;
    if (!this.source || shown === undefined || !this.notice.hidden) return undefined;
    return { source: this.source, wall: Math.round(this.wallOf(shown)) };
  }

  /** Bring the picture to the clock. True: it is there, or there is none to wait for. */
  follow(clock: number, playing: boolean, rate: number): boolean {
    const wall = this.wallOf(clock);
    const inside = this.clockOf(wall) !== undefined;
    this.time.textContent = inside ? hms(wall) : "";
    this.kind.textContent = inside && this.source?.span && this.notice.hidden ? word("raw_recording") : "";
    if (!inside || !this.has(clock)) return this.hide(this.failed ? word("clip_unplayable") : this.wish.absent(wall));
    const source = this.wish.sources.find((one) => wall >= one.start - 40 && wall < one.end) ?? this.source;
    if (source && source !== this.source) this.open(source);
    const media = mediaAt(this.clip?.pieces ?? [], wall);
    if (media === undefined) return this.clip?.pieces.length ? this.hide(this.wish.absent(wall)) : this.wait();
    this.notice.hidden = true;
    if (this.video.seeking || this.video.readyState < 2) return false;
    this.steer(media, playing, rate);
    return !this.video.seeking && (!playing || this.video.readyState >= 3 || this.video.ended);
  }

  private steer(media: number, playing: boolean, rate: number): void {
    const { video } = this;
    const drift = video.currentTime - media;
    if (!playing) {
      if (!video.paused) video.pause();
      if (Math.abs(drift) > 0.02) video.currentTime = media;
      return;
    }
    const how = correction(drift, rate);
    if (how.jump) video.currentTime = media;
    if (video.playbackRate !== how.rate) video.playbackRate = how.rate;
    if (video.paused) void video.play().catch(() => undefined); // asked again with the next step of the clock
  }

  private hide(why: string): true {
    if (!this.video.paused) this.video.pause();
    if (this.notice.textContent !== why) this.notice.textContent = why;
    this.notice.hidden = false;
    return true;
  }

  private wait(): false {
    this.hide(word("loading"));
    return false;
  }

  private open(source: ClipSource): void {
    this.source = source;
    this.clip?.close();
    this.clip = undefined;
    this.failed = false;
    void HlsClip.open(this.video, this.address(source), () => (this.failed = true)).then((clip) => {
      if (this.gone || this.source !== source) clip?.close();
      else if (clip) this.clip = clip;
      else this.failed = true;
    });
  }
}
