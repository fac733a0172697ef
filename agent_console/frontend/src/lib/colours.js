// Colours of the style sheet for a canvas, which does not understand var() and light-dark(): an element resolves them.
export function colour(holder, name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  holder.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** Calls `redraw` whenever the colours change; returns the function that ends it. */
export function onTheme(redraw) {
  const chosen = new MutationObserver(redraw);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", redraw);
  return () => {
    chosen.disconnect();
    dark.removeEventListener("change", redraw);
  };
}
