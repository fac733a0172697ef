// The softphone: ties the telephone, its sound and its bar on the page together.
import { Sound } from "./phone/sound.js";
import { Telephone } from "./phone/telephone.js";
import { holdTelephone } from "./phone/tabs.js";
import { View } from "./phone/view.js";

const { island, onLive, send, toast } = window.gridline;
const LEVELS_MS = 80;
const CHECK_MS = 1000;

/** The page goes: a request that outlives it, with the token that a beacon could not carry. */
function sayLeaving() {
  const token = document.querySelector('meta[name="csrf"]').content;
  fetch("/phone/leaving", { method: "POST", keepalive: true, headers: { "X-CSRF-Token": token } }).catch(() => {});
}

/** Buttons that need Asterisk's manager stand still, saying so, while it is away, and come back by themselves. */
function needsLine(up) {
  for (const button of document.querySelectorAll("[data-needs-line]")) {
    button.disabled = !up;
    if (!up) button.title = "Нет связи с АТС";
    else if (button.title === "Нет связи с АТС") button.removeAttribute("title");
  }
  for (const note of document.querySelectorAll("[data-line-note]")) note.hidden = up;
}

function start(root) {
  const view = new View(root);
  let elsewhere = false;
  let told = { phone: "browser", line: true, recording_back_at: null };
  let greeted = false;

  const sound = new Sound(view.part("audio"), {
    onChange: () => {
      view.devices(sound);
      show();
    },
    onMicrophone: (stream) => telephone.speakInto(stream),
  });
  const telephone = new Telephone({
    credentials: () => send("POST", "/phone/credentials"),
    microphone: () => sound.microphone(),
    onChange: changed,
    onEnded: (talk, words) => words && toast(words, talk.outgoing ? "warn" : "info"),
    onSound: (talk, stream) => talk === telephone.current && sound.hear(stream),
  });

  function show() {
    view.show(telephone, sound, elsewhere, told);
  }

  /** What the server says of this agent's telephones. */
  function take(news) {
    const before = told;
    told = news;
    needsLine(told.line);
    if (told.phone === "browser" && before.phone === "desk") switchOn();
    changed();
  }

  /** The telephone on the desk was chosen: this one is switched off as soon as its talk is over. */
  function giveWay() {
    if (told.phone !== "desk" || telephone.current || telephone.registration === "off") return;
    telephone.off();
    sound.close();
  }

  function changed() {
    const talk = telephone.current;
    if (talk?.state === "ringing" && !talk.back) sound.ring();
    else if (talk?.state === "calling" && !talk.connection?.getReceivers().some(({ track }) => !track.muted)) sound.ringback();
    else sound.quiet();
    if (!talk) sound.deafen();
    else if (talk !== heardTalk && talk.connection) hearAgain(talk);
    heardTalk = talk;
    if (telephone.registration === "ready" && !greeted) greet();
    giveWay();
    show();
    const desk = talk ? null : told.desk;
    document.dispatchEvent(
      new CustomEvent("phone:state", {
        detail: {
          registration: desk ? (desk.state === "off" ? "lost" : "ready") : telephone.registration,
          state: talk?.state ?? (["ringing", "talking"].includes(desk?.state) ? desk.state : "idle"),
          number: talk?.number ?? desk?.number ?? "",
          outgoing: Boolean(talk?.outgoing),
          held: Boolean(talk?.held),
          muted: Boolean(talk?.muted),
        },
      }),
    );
  }

  /** Back to a caller whose sound was put aside for a consultation. */
  let heardTalk = null;
  function hearAgain(talk) {
    const tracks = talk.connection.getReceivers().map(({ track }) => track);
    if (tracks.length) sound.hear(new MediaStream(tracks));
  }

  /** The telephone is there: does a caller wait for this page since before it was loaded? */
  async function greet() {
    greeted = true;
    try {
      const { returns } = await send("POST", "/phone/back");
      if (returns) toast("Соединение восстанавливается: абонент сейчас вернётся к вам.", "info");
    } catch (problem) {
      toast(problem.message, "warn");
    }
  }

  async function switchOn(steal = false) {
    elsewhere = !(await holdTelephone({ steal, onLost: takenAway }));
    if (!elsewhere) {
      sound.microphone().catch(() => {});
      await telephone.on();
    }
    show();
  }

  function takenAway() {
    elsewhere = true;
    telephone.off();
    sound.close();
    show();
  }

  async function refer(act) {
    try {
      await act();
      toast("Звонок переведён.", "good");
    } catch (problem) {
      toast(`Перевести не удалось. ${problem.message}`, "bad");
    }
  }

  /** Have the server do it; what goes wrong is said. */
  async function ask(path) {
    try {
      const news = await send("POST", path);
      return news.phone ? news : told;
    } catch (problem) {
      toast(problem.message, "bad");
      return told;
    }
  }

  async function dial(number) {
    if (!number || telephone.current) return;
    if (!(await telephone.call(number))) show();
  }

  view.on("answer", () => telephone.answer());
  view.on("end", () => (told.desk && !telephone.current ? ask("/phone/hang-up") : telephone.end()));
  view.on("papers", () => ask("/desk/recording/pause").then(take));
  view.on("record", () => ask("/desk/recording/resume").then(take));
  view.on("hold", () => telephone.hold());
  view.on("mute", () => telephone.mute());
  view.on("connect", () => refer(() => telephone.connect()));
  view.on("take", () => switchOn(true));
  view.on("switch-on", () => switchOn());
  view.on("switch-off", () => {
    view.close("settings-panel");
    telephone.off();
    sound.close();
    send("POST", "/phone/revoke").catch((problem) => toast(problem.message, "warn"));
  });
  view.on("check", () => sound.reopen().catch(() => {}));
  view.on("bell-check", () => {
    sound.ring();
    setTimeout(changed, 1500);
  });
  for (const kind of ["microphone", "speaker", "ringer"]) {
    view.part(kind).addEventListener("change", ({ target }) => sound.choose(kind, target.value).catch(() => {}));
  }
  view.on("keys", ({ target }) => {
    const key = target.closest("[data-digit]")?.dataset.digit;
    if (key) telephone.press(key);
  });
  view.part("keypad-panel").addEventListener("keydown", (event) => {
    if (!/^[0-9*#]$/.test(event.key)) return;
    event.preventDefault(); // the same digits choose a candidate on the call's card
    telephone.press(event.key);
  });
  view.part("dial-form").addEventListener("submit", (event) => {
    event.preventDefault();
    view.close("dial-panel");
    dial(view.typed("number"));
  });
  view.part("transfer-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const target = view.typed("target");
    if (!target) return;
    view.close("transfer-panel");
    event.submitter?.value === "ask" ? telephone.consult(target) : refer(() => telephone.transfer(target));
  });
  // A panel opens empty: nobody must be sent to where the caller before him went.
  for (const kind of ["dial", "transfer"]) {
    view.part(`${kind}-panel`).addEventListener("beforetoggle", ({ newState }) => {
      if (newState === "open") view.part(`${kind}-form`).reset();
    });
  }
  view.part("transfer-panel").addEventListener("toggle", async ({ newState }) => {
    if (newState === "open") view.targets(await send("GET", "/phone/targets").catch(() => []));
  });
  const wanted = ({ detail }) => dial(detail.number);
  document.addEventListener("phone:dial", wanted);
  const leaving = () => telephone.talking && sayLeaving();
  addEventListener("pagehide", leaving);
  const levels = setInterval(() => document.visibilityState === "visible" && view.levels(sound.levels()), LEVELS_MS);
  const checks = setInterval(() => sound.check(telephone.current), CHECK_MS);

  const stopHearing = [
    onLive("phone", ({ data }) => take(data)),
    onLive("line", ({ data }) => take({ ...told, line: data.up })),
  ];
  const lineAgain = () => needsLine(told.line);
  document.addEventListener("htmx:load", lineAgain);

  send("GET", "/phone/state")
    .then(take)
    .catch((problem) => toast(problem.message, "warn"))
    .finally(() => told.phone === "browser" && switchOn());
  return () => {
    for (const stop of stopHearing) stop();
    document.removeEventListener("htmx:load", lineAgain);
    clearInterval(levels);
    clearInterval(checks);
    document.removeEventListener("phone:dial", wanted);
    removeEventListener("pagehide", leaving);
    telephone.off();
    sound.close();
  };
}

island("softphone", "#softphone", start);
