/** One room's day as the centre tells it in codes, and what the timeline and the player make of it. */

import type { ClipSource } from "./clip-tile.ts";
import { hms } from "./site-time.ts";
import { firstFrom, stepAt, type Point, type Span } from "./timeline-math.ts";
import type { Stretch, TimelineData } from "./timeline-painter.ts";
import { pageData, word } from "./words.ts";

export interface DayLesson {
  readonly lesson_hour_id: string;
  readonly slot: number;
  readonly start: number;
  readonly end: number;
  readonly state: string | null;
  readonly required: number | null;
  readonly window: Span | null;
  readonly raw_until: string;
  readonly clips: readonly { readonly camera_id: string; readonly sha256: string; readonly start: number; readonly end: number; readonly state: string }[];
}

interface Coded {
  readonly start: number;
  readonly end: number;
  readonly reason: string;
}

export interface Bookmark {
  readonly moment: number;
  readonly note: string;
  readonly who: string;
  readonly camera_id: string | null;
}

export interface RoomDay {
  readonly day: string;
  readonly whole: Span;
  readonly every: number;
  readonly lessons: readonly DayLesson[];
  readonly cameras: readonly {
    readonly camera_id: string;
    readonly code: string;
    readonly spans: readonly Span[];
    readonly gaps: readonly Coded[];
    readonly excluded: readonly Coded[];
  }[];
  readonly counts: readonly Point[];
  readonly seated: readonly Point[];
  readonly checked_in: readonly { readonly end: number; readonly steps: readonly Point[] }[];
  readonly marks: readonly { readonly at: number; readonly direction: string }[];
  readonly patrols: readonly { readonly start: number; readonly end: number | null; readonly who: string }[];
  readonly bookmarks: readonly Bookmark[];
  readonly spans: readonly {
    readonly id: string;
    readonly lesson_hour_id: string;
    readonly camera_id: string;
    readonly playable: boolean;
    readonly file: { readonly sha256: string; readonly start: number; readonly end: number } | null;
  }[];
}

/** The words of codes, from the page. */
interface Codes {
  readonly gaps: Record<string, string>;
  readonly excluded: Record<string, string>;
  readonly verdicts: Record<string, readonly [tone: string, text: string]>;
  readonly clips: Record<string, string>;
}

const codes = pageData<Codes>("codes") ?? { gaps: {}, excluded: {}, verdicts: {}, clips: {} };
const A_LOOK_MS = 60_000; // a patrol that was not closed is drawn so long

/** Words with their fields filled in. */
export function said(text: string, fields: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fields[name] ?? whole));
}

export function nameOf(lesson: DayLesson): string {
  return said(word("slot"), { n: lesson.slot });
}

function worded(parts: readonly Coded[], words: Record<string, string>): Stretch[] {
  return parts.map(({ start, end, reason }) => ({ start, end, words: words[reason] ?? reason }));
}

export function timelineOf(day: RoomDay): TimelineData {
  return {
    view: day.whole,
    whole: day.whole,
    everyMs: day.every,
    lessons: day.lessons.map((lesson) => {
      const [tone, text] = codes.verdicts[lesson.state ?? ""] ?? ["wait", word("no_verdict")];
      const { start, end, window, required } = lesson;
      return { start, end, window, required, tone, name: nameOf(lesson), words: `${nameOf(lesson)} ${text}`, windowWords: "" };
    }),
    cameras: day.cameras.map((camera) => ({
      name: camera.code,
      spans: camera.spans,
      gaps: worded(camera.gaps, codes.gaps),
      excluded: worded(camera.excluded, codes.excluded),
      clips: sourcesOf(day, camera.camera_id).map(({ start, end }): Span => [start, end]),
    })),
    counts: day.counts,
    seated: day.seated,
    checkedIn: day.checked_in,
    marks: day.marks,
    patrols: day.patrols.map(({ start, end, who }) => ({ start, end: end ?? start + A_LOOK_MS, words: who })),
    bookmarks: day.bookmarks.map(({ moment, note }) => ({ at: moment, words: note })),
  };
}

/** The clips of a camera that can be played, and the raw recording that was fetched, in the order of time. */
export function sourcesOf(day: RoomDay, camera: string): ClipSource[] {
  const fetched = day.spans.flatMap(({ id, lesson_hour_id: lesson, camera_id: of, playable, file }): ClipSource[] =>
    playable && file && of === camera ? [{ lesson, camera, sha256: file.sha256, start: file.start, end: file.end, span: id }] : [],
  );
  return [...clipsOf(day, camera), ...fetched].sort((one, other) => one.start - other.start);
}

/** The evidence clips of a camera that can be played. */
export function clipsOf(day: RoomDay, camera: string): ClipSource[] {
  return day.lessons
    .flatMap((lesson) =>
      lesson.clips
        .filter((clip) => clip.state === "here" && clip.camera_id === camera)
        .map(({ sha256, start, end }) => ({ lesson: lesson.lesson_hour_id, camera, sha256, start, end })),
    )
    .sort((one, other) => one.start - other.start);
}

/** The lesson hour that holds a time; else the nearest. */
export function lessonAt(day: RoomDay, at: number): DayLesson | undefined {
  const away = ({ start, end }: DayLesson): number => Math.max(start - at, at - end, 0);
  return day.lessons.reduce<DayLesson | undefined>((best, one) => (best && away(best) <= away(one) ? best : one), undefined);
}

/** Why there is no picture of a camera at a time: a gap with its reason; recorded, but not here; nothing was. */
export function absence(day: RoomDay, cameraId: string, at: number): string {
  const camera = day.cameras.find((one) => one.camera_id === cameraId);
  const gap = camera?.gaps.find(({ start, end }) => at >= start && at < end);
  if (gap) return said(word("absent_gap"), { why: codes.gaps[gap.reason] ?? gap.reason });
  const lesson = day.lessons.find(({ start, end }) => at >= start && at < end);
  const clip = lesson?.clips.find((one) => one.camera_id === cameraId && at >= one.start && at < one.end);
  if (clip && clip.state !== "here") return codes.clips[clip.state] ?? clip.state;
  if (lesson && camera?.spans.some(([start, end]) => at >= start && at < end))
    return said(word("absent_site"), { day: lesson.raw_until });
  return word("absent_none");
}

/** What the day says of one moment, in words: for the line beneath the timeline. */
export function momentOf(day: RoomDay, at: number): string {
  const found = [hms(at)];
  const lesson = day.lessons.find(({ start, end }) => at >= start && at < end);
  if (lesson) found.push(`${nameOf(lesson)} ${codes.verdicts[lesson.state ?? ""]?.[1] ?? word("no_verdict")}`);
  const series = day.seated.length ? day.seated : day.counts;
  const index = firstFrom(series, at);
  const near = [series[index - 1], series[index]]
    .filter((point): point is Point => point !== undefined && Math.abs(point[0] - at) <= day.every)
    .sort((one, other) => Math.abs(one[0] - at) - Math.abs(other[0] - at))[0];
  if (near) found.push(said(word("seen_n"), { n: near[1] }));
  if (lesson?.required) found.push(said(word("required"), { n: lesson.required }));
  const line = day.checked_in.find(({ end, steps }) => at <= end && at >= (steps[0]?.[0] ?? Infinity));
  const inside = line && stepAt(line.steps, at);
  if (inside !== undefined) found.push(said(word("checked_n"), { n: inside }));
  for (const camera of day.cameras) {
    const gap = camera.gaps.find(({ start, end }) => at >= start && at < end);
    if (gap) found.push(`${camera.code}: ${codes.gaps[gap.reason] ?? gap.reason}`);
  }
  return found.join(" · ");
}
