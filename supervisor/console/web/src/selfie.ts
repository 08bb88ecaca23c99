/**
 * <selfie-capture>: a photograph taken with the phone's own camera app, made small, sealed to the classroom's box on
 * the phone, sent. Nothing of it is stored here. Its texts and what it is sealed as are in the page.
 */

import { seal } from "./hpke";

const LONG_PX = 640;
const SHORT_PX = 480;
const QUALITY = 0.82;

class SelfieCapture extends HTMLElement {
  private picture: Blob | undefined;
  private made = 0;

  connectedCallback(): void {
    if (!window.isSecureContext || !crypto.subtle) {
      this.show("insecure");
      return;
    }
    this.show("take", "first");
    this.named<HTMLInputElement>("file").addEventListener("change", () => void this.taken());
    this.named("send").addEventListener("click", () => void this.send());
  }

  private async taken(): Promise<void> {
    const file = this.named<HTMLInputElement>("file").files?.[0];
    if (!file) return;
    try {
      this.made = Date.now();
      this.picture = await shrunk(file, this.named<HTMLCanvasElement>("seen"));
      this.show("take", "ready");
    } catch {
      this.picture = undefined;
      this.show("take", "first", "unreadable");
    }
  }

  private async send(): Promise<void> {
    if (!this.picture) return;
    if (navigator.onLine === false) {
      this.show("take", "ready", "offline");
      return;
    }
    this.show("sending");
    try {
      const answer = await this.post(await this.sealed(this.picture));
      if (answer.ok) {
        location.reload(); // the page says what the centre has
        return;
      }
      this.refused(await answer.json());
    } catch {
      this.show("take", "ready", "offline");
    }
  }

  private async sealed(picture: Blob): Promise<Record<string, string | number>> {
    const told = this.dataset;
    const info = ["lessonproof/selfie/1", told["session"], told["trainee"], told["direction"], this.made, told["key"]];
    const octets = await seal(
      octetsOf(told["point"] ?? ""),
      new TextEncoder().encode(`${info.join("\n")}\n`),
      new Uint8Array(await picture.arrayBuffer()),
    );
    return {
      direction: told["direction"] ?? "",
      made_ms: this.made,
      key_id: told["key"] ?? "",
      sealed: base64(octets),
    };
  }

  private post(body: Record<string, string | number>): Promise<Response> {
    const headers = { "Content-Type": "application/json" };
    return fetch(this.dataset["to"] ?? "", { method: "POST", headers, body: JSON.stringify(body) });
  }

  private refused(problem: { title?: string; title_zh?: string }): void {
    const chinese = document.documentElement.lang.startsWith("zh");
    this.named("why").textContent = (chinese ? problem.title_zh : problem.title) ?? "";
    this.show("take", "ready", "why");
  }

  private show(...names: string[]): void {
    for (const one of this.querySelectorAll<HTMLElement>("[data-part]")) {
      const wanted = (one.dataset["part"] ?? "").split(" ");
      one.hidden = !wanted.some((name) => names.includes(name));
    }
  }

  private named<E extends HTMLElement>(name: string): E {
    return this.querySelector<E>(`[data-name=${name}]`) as E;
  }
}

/** The picture in the canvas, upright, inside 480 x 640 or 640 x 480, and as a JPEG without what the camera noted. */
async function shrunk(file: Blob, canvas: HTMLCanvasElement): Promise<Blob> {
  const image = await loaded(file);
  const wide = image.naturalWidth > image.naturalHeight;
  const scale = Math.min(
    1,
    (wide ? LONG_PX : SHORT_PX) / image.naturalWidth,
    (wide ? SHORT_PX : LONG_PX) / image.naturalHeight,
  );
  canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) => {
    canvas.toBlob((made) => (made ? done(made) : failed(new Error("no JPEG"))), "image/jpeg", QUALITY);
  });
}

async function loaded(file: Blob): Promise<HTMLImageElement> {
  const address = URL.createObjectURL(file);
  const image = new Image();
  try {
    image.src = address;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(address);
  }
}

function octetsOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function base64(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return btoa(text);
}

customElements.define("selfie-capture", SelfieCapture);
