// Live updates: one stream for all topics of the page (every [data-live]); `morph` messages change elements in place,
// others become `live:NAME` events of the document with {topic, data}.
import htmx from "htmx.org";
import { tick } from "./clocks.js";
import { whileHidden } from "./hidden.js";
import { morphInto } from "./morph.js";

const LOST_AFTER_MS = 3000;
const LONGEST_PAUSE_MS = 10000;

let source = null;
let followed = "";
let lastId = "";
let pause = 500;
let lostTimer = 0;
let again = 0;
let asleep = false;

export function startLive() {
  follow();
  whileHidden({ sleep, wake });
  // A page that came by htmx has topics of its own, and was made at its own moment.
  document.addEventListener("htmx:load", follow);
  document.addEventListener("htmx:historyRestore", follow);
  document.addEventListener("signed-in", () => connect());
  window.addEventListener("online", () => connect());
  window.addEventListener("offline", () => asleep || lost());
}

function topics() {
  const all = [...document.querySelectorAll("[data-live]")].flatMap((one) => one.dataset.live.split(/\s+/));
  return [...new Set(all.filter(Boolean))].sort().join(",");
}

function follow() {
  const wanted = topics();
  if (wanted === followed) return;
  followed = wanted;
  // Messages between the making of the page and the opening of the stream are replayed from the older of the two ids.
  const made = document.getElementById("main")?.dataset.liveId ?? "";
  lastId = lastId === "" || BigInt(made || 0) < BigInt(lastId) ? made : lastId;
  connect();
}

function sleep() {
  asleep = true;
  clearTimeout(again);
  clearTimeout(lostTimer);
  lostTimer = 0;
  source?.close();
}

function wake() {
  asleep = false;
  connect();
}

function connect() {
  clearTimeout(again);
  source?.close();
  if (!followed || asleep) return;
  const query = new URLSearchParams({ topics: followed, last: lastId });
  source = new EventSource(`/events?${query}`);
  source.addEventListener("hello", (event) => {
    lastId = event.lastEventId;
    pause = 500;
    clearTimeout(lostTimer);
    lostTimer = 0;
    show("up");
  });
  source.addEventListener("beat", (event) => (lastId = event.lastEventId));
  source.addEventListener("morph", (event) => take(event, morph));
  source.addEventListener("reset", (event) => take(event, reset));
  source.addEventListener("signed-out", () => {
    source.close();
    document.dispatchEvent(new CustomEvent("signed-out"));
  });
  for (const name of names) listen(name);
  source.onerror = () => {
    if (!lostTimer) lostTimer = setTimeout(lost, LOST_AFTER_MS);
    // The browser comes back by itself after a broken stream, not after a refused one.
    if (source.readyState === EventSource.CLOSED) {
      again = setTimeout(connect, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  };
}

const names = new Set();
function listen(name) {
  source.addEventListener(name, (event) =>
    take(event, (data, topic) => {
      document.dispatchEvent(new CustomEvent(`live:${name}`, { detail: { topic, data: JSON.parse(data) } }));
    }),
  );
}

/** Be told of the server's events called `name`: `handler({topic, data})`; returns the function that ends it. */
export function onLive(name, handler) {
  if (!names.has(name)) {
    names.add(name);
    if (source) listen(name);
  }
  const told = (event) => handler(event.detail);
  document.addEventListener(`live:${name}`, told);
  return () => document.removeEventListener(`live:${name}`, told);
}

function take(event, handle) {
  lastId = event.lastEventId;
  const cut = event.data.indexOf("\n");
  handle(event.data.slice(cut + 1), event.data.slice(0, cut));
}

// Pieces are read one by one: behind anything else a table's row would lose its tags (see NEXT in push.py).
function read(html) {
  return html.split("<!--next-->").flatMap((piece) => {
    const made = document.createElement("template");
    made.innerHTML = piece;
    return [...made.content.children];
  });
}

function morph(html) {
  for (const fresh of read(html)) {
    const old = fresh.id && document.getElementById(fresh.id);
    if (!old) continue;
    morphInto(old, fresh.outerHTML, "outerHTML");
    const now = document.getElementById(fresh.id);
    if (now) htmx.process(now);
  }
  tick(); // the server's words for a time are older than the page's: they must not be seen, not even for a frame
}

/** Too much was missed to be told: the page is taken anew, in place. */
function reset() {
  const here = location.pathname + location.search;
  htmx.ajax("GET", here, { target: "#main", select: "#main", swap: "morph", headers: { "HX-Boosted": "true" } });
}

function lost() {
  show("lost");
}

function show(state) {
  const mark = document.getElementById("link-state");
  if (mark && mark.dataset.state !== state) {
    mark.dataset.state = state;
    mark.textContent = state === "up" ? "На связи" : "Нет связи";
  }
  const banner = document.getElementById("server-banner");
  if (!banner) return;
  if (state === "lost" && !banner.firstChild) {
    const text = document.createElement("div");
    text.className = "banner bad";
    text.textContent = "Нет связи с сервером. Набранное на странице сохранено, соединяюсь снова…";
    banner.append(text);
  } else if (state === "up") {
    banner.replaceChildren();
  }
}
