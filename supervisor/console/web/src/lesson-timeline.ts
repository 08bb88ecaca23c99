/**
 * <lesson-timeline data="lesson-data" tabindex="0">: the lesson hour on one time axis, in the site's time zone.
 *
 * Rows: the lesson hour with the best window; one bar a camera (recorded, hatched gaps with their reasons, media that is
 * not counted); the people count, broken where samples are missing, with the required line; check-in and check-out marks.
 * Wheel or +/- zooms, drag or arrows pan, click jumps to the nearest recorded moment. The same facts stand in a plain table.
 */

import { hms, SITE_OFFSET_MS, tickLabel } from "./site-time.ts";
import { axisTop, nearestRecorded, strokes, ticks, toPixel, toTime, zoomed, type Point, type Scale, type Span } from "./timeline-math.ts";
import { pageData, word } from "./words.ts";

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly words: string;
}

export interface TimelineData {
  readonly lesson: Span;
  /** Shown at first, and the most that can be shown. */
  readonly view: Span;
  readonly whole: Span;
  readonly window: Span | null;
  readonly windowWords: string;
  readonly required: number | null;
  readonly everyMs: number;
  readonly cameras: readonly {
    readonly name: string;
    readonly spans: readonly Span[];
    readonly gaps: readonly Stretch[];
    readonly excluded: readonly Stretch[];
  }[];
  /** Of single pictures. */
  readonly counts: readonly Point[];
  /** Of people in their places; empty when nobody kept account of them. */
  readonly seated: readonly Point[];
  readonly marks: readonly { readonly at: number; readonly direction: "in" | "out" }[];
}

const LEFT = 84; // px for the row names
const AXIS = 24;
const ROW = 24;
const CURVE = 108;
const MARKS = 26;
const LEAST_VIEW_MS = 5000;

export class LessonTimeline extends HTMLElement {
  private readonly canvas = document.createElement("canvas");
  private data: TimelineData | undefined;
  private view: Span = [0, 1];
  private playhead: number | undefined;
  private readonly watcher = new ResizeObserver(() => this.draw());

  connectedCallback(): void {
    this.data = pageData<TimelineData>(this.getAttribute("data") ?? "");
    if (!this.data) return;
    this.view = this.data.view;
    this.canvas.setAttribute("aria-hidden", "true");
    this.append(this.canvas);
    this.watcher.observe(this);
    document.addEventListener("lesson-time", this.onTime);
    this.addEventListener("wheel", this.onWheel, { passive: false });
    this.addEventListener("keydown", this.onKey);
    this.canvas.addEventListener("pointerdown", this.onPointer);
    this.setAttribute("ready", "");
  }

  disconnectedCallback(): void {
    this.watcher.disconnect();
    document.removeEventListener("lesson-time", this.onTime);
  }

  private get scale(): Scale {
    return { from: this.view[0], to: this.view[1], width: Math.max(50, this.clientWidth - LEFT - 8) };
  }

  private draw(): void {
    const data = this.data;
    if (!data || this.clientWidth === 0) return;
    const height = AXIS + ROW * (1 + data.cameras.length) + CURVE + MARKS;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.clientWidth * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${this.clientWidth}px`;
    this.canvas.style.height = `${height}px`;
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    pen.scale(ratio, ratio);
    new Painter(pen, getComputedStyle(this), this.scale, height).paint(data, this.playhead);
  }

  private readonly onTime = (event: Event): void => {
    this.playhead = (event as CustomEvent<number>).detail;
    this.draw();
  };

  private zoom(at: number, factor: number): void {
    if (!this.data) return;
    this.view = zoomed(this.view, this.data.whole, at, factor, LEAST_VIEW_MS);
    this.draw();
  }

  private pan(ms: number): void {
    if (!this.data) return;
    const whole = this.data.whole;
    const shift = Math.min(Math.max(ms, whole[0] - this.view[0]), whole[1] - this.view[1]);
    this.view = [this.view[0] + shift, this.view[1] + shift];
    this.draw();
  }

  private jump(at: number): void {
    const recorded = nearestRecorded(this.data?.cameras.flatMap((camera) => camera.spans) ?? [], at);
    if (recorded !== undefined) document.dispatchEvent(new CustomEvent("lesson-seek", { detail: recorded }));
  }

  private readonly onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    this.zoom(toTime(this.scale, event.offsetX - LEFT), event.deltaY > 0 ? 1.25 : 0.8);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const [from, to] = this.view;
    if (event.key === "+" || event.key === "=") this.zoom((from + to) / 2, 0.8);
    else if (event.key === "-") this.zoom((from + to) / 2, 1.25);
    else if (event.key === "ArrowLeft") this.pan(-(to - from) / 10);
    else if (event.key === "ArrowRight") this.pan((to - from) / 10);
    else if (event.key === "Enter") this.jump((from + to) / 2);
    else return;
    event.preventDefault();
  };

  private readonly onPointer = (down: PointerEvent): void => {
    let moved = false;
    let last = down.offsetX;
    this.canvas.setPointerCapture(down.pointerId);
    const move = (event: PointerEvent): void => {
      if (Math.abs(event.offsetX - down.offsetX) > 3) moved = true;
      if (moved) this.pan(toTime(this.scale, last) - toTime(this.scale, event.offsetX));
      last = event.offsetX;
    };
    const up = (event: PointerEvent): void => {
      this.canvas.removeEventListener("pointermove", move);
      if (!moved) this.jump(toTime(this.scale, event.offsetX - LEFT));
    };
    this.canvas.addEventListener("pointermove", move);
    this.canvas.addEventListener("pointerup", up, { once: true });
  };
}

/** Draws one state of the timeline; colours are the page's design tokens. */
class Painter {
  constructor(
    private readonly pen: CanvasRenderingContext2D,
    private readonly style: CSSStyleDeclaration,
    private readonly scale: Scale,
    private readonly height: number,
  ) {
    pen.font = `12px ${style.fontFamily}`;
    pen.textBaseline = "middle";
  }

  paint(data: TimelineData, playhead: number | undefined): void {
    this.axis();
    let top = AXIS;
    this.lesson(data, top);
    for (const camera of data.cameras) {
      top += ROW;
      this.camera(camera, top);
    }
    top += ROW;
    this.curve(data, top);
    this.marks(data, top + CURVE);
    if (playhead !== undefined) this.playhead(playhead);
  }

  private colour(token: string): string {
    return this.style.getPropertyValue(`--${token}`).trim();
  }

  /** Pixel of a time, clipped to the drawing's width. */
  private x(at: number): number {
    return LEFT + Math.min(Math.max(toPixel(this.scale, at), 0), this.scale.width);
  }

  private name(text: string, y: number): void {
    this.pen.fillStyle = this.colour("ink-soft");
    this.pen.textAlign = "left";
    this.pen.fillText(text, 2, y, LEFT - 8);
  }

  private axis(): void {
    const { pen } = this;
    pen.textAlign = "center";
    for (const at of ticks(this.scale, 84, SITE_OFFSET_MS)) {
      const x = this.x(at);
      pen.fillStyle = this.colour("line");
      pen.fillRect(x, AXIS - 4, 1, this.height);
      pen.fillStyle = this.colour("ink-soft");
      pen.fillText(tickLabel(at), Math.min(x, LEFT + this.scale.width - 24), AXIS / 2);
    }
  }

  private bar(start: number, end: number, top: number, colour: string): number {
    const [from, to] = [this.x(start), this.x(end)];
    this.pen.fillStyle = colour;
    this.pen.fillRect(from, top + 4, to - from, ROW - 8);
    return to - from;
  }

  private label(text: string, start: number, end: number, top: number, colour: string): void {
    const room = this.x(end) - this.x(start) - 8;
    if (this.pen.measureText(text).width > room) return;
    this.pen.fillStyle = colour;
    this.pen.textAlign = "left";
    this.pen.fillText(text, this.x(start) + 4, top + ROW / 2 + 1);
  }

  private lesson(data: TimelineData, top: number): void {
    this.name(word("lesson_hour"), top + ROW / 2);
    this.bar(data.lesson[0], data.lesson[1], top, this.colour("lane"));
    if (!data.window) return;
    this.bar(data.window[0], data.window[1], top, this.colour("ok"));
    this.label(data.windowWords, data.window[0], data.window[1], top, "#fff");
  }

  private camera(camera: TimelineData["cameras"][number], top: number): void {
    this.name(camera.name, top + ROW / 2);
    for (const [start, end] of camera.spans) this.bar(start, end, top, this.colour("recorded"));
    for (const gap of camera.gaps) this.hatched(gap, top, this.colour("bad"), this.colour("bad-soft"));
    for (const part of camera.excluded) this.hatched(part, top, this.colour("none"), this.colour("none-soft"));
  }

  private hatched(part: Stretch, top: number, ink: string, ground: string): void {
    const { pen } = this;
    const width = this.bar(part.start, part.end, top, ground);
    if (width < 1) return;
    const left = this.x(part.start);
    pen.save();
    pen.beginPath();
    pen.rect(left, top + 4, width, ROW - 8);
    pen.clip();
    pen.strokeStyle = ink;
    pen.lineWidth = 1;
    pen.globalAlpha = 0.45;
    pen.beginPath();
    for (let x = left - ROW; x < left + width; x += 6) {
      pen.moveTo(x, top + ROW);
      pen.lineTo(x + ROW, top);
    }
    pen.stroke();
    pen.restore();
    const room = width - 8;
    const text = this.pen.measureText(part.words).width;
    if (text > room) return;
    pen.fillStyle = ground;
    pen.fillRect(left + 2, top + 5, text + 4, ROW - 10);
    this.label(part.words, part.start, part.end, top, ink);
  }

  private curve(data: TimelineData, top: number): void {
    const { pen } = this;
    const peak = Math.max(data.required ?? 0, ...[...data.counts, ...data.seated].map(([, count]) => count));
    const most = axisTop(peak * 1.05);
    const y = (count: number): number => top + CURVE - 8 - (count / most) * (CURVE - 20);
    this.name(word("people"), top + CURVE / 2);
    pen.textAlign = "right";
    for (const value of [0, most]) {
      pen.fillStyle = this.colour("line");
      pen.fillRect(LEFT, y(value), this.scale.width, 1);
      pen.fillStyle = this.colour("ink-soft");
      pen.fillText(String(value), LEFT - 6, y(value));
    }
    if (data.window) {
      pen.fillStyle = this.colour("ok-soft");
      pen.globalAlpha = 0.6;
      pen.fillRect(this.x(data.window[0]), top, this.x(data.window[1]) - this.x(data.window[0]), CURVE - 8);
      pen.globalAlpha = 1;
    }
    if (data.required !== null) {
      pen.strokeStyle = this.colour("bad");
      pen.setLineDash([5, 4]);
      this.stroke([[LEFT, y(data.required)], [LEFT + this.scale.width, y(data.required)]], 1.5);
      pen.setLineDash([]);
      pen.fillStyle = this.colour("bad");
      pen.fillText(word("required").replace("{n}", String(data.required)), LEFT + this.scale.width - 2, y(data.required) - 8);
    }
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, top, this.scale.width, CURVE);
    pen.clip();
    if (data.seated.length) {
      this.series(data.counts, data.everyMs, y, "ink-soft", [2, 4]);
      this.series(data.seated, data.everyMs, y, "accent", []);
      this.named(data.counts, y, word("single"), "ink-soft", 10);
      this.named(data.seated, y, word("seated"), "accent", -10);
    } else this.series(data.counts, data.everyMs, y, "accent", []);
    pen.restore();
  }

  private series(points: readonly Point[], everyMs: number, y: (count: number) => number, token: string, dash: number[]): void {
    const { pen } = this;
    pen.strokeStyle = pen.fillStyle = this.colour(token);
    pen.setLineDash(dash);
    for (const line of strokes(points, everyMs)) {
      const path = line.map(([at, count]): [number, number] => [LEFT + toPixel(this.scale, at), y(count)]);
      this.stroke(path, 2);
      if (line.length === 1 && path[0]) pen.fillRect(path[0][0] - 1.5, path[0][1] - 1.5, 3, 3);
    }
    pen.setLineDash([]);
  }

  /** The name of a series beside its first point that is in sight. */
  private named(points: readonly Point[], y: (count: number) => number, text: string, token: string, away: number): void {
    const first = points.find(([at]) => at >= this.scale.from);
    if (!first) return;
    const [x, top] = [LEFT + toPixel(this.scale, first[0]) + 4, y(first[1]) + away];
    this.pen.textAlign = "left";
    this.pen.strokeStyle = this.colour("card"); // keeps the lines off the letters
    this.pen.lineWidth = 4;
    this.pen.strokeText(text, x, top);
    this.pen.fillStyle = this.colour(token);
    this.pen.fillText(text, x, top);
  }

  private stroke(path: readonly (readonly [number, number])[], width: number): void {
    this.pen.lineWidth = width;
    this.pen.beginPath();
    path.forEach(([x, y], index) => (index ? this.pen.lineTo(x, y) : this.pen.moveTo(x, y)));
    this.pen.stroke();
  }

  /** Triangles: up in green for in, down in grey for out. */
  private marks(data: TimelineData, top: number): void {
    this.name(word("checkins"), top + MARKS / 2 - 2);
    for (const { at, direction } of data.marks) {
      if (at < this.scale.from || at > this.scale.to) continue;
      const [x, y, tip] = [this.x(at), top + MARKS / 2 - 2, direction === "in" ? -6 : 6];
      this.pen.fillStyle = this.colour(direction === "in" ? "ok" : "none");
      this.pen.beginPath();
      this.pen.moveTo(x, y + tip);
      this.pen.lineTo(x - 5, y - tip * 0.6);
      this.pen.lineTo(x + 5, y - tip * 0.6);
      this.pen.fill();
    }
  }

  private playhead(at: number): void {
    if (at < this.scale.from || at > this.scale.to) return;
    const { pen } = this;
    const x = this.x(at);
    pen.fillStyle = this.colour("ink");
    pen.fillRect(x - 1, 0, 2, this.height);
    pen.fillRect(x - 30, 2, 60, AXIS - 6);
    pen.fillStyle = "#fff";
    pen.textAlign = "center";
    pen.fillText(hms(at), x, AXIS / 2);
  }
}
