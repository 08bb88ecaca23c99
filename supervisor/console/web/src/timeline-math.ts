/** Pure parts of the timeline: no DOM, so that node:test can check them. All times are epoch milliseconds. */

export type Span = readonly [start: number, end: number];
export type Point = readonly [at: number, value: number];

/** A mapping of [from, to) milliseconds to [0, width) pixels. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

export function toPixel(scale: Scale, at: number): number {
  return ((at - scale.from) / (scale.to - scale.from)) * scale.width;
}

export function toTime(scale: Scale, pixel: number): number {
  return scale.from + (pixel / scale.width) * (scale.to - scale.from);
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/** Ticks at round wall times of the site, at least `gap` pixels apart. `offset` is the site's distance from UTC in ms. */
export function ticks(scale: Scale, gap: number, offset: number): number[] {
  const wanted = ((scale.to - scale.from) / scale.width) * gap;
  const step = (STEPS_S.find((seconds) => seconds * 1000 >= wanted) ?? 14400) * 1000;
  const found: number[] = [];
  for (let at = Math.ceil((scale.from + offset) / step) * step - offset; at <= scale.to; at += step) found.push(at);
  return found;
}

/** The curve cut into strokes: a new one starts wherever samples are missing, for a line across a hole is invented data. */
export function strokes(points: readonly Point[], everyMs: number): Point[][] {
  const found: Point[][] = [];
  let last: Point | undefined;
  for (const point of points) {
    const stroke = found[found.length - 1];
    if (stroke && last && point[0] - last[0] <= everyMs * 2.5) stroke.push(point);
    else found.push([point]);
    last = point;
  }
  return found;
}

/** The time itself if it is recorded, else the nearest recorded one; undefined when nothing is. */
export function nearestRecorded(spans: readonly Span[], at: number): number | undefined {
  let best: number | undefined;
  for (const [start, end] of spans) {
    if (end <= start) continue;
    const candidate = Math.min(Math.max(at, start), end - 1);
    if (best === undefined || Math.abs(candidate - at) < Math.abs(best - at)) best = candidate;
  }
  return best;
}

/** The part of the view that results from zooming by `factor` around `at`, never outside `whole`, never below `least` ms. */
export function zoomed(view: Span, whole: Span, at: number, factor: number, least: number): Span {
  const length = Math.min(Math.max((view[1] - view[0]) * factor, least), whole[1] - whole[0]);
  const share = (at - view[0]) / (view[1] - view[0]);
  const start = Math.min(Math.max(at - share * length, whole[0]), whole[1] - length);
  return [start, start + length];
}

/** The smallest round number not below `value`, for the top of the count axis. */
export function axisTop(value: number): number {
  for (let ten = 1; ; ten *= 10) for (const one of [2, 3, 4, 5, 6, 8, 10, 12, 15]) if (one * ten >= value) return one * ten;
}
