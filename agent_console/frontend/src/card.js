// The card's form keeps itself: at once in this browser, and a moment later on the server. One tab types at a time;
// another one is told, and nothing is overwritten before a person has chosen.
import { startHeard } from "./player/told.js";

const { htmx, island, onLive, send } = window.gridline;

const PAUSE_MS = 500;
const AGAIN_MS = 3000;
const tab = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const later = new Map(); // call -> "save" or "take": what the form that is being loaded does first

function typed(form) {
  const fields = Object.fromEntries(new FormData(form));
  for (const own of ["key", "nonce", "csrf"]) delete fields[own];
  return fields;
}

const same = (one, other) => JSON.stringify(Object.entries(one).filter(filled).sort()) === JSON.stringify(Object.entries(other).filter(filled).sort());
const filled = ([, value]) => value !== "";

function mount(form) {
  const { call, user } = form.dataset;
  const store = `gridline-draft:${user}:${call}`;
  const first = later.get(call);
  later.delete(call);
  let version = Number(form.dataset.version);
  let saved = typed(form);
  let timer = 0;
  let sending = false;
  let stopped = false; // registered, gone, or another tab types
  let sent = false; // on its way to the register: what is typed is saved again if it comes back

  const keyed = () => form.elements.key.value;
  const say = (text, level = "") => {
    const state = document.getElementById("draft-state");
    if (!state) return;
    state.textContent = text;
    state.dataset.level = level;
  };

  function note() {
    if (stopped) return;
    const fields = typed(form);
    if (same(fields, saved)) return;
    localStorage.setItem(store, JSON.stringify({ fields, version, key: keyed() }));
    say("Сохраняю…");
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE_MS);
  }

  async function save(take = false) {
    clearTimeout(timer);
    if (stopped || sent) return;
    if (sending) return void (timer = setTimeout(save, PAUSE_MS, take));
    const fields = typed(form);
    sending = true;
    try {
      const told = await send("POST", `/card/${call}/draft`, { fields, version, key: keyed(), tab, take });
      version = told.version;
      form.elements.key.value = told.key;
      saved = fields;
      if (same(typed(form), fields)) {
        localStorage.removeItem(store);
        say("Сохранено", "good");
      } else timer = setTimeout(save, PAUSE_MS);
    } catch (problem) {
      if (stopped || sent) return; // registered meanwhile: there is nothing left to keep
      if (problem.status === 409) elsewhere(problem.message, fields);
      else {
        const why = problem.status === 401 ? "Сеанс завершён" : "Нет связи";
        say(`${why} — сохранено на этом компьютере`, "bad");
        if (problem.status !== 401) timer = setTimeout(save, AGAIN_MS, take);
      }
    } finally {
      sending = false;
    }
  }

  /** Put these fields in the place of what is shown; the server lays the form out for them. */
  function show(fields, then) {
    stopped = true;
    later.set(call, then);
    const whole = { values: fields, target: "#appeal-form", select: "#appeal-form", swap: "outerHTML" };
    htmx.ajax("POST", `/card/${call}/form`, whole).catch(() => {
      later.delete(call);
      stopped = false;
      form.inert = false;
      note();
    });
  }

  /** Another tab types. `mine`: what stands here and is nowhere else. */
  function elsewhere(message, mine) {
    stopped = true;
    clearTimeout(timer);
    form.inert = true;
    say("");
    const box = document.getElementById("draft-conflict");
    const words = document.createElement("span");
    words.textContent = mine ? `${message} То, что набрано здесь, ещё не сохранено на сервере.` : message;
    const buttons = document.createElement("span");
    buttons.className = "cluster";
    const button = (text, act) => {
      const one = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: text });
      one.addEventListener("click", () => {
        box.hidden = true;
        box.replaceChildren();
        act();
      });
      buttons.append(one);
    };
    if (mine) button("Оставить набранное здесь", () => show(mine, "take"));
    button(mine ? "Взять набранное там" : "Продолжить здесь", async () => {
      try {
        const { fields } = await send("GET", `/card/${call}/draft`);
        localStorage.removeItem(store);
        show(fields, "take");
      } catch (problem) {
        elsewhere(problem.message, mine);
      }
    });
    box.className = "alert warn";
    box.replaceChildren(words, buttons);
    box.hidden = false;
  }

  const toRegister = ({ detail: { requestConfig: request } }) =>
    form.contains(request?.elt) && /\/(appeal|contact)$/.test(request.path);
  const leaving = (event) => {
    if (toRegister(event)) sent = true;
  };
  const answered = (event) => {
    if (!toRegister(event)) return;
    sent = false;
    if (event.detail.xhr.status !== 200) return note();
    stopped = true;
    clearTimeout(timer);
    localStorage.removeItem(store);
  };
  const retry = () => !stopped && !same(typed(form), saved) && save();
  const leave = () => {
    if (!stopped && !same(typed(form), saved) && !sending) save();
  };
  const settled = ({ target, detail }) => {
    if (!form.contains(target)) return;
    note();
    if (detail.xhr?.status === 422) form.querySelector("[aria-invalid=true]")?.focus();
  };
  const heard = onLive("draft", ({ topic, data }) => {
    if (topic !== `card-call:${call}` || stopped || data.tab === tab || data.version <= version) return;
    if (same(typed(form), saved)) elsewhere(`Форму заполняют в другом окне (${data.author}).`);
  });
  const shut = onLive("shut", ({ topic }) => {
    if (topic !== `card-call:${call}`) return;
    stopped = true;
    clearTimeout(timer);
    localStorage.removeItem(store);
    if (!sent) close(call); // else the answer brings the number that the agent reads out
  });
  const listeners = [
    [form, "input", note],
    [form, "change", note],
    [document, "htmx:afterSettle", settled],
    [document, "htmx:beforeRequest", leaving],
    [document, "htmx:beforeSwap", answered],
    [document, "htmx:sendError", answered],
    [document, "signed-in", retry],
    [window, "online", retry],
  ];
  for (const [where, what, act] of listeners) where.addEventListener(what, act);

  const kept = JSON.parse(localStorage.getItem(store) ?? "null");
  if (first) save(first === "take");
  else if (kept && same(kept.fields, saved)) localStorage.removeItem(store);
  else if (kept && kept.version === version && kept.key === keyed()) show(kept.fields, "save");
  else if (kept) elsewhere("Пока не было связи, форму заполнили в другом окне.", kept.fields);
  else say(version ? "Сохранено" : "");

  return () => {
    leave();
    stopped = true;
    clearTimeout(timer);
    heard();
    shut();
    for (const [where, what, act] of listeners) where.removeEventListener(what, act);
  };
}

/** The call has become the security service's: nothing of it stays on a page that shows its card. */
function close(call) {
  const card = document.getElementById("call-card");
  if (card?.dataset.call !== call) return;
  const words = document.createElement("strong");
  words.textContent = "Карточка закрыта: звонок передан службе безопасности.";
  const told = Object.assign(document.createElement("section"), { className: "card empty" });
  told.append(words);
  card.replaceChildren(told);
}

onLive("shut", ({ topic }) => {
  if (!document.getElementById("appeal-form")) close(topic.slice("card-call:".length));
});

island("draft", "[data-draft]", mount);
startHeard(window.gridline);

island("knowledge-tab", "[aria-controls=tab-knowledge]", (tab) => {
  tab.addEventListener("click", () => setTimeout(() => document.getElementById("knowledge-query").focus()));
});

// What was just registered is read out: the focus goes there, and a screen reader says it.
island("registered", "[data-focus]", (element) => void element.focus());
