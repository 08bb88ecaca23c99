/** Pages with forms of an institution: a form is sent once, a file that is too large is not sent, "all" ticks all. */

for (const form of document.querySelectorAll<HTMLFormElement>("main form[method=post]:not([hx-post])")) {
  form.addEventListener("submit", (event) => {
    if (form.hasAttribute("data-sent")) event.preventDefault();
    form.setAttribute("data-sent", "");
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) form.removeAttribute("data-sent");
});

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-most]")) {
  form.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.type !== "file") return;
    const most = Number(form.dataset.most);
    const large = [...(input.files ?? [])].some((file) => file.size > most);
    input.setCustomValidity(large ? (form.dataset.tooLarge ?? "") : "");
    input.reportValidity();
  });
}

for (const all of document.querySelectorAll<HTMLInputElement>("[data-all]")) {
  all.closest("label")?.removeAttribute("hidden");
  all.addEventListener("change", () => {
    const ticks = all.closest("fieldset")?.querySelectorAll<HTMLInputElement>("input[name=entry]") ?? [];
    for (const tick of ticks) tick.checked = all.checked;
  });
}
