// Light or dark: kept in a cookie, so that the server draws the next page right at once.
export function startTheme() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-set]");
    if (!button) return;
    const theme = button.dataset.themeSet;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
    for (const one of document.querySelectorAll("[data-theme-set]")) one.setAttribute("aria-pressed", String(one === button));
    document.dispatchEvent(new CustomEvent("theme"));
  });
}
