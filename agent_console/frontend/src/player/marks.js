// Marks at a second: the form takes the second at which somebody begins to write, and others' marks come by themselves.
import { span } from "../lib/clocks.js";

const { htmx, onLive } = window.gridline;

/** The marks of a player whose place `at()` tells; `changed(seconds)` is told where they are. */
export function marksOf(player, { at, changed }) {
  const box = player.querySelector("[data-marks]");
  const form = () => box.querySelector("[data-mark-form]");

  let second = 0;
  const show = () => {
    if (!form()) return; // not come yet
    form().elements.at_s.value = second.toFixed(1);
    form().querySelector("[data-mark-at-shown]").textContent = span(second);
  };
  const place = () => {
    second = at();
    show();
  };
  const begins = ({ target }) => target.form === form() && target.name === "text" && !target.value && place();
  const swapped = () => {
    show(); // the form came anew with somebody else's mark: the second is still that of what is being written
    changed([...box.querySelectorAll("[data-mark-at]")].map((one) => Number(one.dataset.markAt)));
  };
  const back = () => player.querySelector("[data-play]").focus(); // out of the field, so that the keys play again
  const sent = ({ target, detail }) => {
    if (target !== form() || !detail.successful) return;
    target.reset();
    place();
    back();
  };
  const left = ({ key, target }) => key === "Escape" && target.matches("input") && back();

  box.addEventListener("focusin", begins);
  box.addEventListener("keydown", left);
  box.addEventListener("htmx:afterSettle", swapped);
  box.addEventListener("htmx:afterRequest", sent);
  const unfollowed = onLive("marks", ({ topic }) => {
    const corrects = box.querySelector("details[open]"); // a form that is open stays so
    if (topic === `marks:${player.dataset.recording}` && !corrects) htmx.trigger(box, "marks-changed");
  });
  return {
    write() {
      box.closest("details")?.setAttribute("open", "");
      form()?.elements.text.focus();
    },
    end: unfollowed,
  };
}
