// The telephone's ears and mouth: microphone, speaker, their levels, and the tones of ringing.
const CHOICES = { microphone: "phone.microphone", speaker: "phone.speaker", ringer: "phone.ringer" };
const SILENT_LEVEL = 0.0008; // below what any live microphone gives in a quiet room
const SILENT_MS = 6000;
const DEAF_MS = 3000;

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
    this._mine = null;
    this._theirs = null;
    this._tone = null;
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
    this.quiet();
  }

  /** Let the other side be heard. */
  hear(stream) {
    this._audio.srcObject = stream;
    this._audio.play().catch(() => this._say("blocked"));
    this._theirs = this._meter(stream);
  }

  deafen() {
    this._audio.srcObject = null;
    this._theirs = null;
    this._lastPackets = undefined;
    if (["silent", "deaf", "broken"].includes(this.trouble)) this._say("");
  }

  /** Levels of now, 0 to 1 by ear: microphone and speaker. */
  levels() {
    return { mine: level(this._mine), theirs: level(this._theirs) };
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
    if (talk.muted || loudness(this._mine) > SILENT_LEVEL || !this._mine) this._spokeAt = now;
    let packets = 0;
    for (const one of (await connection.getStats()).values()) {
      if (one.type === "inbound-rtp" && one.kind === "audio") packets = one.packetsReceived;
    }
    if (packets !== this._lastPackets) [this._lastPackets, this._heardAt] = [packets, now];
    const state = connection.connectionState;
    if (state === "failed" || state === "disconnected") this._say("broken");
    else if (now - this._heardAt > DEAF_MS) this._say("deaf");
    else if (now - this._spokeAt > SILENT_MS) this._say("silent");
    else if (["silent", "deaf", "broken"].includes(this.trouble)) this._say("");
  }

  /** The bell, on its own device: two soft notes, so that nobody jumps eight hours a day. */
  ring() {
    this._play([[660, 0.22], [0, 0.06], [880, 0.32], [0, 1.6]], 0.28);
  }

  /** What a calling person hears in Russia: 425 Hz, 1 s of 5. */
  ringback() {
    this._play([[425, 1], [0, 4]], 0.08);
  }

  quiet() {
    clearTimeout(this._tone?.timer);
    this._tone?.gain.disconnect();
    this._tone = null;
  }

  _play(notes, loud) {
    if (this._tone?.notes === JSON.stringify(notes)) return;
    this.quiet();
    const gain = new GainNode(this._context, { gain: loud });
    gain.connect(this._context.destination);
    const tone = (this._tone = { gain, notes: JSON.stringify(notes), timer: 0 });
    const once = () => {
      let at = this._context.currentTime + 0.02;
      for (const [hertz, seconds] of notes) {
        if (hertz) this._note(gain, hertz, at, seconds);
        at += seconds;
      }
      tone.timer = setTimeout(once, notes.reduce((sum, note) => sum + note[1], 0) * 1000);
    };
    once();
  }

  _note(out, hertz, at, seconds) {
    const shape = new GainNode(this._context, { gain: 0 });
    const voice = new OscillatorNode(this._context, { frequency: hertz });
    shape.gain.setValueAtTime(0, at);
    shape.gain.linearRampToValueAtTime(1, at + 0.02);
    shape.gain.setValueAtTime(1, at + seconds - 0.05);
    shape.gain.linearRampToValueAtTime(0, at + seconds);
    voice.connect(shape).connect(out);
    voice.start(at);
    voice.stop(at + seconds);
  }

  async _open() {
    if (!navigator.mediaDevices?.getUserMedia) {
      this._say("insecure");
      throw new Error("insecure");
    }
    const id = this.chosen("microphone");
    const wishes = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    try {
      this._stream = await this._ask(id ? { ...wishes, deviceId: { exact: id } } : wishes, wishes);
    } catch (problem) {
      this._say({ NotAllowedError: "denied", NotFoundError: "none", NotReadableError: "busy" }[problem.name] ?? "none");
      throw problem;
    }
    this._stream.getAudioTracks()[0].addEventListener("ended", () => this._unplugged());
    this._mine = this._meter(this._stream);
    this._spokeAt = performance.now();
    await this._list();
    this._wake();
    if (this._context.state === "running") this._say("");
    return this._stream;
  }

  async _ask(audio, otherwise) {
    try {
      return await navigator.mediaDevices.getUserMedia({ audio });
    } catch (problem) {
      // The chosen headset is not plugged in today: any other is better than none.
      if (problem.name !== "OverconstrainedError") throw problem;
      return navigator.mediaDevices.getUserMedia({ audio: otherwise });
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

  _meter(stream) {
    const analyser = new AnalyserNode(this._context, { fftSize: 1024 });
    this._context.createMediaStreamSource(stream).connect(analyser);
    return { analyser, samples: new Float32Array(1024) };
  }

  _say(trouble) {
    if (this.trouble === trouble) return;
    this.trouble = trouble;
    this._onChange();
  }
}

function loudness(meter) {
  if (!meter) return 0;
  meter.analyser.getFloatTimeDomainData(meter.samples);
  let sum = 0;
  for (const sample of meter.samples) sum += sample * sample;
  return Math.sqrt(sum / meter.samples.length);
}

/** Ears hear in decibels: -60 dBFS is 0, -6 dBFS is 1. */
function level(meter) {
  const rms = loudness(meter);
  return rms ? Math.min(1, Math.max(0, (20 * Math.log10(rms) + 60) / 54)) : 0;
}
