// The softphone: ties the telephone, its sound, its bar on the page and the server's news together.
import { bindButtons } from "./phone/buttons.js";
import { Sound } from "./phone/sound.js";
import { holdTelephone, holder } from "./phone/tabs.js";
import { CANCELLED, Telephone } from "./phone/telephone.js";
import { View } from "./phone/view.js";
import { RING_ENDED } from "./phone/words.js";

const { island, onLive, send, toast } = window.gridline;
const LEVELS_MS = 80;
const CHECK_MS = 1000;
const NO_LINE = "Нет связи с АТС";

class Softphone {
  constructor(root) {
    this.otherTab = false; // another tab of this browser has the telephone
    this.server = { phone: "browser", line: true, recording_back_at: null, holder: "" }; // pages/phone.py, `state`
    this._greeted = false;
    this._heard = null;
    this.view = new View(root);
    this.sound = new Sound(this.view.part("audio"), {
      onChange: () => {
        this.view.devices(this.sound);
        this.show();
      },
      onMicrophone: (stream) => this.telephone.speakInto(stream),
    });
    this.telephone = new Telephone({
      credentials: (take) => this._credentials(take),
      microphone: () => this.sound.microphone(),
      onChange: () => this.changed(),
      onEnded: (talk, words) => this._ended(talk, words),
      onSound: (talk, stream) => talk === this.telephone.current && this.sound.hear(stream),
    });
    bindButtons(this);
    this._undo = [...this._follow(), ...this._tick()];
  }

  /** Ask the server which telephone the agent answers with; the one in the page comes up by itself. */
  async start() {
    try {
      this.take(await send("GET", "/phone/state"));
    } catch (problem) {
      toast(problem.message, "warn");
    }
    if (this.server.phone === "browser") await this.switchOn();
  }

  stop() {
    for (const undo of this._undo) undo();
    this.switchOff();
  }

  show() {
    this.view.show(this);
  }

  /** The server's news of this agent's telephones. */
  take(news) {
    const before = this.server;
    this.server = { ...before, desk: undefined, ...news };
    needsLine(this.server.line);
    if (this.server.phone === "browser" && before.phone === "desk") this.switchOn();
    const { registration } = this.telephone;
    if (registration.isOn && news.holder && news.holder !== holder()) this._loses("elsewhere");
    this.changed();
  }

  /** Anything is different: what is heard, what is shown, what other scripts of the page are told. */
  changed() {
    if (!this.telephone) return; // still being put together
    this._hearing(this.telephone.current);
    if (this.telephone.registration.state === "ready") this._greet();
    this._giveWay();
    this.show();
    document.dispatchEvent(new CustomEvent("phone:state", { detail: this._state() }));
  }

  async switchOn({ steal = false } = {}) {
    const take = steal && this.telephone.registration.state === "elsewhere";
    this.otherTab = !(await holdTelephone({ steal, onLost: () => this._loses("tab") }));
    if (!this.otherTab) {
      this.sound.microphone().catch(() => {});
      await this.telephone.registration.on(take);
    }
    this.show();
  }

  switchOff(state = "off") {
    this.telephone.registration.off(state);
    this.sound.close();
  }

  /** Dial what was typed; whether, and as what, is the server's to say. */
  async dial(typed) {
    if (!typed || this.telephone.current) return;
    const number = await this._dialled(typed);
    if (number && !(await this.telephone.call(number))) this.show();
  }

  async transfer(typed, { askFirst }) {
    const number = typed && (await this._dialled(typed));
    if (!number) return;
    if (askFirst) await this.telephone.consult(number);
    else await this.refer(() => this.telephone.transfer(number));
  }

  async refer(act) {
    try {
      await act();
      toast("Звонок переведён.", "good");
    } catch (problem) {
      toast(`Перевести не удалось. ${problem.message}`, "bad");
    }
  }

  /** Have the server do it; what goes wrong is said. */
  async ask(path) {
    try {
      const news = await send("POST", path);
      if (news.phone) this.take(news);
    } catch (problem) {
      toast(problem.message, "bad");
    }
  }

  async _credentials(take) {
    const issued = await send("POST", "/phone/credentials", { holder: holder(), take });
    this.server.holder = holder();
    return issued;
  }

  async _dialled(typed) {
    try {
      return (await send("POST", "/phone/number", { typed })).dial;
    } catch (problem) {
      toast(problem.message, "bad");
      return "";
    }
  }

  /** The bell, the tone of calling, and the voice of whoever the buttons act on now. */
  _hearing(talk) {
    if (talk?.state === "ringing" && !talk.back) this.sound.tones.ring();
    else if (talk?.state === "calling" && !talk.hasEarlySound) this.sound.tones.ringback();
    else this.sound.tones.quiet();
    if (!talk) this.sound.deafen();
    else if (talk !== this._heard && talk.sound) this.sound.hear(talk.sound); // back from a consultation
    this._heard = talk;
  }

  /** The telephone on the desk was chosen: this one is switched off as soon as its talk is over. */
  _giveWay() {
    const { current, registration } = this.telephone;
    if (this.server.phone === "desk" && !current && registration.state !== "off") this.switchOff();
  }

  /** Another tab ("tab") or another computer ("elsewhere") has taken the telephone. */
  _loses(where) {
    this.otherTab = where === "tab";
    this.switchOff(this.otherTab ? "off" : "elsewhere");
    if (!this.otherTab) toast("Телефон открыли на другом компьютере. Здесь он выключен.", "warn");
    this.show();
  }

  /** The telephone is there: does a caller wait for this page since before it was loaded? */
  async _greet() {
    if (this._greeted) return;
    this._greeted = true;
    try {
      const { returns } = await send("POST", "/phone/back");
      if (returns) toast("Соединение восстанавливается: абонент сейчас вернётся к вам.", "info");
    } catch (problem) {
      toast(problem.message, "warn");
    }
  }

  async _ended(talk, words) {
    const told = words === CANCELLED ? await this._whyRingEnded() : words;
    if (told) toast(told, talk.outgoing ? "warn" : "info");
  }

  /** SIP does not say why a telephone rings no more: the server has seen what became of the caller. */
  async _whyRingEnded() {
    const { why } = await send("GET", "/phone/ring-ended").catch(() => ({ why: "" }));
    return RING_ENDED[why] ?? "Вызов снят.";
  }

  _state() {
    const talk = this.telephone.current;
    const desk = talk ? null : this.server.desk;
    const deskState = ["ringing", "talking"].includes(desk?.state) ? desk.state : "idle";
    return {
      registration: desk ? (desk.state === "off" ? "lost" : "ready") : this.telephone.registration.state,
      state: talk?.state ?? deskState,
      number: talk?.number ?? desk?.number ?? "",
      outgoing: Boolean(talk?.outgoing),
      held: Boolean(talk?.held),
      muted: Boolean(talk?.muted),
    };
  }

  _follow() {
    return [
      onLive("phone", ({ data }) => this.take(data)),
      onLive("line", ({ data }) => this.take({ ...this.server, line: data.up })),
      onLive("caller-forgotten", () => {
        for (const talk of this.telephone.talks) if (!talk.outgoing) talk.number = "";
        this.show();
      }),
      listen(document, "phone:dial", ({ detail }) => this.dial(detail.number)),
      listen(document, "htmx:load", () => needsLine(this.server.line)),
      listen(window, "pagehide", () => this.telephone.talking && sayLeaving()),
    ];
  }

  _tick() {
    const levels = () => document.visibilityState === "visible" && this.view.levels(this.sound.levels());
    const timers = [
      setInterval(levels, LEVELS_MS),
      setInterval(() => this.sound.check(this.telephone.current), CHECK_MS),
    ];
    return timers.map((timer) => () => clearInterval(timer));
  }
}

/** Hear an event; returns the function that ends it. */
function listen(target, name, act) {
  target.addEventListener(name, act);
  return () => target.removeEventListener(name, act);
}

/** The page goes: a request that outlives it, with the token that a beacon could not carry. */
function sayLeaving() {
  const token = document.querySelector('meta[name="csrf"]').content;
  fetch("/phone/leaving", { method: "POST", keepalive: true, headers: { "X-CSRF-Token": token } }).catch(() => {});
}

/** Buttons that need Asterisk's manager stand still, saying so, while it is away, and come back by themselves. */
function needsLine(up) {
  for (const button of document.querySelectorAll("[data-needs-line]")) {
    button.disabled = !up;
    if (!up) button.title = NO_LINE;
    else if (button.title === NO_LINE) button.removeAttribute("title");
  }
  for (const note of document.querySelectorAll("[data-line-note]")) note.hidden = up;
}

island("softphone", "#softphone", (root) => {
  const softphone = new Softphone(root);
  softphone.start();
  return () => softphone.stop();
});
