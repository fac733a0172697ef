// The words of a recording: they follow the sound; a click seeks there, and so do the arrows: up and down by lines, left
// and right by words.
import { span } from "../lib/clocks.js";

const NONE = "Слов этой записи нет.";

/** Fills the transcript of a player where the page has room for one, within the player or apart from it. */
export function transcriptOf(player, sound) {
  const apart = document.querySelector(`[data-words-of="${CSS.escape(player.dataset.recording)}"]`);
  const room = player.querySelector("[data-transcript]") ?? apart;
  if (!room) return { follow() {}, end() {} };
  const says = room.querySelector("[data-transcript-says]");
  const list = room.querySelector("ol");
  let gone = false;
  let lines = [];
  let spoken = []; // two at once, where both sides speak

  const show = (told) => {
    if (gone) return;
    const utterances = inOrder(told.channels ?? []);
    says.textContent = told.says || (utterances.length ? "" : NONE) || (told.machine ? "Распознано машиной: возможны ошибки." : "");
    says.hidden = !says.textContent;
    lines = utterances.map((one) => ({ ...one, row: rowOf(one) }));
    list.replaceChildren(...lines.map(({ row }) => row));
    list.hidden = !lines.length;
    follow(sound.at());
  };
  const follow = (at) => {
    const now = lines.filter(({ start, end }) => start <= at && at < end);
    for (const { row } of spoken.filter((one) => !now.includes(one))) {
      row.removeAttribute("aria-current");
      for (const word of row.querySelectorAll(".now")) word.classList.remove("now");
    }
    const begun = now.filter((one) => !spoken.includes(one));
    for (const { row } of begun) row.setAttribute("aria-current", "true");
    if (begun.length && !list.matches(":hover, :focus-within")) keepInSight(list, begun.at(-1).row);
    spoken = now;
    for (const word of now.flatMap(({ row }) => [...row.querySelectorAll("[data-ends]")])) {
      word.classList.toggle("now", Number(word.dataset.seek) <= at && at < Number(word.dataset.ends));
    }
  };

  const press = (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }[event.code];
    if (!step || event.ctrlKey || event.altKey || event.metaKey || !lines.length) return;
    event.preventDefault(); // before the player, whose arrows go by seconds
    const at = next(/Up|Down/.test(event.code) ? lines.map(({ start }) => start) : wordsOf(lines), sound.at(), step);
    sound.seek(at);
    const line = lines.findLast(({ start }) => start <= at) ?? lines[0];
    line.row.querySelector("button").focus();
  };
  list.addEventListener("keydown", press);
  if (room === apart) list.addEventListener("click", ({ target }) => sound.seek(Number(target.closest("[data-seek]")?.dataset.seek ?? sound.at())));

  gridline
    .send("GET", room.dataset.transcript)
    .then(show)
    .catch((problem) => show({ says: problem.status === 404 ? NONE : problem.message }));
  return { follow, end: () => (gone = true) };
}

function wordsOf(lines) {
  const places = lines.flatMap(({ start, words = [] }) => (words.length ? words.map(([, begins]) => begins) : [start]));
  return places.sort((one, other) => one - other);
}

/** The place one step from `at` in an ordered list of seconds; the first or last one at its ends. */
function next(places, at, step) {
  const near = 0.06; // a sound that stands still is within this of where it was sent
  const found = step > 0 ? places.find((one) => one > at + near) : places.findLast((one) => one < at - near);
  return found ?? places.at(step > 0 ? -1 : 0);
}

function inOrder(channels) {
  return channels
    .flatMap(({ who, utterances }) => utterances.map((one) => ({ who, ...one })))
    .sort((one, other) => one.start - other.start);
}

function rowOf({ who, start, text, words = [] }) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "player-line";
  button.dataset.seek = start;
  button.append(piece("player-second", span(start)), " ", piece("player-who", who), " ");
  if (words.length) button.append(...words.flatMap(wordOf));
  else button.append(text);
  row.append(button);
  return row;
}

function wordOf([word, start, end]) {
  const one = piece("", word);
  one.dataset.seek = start;
  one.dataset.ends = end;
  return [one, " "];
}

function piece(name, text) {
  const one = document.createElement("span");
  if (name) one.className = name;
  one.textContent = text;
  return one;
}

/** The row in the middle of its list: the list scrolls, the page stays. */
function keepInSight(list, row) {
  list.scrollTop = row.offsetTop - list.offsetTop - (list.clientHeight - row.clientHeight) / 2;
}
