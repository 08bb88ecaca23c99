/** A clip in a <video> by hls.js: the same bytes by ranges, and the wall time of every picture from the playlist. */

import type Hls from "hls.js";
import type { Piece } from "./play-math.ts";

export class HlsClip {
  private constructor(private readonly hls: Hls) {}

  /** Undefined: this browser cannot; the video keeps its own source. `fail` is called once it is hopeless. */
  static async open(video: HTMLVideoElement, source: string, fail: () => void): Promise<HlsClip | undefined> {
    const { default: HlsLight } = await import("hls.js/light");
    if (!HlsLight.isSupported()) return undefined;
    video.removeAttribute("src");
    const hls = new HlsLight({ enableWorker: false, maxBufferLength: 60 }) as Hls;
    hls.on(HlsLight.Events.ERROR, (_name, fault) => {
      if (fault.fatal) fail();
    });
    hls.loadSource(source);
    hls.attachMedia(video);
    return new HlsClip(hls);
  }

  /** Empty until the playlist is here. */
  get pieces(): Piece[] {
    const fragments = this.hls.latestLevelDetails?.fragments ?? [];
    return fragments.flatMap(({ start, duration, programDateTime: wall }) => (wall === null ? [] : [{ start, duration, wall }]));
  }

  close(): void {
    this.hls.destroy();
  }
}
