// The player's keys, named by their place, so that they work in a Russian layout: the first player of the page takes them
// from anywhere but a field or a button, the others where the focus is.

/** Does the deeds that keys ask for; returns the function that ends it. */
export function keysOf(player, deeds) {
  const keys = {
    Space: deeds.toggle,
    ArrowLeft: () => deeds.skip(-5),
    ArrowRight: () => deeds.skip(5),
    KeyJ: () => deeds.skip(-10),
    KeyL: () => deeds.skip(10),
    Minus: () => deeds.faster(-1),
    Equal: () => deeds.faster(1),
    Digit1: () => deeds.mute(0),
    Digit2: () => deeds.mute(1),
    KeyS: deeds.silence,
    KeyM: deeds.mark,
  };
  const pressed = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector("dialog[open]") || !keys[event.code] || !listens(player, event)) return;
    event.preventDefault();
    keys[event.code]();
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

function listens(player, { target, code }) {
  const field = target.closest?.("input:not([type=range]), textarea, select, [contenteditable]");
  if (field) return false;
  const inside = player.contains(target);
  const pressable = target.closest?.("button, summary, a");
  if (inside) return !(code === "Space" && pressable);
  return !pressable && !target.closest?.("input") && document.querySelector("[data-player]") === player;
}
