// «Дела»: the list by keys and narrowed in place; the page of one item follows what others do to it.
import { listByKeys } from "./lib/rows.js";

const { htmx, island, onLive } = window.gridline;

island("work-list", "[data-keys-list]", listByKeys);

// Rows are told once for everybody alike, so each browser narrows them by itself: one rule of a style sheet, which
// rows that come later obey too.
island("work-filters", "[data-work]", (section) => {
  const sheet = new CSSStyleSheet();
  const kept = JSON.parse(sessionStorage.getItem("gridline:work") ?? "{}");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const quoted = (value) => `"${CSS.escape(value)}"`;
  const show = () => {
    sessionStorage.setItem("gridline:work", JSON.stringify(kept));
    const wanted = [
      kept.kind && `[data-kind=${quoted(kept.kind)}]`,
      kept.branch && `:is([data-branch=${quoted(kept.branch)}], [data-branch=""])`,
      kept.mine && `[data-owner=${quoted(section.dataset.me)}]`,
    ].filter(Boolean);
    sheet.replaceSync(wanted.map((one) => `#work-rows tr.link:not(${one}) { display: none; }`).join("\n"));
    for (const one of section.querySelectorAll("[data-only-kind]")) {
      one.setAttribute("aria-pressed", String(one.dataset.onlyKind === kept.kind));
    }
    section.querySelector("[data-only-mine]")?.setAttribute("aria-pressed", String(Boolean(kept.mine)));
    const branch = section.querySelector("[data-only-branch]");
    if (branch) branch.value = kept.branch ?? "";
  };
  section.addEventListener("click", ({ target }) => {
    const kind = target.closest("[data-only-kind]")?.dataset.onlyKind;
    if (kind) kept.kind = kept.kind === kind ? "" : kind;
    else if (target.closest("[data-only-mine]")) kept.mine = !kept.mine;
    else return;
    show();
  });
  section.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-only-branch]")) return;
    kept.branch = target.value;
    show();
  });
  const stop = onLive("work", show); // the buttons came anew with their counts
  show();
  return () => {
    stop();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
  };
});

island("work-item", "[data-work-item]", (head) =>
  onLive("work", ({ data }) => {
    if (!data.items.includes(head.dataset.workItem)) return;
    htmx.ajax("GET", location.pathname, { target: "#main", select: "#main", swap: "morph", headers: { "HX-Boosted": "true" } });
  }),
);
