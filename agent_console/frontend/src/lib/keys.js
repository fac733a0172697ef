// The keyboard: G + letter goes to a section, / to the search, ? to the list; [data-key="F2"] is pressed by that key.
const GO_MS = 1500;
let goUntil = 0;

function typing(target) {
  return target.closest?.("input, textarea, select, [contenteditable]");
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.metaKey || event.altKey) return;
    const open = document.querySelector("dialog[open]");
    const place = event.code.replace(/^Key/, "").toLowerCase();
    const name = (event.ctrlKey ? "Ctrl+" : "") + (event.code.startsWith("Key") ? event.code.slice(3) : event.key);
    const pressed = [...(open ?? document).querySelectorAll("[data-key]")].find(
      (one) => one.dataset.key === name && !one.disabled && one.offsetParent !== null,
    );
    if (pressed && (event.ctrlKey || /^F\d+$/.test(event.key) || !typing(event.target))) {
      event.preventDefault();
      pressed.matches("input, textarea, select") ? pressed.focus() : pressed.click();
      return;
    }
    if (open || event.ctrlKey || typing(event.target)) return;
    if (performance.now() < goUntil) {
      goUntil = 0;
      const link = document.querySelector(`[data-go="${CSS.escape(place)}"]`);
      if (link) {
        event.preventDefault();
        link.click();
      }
    } else if (place === "g") {
      goUntil = performance.now() + GO_MS;
    } else if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) {
      event.preventDefault();
      document.getElementById("keys")?.showModal();
    } else if (event.code === "Slash" || event.key === "/") {
      const search = document.querySelector("#main [type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
  });
}
