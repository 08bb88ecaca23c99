// What the page says to the box, with the token it was served with; and what went wrong, in the page's language.
const token = document.querySelector("meta[name=panel-token]").content;
const chinese = document.documentElement.lang.startsWith("zh");

export async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Panel-Token": token },
      body: JSON.stringify(body ?? {}),
    });
    if (answer.ok) return true;
    trouble(await reason(answer));
  } catch {
    trouble(document.body.dataset.failed);
  }
  return false;
}

export async function reason(answer) {
  const problem = await answer.json().catch(() => ({}));
  return (chinese ? problem.title_zh : problem.title) ?? document.body.dataset.failed;
}

export function trouble(text) {
  const place = document.querySelector("#trouble");
  place.textContent = text;
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}
