/** The page of one room's day: the timeline, the pictures, what is pinned to them and what is taken out of them. */

import type { ClipSource, TileWish } from "./clip-tile.ts";
import { LessonTimeline } from "./lesson-timeline.ts";
import { ParallelPlayer } from "./parallel-player.ts";
import { parts } from "./play-math.ts";
import { isTyped } from "./player-bar.ts";
import { absence, clipsOf, lessonAt, momentOf, said, sourcesOf, timelineOf, type Bookmark, type DayLesson, type RoomDay } from "./room-day-data.ts";
import { hms } from "./site-time.ts";
import { keep } from "./snapshot.ts";
import { typedTime, worstMoment, type Span } from "./timeline-math.ts";
import { word } from "./words.ts";

const WINDOWS = 9;
const AROUND_MS = 5 * 60_000; // shown on each side of a moment that was jumped to
const HOUR_MS = 3600_000;
const EVER: Span = [-Infinity, Infinity];

type Mode = "one" | "two" | "parts" | "lessons";

interface Parallel extends Omit<ClipSource, "lesson" | "camera"> {
  readonly lesson_hour_id: string;
  readonly camera_id: string;
  readonly camera_code: string;
  readonly slot: number;
  readonly day: string;
}

class RoomDayPage extends HTMLElement {
  private day: RoomDay | undefined;
  private wall = 0;

  async connectedCallback(): Promise<void> {
    const answer = await fetch(this.getAttribute("src") ?? "", { headers: { Accept: "application/json" } });
    if (!answer.ok) return this.say(word("not_loaded"));
    this.day = (await answer.json()) as RoomDay;
    this.timeline?.show(timelineOf(this.day));
    document.addEventListener("lesson-time", this.onTime);
    document.addEventListener("lesson-seek", this.onTime);
    document.addEventListener("lesson-hover", (event) => this.hover((event as CustomEvent<number>).detail));
    this.addEventListener("click", (event) => void this.press(event.target as Element));
    this.addEventListener("submit", (event) => void this.submit(event));
    document.addEventListener("keydown", this.onKey);
    for (const select of this.querySelectorAll("select[data-camera]")) select.addEventListener("change", () => void this.mode());
    this.player?.addEventListener("tile-chosen", (event) => void this.enlarge((event as CustomEvent<number>).detail));
    const chosen = this.day.lessons.find((one) => one.lesson_hour_id === this.getAttribute("lesson"));
    const at = this.getAttribute("at");
    this.wall = at ? Number(at) : this.firstOf(chosen) ?? chosen?.start ?? this.day.whole[0];
    await this.mode();
    if (at) this.timeline?.frame([this.wall - AROUND_MS, this.wall + 2 * AROUND_MS]);
    this.setAttribute("ready", "");
  }

  disconnectedCallback(): void {
    document.removeEventListener("lesson-time", this.onTime);
    document.removeEventListener("lesson-seek", this.onTime);
    document.removeEventListener("keydown", this.onKey);
  }

  private get timeline(): LessonTimeline | null {
    return this.querySelector("lesson-timeline");
  }

  private get player(): ParallelPlayer | null {
    return this.querySelector("parallel-player");
  }

  /** Where the first clip of a lesson hour begins: of the chosen camera, if it has one. */
  private firstOf(lesson: DayLesson | undefined): number | undefined {
    const here = (lesson?.clips ?? []).filter((clip) => clip.state === "here");
    const own = here.filter((clip) => clip.camera_id === this.camera("a"));
    const starts = (own.length ? own : here).map((clip) => clip.start);
    return starts.length ? Math.min(...starts) : undefined;
  }

  private camera(which: "a" | "b"): string {
    return this.querySelector<HTMLSelectElement>(`select[data-camera="${which}"]`)?.value ?? "";
  }

  private get chosenMode(): Mode {
    return (this.querySelector<HTMLElement>('[data-mode][aria-pressed="true"]')?.dataset["mode"] ?? "one") as Mode;
  }

  /** Show what the pressed button says, from where the clock is. */
  private async mode(wanted: Mode = this.chosenMode): Promise<void> {
    const { player, day } = this;
    if (!player || !day) return;
    for (const one of this.querySelectorAll<HTMLElement>("[data-mode]"))
      one.setAttribute("aria-pressed", String(one.dataset["mode"] === wanted));
    this.toggleAttribute("data-two", wanted === "two");
    const wishes = await this.wishes(wanted, day);
    if (!wishes.length) return this.say(word("nothing_to_play"));
    this.say(wanted === "parts" ? (this.shared(day)?.words ?? "") : "");
    const from = wanted === "one" || wanted === "two" ? this.wall : (wishes[0]?.zero ?? 0);
    player.show(wishes, from);
  }

  private async wishes(mode: Mode, day: RoomDay): Promise<TileWish[]> {
    const whole = (camera: string): TileWish => ({
      title: day.cameras.find((one) => one.camera_id === camera)?.code ?? "",
      sources: sourcesOf(day, camera),
      zero: 0,
      limit: EVER,
      absent: (wall) => absence(day, camera, wall),
    });
    if (mode === "one") return [whole(this.camera("a"))];
    if (mode === "two") return [whole(this.camera("a")), whole(this.camera("b"))];
    const absent = (): string => word("absent_none");
    if (mode === "parts") {
      const shared = this.shared(day);
      if (!shared) return [];
      const camera = this.camera("a");
      return parts(shared.whole, WINDOWS).map((limit) => ({
        title: hms(limit[0]), sources: shared.sources, zero: limit[0], limit, absent: (wall) => absence(day, camera, wall),
      }));
    }
    const lesson = lessonAt(day, this.wall)?.lesson_hour_id;
    const answer = await fetch(`/api/lessons/${lesson}/parallel`);
    const found = answer.ok ? ((await answer.json()) as Parallel[]) : [];
    return found.map((one) => ({
      title: `${one.day.slice(5)} ${said(word("slot"), { n: one.slot })} ${one.camera_code}`,
      sources: [{ lesson: one.lesson_hour_id, camera: one.camera_id, sha256: one.sha256, start: one.start, end: one.end }],
      zero: one.start,
      limit: [one.start, one.end] as Span,
      absent,
    }));
  }

  /** What nine parts divide: the lesson hour where raw recording of it is here, else its clip; and how to say so. */
  private shared(day: RoomDay): { readonly whole: Span; readonly sources: ClipSource[]; readonly words: string } | undefined {
    const camera = this.camera("a");
    const lesson = lessonAt(day, this.wall);
    const own = sourcesOf(day, camera).filter((one) => one.lesson === lesson?.lesson_hour_id);
    if (lesson && own.some((one) => one.span))
      return { whole: [lesson.start, lesson.end], sources: own, words: said(word("parts_lesson"), { from: hms(lesson.start), to: hms(lesson.end) }) };
    const clips = clipsOf(day, camera);
    const clip = clips.find((one) => one.lesson === lesson?.lesson_hour_id) ?? clips[0];
    const of = day.lessons.find((one) => one.lesson_hour_id === clip?.lesson);
    if (!clip || !of) return undefined;
    const fields = { from: hms(clip.start), to: hms(clip.end), start: hms(of.start), end: hms(of.end) };
    return { whole: [clip.start, clip.end], sources: [clip], words: said(word("parts_clip"), fields) };
  }

  /** One of nine was clicked: it alone, from where it is. */
  private async enlarge(index: number): Promise<void> {
    const { player, day } = this;
    if (!player || !day || this.chosenMode === "one" || this.chosenMode === "two") return;
    const [wall, picture] = [player.wallOf(index), player.pictures[index]];
    if (!day.lessons.some(({ start, end }) => wall >= start - HOUR_MS && wall < end + HOUR_MS)) return;
    this.wall = wall;
    const select = this.querySelector<HTMLSelectElement>('select[data-camera="a"]');
    if (select && picture) select.value = picture.source.camera;
    await this.mode("one");
  }

  private readonly onTime = (event: Event): void => {
    const { detail } = event as CustomEvent<number | readonly number[]>;
    this.wall = typeof detail === "number" ? detail : (detail[0] ?? this.wall);
    const shown = this.querySelector("[data-clock]");
    if (shown) shown.textContent = hms(this.wall);
    const now = this.day?.lessons.find(({ start, end }) => this.wall >= start && this.wall < end)?.lesson_hour_id;
    for (const row of this.querySelectorAll<HTMLElement>("[data-lesson]")) row.toggleAttribute("data-now", row.dataset["lesson"] === now);
  };

  private hover(at: number): void {
    const line = this.querySelector("[data-moment]");
    if (line && this.day) line.textContent = momentOf(this.day, at);
  }

  private async press(target: Element): Promise<void> {
    const pressed = target.closest<HTMLElement>("[data-mode], [data-view], [data-zoom], [data-worst], [data-seek], [data-snapshot], [data-span-edge]");
    if (!pressed) return;
    const { mode, view, zoom, seek, spanEdge } = pressed.dataset;
    if (mode) await this.mode(mode as Mode);
    if (view) this.look(view);
    if (zoom) this.timeline?.zoomBy(Number(zoom));
    if (seek) this.go(Number(seek));
    if (spanEdge) this.edge(pressed, spanEdge);
    if ("worst" in pressed.dataset) this.worst();
    if ("snapshot" in pressed.dataset) await this.snapshot();
  }

  /** The stretch that is asked for begins, or ends, where the clock is. */
  private edge(button: HTMLElement, which: string): void {
    const field = button.closest("form")?.elements.namedItem(which) as HTMLInputElement | null | undefined;
    if (field) field.value = hms(this.wall);
  }

  private look(view: string): void {
    const { day, timeline } = this;
    if (!day || !timeline) return;
    const midnight = this.midnight(day);
    const lesson = lessonAt(day, this.wall);
    if (view === "lesson" && lesson) timeline.frame([lesson.start, lesson.end]);
    else if (view === "morning") timeline.frame([midnight + 7.5 * HOUR_MS, midnight + 12.5 * HOUR_MS]);
    else if (view === "afternoon") timeline.frame([midnight + 12.5 * HOUR_MS, midnight + 18.5 * HOUR_MS]);
    else timeline.frame(day.whole);
  }

  /** Epoch ms at which the day begins at the site. */
  private midnight(day: RoomDay): number {
    return Date.parse(`${day.day}T00:00:00+08:00`);
  }

  /** To the nearest recorded moment, and say so where it is another one. */
  private go(at: number): void {
    const found = this.timeline?.jump(at);
    this.timeline?.frame([at - AROUND_MS, at + AROUND_MS]);
    if (found !== undefined && Math.abs(found - at) > 1000) this.say(said(word("nearest"), { at: hms(at), found: hms(found) }));
    else this.say("");
    if (this.day) this.hover(found ?? at);
  }

  /** The fewest seen against the people required, of the lesson hours in sight. */
  private worst(): void {
    const { day, timeline } = this;
    if (!day || !timeline) return;
    const [from, to] = timeline.inView;
    const needs = day.lessons.map(({ start, end, required }) => ({ start: Math.max(start, from), end: Math.min(end, to), required }));
    const found = worstMoment(day.seated.length ? day.seated : day.counts, needs);
    if (!found) return this.say(word("no_worst"));
    this.go(found[0]);
    this.say(said(word("worst"), { at: hms(found[0]), n: found[1], need: lessonAt(day, found[0])?.required ?? 0 }));
  }

  private async submit(event: Event): Promise<void> {
    const form = event.target as HTMLFormElement;
    if (form.dataset["jump"] !== undefined) {
      event.preventDefault();
      const field = form.elements.namedItem("time") as HTMLInputElement;
      const at = this.day && typedTime(field.value, this.midnight(this.day));
      field.setAttribute("aria-invalid", String(at === undefined));
      if (at === undefined) this.say(word("no_time"));
      else this.go(at);
    } else if (form.dataset["bookmark"] !== undefined) {
      event.preventDefault();
      await this.pin(form);
    }
  }

  private async pin(form: HTMLFormElement): Promise<void> {
    const { day } = this;
    const lesson = day && lessonAt(day, this.wall);
    if (!day || !lesson) return;
    const note = form.elements.namedItem("note") as HTMLInputElement;
    const answer = await fetch(`/api/lessons/${lesson.lesson_hour_id}/bookmarks`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ at: Math.round(this.wall), camera_id: this.camera("a") || null, note: note.value }),
    });
    if (!answer.ok) return this.say(word("not_kept"));
    const made = (await answer.json()) as Bookmark;
    this.day = { ...day, bookmarks: [...day.bookmarks, made] };
    this.timeline?.show(timelineOf(this.day));
    this.list(made);
    note.value = "";
    this.say(said(word("pinned"), { at: hms(made.moment) }));
  }

  private list(made: Bookmark): void {
    const rows = this.querySelector("[data-bookmarks]");
    const row = document.querySelector<HTMLTemplateElement>("#bookmark-row")?.content.cloneNode(true) as DocumentFragment | undefined;
    if (!rows || !row) return;
    const seek = row.querySelector<HTMLElement>("[data-seek]");
    if (seek) {
      seek.dataset["seek"] = String(made.moment);
      seek.textContent = hms(made.moment);
    }
    const fill: Record<string, string> = {
      camera: this.day?.cameras.find((one) => one.camera_id === made.camera_id)?.code ?? "", note: made.note, who: made.who,
    };
    for (const [name, text] of Object.entries(fill)) {
      const cell = row.querySelector(`[data-${name}]`);
      if (cell) cell.textContent = text;
    }
    rows.append(row);
    rows.closest("[hidden]")?.removeAttribute("hidden");
  }

  private async snapshot(): Promise<void> {
    const { player, day } = this;
    if (!player || !day) return;
    player.pause();
    const taken = player.pictures.slice(0, player.pictures.length > 2 ? 0 : 2);
    if (!taken.length) return this.say(word("no_picture"));
    for (const one of taken)
      if (!(await keep(one, player.getAttribute("why") ?? "routine", this.querySelector("[data-snapshots]")))) this.say(word("not_kept"));
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (isTyped(event) || event.shiftKey) return;
    if (event.key === "s") void this.snapshot();
    else if (event.key === "b") this.querySelector<HTMLElement>("[data-bookmark] input")?.focus();
    else if (event.key === "g") this.querySelector<HTMLElement>("[data-jump] input")?.focus();
    else return;
    event.preventDefault();
  };

  private say(text: string): void {
    const line = this.querySelector("[data-said]");
    if (line) line.textContent = text;
  }
}

customElements.define("lesson-timeline", LessonTimeline);
customElements.define("parallel-player", ParallelPlayer);
customElements.define("room-day", RoomDayPage);
