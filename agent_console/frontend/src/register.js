// The register's pages: the list by keys (J, K, Enter), filters that act at once, fields remembered in this browser.
import { dayChart } from "./lib/charts.js";

const { island, onLive } = window.gridline;

island("register-days", "[data-days-chart]", (holder) => dayChart(holder, () => JSON.parse(holder.dataset.daysChart)));

island("register-list", "[data-keys-list]", (table) => {
  const links = () => [...table.querySelectorAll("tbody tr.link a")].filter((one) => one === one.closest("tr").querySelector("a"));
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
});

island("register-filters", "#register", (form) => {
  const send = (event) => event.target.matches("select, [type=date]") && form.requestSubmit();
  form.addEventListener("change", send);
  // An address holds what was chosen, not what was left open.
  form.addEventListener("htmx:configRequest", (event) => {
    const { parameters } = event.detail;
    for (const name of [...new Set(Object.keys(parameters))]) if (parameters[name] === "") delete parameters[name];
  });
});

island("remembered", "[data-remember]", (field) => {
  const key = `gridline:${field.dataset.remember}`;
  const kept = localStorage.getItem(key);
  if (kept && field.value === field.defaultValue && !field.hasAttribute("data-typed")) field.value = kept;
  field.addEventListener("change", () => localStorage.setItem(key, field.value));
});

// Somebody else has changed the appeal that is open here: said at once, not when this person's own step is refused.
island("appeal-changed", "[data-changed]", (notice) =>
  onLive("appeal", ({ topic, data }) => {
    const { appeal, user, version } = notice.dataset;
    if (topic !== `appeal:${appeal}` || data.by === user || data.version <= Number(version)) return;
    notice.querySelector("span > span").textContent = `Пока страница открыта, обращение изменил другой: ${data.who} — ${data.what}.`;
    notice.hidden = false;
  }),
);
