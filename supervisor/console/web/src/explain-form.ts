/** <explain-form>: sends the words, then each file after them, and says of each whether it arrived. */

interface Life {
  explanations: { id: string }[];
}

interface Problem {
  title?: string;
  title_zh?: string;
}

export class ExplainForm extends HTMLElement {
  private explanation: string | undefined;
  private readonly arrived = new Set<string>();

  connectedCallback(): void {
    this.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send(event.currentTarget as HTMLFormElement);
    });
  }

  private async send(form: HTMLFormElement): Promise<void> {
    const button = form.querySelector("button");
    const files = [...(form.querySelector<HTMLInputElement>("[name=files]")?.files ?? [])];
    const words = form.querySelector<HTMLTextAreaElement>("[name=text]");
    if (!button || !words) return;
    button.disabled = true;
    const list = form.querySelector("ul");
    list?.replaceChildren();
    try {
      const whole = (await this.say(words.value, list)) && (await this.sendAll(files, list));
      if (whole) location.assign(`${location.pathname}?said=1#life`);
    } finally {
      button.disabled = false;
    }
  }

  /** Once: when a file failed, only the files are sent again. */
  private async say(words: string, list: Element | null): Promise<boolean> {
    if (this.explanation) return true;
    const line = this.line(list, "");
    const answer = await this.post("explanations", JSON.stringify({ words }), "application/json", line);
    if (!answer) return false;
    const life = (await answer.json()) as Life;
    this.explanation = life.explanations.at(-1)?.id;
    line.remove();
    return this.explanation !== undefined;
  }

  private async sendAll(files: File[], list: Element | null): Promise<boolean> {
    let whole = true;
    for (const file of files) {
      const name = `${file.name}:${file.size}:${file.lastModified}`;
      if (this.arrived.has(name)) continue;
      const line = this.line(list, file.name);
      const answer = await this.post(`explanations/${this.explanation}/files`, file, file.type, line);
      if (answer) {
        this.arrived.add(name);
        line.textContent = `${file.name} · ${this.dataset.sent}`;
      } else whole = false;
    }
    return whole;
  }

  private line(list: Element | null, name: string): HTMLElement {
    const line = document.createElement("li");
    line.textContent = `${name} ${this.dataset.sending}`.trim();
    list?.append(line);
    return line;
  }

  private async post(where: string, body: BodyInit, type: string, line: HTMLElement): Promise<Response | undefined> {
    const said = line.textContent ?? "";
    try {
      const answer = await fetch(`/api/lessons/${this.dataset.lesson}/${where}`, {
        method: "POST",
        body,
        headers: { "Content-Type": type || "application/octet-stream" },
        signal: AbortSignal.timeout(120_000),
      });
      if (answer.ok) return answer;
      const fault = (await answer.json()) as Problem;
      line.textContent = `${this.dataset.failed} ${document.documentElement.lang === "en" ? fault.title : fault.title_zh}`;
    } catch {
      line.textContent = `${this.dataset.failed} ${said}`;
    }
    line.className = "failed";
    return undefined;
  }
}
