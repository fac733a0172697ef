// The telephone on the page: one bar that says what is going on, and buttons that are there when they make sense.
import { DESK, STATES, SOUND_TROUBLE, numberInWords } from "./words.js";

const KIND_NAMES = { microphone: "Микрофон", speaker: "Динамик" };
const OF_A_TALK = ["hold", "mute", "keypad"];
const NOT_OF_A_DESK_PHONE = ["answer", "connect", ...OF_A_TALK, "transfer", "dial", "take", "switch-on"];
const MENDED_BY_CHECKING = ["denied", "none", "busy", "unplugged"];

export class View {
  constructor(root) {
    this._root = root;
    this._parts = Object.fromEntries([...root.querySelectorAll("[data-phone]")].map((one) => [one.dataset.phone, one]));
    this.showsDesk = false; // the bar is the desk phone's, not the browser's
  }

  part(name) {
    return this._parts[name];
  }

  /** Have `act(event)` done at a click on the part. */
  on(name, act) {
    this.part(name).addEventListener("click", act);
  }

  /** Show the softphone as it is now. */
  show({ telephone, sound, otherTab, server }) {
    const { current: talk, waiting, registration } = telephone;
    const away = otherTab || registration.state === "elsewhere";
    this.showsDesk = Boolean(server.desk && !talk);
    this._root.toggleAttribute("data-awake", !away && registration.state !== "off");
    this._root.toggleAttribute("data-desk", this.showsDesk);
    this.part("end").disabled = this.showsDesk && !server.line;
    const deskTalks = server.desk?.state === "talking" && server.desk.recorded;
    this._recording(server.recording_back_at, talk?.state === "talking" || deskTalks);
    if (this.showsDesk) {
      this._desk(server.desk);
      return;
    }
    this._now(talk, waiting, registration, otherTab);
    this._buttons(talk, waiting);
    this._hide("dial", Boolean(talk) || registration.state !== "ready" || otherTab);
    this._hide("take", !away);
    this._hide("switch-on", otherTab || registration.state !== "off");
    this._hide("levels", registration.state === "off" || away);
    this._trouble(away ? "" : sound.trouble);
  }

  /** What is going on, with whom, since when. */
  _now(talk, waiting, registration, otherTab) {
    const state = otherTab ? "tab" : talk ? (talk.held ? "held" : talk.state) : registration.state;
    this._root.dataset.state = state;
    this._root.toggleAttribute("data-busy", Boolean(talk));
    const unconnected = talk && registration.state !== "ready";
    const alone = (!talk && !otherTab && registration.reason) || STATES[state];
    this._text("state", unconnected ? `${STATES[state]} · ${STATES.lost}` : alone);
    this._text("caller", talk ? numberInWords(talk.number) : "");
    this._hide("caller", !talk);
    this._text("waiting-caller", waiting ? `Ждёт: ${numberInWords(waiting.number)}` : "");
    this._hide("waiting-caller", !waiting);
    this._time(talk?.state === "talking" ? talk.since.toISOString() : "");
  }

  _time(since) {
    const time = this.part("time");
    this._hide("time", !since);
    if (!since || time.dataset.since === since) return;
    time.dataset.since = since;
    time.textContent = "0:00";
  }

  /** The buttons of a call: there when they make sense. */
  _buttons(talk, waiting) {
    const talking = talk?.state === "talking";
    const ringing = talk?.state === "ringing";
    this._hide("answer", !ringing);
    this._hide("end", !talk);
    this._label("end", ringing ? "Отклонить" : waiting ? "Отменить" : "Отбой");
    for (const name of OF_A_TALK) this._hide(name, !talking);
    this._hide("transfer", !talking || Boolean(waiting));
    this._hide("connect", !(waiting && talking));
    this._press("hold", Boolean(talk?.held), "Вернуться", "Удержать");
    this._press("mute", Boolean(talk?.muted), "Микрофон выключен", "Микрофон");
    for (const name of ["keypad-panel", "transfer-panel"]) if (!talking) this.part(name).hidePopover?.();
  }

  /** The telephone on the desk: what it does, and the one thing that can be done to it from here. */
  _desk({ state, number }) {
    const talking = state === "talking";
    this._root.dataset.state = state === "off" ? "desk-off" : state;
    this._root.toggleAttribute("data-busy", talking || state === "ringing");
    this._text("state", DESK[state]);
    this._text("caller", number ? numberInWords(number) : "");
    this._hide("caller", !number);
    this._hide("end", !talking);
    this._label("end", "Отбой");
    for (const name of [...NOT_OF_A_DESK_PHONE, "time", "waiting-caller", "levels"]) this._hide(name, true);
    for (const name of ["keypad-panel", "transfer-panel", "dial-panel"]) this.part(name).hidePopover?.();
    this._trouble("");
  }

  _recording(until, talking) {
    const again = this.part("record-again");
    if (until && again.dataset.until !== until) again.dataset.until = until;
    this._hide("unrecorded", !until);
    this._hide("papers", !talking || Boolean(until));
  }

  levels({ mine, theirs }) {
    this.part("level-mine").value = mine;
    this.part("level-theirs").value = theirs;
    this.part("level-check").value = mine;
  }

  /** The devices there are, with the chosen one chosen. */
  devices(sound) {
    for (const kind of ["microphone", "speaker", "ringer"]) {
      const box = this.part(kind);
      const list = sound.devices[kind === "ringer" ? "speaker" : kind];
      const options = [new Option(kind === "ringer" ? "Там же, где разговор" : "Как в системе", "")];
      list.forEach((one, index) => {
        options.push(new Option(one.label || `${KIND_NAMES[kind] ?? "Устройство"} ${index + 1}`, one.deviceId));
      });
      box.replaceChildren(...options);
      box.value = sound.chosen(kind);
      if (box.selectedIndex < 0) box.value = "";
    }
  }

  /** To whom a caller can be sent: [{name, detail}]. */
  targets(list) {
    this.part("targets").replaceChildren(
      ...list.map(({ name, detail }) => Object.assign(document.createElement("option"), { value: name, label: detail })),
    );
  }

  /** What was typed into a field; "" when there is nothing. */
  typed(name) {
    return this.part(name).value.trim();
  }

  close(name) {
    this.part(name).hidePopover();
  }

  _trouble(trouble) {
    const words = SOUND_TROUBLE[trouble] ?? "";
    this._text("trouble-text", words);
    this._hide("trouble", !words);
    this._root.dataset.trouble = trouble;
    this._hide("check", !MENDED_BY_CHECKING.includes(trouble));
  }

  _text(name, text) {
    const part = this.part(name);
    if (part.textContent !== text) part.textContent = text;
  }

  _hide(name, hidden) {
    const part = this.part(name);
    if (part.hidden === hidden) return;
    const lost = hidden && part.contains(document.activeElement);
    part.hidden = hidden;
    // Whoever works by keyboard must not fall to the top of the page when a button goes.
    if (lost) this._root.focus({ preventScroll: true });
  }

  _label(name, text) {
    this.part(name).querySelector(".label").textContent = text;
  }

  _press(name, pressed, whenPressed, otherwise) {
    const part = this.part(name);
    part.setAttribute("aria-pressed", String(pressed));
    part.querySelector(".label").textContent = pressed ? whenPressed : otherwise;
  }
}
