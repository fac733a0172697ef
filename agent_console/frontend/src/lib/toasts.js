// Toasts: short news in the corner; bad ones stay until they are closed.
const STAY_MS = 6000;

/** Shows `text`; level: good, info, warn, bad. */
export function toast(text, level = "info") {
  const box = document.getElementById("toasts");
  if (!box) return;
  for (const same of box.children) if (same.dataset.text === text) same.remove();
  const one = document.createElement("div");
  one.className = `toast ${level}`;
  one.dataset.text = text;
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.setAttribute("aria-label", "Убрать сообщение");
  close.textContent = "×";
  close.addEventListener("click", () => one.remove());
  one.append(words, close);
  box.append(one);
  if (level !== "bad") setTimeout(() => one.remove(), STAY_MS);
}

export function startToasts() {
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));
}
