/**
 * <lesson-jump at="epoch ms"><button hidden>…</button></lesson-jump>: plays the clip from one of the three pictures on.
 * The button shows itself only where there is a player to obey it.
 */

export class LessonJump extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    const player = document.querySelector("lesson-player");
    if (!button || !player) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      document.dispatchEvent(new CustomEvent("lesson-seek", { detail: Number(this.getAttribute("at")) }));
      player.scrollIntoView({ block: "nearest" });
    });
  }
}
