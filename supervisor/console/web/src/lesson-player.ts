/**
 * <lesson-player src="….m3u8"><video controls src="….mp4"></video></lesson-player>
 *
 * Without script the video plays by itself. With it, hls.js plays the same bytes by ranges, and the clock shown is the
 * site's wall time of the picture (hls.playingDate), never the position in the file: a joined gap is no time on the tape.
 * Events on document: sends `lesson-time` (detail: epoch ms), obeys `lesson-seek` (detail: epoch ms).
 */

import type Hls from "hls.js";
import { hms } from "./site-time.ts";
import { word } from "./words.ts";

const SPEEDS = [1, 2, 4, 8];

export class LessonPlayer extends HTMLElement {
  private hls: Hls | undefined;
  private readonly clock = document.createElement("output");
  private readonly playButton = button("", () => void this.toggle());

  async connectedCallback(): Promise<void> {
    const video = this.video;
    const source = this.getAttribute("src");
    if (!video || !source) return;
    const { default: HlsLight } = await import("hls.js/light");
    if (HlsLight.isSupported()) {
      video.removeAttribute("src");
      this.hls = new HlsLight({ enableWorker: false, maxBufferLength: 60 }) as Hls;
      this.hls.on(HlsLight.Events.ERROR, (_name, fault) => {
        if (fault.fatal) this.fail();
      });
      this.hls.loadSource(source);
      this.hls.attachMedia(video);
    }
    video.controls = false;
    this.append(this.bar(video));
    video.addEventListener("timeupdate", () => this.tell());
    video.addEventListener("loadeddata", () => this.tell());
    for (const name of ["play", "pause", "ended"]) video.addEventListener(name, () => this.label());
    video.addEventListener("click", () => void this.toggle());
    document.addEventListener("lesson-seek", this.onSeek);
    this.addEventListener("keydown", this.onKey);
    this.label();
    this.setAttribute("ready", "");
  }

  disconnectedCallback(): void {
    document.removeEventListener("lesson-seek", this.onSeek);
    this.hls?.destroy();
  }

  private get video(): HTMLVideoElement | null {
    return this.querySelector("video");
  }

  private bar(video: HTMLVideoElement): HTMLElement {
    const bar = document.createElement("div");
    bar.className = "player-bar";
    const speed = document.createElement("select");
    speed.setAttribute("aria-label", word("speed"));
    for (const rate of SPEEDS) speed.add(new Option(`${rate}×`, String(rate)));
    speed.addEventListener("change", () => (video.playbackRate = Number(speed.value)));
    bar.append(
      this.playButton,
      button(word("back10"), () => this.step(-10)),
      button(word("on10"), () => this.step(10)),
      speed,
      this.clock,
      button(word("fullscreen"), () => void this.requestFullscreen()),
    );
    return bar;
  }

  private label(): void {
    this.playButton.textContent = word(this.video?.paused === false ? "pause" : "play");
  }

  private async toggle(): Promise<void> {
    const video = this.video;
    if (!video) return;
    if (!video.paused) video.pause();
    else
      try {
        await video.play();
      } catch {
        this.fail();
      }
  }

  private step(seconds: number): void {
    if (this.video) this.video.currentTime = Math.max(0, this.video.currentTime + seconds);
  }

  /** Wall time of the picture now shown, epoch ms. */
  private wall(): number | undefined {
    return this.hls?.playingDate?.getTime();
  }

  private tell(): void {
    const at = this.wall();
    if (at === undefined) return;
    this.clock.textContent = hms(at);
    document.dispatchEvent(new CustomEvent("lesson-time", { detail: at }));
  }

  private readonly onSeek = (event: Event): void => {
    const wanted = (event as CustomEvent<number>).detail;
    const fragments = this.hls?.latestLevelDetails?.fragments ?? [];
    for (const fragment of fragments) {
      const start = fragment.programDateTime;
      if (start !== null && wanted < start + fragment.duration * 1000) {
        if (this.video) this.video.currentTime = fragment.start + Math.max(0, wanted - start) / 1000;
        return;
      }
    }
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLButtonElement || event.target instanceof HTMLSelectElement) return;
    if (event.key === " ") void this.toggle();
    else if (event.key === "ArrowLeft") this.step(-10);
    else if (event.key === "ArrowRight") this.step(10);
    else return;
    event.preventDefault();
  };

  private fail(): void {
    const note = this.querySelector(".player-fault") ?? document.createElement("p");
    note.className = "player-fault";
    note.setAttribute("role", "alert");
    note.textContent = word("clip_unplayable");
    this.append(note);
  }
}

function button(text: string, press: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}
