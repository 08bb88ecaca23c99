/** Words come from a JSON block in the page, so that there is one catalogue for server and scripts. */

export function pageData<T>(id: string): T | undefined {
  const block = document.getElementById(id);
  return block?.textContent ? (JSON.parse(block.textContent) as T) : undefined;
}

const words = pageData<Record<string, string>>("words") ?? {};

/** The word of this key in the page's language. A missing one shows its key: the test of the catalogue finds it first. */
export function word(key: string): string {
  return words[key] ?? key;
}
