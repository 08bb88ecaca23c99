/** An instant of a live picture, marked: a bookmark, or a picture that is saved here and whose hash is on record. */

import { hms, SITE_OFFSET_MS } from "./site-time.ts";
import type { Tile } from "./wall-tile.ts";
import { word } from "./words.ts";

const CAPTION_PX = 28;

/** What to say about it. */
export async function bookmark(tile: Tile): Promise<string> {
  if (tile.shows === "nothing") return word("wall_cannot");
  return (await recorded(tile, "bookmark", null)) ? word("wall_marked").replace("{time}", hms(tile.now)) : word("wall_failed");
}

/** The picture with its caption as a PNG; nothing is saved that could not be recorded. */
export async function snapshot(tile: Tile): Promise<string> {
  const canvas = grab(tile);
  if (!canvas) return word("wall_cannot");
  if (!crypto.subtle) return word("wall_insecure");
  const file = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!file) return word("wall_cannot");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const sha256 = [...digest].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  if (!(await recorded(tile, "snapshot", sha256))) return word("wall_failed");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${tile.name.replace(/[^\p{L}\p{N}]+/gu, "-")}-${hms(tile.now).replaceAll(":", "")}.png`;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return word("wall_saved").replace("{hash}", sha256.slice(0, 12));
}

/** Null: there is no picture. */
export function grab(tile: Tile): HTMLCanvasElement | null {
  const root = tile.element?.shadowRoot ?? tile.element;
  const source =
    tile.shows === "video" ? root?.querySelector("video") : tile.shows === "picture" ? root?.querySelector("img") : null;
  if (!source) return null;
  const [wide, high] =
    source instanceof HTMLVideoElement ? [source.videoWidth, source.videoHeight] : [source.naturalWidth, source.naturalHeight];
  const canvas = document.createElement("canvas");
  canvas.width = wide;
  canvas.height = high + CAPTION_PX;
  const pen = canvas.getContext("2d");
  if (!pen || !wide) return null;
  pen.drawImage(source, 0, 0);
  pen.fillStyle = "#10233d";
  pen.fillRect(0, high, wide, CAPTION_PX);
  pen.fillStyle = "#fff";
  pen.font = "15px system-ui, sans-serif";
  pen.textBaseline = "middle";
  pen.fillText(`${siteDay(tile.now)} ${hms(tile.now)} · ${tile.name}`, 10, high + CAPTION_PX / 2, wide - 20);
  return canvas;
}

async function recorded(tile: Tile, kind: string, sha256: string | null): Promise<boolean> {
  const body = JSON.stringify({ lesson_hour_id: tile.lesson, camera_id: tile.camera, kind, sha256 });
  try {
    const answer = await fetch("/api/wall/marks", { method: "POST", body, headers: { "Content-Type": "application/json" } });
    return answer.ok;
  } catch {
    return false;
  }
}

function siteDay(at: number): string {
  return new Date(at + SITE_OFFSET_MS).toISOString().slice(0, 10);
}
