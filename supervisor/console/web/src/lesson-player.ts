/**
 * <lesson-player src="….m3u8"><video controls src="….mp4"></video></lesson-player>
 *
 * Without script the video plays by itself. With it, hls.js plays the same bytes by ranges, and the clock shown is the
 * site's wall time of the picture (from the playlist), never the position in the file: a joined gap is no time on the tape.
 * Events on document: sends `lesson-time` (detail: epoch ms), obeys `lesson-seek` (detail: epoch ms).
 */

import { HlsClip } from "./hls-clip.ts";
import { wallAt } from "./play-math.ts";
import { button, FrameLength, isTyped, speeds } from "./player-bar.ts";
import { hms } from "./site-time.ts";
import { word } from "./words.ts";

export class LessonPlayer extends HTMLElement {
  private clip: HlsClip | undefined;
  private frame: FrameLength | undefined;
  private readonly clock = document.createElement("output");
  private readonly playButton = button("", () => void this.toggle());

  async connectedCallback(): Promise<void> {
    const video = this.video;
    const source = this.getAttribute("src");
    if (!video || !source) return;
    this.clip = await HlsClip.open(video, source, () => this.fail());
    this.frame = new FrameLength(video);
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
    this.clip?.close();
  }

  private get video(): HTMLVideoElement | null {
    return this.querySelector("video");
  }

  private bar(video: HTMLVideoElement): HTMLElement {
    const bar = document.createElement("div");
    bar.className = "player-bar";
    bar.append(
      this.playButton,
      button(word("back10"), () => this.step(-10)),
      button(word("on10"), () => this.step(10)),
      button(word("frame"), () => this.nextFrame()),
      speeds((rate) => (video.playbackRate = rate)),
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

  private nextFrame(): void {
    this.video?.pause();
    this.step(this.frame?.seconds ?? 0);
  }

  /** Wall time of the picture now shown, epoch ms. */
  private wall(): number | undefined {
    return this.clip && this.video ? wallAt(this.clip.pieces, this.video.currentTime) : undefined;
  }

  private tell(): void {
    const at = this.wall();
    if (at === undefined) return;
    this.clock.textContent = hms(at);
    document.dispatchEvent(new CustomEvent("lesson-time", { detail: at }));
  }

  private readonly onSeek = (event: Event): void => {
    const wanted = (event as CustomEvent<number>).detail;
    const piece = (this.clip?.pieces ?? []).find(({ wall, duration }) => wanted < wall + duration * 1000);
    if (piece && this.video) this.video.currentTime = piece.start + Math.max(0, wanted - piece.wall) / 1000;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (isTyped(event)) return;
    if (event.key === " ") void this.toggle();
    else if (event.key === "ArrowLeft") this.step(-10);
    else if (event.key === "ArrowRight") this.step(10);
    else if (event.key === ".") this.nextFrame();
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
