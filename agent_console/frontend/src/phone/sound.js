// The telephone's ears and mouth: microphone and speaker, which of them is used, and whether anything is heard.
import { Meter } from "./meter.js";
import { Tones } from "./tones.js";

const CHOICES = { microphone: "phone.microphone", speaker: "phone.speaker", ringer: "phone.ringer" };
const SILENT_LEVEL = 0.0008; // below what any live microphone gives in a quiet room
const SILENT_MS = 6000;
const DEAF_MS = 3000;
const OF_A_TALK = ["silent", "deaf", "broken"]; // troubles that end with the talk
const OF_OPENING = { NotAllowedError: "denied", NotFoundError: "none", NotReadableError: "busy" };
const WISHES = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

export class Sound {
  /** `audio` plays the other side; `onChange()` after devices or troubles changed, `onMicrophone(stream)` for a new one. */
  constructor(audio, { onChange, onMicrophone }) {
    this._audio = audio;
    this._onChange = onChange;
    this._onMicrophone = onMicrophone;
    this._stream = null;
    this._opening = null;
    this.devices = { microphone: [], speaker: [] };
    this.trouble = "";
    this._context = new AudioContext();
    this.tones = new Tones(this._context);
    this._mine = null;
    this._theirs = null;
    navigator.mediaDevices?.addEventListener("devicechange", () => this._devicesChanged());
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => this._wake(), { capture: true });
    this._route();
  }

  chosen(kind) {
    return localStorage.getItem(CHOICES[kind]) ?? "";
  }

  /** Take another device; the empty id is the system's own. Rejects when it cannot be had. */
  async choose(kind, id) {
    id ? localStorage.setItem(CHOICES[kind], id) : localStorage.removeItem(CHOICES[kind]);
    if (kind === "microphone") await this.reopen();
    else await this._route();
    this._onChange();
  }

  /** The open microphone; opened at the first call and kept, so that an answer costs no time. */
  microphone() {
    if (this._stream?.active) return Promise.resolve(this._stream);
    this._opening ??= this._open().finally(() => (this._opening = null));
    return this._opening;
  }

  async reopen() {
    for (const track of this._stream?.getTracks() ?? []) track.stop();
    this._stream = null;
    const stream = await this.microphone();
    await this._onMicrophone(stream);
  }

  close() {
    for (const track of this._stream?.getTracks() ?? []) track.stop();
    this._stream = this._mine = null;
    this.tones.quiet();
  }

  /** Let the other side be heard. */
  hear(stream) {
    this._audio.srcObject = stream;
    this._audio.play().catch(() => this._say("blocked"));
    this._theirs = new Meter(this._context, stream);
  }

  deafen() {
    this._audio.srcObject = null;
    this._theirs = null;
    this._lastPackets = undefined;
    if (OF_A_TALK.includes(this.trouble)) this._say("");
  }

  /** Levels of now, 0 to 1 by ear: microphone and speaker. */
  levels() {
    return { mine: this._mine?.level() ?? 0, theirs: this._theirs?.level() ?? 0 };
  }

  /** Called about once a second in a talk: is anything heard, in both directions? */
  async check(talk) {
    const now = performance.now();
    const connection = talk?.connection;
    if (!connection || talk.state !== "talking" || talk.held) {
      this._lastPackets = undefined;
      this._spokeAt = now;
      return;
    }
    if (talk.muted || !this._mine || this._mine.loudness() > SILENT_LEVEL) this._spokeAt = now;
    const packets = await received(connection);
    if (packets !== this._lastPackets) [this._lastPackets, this._heardAt] = [packets, now];
    const trouble = this._troubleOf(connection, now);
    if (trouble || OF_A_TALK.includes(this.trouble)) this._say(trouble);
  }

  _troubleOf(connection, now) {
    if (["failed", "disconnected"].includes(connection.connectionState)) return "broken";
    if (now - this._heardAt > DEAF_MS) return "deaf";
    return now - this._spokeAt > SILENT_MS ? "silent" : "";
  }

  async _open() {
    if (!navigator.mediaDevices?.getUserMedia) {
      this._say("insecure");
      throw new Error("insecure");
    }
    const id = this.chosen("microphone");
    try {
      this._stream = await this._ask(id ? { ...WISHES, deviceId: { exact: id } } : WISHES);
    } catch (problem) {
      this._say(OF_OPENING[problem.name] ?? "none");
      throw problem;
    }
    this._stream.getAudioTracks()[0].addEventListener("ended", () => this._unplugged());
    this._mine = new Meter(this._context, this._stream);
    this._spokeAt = performance.now();
    await this._list();
    this._wake();
    if (this._context.state === "running") this._say("");
    return this._stream;
  }

  async _ask(audio) {
    try {
      return await navigator.mediaDevices.getUserMedia({ audio });
    } catch (problem) {
      // The chosen headset is not plugged in today: any other is better than none.
      if (problem.name !== "OverconstrainedError") throw problem;
      return navigator.mediaDevices.getUserMedia({ audio: WISHES });
    }
  }

  async _unplugged() {
    this._say("unplugged");
    await this.reopen().catch(() => {});
  }

  async _devicesChanged() {
    await this._list();
    if (["none", "unplugged"].includes(this.trouble)) await this.reopen().catch(() => {});
    await this._route();
  }

  async _list() {
    const all = await navigator.mediaDevices.enumerateDevices();
    const of = (kind) => all.filter((one) => one.kind === kind && one.deviceId !== "default" && one.deviceId);
    this.devices = { microphone: of("audioinput"), speaker: of("audiooutput") };
    this._onChange();
  }

  /** Voices to the headset, the bell where it was asked for. */
  async _route() {
    const there = (id) => (this.devices.speaker.some((one) => one.deviceId === id) ? id : "");
    const speaker = this.chosen("speaker");
    if (this._audio.setSinkId) await this._audio.setSinkId(there(speaker)).catch(() => {});
    if (this._context.setSinkId) await this._context.setSinkId(there(this.chosen("ringer") || speaker)).catch(() => {});
  }

  async _wake() {
    if (this._context.state === "suspended") {
      // Without a gesture the promise stays open: the trouble is told meanwhile.
      if (this.trouble === "") this._say("blocked");
      await this._context.resume().catch(() => {});
    }
    if (this._audio.srcObject && this._audio.paused) await this._audio.play().catch(() => {});
    if (this.trouble === "blocked" && this._context.state === "running") this._say("");
  }

  _say(trouble) {
    if (this.trouble === trouble) return;
    this.trouble = trouble;
    this._onChange();
  }
}

/** Packets of sound that have come from the other side. */
async function received(connection) {
  const stats = [...(await connection.getStats()).values()];
  return stats.find(({ type, kind }) => type === "inbound-rtp" && kind === "audio")?.packetsReceived ?? 0;
}
