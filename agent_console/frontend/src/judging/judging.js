// A talk's card: J and K go from point to point, 1-4 grade it, E keeps the second that is heard, or that of the word on
// which one stands in the transcript, for the point one was at last; the total at once.
import { span } from "../lib/clocks.js";
import { scoreOf } from "./score.js";

const { island, toast } = window.gridline;
const GRADES = ["met", "partly", "missed", "absent"]; // by keys 1-4: the same key says the same on every point
const level = (total) => (total >= 85 ? "good" : total >= 70 ? "soon" : "late");

function sounds() {
  return [...document.querySelectorAll("[data-player]")];
}

/** The recording that is heard, or else the first one. */
function heard() {
  return sounds().find((one) => one.dataset.state === "playing") ?? sounds()[0];
}

/** The player of a transcript that stands apart. */
function soundOf(words) {
  return words && sounds().find((one) => one.dataset.recording === words.dataset.wordsOf);
}

function keepPlace(point, second, recording) {
  const field = (name) => point.querySelector(`[name="${name}-${point.dataset.point}"]`);
  field("second").value = second ?? "";
  field("recording").value = second === null ? "" : recording;
  point.querySelector("[data-told]").textContent = second === null ? "Место" : span(second);
  point.querySelector("[data-nowhere]").hidden = second === null;
  field("second").dispatchEvent(new Event("change", { bubbles: true }));
}

function markPlace(point, sound = heard()) {
  if (!sound) return;
  const second = Number(sound.querySelector("[type=range]").value);
  keepPlace(point, second, sound.dataset.recording);
  say(`Место в записи: ${span(second)}`);
}

/** For those who do not see it: a key leaves the focus on the point, not on what it has changed. */
function say(text) {
  document.querySelector("[data-judging-says]").textContent = text;
}

function showScore(points) {
  const { total, failed, graded } = scoreOf(
    points.map((point) => ({
      weight: Number(point.dataset.weight),
      fails: "fails" in point.dataset,
      grade: point.querySelector("[type=radio]:checked")?.value ?? "",
    })),
  );
  const box = document.getElementById("score");
  box.className = total === null ? "stat" : `stat ${level(total)}`;
  box.querySelector("[data-total]").textContent = total ?? "—";
  box.querySelector("[data-left]").textContent = failed
    ? "решающий пункт не выполнен"
    : `отмечено ${graded} из ${points.length}`;
}

island("judging", "[data-judging]", (form) => {
  const points = [...form.querySelectorAll("[data-point]")];
  let last = null; // the point one was at before going to the sound
  const now = () => points.indexOf(document.activeElement?.closest("[data-point]"));
  const come = ({ target }) => (last = target.closest("[data-point]") ?? last);
  const markAtLast = (sound) => {
    if (!last) return toast("Сначала выберите пункт карты: J или K.", "warn");
    markPlace(last, sound);
    const [at, point] = [last.querySelector("[data-told]"), last.querySelector("legend").firstChild];
    toast(`Место ${at.textContent}: ${point.textContent.trim()}`, "good");
  };
  const go = (step) => {
    const from = now() < 0 ? points.indexOf(last) : now();
    const to = points[Math.min(Math.max(0, from < 0 ? 0 : from + step), points.length - 1)];
    to.focus();
    to.scrollIntoView({ block: "nearest" });
  };
  const grade = (place) => {
    const choice = points[now()]?.querySelector(`[type=radio][value="${GRADES[place]}"]`);
    if (!choice) return now() >= 0; // a failing point is not met by half: nothing is pressed, here or in the player
    choice.checked = true;
    say(`Отметка: ${choice.closest("label").textContent.trim()}`);
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };
  const press = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches?.("textarea, select, input:not([type=radio], [type=range])")) return;
    const player = event.target.closest?.("[data-player]");
    if (player && event.code !== "KeyE") return; // there the other keys are the player's
    const sound = player ?? soundOf(event.target.closest?.("[data-words-of]"));
    if (sound && event.code === "KeyE") markAtLast(sound);
    else if (event.code === "KeyJ") go(1);
    else if (event.code === "KeyK") go(-1);
    else if (event.code === "KeyE" && now() >= 0) markPlace(points[now()]);
    else if (!(/^Digit[1-4]$/.test(event.code) && grade(Number(event.code.at(-1)) - 1))) return;
    event.preventDefault();
  };
  const click = ({ target }) => {
    const point = target.closest("[data-point]");
    if (target.closest("[data-here]")) markPlace(point);
    if (target.closest("[data-nowhere]")) keepPlace(point, null, "");
  };
  const change = () => showScore(points);
  document.addEventListener("keydown", press, true); // before the player, which knows J, 1 and 2 as well
  form.addEventListener("click", click);
  form.addEventListener("focusin", come);
  form.addEventListener("change", change);
  return () => document.removeEventListener("keydown", press, true);
});
