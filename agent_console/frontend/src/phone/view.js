// The telephone on the page: one bar that says what is going on, and buttons that are there when they make sense.
import { DESK, STATES, SOUND_TROUBLE, dialled, numberInWords } from "./words.js";

const KIND_NAMES = { microphone: "Микрофон", speaker: "Динамик" };

export class View {
  constructor(root) {
    this._root = root;
    this._parts = Object.fromEntries([...root.querySelectorAll("[data-phone]")].map((one) => [one.dataset.phone, one]));
    this._said = "";
  }

  part(name) {
    return this._parts[name];
  }

  /** Have `act(event)` done at a click on the part. */
  on(name, act) {
    this.part(name).addEventListener("click", act);
  }

  /** `told` is what the server knows of the agent's telephones: pages/phone.py, `state`. */
  show(telephone, sound, elsewhere, told) {
    this._root.toggleAttribute("data-awake", !elsewhere && telephone.registration !== "off");
    this._root.toggleAttribute("data-desk", Boolean(told.desk && !telephone.current));
    this.part("end").disabled = Boolean(told.desk && !telephone.current && !told.line);
    this._recording(told, telephone.current?.state === "talking" || (told.desk?.state === "talking" && told.desk.recorded));
    if (told.desk && !telephone.current) {
      this._desk(told.desk);
      return;
    }
    const talk = telephone.current;
    const waiting = telephone.waiting;
    const state = elsewhere ? "elsewhere" : talk ? (talk.held ? "held" : talk.state) : telephone.registration;
    this._root.dataset.state = state;
    this._root.toggleAttribute("data-busy", Boolean(talk));
    const alone = (!talk && !elsewhere && telephone.reason) || STATES[state];
    const line = talk && telephone.registration !== "ready" ? `${STATES[state]} · ${STATES.lost}` : alone;
    this._text("state", line);
    this._text("caller", talk ? numberInWords(talk.number) : "");
    this._hide("caller", !talk);
    const time = this.part("time");
    this._hide("time", talk?.state !== "talking");
    if (talk?.state === "talking" && time.dataset.since !== talk.since.toISOString()) {
      time.dataset.since = talk.since.toISOString();
      time.textContent = "0:00";
    }
    this._text("waiting-caller", waiting ? `Ждёт: ${numberInWords(waiting.number)}` : "");
    this._hide("waiting-caller", !waiting);
    const talking = talk?.state === "talking";
    this._hide("answer", talk?.state !== "ringing");
    this._hide("end", !talk);
    this._label("end", talk?.state === "ringing" ? "Отклонить" : waiting ? "Отменить" : "Отбой");
    for (const name of ["hold", "mute", "keypad"]) this._hide(name, !talking);
    this._hide("transfer", !talking || Boolean(waiting));
    this._hide("connect", !(waiting && talking));
    this._hide("dial", Boolean(talk) || telephone.registration !== "ready" || elsewhere);
    this._press("hold", Boolean(talk?.held), "Вернуться", "Удержать");
    this._press("mute", Boolean(talk?.muted), "Микрофон выключен", "Микрофон");
    this._hide("take", !elsewhere);
    this._hide("switch-on", elsewhere || telephone.registration !== "off");
    this._hide("levels", telephone.registration === "off" || elsewhere);
    this._trouble(elsewhere ? "" : sound.trouble);
    for (const name of ["keypad-panel", "transfer-panel"]) if (!talking) this.part(name).hidePopover?.();
  }

  /** The telephone on the desk: what it does, and the one thing that can be done to it from here. */
  _desk({ state, number }) {
    const talking = state === "talking";
    this._root.dataset.state = { off: "desk-off" }[state] ?? state;
    this._root.toggleAttribute("data-busy", talking || state === "ringing");
    this._text("state", DESK[state]);
    this._text("caller", number ? numberInWords(number) : "");
    this._hide("caller", !number);
    this._hide("end", !talking);
    this._label("end", "Отбой");
    const others = ["answer", "connect", "hold", "mute", "keypad", "transfer", "dial", "take", "switch-on", "time", "waiting-caller"];
    for (const name of [...others, "levels"]) this._hide(name, true);
    for (const name of ["keypad-panel", "transfer-panel", "dial-panel"]) this.part(name).hidePopover?.();
    this._trouble("");
  }

  _recording({ recording_back_at: until }, talking) {
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

  /** To whom a caller can be sent: [{to, name}]. */
  targets(list) {
    this.part("targets").replaceChildren(
      ...list.map(({ to, name }) => Object.assign(document.createElement("option"), { value: to, label: name })),
    );
  }

  /** What was typed into a field, ready to be dialled; "" when there is nothing. */
  typed(name) {
    return dialled(this.part(name).value);
  }

  close(name) {
    this.part(name).hidePopover();
  }

  _trouble(trouble) {
    const words = SOUND_TROUBLE[trouble] ?? "";
    this._text("trouble-text", words);
    this._hide("trouble", !words);
    this._root.dataset.trouble = trouble;
    this._hide("check", !["denied", "none", "busy", "unplugged"].includes(trouble));
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
    // Who works by keyboard must not fall to the top of the page when a button goes.
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
