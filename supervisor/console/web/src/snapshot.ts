/** A snapshot: the picture on the screen as PNG, its digest from the centre, the file for whoever took it. */

import type { ClipSource } from "./clip-tile.ts";
import { hms } from "./site-time.ts";
import { word } from "./words.ts";

interface Kept {
  readonly sha256: string;
  readonly moment: number;
  readonly camera_code: string;
  readonly width: number;
  readonly height: number;
  readonly who: string;
}

interface Picture {
  readonly video: HTMLVideoElement;
  readonly source: ClipSource;
  readonly wall: number;
}

/** Hand it in and list it with its digest; false: the centre did not take it. */
export async function keep(picture: Picture, why: string, list: Element | null): Promise<boolean> {
  const png = await drawn(picture.video);
  if (!png) return false;
  const { lesson, sha256 } = picture.source;
  const address = `/api/lessons/${lesson}/clips/${sha256}/snapshots?at=${picture.wall}&reason=${encodeURIComponent(why)}`;
  const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "image/png" }, body: png });
  if (!answer.ok) return false;
  list?.prepend(row((await answer.json()) as Kept, png));
  list?.closest("[hidden]")?.removeAttribute("hidden");
  return true;
}

function drawn(video: HTMLVideoElement): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function row(kept: Kept, png: Blob): HTMLElement {
  const [item, head, digest, link] = ["li", "p", "p", "a"].map((name) => document.createElement(name)) as [
    HTMLLIElement, HTMLParagraphElement, HTMLParagraphElement, HTMLAnchorElement,
  ];
  head.textContent = `${kept.camera_code} · ${hms(kept.moment)} · ${kept.width}×${kept.height} · ${kept.who}`;
  digest.className = "mono";
  digest.textContent = `SHA-256 ${kept.sha256}`;
  link.href = URL.createObjectURL(png);
  link.download = `${kept.camera_code}-${new Date(kept.moment + 8 * 3600_000).toISOString().slice(0, 19).replace(/[:T]/g, "")}.png`;
  link.textContent = word("download");
  item.append(head, digest, link);
  return item;
}
