// Why somebody listens: chosen once before the first sound, remembered by the tab for the next call of the list.
const KEPT = "gridline:why";
const { send } = window.gridline;

function errorOf(player) {
  const error = player.querySelector(".player-error");
  return (text) => {
    error.textContent = text;
    error.hidden = !text;
  };
}

/** The listening of one player: `begun(address)` is told where its sound is, `wanted()` when a reason was missing. */
export function listeningOf(player, { begun, wanted }) {
  const group = player.querySelector("[data-why]");
  const buttons = [...group.querySelectorAll("[data-reason]")];
  const complain = errorOf(player);
  let reason = group.dataset.why || sessionStorage.getItem(KEPT) || "";
  let id = "";
  let beginning = null;
  let asked = false;

  const show = () => {
    for (const one of buttons) {
      one.setAttribute("aria-pressed", String(one.dataset.reason === reason));
      one.disabled = Boolean(id) && one.dataset.reason !== reason; // a listening has one reason
    }
  };
  const ask = () => {
    asked = true;
    complain("Отметьте, зачем слушаете: это останется в журнале.");
    buttons[0].focus();
    return false;
  };
  const open = async () => {
    try {
      ({ id } = await send("POST", `${player.dataset.player}/listenings`, { reason }));
    } catch (problem) {
      complain(problem instanceof TypeError ? "Нет связи с сервером. Повторите." : problem.message);
      return false;
    }
    complain("");
    show();
    begun(`${player.dataset.player}?listening=${id}`);
    return true;
  };

  group.addEventListener("click", ({ target }) => {
    const chosen = target.closest("[data-reason]")?.dataset.reason;
    if (!chosen || id) return;
    reason = chosen;
    if (!group.dataset.why) sessionStorage.setItem(KEPT, chosen);
    show();
    if (asked) {
      player.querySelector("[data-play]").focus(); // the next press of Space stops what now begins
      wanted();
    }
    asked = false;
  });
  show();

  return {
    complain,
    /** Whether there may be sound now: a listening has begun, just now or before. */
    async begin() {
      if (id) return true;
      if (!reason) return ask();
      beginning ??= open().finally(() => (beginning = null));
      return beginning;
    },
    /** Tells which stretches, pairs of seconds, were played; `leaving`: the page may be gone before the answer. */
    report: (stretches, leaving) =>
      send("POST", `${player.dataset.player}/heard`, { listening: id, stretches }, { keepalive: leaving }),
  };
}
