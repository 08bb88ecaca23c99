/**
 * Moving pictures of one camera: fragments into a SourceBuffer, played as near to now as the line allows.
 *
 * What is not yet appended waits in a short list. A browser that cannot keep up loses the list and begins again at the
 * next key frame: late pictures are worth nothing.
 */

const WAITING_MAX = 120; // fragments; some seconds, before a new beginning
const KEEP_S = 4;
const TRIM_S = 12;
const BEHIND_S = 1; // more: jump
const AIM_S = 0.08; // distance from the newest picture that is aimed at
const SLOW_S = 0.22; // more, for long: a little faster
const HASTE = 1.1;

export function playable(codec: string | null): boolean {
  return codec !== null && "MediaSource" in window && MediaSource.isTypeSupported(`video/mp4; codecs="${codec}"`);
}

export class LivePlayer {
  private source: MediaSource | undefined;
  private buffer: SourceBuffer | undefined;
  private url = "";
  private waiting: Uint8Array[] = [];
  private started = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly failed: () => void,
  ) {
    video.muted = true;
    video.playsInline = true;
    video.disablePictureInPicture = true;
  }

  /** An init segment: everything begins anew. */
  begin(codec: string, init: Uint8Array): void {
    this.end();
    const source = new MediaSource();
    this.source = source;
    this.waiting = [init];
    this.url = URL.createObjectURL(source);
    this.video.src = this.url;
    source.addEventListener("sourceopen", () => {
      if (this.source !== source) return;
      try {
        const buffer = source.addSourceBuffer(`video/mp4; codecs="${codec}"`);
        this.buffer = buffer;
        buffer.addEventListener("updateend", () => this.appended());
        this.append();
      } catch {
        this.failed();
      }
    });
  }

  add(fragment: Uint8Array): void {
    if (!this.source) return;
    if (this.waiting.length > WAITING_MAX) {
      this.failed();
      return;
    }
    this.waiting.push(fragment);
    this.append();
  }

  end(): void {
    this.source = undefined;
    this.buffer = undefined;
    this.waiting = [];
    this.started = false;
    if (this.url) {
      this.video.removeAttribute("src");
      this.video.load();
      URL.revokeObjectURL(this.url);
      this.url = "";
    }
  }

  private append(): void {
    const buffer = this.buffer;
    if (!buffer || buffer.updating || !this.waiting.length || this.video.error) return;
    const together = this.waiting.length === 1 ? this.waiting[0] : joined(this.waiting);
    this.waiting = [];
    try {
      buffer.appendBuffer(together as BufferSource);
    } catch {
      this.failed();
    }
  }

  private appended(): void {
    if (!this.buffer) return;
    if (this.video.error) {
      this.failed();
      return;
    }
    this.chase();
    if (this.buffer.updating) return; // another fragment came before this event did: its own `updateend` follows
    const from = this.buffer.buffered.length ? this.buffer.buffered.start(0) : 0;
    if (!this.waiting.length && this.video.currentTime - from > TRIM_S) {
      this.buffer.remove(from, this.video.currentTime - KEEP_S); // ends in another `updateend`
      return;
    }
    this.append();
  }

  private chase(): void {
    const { buffered } = this.buffer as SourceBuffer;
    const last = buffered.length - 1;
    if (last < 0) return;
    const edge = buffered.end(last);
    const start = buffered.start(last);
    const behind = edge - this.video.currentTime;
    if (!this.started || behind > BEHIND_S || this.video.currentTime < start) {
      this.started = true;
      this.video.currentTime = Math.max(start, edge - AIM_S);
      this.video.playbackRate = 1;
    } else {
      this.video.playbackRate = behind > SLOW_S ? HASTE : 1;
    }
    if (this.video.paused) void this.video.play().catch(() => undefined);
  }
}

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
