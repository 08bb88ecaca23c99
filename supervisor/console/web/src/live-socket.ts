/**
 * One WebSocket a page for all its live tiles: what is wished goes out as one set, frames come back by channel.
 *
 * Text from the centre says what channel a camera has and how it stands; binary frames are one byte of channel, one of
 * kind (0 init segment, 1 fragment, 2 JPEG), eight of capture time (epoch ms, big endian), then the bytes themselves.
 */

export type Mode = "video" | "picture";
export type Kind = 0 | 1 | 2;

/** `state`: asking | video | picture | down. `reason`: a code, or null. */
export interface Told {
  camera_id: string;
  channel: number;
  state: string;
  codec: string | null;
  reason: string | null;
}

export interface Watcher {
  told(said: Told): void;
  frame(kind: Kind, at: number, payload: Uint8Array): void;
  /** The line to the centre is gone. `code`: as the socket's close; `final`: it is not tried again. */
  away(code: number, reason: string, final: boolean): void;
}

const HEAD_BYTES = 10;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const STILL_MS = 250; // leaving tiles are told together, and a tile that moves in the page is not told twice

interface Wish {
  camera: string;
  mode: Mode;
  watcher: Watcher;
}

export class LiveSocket {
  private socket: WebSocket | undefined;
  private readonly wishes = new Map<object, Wish>();
  private readonly channels = new Map<number, string>();
  private failures = 0;
  private timer: number | undefined;
  private pending: number | undefined;
  private over = false;
  private sent = "";
  private readonly fresh = new Set<string>(); // cameras somebody new looks at: from their init segment on, please

  constructor(private readonly address: string) {}

  /** `tile` wishes `camera`; asked again with another camera or mode, that replaces it. */
  watch(tile: object, camera: string, mode: Mode, watcher: Watcher): void {
    this.wishes.set(tile, { camera, mode, watcher });
    this.fresh.add(camera);
    this.tell(0);
  }

  leave(tile: object): void {
    if (this.wishes.delete(tile)) this.tell(STILL_MS);
  }

  private tell(after: number): void {
    if (this.pending !== undefined) {
      if (after > 0) return;
      window.clearTimeout(this.pending);
    }
    this.pending = window.setTimeout(() => {
      this.pending = undefined;
      this.send();
    }, after);
  }

  private send(): void {
    if (this.over) return;
    if (!this.wishes.size) {
      this.socket?.close(1000);
      return;
    }
    if (!this.socket) {
      if (this.timer === undefined) this.open();
      return;
    }
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const watch = this.wished();
    const text = JSON.stringify(watch);
    const fresh = [...this.fresh].filter((camera) => this.wants(camera));
    this.fresh.clear();
    if (text === this.sent && !fresh.length) return;
    this.socket.send(JSON.stringify({ watch, fresh }));
    this.sent = text;
  }

  private wants(camera: string): boolean {
    return [...this.wishes.values()].some((wish) => wish.camera === camera);
  }

  /** One line a camera: two tiles of the same one share it, and the moving picture wins. */
  private wished(): { camera_id: string; mode: Mode }[] {
    const modes = new Map<string, Mode>();
    for (const { camera, mode } of this.wishes.values()) {
      if (mode === "video" || !modes.has(camera)) modes.set(camera, mode);
    }
    return [...modes].map(([camera_id, mode]) => ({ camera_id, mode }));
  }

  private open(): void {
    this.timer = undefined;
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.sent = "";
    socket.addEventListener("open", () => this.send());
    socket.addEventListener("message", (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === "string") this.told(JSON.parse(event.data) as Told);
      else this.frame(event.data);
    });
    socket.addEventListener("close", (event) => this.closed(socket, event));
  }

  private told(said: Told): void {
    if (!said.camera_id) return; // of a newer centre
    this.failures = 0;
    this.channels.set(said.channel, said.camera_id);
    for (const wish of this.wishes.values()) if (wish.camera === said.camera_id) wish.watcher.told(said);
  }

  private frame(data: ArrayBuffer): void {
    if (data.byteLength < HEAD_BYTES) return;
    const head = new DataView(data, 0, HEAD_BYTES);
    const camera = this.channels.get(head.getUint8(0));
    const kind = head.getUint8(1) as Kind;
    const at = Number(head.getBigUint64(2));
    const payload = new Uint8Array(data, HEAD_BYTES);
    for (const wish of this.wishes.values()) if (wish.camera === camera) wish.watcher.frame(kind, at, payload);
  }

  /** 44xx: who asks may not see it; asking again would not change that. All else is the line, which comes back. */
  private closed(socket: WebSocket, event: CloseEvent): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    this.channels.clear();
    if (!this.wishes.size) return;
    this.over = event.code >= 4400 && event.code < 4500 && event.code !== 4429;
    for (const wish of this.wishes.values()) wish.watcher.away(event.code, event.reason, this.over);
    if (this.over) return;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    this.failures += 1;
    this.timer = window.setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }
}

let shared: LiveSocket | undefined;

/** The page's one socket, opened when the first tile wishes something. */
export function liveSocket(): LiveSocket {
  shared ??= new LiveSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
  return shared;
}
