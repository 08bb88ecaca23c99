/** The class sheet's one button that needs a script: the browser prints, to paper or to PDF. */

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
