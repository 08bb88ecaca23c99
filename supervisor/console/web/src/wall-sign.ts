/** "This group is patrolled": who signs says a finding for each tile that truly shows its room. */

import type { Tile } from "./wall-tile.ts";
import { word } from "./words.ts";

interface Row {
  tile: Tile;
  choice: HTMLSelectElement | null;
}

export class SignOff {
  private rows: Row[] = [];
  private readonly list: HTMLElement;
  private readonly fault: HTMLElement;

  constructor(
    private readonly dialog: HTMLDialogElement,
    private readonly row: HTMLTemplateElement,
    private readonly draw: () => string,
    private readonly done: (text: string) => void,
  ) {
    this.list = dialog.querySelector(".sign-rows") as HTMLElement;
    this.fault = dialog.querySelector(".fault") as HTMLElement;
    dialog.querySelector("form")?.addEventListener("submit", (event) => {
      if ((event.submitter as HTMLButtonElement | null)?.value !== "sign") return;
      event.preventDefault();
      void this.send();
    });
  }

  open(tiles: Tile[]): void {
    this.fault.hidden = true;
    this.rows = tiles.map((tile) => ({ tile, choice: null }));
    this.list.replaceChildren(...this.rows.map((row) => this.line(row)));
    (this.dialog.querySelector("[value=sign]") as HTMLButtonElement).disabled = this.rows.every((row) => !row.choice);
    this.dialog.showModal();
  }

  private line(row: Row): Node {
    const made = document.importNode(this.row.content, true);
    const choice = made.querySelector("select") as HTMLSelectElement;
    const shows = row.tile.shows;
    (made.querySelector(".name") as HTMLElement).textContent = row.tile.name;
    choice.setAttribute("aria-label", `${choice.getAttribute("aria-label")}: ${row.tile.name}`);
    const said = made.querySelector(".shows") as HTMLElement;
    if (shows === "nothing") {
      said.textContent = word("wall_shows_nothing");
      choice.remove();
      return made;
    }
    const how = (shows === "video" ? word("wall_shows_video") : word("wall_shows_picture")).replace(
      "{n}",
      String(Math.round(row.tile.shownMs / 1000)),
    );
    said.textContent = row.tile.doubtful ? `${how} · ${word("wall_doubt")}` : how;
    choice.value = row.tile.doubtful ? "" : "normal";
    row.choice = choice;
    return made;
  }

  /** What a tile shows is asked again at this moment: it may have gone while the dialog was open. */
  private async send(): Promise<void> {
    const tiles = this.rows.map(({ tile, choice }) => ({
      lesson_hour_id: tile.lesson,
      camera_id: tile.camera || null,
      shown: tile.shows,
      shown_ms: Math.round(tile.shownMs),
      findings: choice?.value ? [choice.value] : [],
    }));
    const draw = this.draw();
    const body = JSON.stringify(draw ? { tiles, draw_id: draw } : { tiles });
    try {
      const answer = await fetch("/api/wall/rounds", {
        method: "POST",
        body,
        headers: { "Content-Type": "application/json" },
      });
      const told = (await answer.json()) as { tiles?: { patrol_id: string | null }[]; title?: string; title_zh?: string };
      if (!answer.ok || !told.tiles) {
        this.complain((document.documentElement.lang.startsWith("zh") ? told.title_zh : told.title) ?? word("wall_failed"));
        return;
      }
      const signed = told.tiles.filter((one) => one.patrol_id !== null).length;
      this.dialog.close();
      this.done(word("wall_signed").replace("{n}", String(signed)).replace("{all}", String(told.tiles.length)));
    } catch {
      this.complain(word("wall_failed"));
    }
  }

  private complain(text: string): void {
    this.fault.textContent = text;
    this.fault.hidden = false;
  }
}

