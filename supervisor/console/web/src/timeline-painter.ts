/** Draws one state of a timeline on a canvas; colours are the page's design tokens. */

import { hms, SITE_OFFSET_MS, tickLabel } from "./site-time.ts";
import { axisTop, envelope, ticks, toPixel, type Point, type Scale, type Span } from "./timeline-math.ts";
import { word } from "./words.ts";

export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly words: string;
}

export interface TimelineLesson extends Stretch {
  /** What is said where there is no room for `words`. */
  readonly name: string;
  readonly tone: string;
  readonly window: Span | null;
  readonly windowWords: string;
  readonly required: number | null;
}

export interface TimelineCamera {
  readonly name: string;
  readonly spans: readonly Span[];
  readonly gaps: readonly Stretch[];
  readonly excluded: readonly Stretch[];
  /** What of it the centre can play. */
  readonly clips: readonly Span[];
}

export interface TimelineData {
  /** Shown at first, and the most that can be shown. */
  readonly view: Span;
  readonly whole: Span;
  readonly everyMs: number;
  readonly lessons: readonly TimelineLesson[];
  readonly cameras: readonly TimelineCamera[];
  /** Of single pictures. */
  readonly counts: readonly Point[];
  /** Of people in their places; empty when nobody kept account of them. */
  readonly seated: readonly Point[];
  readonly checkedIn: readonly { readonly end: number; readonly steps: readonly Point[] }[];
  readonly marks: readonly { readonly at: number; readonly direction: string }[];
  readonly patrols: readonly Stretch[];
  readonly bookmarks: readonly { readonly at: number; readonly words: string }[];
}

/** The two curves cut where samples are missing: made once, not for every picture. */
export interface Strokes {
  readonly counts: readonly (readonly Point[])[];
  readonly seated: readonly (readonly Point[])[];
}

export const LEFT = 84; // px for the row names
const AXIS = 24;
const ROW = 24;
const CURVE = 112;
const MARKS = 26;
const PINS = 24;
const RIGHT = 8;
const NARROW = 3; // px below which a hatch is only a colour

/** The same shapes as the page's icons, on a field of 16 by 16. */
const SHAPES: Record<string, { readonly path: string; readonly filled?: boolean; readonly dash?: number[] }> = {
  ok: { path: "M2.5 8.5l3.5 4 7.5-9" },
  warn: { path: "M8 2.2L14.8 14H1.2z", filled: true },
  bad: { path: "M3 3l10 10M13 3L3 13" },
  none: { path: "M14 8A6 6 0 1 1 2 8A6 6 0 1 1 14 8", dash: [2.6, 2.1] },
  wait: { path: "M14 8A6 6 0 1 1 2 8A6 6 0 1 1 14 8M8 4.5V8l2.5 1.8" },
};

export function heightOf(data: TimelineData): number {
  return AXIS + ROW * (1 + data.cameras.length) + CURVE + MARKS + (hasPins(data) ? PINS : 0);
}

export function widthOf(element: HTMLElement): number {
  return Math.max(50, element.clientWidth - LEFT - RIGHT);
}

function hasPins(data: TimelineData): boolean {
  return data.patrols.length + data.bookmarks.length > 0;
}

const TOKENS = [
  "ink", "ink-soft", "line", "lane", "card", "accent", "recorded", "ok", "ok-soft", "warn", "warn-soft", "bad", "bad-soft",
  "none", "none-soft", "wait", "wait-soft",
];

export class Painter {
  private readonly colours: Record<string, string>;
  private readonly shapes: Record<string, Path2D>;
  private readonly font: string;
  private readonly peak: number;
  private scale: Scale = { from: 0, to: 1, width: 1 };

  constructor(
    private readonly pen: CanvasRenderingContext2D,
    style: CSSStyleDeclaration,
    private readonly data: TimelineData,
    private readonly strokes: Strokes,
  ) {
    this.colours = Object.fromEntries(TOKENS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    this.shapes = Object.fromEntries(Object.entries(SHAPES).map(([name, { path }]) => [name, new Path2D(path)]));
    this.font = `12px ${style.fontFamily}`;
    let peak = 0;
    for (const series of [data.counts, data.seated, ...data.checkedIn.map((one) => one.steps)])
      for (const [, value] of series) peak = Math.max(peak, value);
    for (const { required } of data.lessons) peak = Math.max(peak, required ?? 0);
    this.peak = peak;
  }

  paint(scale: Scale, playheads: readonly number[]): void {
    const { data, pen } = this;
    this.scale = scale;
    const height = heightOf(data);
    pen.clearRect(0, 0, LEFT + scale.width + RIGHT, height);
    pen.font = this.font;
    pen.textBaseline = "middle";
    pen.setLineDash([]);
    this.axis(height);
    let top = AXIS;
    this.name(word("lesson_hour"), top + ROW / 2);
    for (const lesson of data.lessons) this.lesson(lesson, top);
    for (const camera of data.cameras) {
      top += ROW;
      this.camera(camera, top);
    }
    top += ROW;
    this.curve(top);
    this.marks(top + CURVE);
    if (hasPins(data)) this.pins(top + CURVE + MARKS);
    for (const at of playheads) this.playhead(at, height, playheads.length === 1);
  }

  private colour(token: string): string {
    return this.colours[token] ?? "";
  }

  /** Pixel of a time, clipped to the drawing's width. */
  private x(at: number): number {
    return LEFT + Math.min(Math.max(toPixel(this.scale, at), 0), this.scale.width);
  }

  private inSight(start: number, end: number): boolean {
    return end > this.scale.from && start < this.scale.to;
  }

  private name(text: string, y: number): void {
    this.pen.fillStyle = this.colour("ink-soft");
    this.pen.textAlign = "left";
    this.pen.fillText(text, 2, y, LEFT - 8);
  }

  private axis(height: number): void {
    const { pen } = this;
    pen.textAlign = "center";
    for (const at of ticks(this.scale, 84, SITE_OFFSET_MS)) {
      const x = this.x(at);
      pen.fillStyle = this.colour("line");
      pen.fillRect(x, AXIS - 4, 1, height);
      pen.fillStyle = this.colour("ink-soft");
      pen.fillText(tickLabel(at), Math.min(x, LEFT + this.scale.width - 24), AXIS / 2);
    }
  }

  private bar(start: number, end: number, top: number, colour: string, inset = 4): number {
    const [from, to] = [this.x(start), this.x(end)];
    this.pen.fillStyle = colour;
    this.pen.fillRect(from, top + inset, to - from, ROW - 2 * inset);
    return to - from;
  }

  private lesson(lesson: TimelineLesson, top: number): void {
    if (!this.inSight(lesson.start, lesson.end)) return;
    const { pen } = this;
    const [left, width] = [this.x(lesson.start), this.bar(lesson.start, lesson.end, top, this.colour(`${lesson.tone}-soft`), 1)];
    pen.strokeStyle = this.colour(lesson.tone);
    pen.lineWidth = 1;
    pen.strokeRect(left + 0.5, top + 1.5, Math.max(1, width - 1), ROW - 3);
    if (lesson.window && this.inSight(...lesson.window)) {
      pen.fillStyle = this.colour("ok");
      pen.fillRect(this.x(lesson.window[0]), top + ROW - 5, this.x(lesson.window[1]) - this.x(lesson.window[0]), 4);
    }
    if (width < 18) return;
    this.shape(lesson.tone, left + 4, top + ROW / 2 - 6);
    const both = lesson.windowWords ? `${lesson.words} · ${lesson.windowWords}` : lesson.words;
    const text = [both, lesson.words, lesson.name].find((one) => pen.measureText(one).width < width - 24);
    if (!text) return;
    pen.fillStyle = this.colour(lesson.tone);
    pen.textAlign = "left";
    pen.fillText(text, left + 20, top + ROW / 2);
  }

  private shape(tone: string, left: number, top: number): void {
    const [path, how] = [this.shapes[tone], SHAPES[tone]];
    if (!path || !how) return;
    const { pen } = this;
    pen.save();
    pen.translate(left, top);
    pen.scale(0.75, 0.75);
    pen.fillStyle = pen.strokeStyle = this.colour(tone);
    pen.lineWidth = 2.2;
    pen.setLineDash(how.dash ?? []);
    if (how.filled) pen.fill(path);
    else pen.stroke(path);
    pen.restore();
  }

  private camera(camera: TimelineCamera, top: number): void {
    this.name(camera.name, top + ROW / 2);
    for (const [start, end] of camera.spans) if (this.inSight(start, end)) this.bar(start, end, top, this.colour("recorded"));
    this.pen.fillStyle = this.colour("accent");
    for (const [start, end] of camera.clips)
      if (this.inSight(start, end)) this.pen.fillRect(this.x(start), top + ROW - 9, Math.max(2, this.x(end) - this.x(start)), 5);
    for (const gap of camera.gaps) this.hatched(gap, top, this.colour("bad"), this.colour("bad-soft"));
    for (const part of camera.excluded) this.hatched(part, top, this.colour("none"), this.colour("none-soft"));
  }

  private hatched(part: Stretch, top: number, ink: string, ground: string): void {
    if (!this.inSight(part.start, part.end)) return;
    const { pen } = this;
    const left = this.x(part.start);
    const width = this.x(part.end) - left;
    if (width < NARROW) {
      pen.fillStyle = ink;
      pen.fillRect(left, top + 4, Math.max(1, width), ROW - 8);
      return;
    }
    this.bar(part.start, part.end, top, ground);
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
    if (width < 32) return;
    const text = pen.measureText(part.words).width;
    if (text > width - 8) return;
    pen.fillStyle = ground;
    pen.fillRect(left + 2, top + 5, text + 4, ROW - 10);
    pen.fillStyle = ink;
    pen.textAlign = "left";
    pen.fillText(part.words, left + 4, top + ROW / 2 + 1);
  }

  private curve(top: number): void {
    const { data, pen } = this;
    const most = axisTop(this.peak * 1.05);
    const y = (count: number): number => top + CURVE - 8 - (count / most) * (CURVE - 24);
    this.name(word("people"), top + CURVE / 2);
    pen.textAlign = "right";
    for (const value of [0, most]) {
      pen.fillStyle = this.colour("line");
      pen.fillRect(LEFT, y(value), this.scale.width, 1);
      pen.fillStyle = this.colour("ink-soft");
      pen.fillText(String(value), LEFT - 6, y(value));
    }
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, top, this.scale.width, CURVE);
    pen.clip();
    this.windows(top);
    this.steps(y);
    this.needs(y);
    if (data.seated.length) {
      this.series(this.strokes.counts, y, "ink-soft", [2, 4]);
      this.series(this.strokes.seated, y, "accent", []);
      this.named(data.counts, y, word("single"), "ink-soft", 10);
      this.named(data.seated, y, word("seated"), "accent", -10);
    } else this.series(this.strokes.counts, y, "accent", []);
    pen.restore();
  }

  private windows(top: number): void {
    const { pen } = this;
    pen.fillStyle = this.colour("ok-soft");
    pen.globalAlpha = 0.6;
    for (const { window } of this.data.lessons)
      if (window && this.inSight(...window))
        pen.fillRect(this.x(window[0]), top, this.x(window[1]) - this.x(window[0]), CURVE - 8);
    pen.globalAlpha = 1;
  }

  /** Of each lesson hour while it lasts; said in words where there is room, once for all that follow each other alike. */
  private needs(y: (count: number) => number): void {
    const { pen } = this;
    for (const [index, { start, end, required }] of this.data.lessons.entries()) {
      if (required === null || !this.inSight(start, end)) continue;
      const [from, to] = [this.x(start), this.x(end)];
      pen.strokeStyle = pen.fillStyle = this.colour("bad");
      pen.setLineDash([5, 4]);
      this.stroke([[from, y(required)], [to, y(required)]], 1.5);
      pen.setLineDash([]);
      const next = this.data.lessons[index + 1];
      if (next?.start === end && next.required === required && this.inSight(next.start, next.end)) continue;
      const text = word("required").replace("{n}", String(required));
      pen.textAlign = "right";
      if (pen.measureText(text).width < to - from - 6) pen.fillText(text, to - 2, y(required) - 8);
    }
  }

  private steps(y: (count: number) => number): void {
    this.pen.strokeStyle = this.colour("wait");
    for (const { end, steps } of this.data.checkedIn) {
      const path: [number, number][] = [];
      for (const [at, value] of steps) {
        const [x, before] = [LEFT + toPixel(this.scale, at), path[path.length - 1]];
        path.push([x, before ? before[1] : y(0)], [x, y(value)]);
      }
      const last = path[path.length - 1];
      if (last) path.push([Math.max(last[0], LEFT + toPixel(this.scale, end)), last[1]]);
      this.stroke(path, 1.5);
    }
  }

  private series(strokes: readonly (readonly Point[])[], y: (count: number) => number, token: string, dash: number[]): void {
    const { pen } = this;
    pen.strokeStyle = pen.fillStyle = this.colour(token);
    pen.setLineDash(dash);
    for (const stroke of strokes) {
      const [first, last] = [stroke[0], stroke[stroke.length - 1]];
      if (!first || !last || last[0] < this.scale.from || first[0] > this.scale.to) continue;
      const path = envelope(stroke, this.scale).map(([x, count]): [number, number] => [LEFT + x, y(count)]);
      this.stroke(path, 2);
      if (path.length === 1 && path[0]) pen.fillRect(path[0][0] - 1.5, path[0][1] - 1.5, 3, 3);
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
  private marks(top: number): void {
    this.name(word("checkins"), top + MARKS / 2 - 2);
    for (const { at, direction } of this.data.marks) {
      if (!this.inSight(at, at + 1)) continue;
      const [x, y, tip] = [this.x(at), top + MARKS / 2 - 2, direction === "in" ? -6 : 6];
      this.pen.fillStyle = this.colour(direction === "in" ? "ok" : "none");
      this.pen.beginPath();
      this.pen.moveTo(x, y + tip);
      this.pen.lineTo(x - 5, y - tip * 0.6);
      this.pen.lineTo(x + 5, y - tip * 0.6);
      this.pen.fill();
    }
  }

  /** Patrols as bars with their words, bookmarks as flags. */
  private pins(top: number): void {
    const { pen } = this;
    this.name(word("pins"), top + PINS / 2);
    for (const patrol of this.data.patrols) {
      if (!this.inSight(patrol.start, patrol.end)) continue;
      const width = Math.max(3, this.bar(patrol.start, patrol.end, top, this.colour("wait-soft"), 3));
      pen.strokeStyle = this.colour("wait");
      pen.lineWidth = 1;
      pen.strokeRect(this.x(patrol.start) + 0.5, top + 3.5, width, ROW - 7);
      if (width < 32 || pen.measureText(patrol.words).width > width - 8) continue;
      pen.fillStyle = this.colour("wait");
      pen.textAlign = "left";
      pen.fillText(patrol.words, this.x(patrol.start) + 4, top + ROW / 2);
    }
    pen.fillStyle = this.colour("warn");
    for (const { at } of this.data.bookmarks) {
      if (!this.inSight(at, at + 1)) continue;
      const x = this.x(at);
      pen.fillRect(x - 1, top + 3, 2, PINS - 6);
      pen.beginPath();
      pen.moveTo(x, top + 3);
      pen.lineTo(x + 10, top + 7);
      pen.lineTo(x, top + 11);
      pen.fill();
    }
  }

  private playhead(at: number, height: number, labelled: boolean): void {
    if (!this.inSight(at, at + 1)) return;
    const { pen } = this;
    const x = this.x(at);
    pen.fillStyle = this.colour("ink");
    pen.fillRect(x - 1, labelled ? 0 : AXIS - 4, 2, height);
    if (!labelled) return;
    pen.fillRect(x - 30, 2, 60, AXIS - 6);
    pen.fillStyle = "#fff";
    pen.textAlign = "center";
    pen.fillText(hms(at), x, AXIS / 2);
  }
}
