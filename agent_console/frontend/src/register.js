// The register's pages: the list by keys (J, K, Enter), filters that act at once, fields remembered in this browser.
import { dayChart } from "./lib/charts.js";
import { listByKeys } from "./lib/rows.js";
import { startHeard } from "./player/told.js";

const { island, onLive } = window.gridline;

startHeard(window.gridline);

island("register-days", "[data-days-chart]", (holder) => dayChart(holder, () => JSON.parse(holder.dataset.daysChart)));

island("register-list", "[data-keys-list]", listByKeys);

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
