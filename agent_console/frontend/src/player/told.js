// What a machine heard of what was told: put into the form when a person says so, its doubtful words found and listened to.
const BEFORE_S = 1;

/** Registers the island; `gridline` is the shell's. */
export function startHeard({ island }) {
  island("heard", "[data-heard]", (box) => {
    const form = box.closest("form");
    const field = form.elements.text;
    const click = ({ target }) => {
      if (target.closest("[data-insert]")) insert(box, form, field);
      const word = target.closest("[data-word]");
      if (word) {
        listen(box.dataset.heard, Number(word.dataset.at));
        select(field, word.dataset.word, occurrence(box.dataset.text, word.dataset));
      }
    };
    box.addEventListener("click", click);
    return () => box.removeEventListener("click", click);
  });
}

/** What was typed stays; the words come behind it. */
function insert(box, form, field) {
  const typed = field.value.trimEnd();
  field.value = typed ? `${typed}\n${box.dataset.text}` : box.dataset.text;
  form.elements.heard.value = box.dataset.heard;
  box.querySelector("[data-insert]").hidden = true;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

/** The player of that recording goes to shortly before the second. */
function listen(recording, second) {
  const range = document.querySelector(`[data-recording="${CSS.escape(recording)}"] [type=range]`);
  if (!range) return;
  range.value = Math.max(0, second - BEFORE_S);
  range.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Selects the word in the field, if it still stands there: the n-th of its kind, or the last. */
function select(field, word, n) {
  const places = placesOf(field.value, word);
  if (!places.length) return;
  const at = places[Math.min(n, places.length - 1)];
  field.focus();
  field.setSelectionRange(at, at + word.length);
}

/** How many of the same word stand before this one in what was heard. */
function occurrence(text, { word, place }) {
  return placesOf(text, word).filter((at) => at < Number(place)).length;
}

function placesOf(text, word) {
  const whole = new RegExp(`(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}])`, "giu");
  return [...text.matchAll(whole)].map(({ index }) => index);
}
