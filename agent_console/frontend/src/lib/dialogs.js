// Dialogs and menus: [data-open="id"] opens a <dialog>, [data-close] closes the one it stands in.
export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) {
      document.querySelector(".menu:popover-open")?.hidePopover();
      document.getElementById(opener.dataset.open)?.showModal();
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
    if (event.target.closest(".menu a")) document.querySelector(".menu:popover-open")?.hidePopover();
    // A click on the grey beside a dialog closes it, unless something was typed there.
    if (event.target.matches?.("dialog[open]") && !event.target.querySelector("form")) event.target.close();
  });
  // A dialog that came with an answer of the server opens by itself.
  document.addEventListener("htmx:load", (event) => {
    const { elt } = event.detail;
    const came = [...(elt.matches?.("dialog[data-now]") ? [elt] : []), ...(elt.querySelectorAll?.("dialog[data-now]") ?? [])];
    for (const one of came) if (!one.open) one.showModal();
  });
  // ... and goes when it is closed: what it showed (a password) is not to be found on the page afterwards.
  document.addEventListener("close", ({ target }) => target.matches?.("dialog[data-now]") && target.remove(), true);
  document.addEventListener("close-dialog", () => document.querySelector("dialog[open]")?.close());
}
