/** What the bars beneath players are made of. */

import { word } from "./words.ts";

export const SPEEDS = [1, 2, 4, 8, 16];

export function button(text: string, press: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}

export function speeds(choose: (rate: number) => void): HTMLSelectElement {
  const made = document.createElement("select");
  made.setAttribute("aria-label", word("speed"));
  for (const rate of SPEEDS) made.add(new Option(`${rate}×`, String(rate)));
  made.addEventListener("change", () => choose(Number(made.value)));
  return made;
}

/** Whether a key pressed here belongs to the control it was pressed in. */
export function isTyped(event: KeyboardEvent): boolean {
  return (
    event.ctrlKey || event.metaKey || event.altKey ||
    event.composedPath().some((one) => one instanceof HTMLElement && one.matches("button, select, input, textarea, a, summary"))
  );
}

/** Learns how long one picture of a video lasts, in s, from those that are shown. */
export class FrameLength {
  private last: number | undefined;
  private shortest = Infinity;

  constructor(private readonly video: HTMLVideoElement) {
    if ("requestVideoFrameCallback" in video) this.watch();
  }

  get seconds(): number {
    return this.shortest < 0.5 ? this.shortest : 0.04;
  }

  private watch(): void {
    this.video.requestVideoFrameCallback((_now, { mediaTime }) => {
      const step = mediaTime - (this.last ?? NaN);
      if (step > 0.005 && step < this.shortest) this.shortest = step;
      this.last = mediaTime;
      this.watch();
    });
  }
}
