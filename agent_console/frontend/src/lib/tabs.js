// Tabs: [role=tablist] with buttons [role=tab][aria-controls]; arrows move, the chosen panel is shown.
export function startTabs() {
  const choose = (tab) => {
    for (const one of tab.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
      const on = one === tab;
      one.setAttribute("aria-selected", String(on));
      one.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(one.getAttribute("aria-controls"));
      if (panel) panel.hidden = !on;
    }
  };
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) choose(tab);
  });
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.("[role=tab]");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    const all = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
    const next = all[(all.indexOf(tab) + step + all.length) % all.length];
    event.preventDefault();
    next.focus();
    choose(next);
  });
}
