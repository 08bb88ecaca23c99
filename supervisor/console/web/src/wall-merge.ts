/**
 * New numbers into a page that stays: elements are kept and only what differs in them is changed, so that nothing that
 * plays is loaded again and what is typed is not lost. What has `data-keep` belongs to the scripts.
 */

const OWN = new Set(["hidden", "open", "tabindex"]); // set by scripts and by people

export function merge(old: Element, fresh: Element): void {
  if (old.hasAttribute("data-keep") || old.isEqualNode(fresh)) return;
  for (const { name, value } of fresh.attributes) {
    if (!OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (name.startsWith("aria-") && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  mergeChildren(old, fresh);
}

function mergeChildren(old: Element, fresh: Element): void {
  const coming = parts(fresh);
  const ids = new Set(coming.map(id).filter(Boolean));
  for (const one of parts(old)) if (id(one) && !ids.has(id(one))) one.remove();
  const left = parts(old);
  for (const wanted of coming) {
    const at = left.findIndex((one) => same(one, wanted));
    const before = left[0] ?? null;
    if (at < 0) {
      old.insertBefore(document.importNode(wanted, true), before);
      continue;
    }
    const found = left[at] as ChildNode;
    if (id(found)) {
      if (found !== before) old.insertBefore(found, before);
      left.splice(at, 1);
    } else for (const passed of left.splice(0, at + 1).slice(0, -1)) passed.remove();
    if (found instanceof Element) merge(found, wanted as Element);
    else if (found.nodeValue !== wanted.nodeValue) found.nodeValue = wanted.nodeValue;
  }
  for (const one of left) one.remove();
}

/** Without the blanks between elements. */
function parts(parent: Element): ChildNode[] {
  return [...parent.childNodes].filter((one) => one instanceof Element || (one.nodeValue ?? "").trim() !== "");
}

function id(one: Node): string {
  return one instanceof Element ? one.id : "";
}

function same(one: Node, other: Node): boolean {
  if (one.nodeName !== other.nodeName || id(one) !== id(other)) return false;
  return !(one instanceof Element) || Boolean(one.id) || first(one) === first(other as Element);
}

function first(one: Element): string {
  return one.classList.item(0) ?? "";
}
