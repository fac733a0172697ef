// Islands: elements with a script of their own. `gridline.island("name", "#chart", (element) => cleanup)`.
const known = new Map();
const mounted = new Map();

/** Runs `mount` once for every element that matches, now and whenever one comes; the function it returns runs when
 * the element goes. A name that is known already is not registered again: page scripts may be loaded twice. */
export function island(name, selector, mount) {
  if (known.has(name)) return;
  known.set(name, { selector, mount });
  mountIslands(document);
}

export function mountIslands(root) {
  for (const [name, { selector, mount }] of known) {
    const found = [...(root.matches?.(selector) ? [root] : []), ...(root.querySelectorAll?.(selector) ?? [])];
    for (const element of found) {
      const names = mounted.get(element) ?? new Map();
      if (names.has(name)) continue;
      mounted.set(element, names);
      names.set(name, mount(element) ?? (() => {}));
    }
  }
}

new MutationObserver(() => {
  for (const [element, names] of mounted) {
    if (element.isConnected) continue;
    mounted.delete(element);
    for (const cleanup of names.values()) cleanup();
  }
}).observe(document, { childList: true, subtree: true });
