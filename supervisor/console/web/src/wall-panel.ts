/** The classroom panel beside the enlarged tile: the page's own forms, answered in place. */

import { word } from "./words.ts";

export class Panel {
  constructor(
    private readonly place: HTMLElement,
    private readonly changed: () => void,
    private readonly camera: (id: string) => void,
    private readonly back: () => void,
    private readonly say: (text: string) => void,
  ) {
    place.addEventListener("submit", (event) => {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      void this.send(form, new FormData(form, (event as SubmitEvent).submitter));
    });
    place.addEventListener("click", (event) => {
      const button = (event.target as Element).closest("button");
      if (button?.id === "panel-back") this.back();
      else if (button?.dataset["camera"]) this.camera(button.dataset["camera"]);
    });
  }

  async open(lesson: string): Promise<void> {
    this.place.replaceChildren();
    await this.take(fetch(`/wall/lessons/${lesson}/panel`));
  }

  close(): void {
    this.place.replaceChildren();
  }

  private async send(form: HTMLFormElement, fields: FormData): Promise<void> {
    await this.take(fetch(form.action, { method: "POST", body: new URLSearchParams(fields as unknown as Record<string, string>) }));
    this.changed();
  }

  private async take(asked: Promise<Response>): Promise<void> {
    try {
      const answer = await asked;
      if (answer.redirected) return location.reload(); // signed out meanwhile
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const body = page.getElementById("panel-body");
      if (!body) throw new Error("no panel");
      this.place.replaceChildren(document.importNode(body, true));
      this.place.querySelector<HTMLElement>("[role=alert], .roll button, #open-patrol, #call-roll")?.focus();
    } catch {
      this.say(word("wall_failed"));
    }
  }
}
