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

/** The view moved by `ms`, never outside `whole`. */
export function panned(view: Span, whole: Span, ms: number): Span {
  const shift = Math.min(Math.max(ms, whole[0] - view[0]), whole[1] - view[1]);
  return [view[0] + shift, view[1] + shift];
}

/** [start, end) as a view: with a margin, at least `least` long, inside `whole`. */
export function framed(span: Span, whole: Span, least: number): Span {
  const margin = (span[1] - span[0]) * 0.04;
  const length = Math.min(Math.max(span[1] - span[0] + 2 * margin, least), whole[1] - whole[0]);
  const start = Math.min(Math.max((span[0] + span[1] - length) / 2, whole[0]), whole[1] - length);
  return [start, start + length];
}

/** Index of the first point not before `at`. */
export function firstFrom(points: readonly Point[], at: number): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.[0] ?? Infinity) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A stroke as a path of [pixel, value] for the part in sight: where several points fall on one pixel it visits the first,
 * the lowest, the highest and the last of them, so that a dip of one sample is seen however much time a pixel holds.
 */
export function envelope(stroke: readonly Point[], scale: Scale): Point[] {
  const from = Math.max(0, firstFrom(stroke, scale.from) - 1);
  const to = Math.min(stroke.length, firstFrom(stroke, scale.to) + 1);
  const path: Point[] = [];
  let column = NaN;
  let [low, high, last] = [0, 0, 0];
  const close = (): void => {
    if (Number.isNaN(column)) return;
    for (const value of [low, high, last]) if (path[path.length - 1]?.[1] !== value) path.push([column, value]);
  };
  for (let index = from; index < to; index++) {
    const point = stroke[index];
    if (!point) continue;
    const [x, value] = [Math.floor(toPixel(scale, point[0])), point[1]];
    if (x === column) [low, high, last] = [Math.min(low, value), Math.max(high, value), value];
    else {
      close();
      path.push([x, value]);
      [column, low, high, last] = [x, value, value, value];
    }
  }
  close();
  return path;
}

/** What is required when: of one lesson hour. */
export interface Need {
  readonly start: number;
  readonly end: number;
  readonly required: number | null;
}

/** The moment with the smallest share of the people required; the first of several alike. Undefined: nothing to compare. */
export function worstMoment(points: readonly Point[], needs: readonly Need[]): Point | undefined {
  let best: { point: Point; share: number } | undefined;
  for (const { start, end, required } of needs) {
    if (!required) continue;
    for (let index = firstFrom(points, start); index < points.length; index++) {
      const point = points[index];
      if (!point || point[0] >= end) break;
      const share = point[1] / required;
      if (!best || share < best.share) best = { point, share };
    }
  }
  return best?.point;
}

/** The value of a step line at a time: of the last step not after it. */
export function stepAt(steps: readonly Point[], at: number): number | undefined {
  const index = firstFrom(steps, at);
  const step = steps[index]?.[0] === at ? steps[index] : steps[index - 1];
  return step?.[1];
}

/** `9:05`, `09:05:30` (also with the full-width colon) on the day that begins at `midnight`; undefined: no time of day. */
export function typedTime(text: string, midnight: number): number | undefined {
  const found = /^\s*(\d{1,2})[:\uff1a](\d{2})(?:[:\uff1a](\d{2}))?\s*$/.exec(text);
  if (!found) return undefined;
  const [hours, minutes, seconds] = [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  return midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}
