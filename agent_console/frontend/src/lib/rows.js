// A list by keys: J, K and arrows go from row to row (tr.link, its first link), Enter or a click opens it.
export function listByKeys(table) {
  const links = () =>
    [...table.querySelectorAll("tbody tr.link")].filter((row) => row.offsetParent !== null).map((row) => row.querySelector("a"));
  const move = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, textarea, select, dialog, [contenteditable]")) return;
    const step = { KeyJ: 1, ArrowDown: 1, KeyK: -1, ArrowUp: -1 }[event.code];
    if (!step) return;
    const all = links();
    const now = all.indexOf(document.activeElement);
    const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.closest("tr").scrollIntoView({ block: "nearest" });
  };
  const open = (event) => {
    const row = event.target.closest("tr.link");
    if (!row || event.target.closest("a, button, input") || String(getSelection())) return;
    row.querySelector("a").click();
  };
  document.addEventListener("keydown", move);
  table.addEventListener("click", open);
  return () => document.removeEventListener("keydown", move);
}
