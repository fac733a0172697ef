// Password fields: show what is typed, warn of Caps Lock and of the Russian layout.
export function startPasswordFields() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    const field = button && document.getElementById(button.dataset.reveal);
    if (!field) return;
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.setAttribute("aria-label", shown ? "Скрыть пароль" : "Показать пароль");
    field.focus();
  });
  const warn = (event) => {
    const field = event.target.closest?.("[data-password]");
    const hint = field?.closest(".field").querySelector("[data-password-hint]");
    if (!hint) return;
    const told = [];
    if (event.getModifierState?.("CapsLock")) told.push("Включён Caps Lock.");
    if (/[а-яё]/i.test(field.value)) told.push("Раскладка русская.");
    hint.textContent = told.join(" ");
  };
  document.addEventListener("keyup", warn);
  document.addEventListener("input", warn);
}
