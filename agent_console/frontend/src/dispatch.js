// The dispatcher's page by keys: 1, 2, 3 to a list, J and K along it, a letter does what the chosen row offers; the
// announcement of a step is heard before the step is taken. How many proposals wait stands in the tab's title.
const { island } = window.gridline;
const SECTIONS = { Digit1: "1", Digit2: "2", Digit3: "3" };

island("dispatch-rows", "[data-dispatch]", (page) => {
  const rows = () => [...page.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  const chosen = () => document.activeElement?.closest?.("[data-row]") ?? null;
  const go = (row) => {
    row?.querySelector("[data-row-key]")?.focus();
    row?.scrollIntoView({ block: "nearest" });
    return Boolean(row);
  };
  const keys = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, textarea, select, dialog, [contenteditable]") || document.querySelector("dialog[open]")) return;
    const all = rows();
    const row = chosen();
    const step = { KeyJ: 1, ArrowDown: 1, KeyK: -1, ArrowUp: -1 }[event.code];
    if (SECTIONS[event.code]) {
      if (!go(page.querySelector(`[data-rows="${SECTIONS[event.code]}"] [data-row]`))) return;
    } else if (step) {
      const now = all.indexOf(row);
      if (!go(all[now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step])) return;
    } else {
      const name = event.code.startsWith("Key") ? event.code.slice(3) : event.key;
      if (event.key === "Enter") return; // the button that has the focus is pressed by itself
      const button = row && [...row.querySelectorAll("[data-row-key]")].find((one) => one.dataset.rowKey === name && one.offsetParent !== null);
      if (!button || button.disabled) return;
      button.click();
    }
    event.preventDefault();
  };
  document.addEventListener("keydown", keys);
  return () => document.removeEventListener("keydown", keys);
});

island("dispatch-announced", "[data-announced]", (form) => {
  const sound = new Audio();
  const [listen, heard, words] = ["[data-listen]", "[data-heard]", "[data-words]"].map((part) => form.querySelector(part));
  const play = async () => {
    words.textContent = "Готовим…";
    try {
      const { elements } = form;
      const body = new URLSearchParams(new FormData(form));
      const headers = { "X-CSRF-Token": elements.csrf.value, Accept: "application/json" };
      const answer = await fetch(form.dataset.announced, { method: "POST", headers, body });
      if (!answer.ok) throw new Error((await answer.json()).message);
      const version = answer.headers.get("X-Heard");
      elements.heard_at.value = answer.headers.get("X-Heard-At");
      words.textContent = decodeURIComponent(answer.headers.get("X-Words"));
      URL.revokeObjectURL(sound.src);
      sound.src = URL.createObjectURL(await answer.blob());
      await sound.play();
      heard.value = version;
    } catch (problem) {
      words.textContent = problem instanceof TypeError ? "Нет связи с сервером." : problem.message;
    }
    form.dataset.said = heard.value;
  };
  listen?.addEventListener("click", play);
  return () => {
    sound.pause();
    URL.revokeObjectURL(sound.src);
  };
});

island("dispatch-title", "[data-dispatch-count]", () => {
  const title = document.title.replace(/^\(\d+\) /, "");
  const show = () => {
    const waiting = Number(document.querySelector("[data-dispatch-count]")?.dataset.dispatchCount ?? 0);
    document.title = waiting ? `(${waiting}) ${title}` : title;
  };
  const watch = new MutationObserver(show);
  watch.observe(document.getElementById("main"), { subtree: true, attributes: true, attributeFilter: ["data-dispatch-count"] });
  show();
  return () => {
    watch.disconnect();
    document.title = title;
  };
});
