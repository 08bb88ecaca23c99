/**
 * <lesson-timeline data="lesson-data" tabindex="0">: a lesson hour or a whole day on one time axis, in the site's time zone.
 * Without `data`, a script gives it what to show: `show(data)`.
 *
 * Rows: the lesson hours with their verdicts and best windows; one bar a camera (recorded, what of it the centre can play,
 * hatched gaps with their reasons, media that is not counted); the people count, broken where samples are missing, with
 * the required line and how many are checked in; check-in and check-out marks; patrols and bookmarks.
 * Wheel or +/- zooms, drag or arrows pan, Home and End, click or Enter jumps to the nearest recorded moment. The same facts
 * stand in a plain table. Events on document: obeys `lesson-time` (one playhead or several), sends `lesson-seek`, and
 * `lesson-hover` with the time under the pointer.
 */

import { framed, nearestRecorded, panned, strokes, toTime, zoomed, type Scale, type Span } from "./timeline-math.ts";
import { heightOf, LEFT, Painter, widthOf, type TimelineData } from "./timeline-painter.ts";
import { pageData } from "./words.ts";

const LEAST_VIEW_MS = 5000;

export class LessonTimeline extends HTMLElement {
  private readonly canvas = document.createElement("canvas");
  private data: TimelineData | undefined;
  private painter: Painter | undefined;
  private view: Span = [0, 1];
  private playheads: readonly number[] = [];
  private asked = 0;
  private readonly watcher = new ResizeObserver(() => this.fit());

  connectedCallback(): void {
    this.canvas.setAttribute("aria-hidden", "true");
    this.append(this.canvas);
    document.addEventListener("lesson-time", this.onTime);
    this.addEventListener("wheel", this.onWheel, { passive: false });
    this.addEventListener("keydown", this.onKey);
    this.canvas.addEventListener("pointerdown", this.onPointer);
    this.canvas.addEventListener("pointermove", this.onHover);
    const data = pageData<TimelineData>(this.getAttribute("data") ?? "");
    if (data) this.show(data);
  }

  disconnectedCallback(): void {
    this.watcher.disconnect();
    cancelAnimationFrame(this.asked);
    document.removeEventListener("lesson-time", this.onTime);
  }

  /** New data; the view stays where it was, if there was one. */
  show(data: TimelineData): void {
    if (!this.data) this.view = data.view;
    this.data = data;
    this.painter = undefined;
    this.watcher.observe(this);
    this.fit();
    this.setAttribute("ready", "");
  }

  /** Show [start, end), with a margin. */
  frame(span: Span): void {
    if (!this.data) return;
    this.look(framed(span, this.data.whole, LEAST_VIEW_MS));
  }

  /** Zoom about the middle. */
  zoomBy(factor: number): void {
    this.zoom((this.view[0] + this.view[1]) / 2, factor);
  }

  /** Jump to the nearest recorded moment; what was jumped to. */
  jump(at: number): number | undefined {
    const recorded = nearestRecorded(this.data?.cameras.flatMap((camera) => camera.spans) ?? [], at);
    if (recorded !== undefined) document.dispatchEvent(new CustomEvent("lesson-seek", { detail: recorded }));
    return recorded;
  }

  /** What is in sight now. */
  get inView(): Span {
    return this.view;
  }

  private get scale(): Scale {
    return { from: this.view[0], to: this.view[1], width: widthOf(this) };
  }

  /** The canvas in the size of the element: only when that changed, for a canvas that is resized starts anew. */
  private fit(): void {
    const { data } = this;
    if (!data || this.clientWidth === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const height = heightOf(data);
    this.canvas.width = Math.round(this.clientWidth * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${this.clientWidth}px`;
    this.canvas.style.height = `${height}px`;
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    pen.scale(ratio, ratio);
    this.painter ??= new Painter(pen, getComputedStyle(this), data, {
      counts: strokes(data.counts, data.everyMs),
      seated: strokes(data.seated, data.everyMs),
    });
    this.painter.paint(this.scale, this.playheads);
  }

  /** Once a frame, however many events ask for it. */
  private draw(): void {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.painter?.paint(this.scale, this.playheads);
    });
  }

  private look(view: Span): void {
    this.view = view;
    this.draw();
  }

  private zoom(at: number, factor: number): void {
    if (this.data) this.look(zoomed(this.view, this.data.whole, at, factor, LEAST_VIEW_MS));
  }

  private pan(ms: number): void {
    if (this.data) this.look(panned(this.view, this.data.whole, ms));
  }

  private readonly onTime = (event: Event): void => {
    const { detail } = event as CustomEvent<number | readonly number[]>;
    this.playheads = typeof detail === "number" ? [detail] : detail;
    this.draw();
  };

  private readonly onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    this.zoom(toTime(this.scale, event.offsetX - LEFT), event.deltaY > 0 ? 1.25 : 0.8);
  };

  private readonly onHover = (event: PointerEvent): void => {
    const detail = Math.max(this.view[0], toTime(this.scale, event.offsetX - LEFT));
    document.dispatchEvent(new CustomEvent("lesson-hover", { detail }));
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const [from, to] = this.view;
    const whole = this.data?.whole ?? this.view;
    if (event.key === "+" || event.key === "=") this.zoomBy(0.8);
    else if (event.key === "-") this.zoomBy(1.25);
    else if (event.key === "ArrowLeft") this.pan(-(to - from) / 10);
    else if (event.key === "ArrowRight") this.pan((to - from) / 10);
    else if (event.key === "Home") this.pan(whole[0] - from);
    else if (event.key === "End") this.pan(whole[1] - to);
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
      this.canvas.removeEventListener("pointerup", up);
      this.canvas.removeEventListener("pointercancel", up);
      if (!moved && event.type === "pointerup") this.jump(toTime(this.scale, event.offsetX - LEFT));
    };
    this.canvas.addEventListener("pointermove", move);
    this.canvas.addEventListener("pointerup", up);
    this.canvas.addEventListener("pointercancel", up);
  };
}
