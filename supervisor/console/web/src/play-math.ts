/** Pure parts of playing several clips on one clock: no DOM, so that node:test can check them. Wall times are epoch ms. */

import type { Span } from "./timeline-math.ts";

/** A key-frame group of a clip: where it begins in the file (s), how long it is (s), when its first picture was. */
export interface Piece {
  readonly start: number;
  readonly duration: number;
  readonly wall: number;
}

const SLACK_MS = 40; // groups end where the next begins, to a picture's length

/** Place in the file of a wall time; undefined where the clip has no picture of that time. */
export function mediaAt(pieces: readonly Piece[], wall: number): number | undefined {
  for (const piece of pieces) {
    const after = wall - piece.wall;
    if (after >= -SLACK_MS && after < piece.duration * 1000) return piece.start + Math.max(0, after) / 1000;
  }
  return undefined;
}

/** Wall time of a place in the file. */
export function wallAt(pieces: readonly Piece[], media: number): number | undefined {
  let found: Piece | undefined;
  for (const piece of pieces) if (piece.start <= media + 0.001) found = piece;
  return found && found.wall + Math.min(Math.max(0, media - found.start), found.duration) * 1000;
}

/** The first covered time not before `at`; undefined: there is none. */
export function nextCovered(spans: readonly Span[], at: number): number | undefined {
  let best: number | undefined;
  for (const [start, end] of spans) {
    if (end <= at) continue;
    const candidate = Math.max(start, at);
    if (best === undefined || candidate < best) best = candidate;
  }
  return best;
}

/** Wall times a clip has pictures of, joined where its groups follow each other. */
export function covered(pieces: readonly Piece[]): Span[] {
  const found: [number, number][] = [];
  for (const { wall, duration } of pieces) {
    const last = found[found.length - 1];
    if (last && wall - last[1] <= SLACK_MS) last[1] = wall + duration * 1000;
    else found.push([wall, wall + duration * 1000]);
  }
  return found;
}

/** [start, end) in `count` parts of the same length. */
export function parts(span: Span, count: number): Span[] {
  const length = (span[1] - span[0]) / count;
  return Array.from({ length: count }, (_, index) => [span[0] + index * length, span[0] + (index + 1) * length]);
}

const MOST_RATE = 16; // what browsers play at most

/** How a picture that is `drift` s ahead of the clock (behind: negative) comes back to it: by a jump, or by a changed rate. */
export function correction(drift: number, rate: number): { readonly jump: boolean; readonly rate: number } {
  if (Math.abs(drift) > Math.max(0.6, rate * 0.5)) return { jump: true, rate };
  if (Math.abs(drift) < 0.04) return { jump: false, rate };
  const pull = Math.min(Math.max(-drift / rate, -0.2), 0.2);
  return { jump: false, rate: Math.min(rate * (1 + pull), MOST_RATE) };
}
