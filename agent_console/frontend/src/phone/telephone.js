// The telephone as SIP: registers at Asterisk, rings, answers, calls out, holds, transfers. Knows nothing of the page.
import JsSIP from "jssip";
import { causeInWords } from "./words.js";

const DOMAIN = "gridline"; // Asterisk goes by the user part alone
const REGISTER_S = 60;
const SILENT_SERVER_MS = 45_000; // Asterisk asks every 15 s whether we are there (qualify_frequency)
const RETRY_MS = [1000, 2000, 5000, 10_000];
const LEFT_OVER_MS = 4000;
const BACK = "X-Gridline-Back"; // set by [comes-back] in dialplan/agents.conf.j2

/** One call on the telephone. */
class Talk {
  constructor(session, outgoing, number) {
    this.session = session;
    this.outgoing = outgoing;
    this.number = number;
    this.state = outgoing ? "calling" : "ringing"; // then talking; gone from the list when it has ended
    this.since = new Date();
    this.held = false;
    this.muted = false;
    this.back = false; // a caller who comes back after a reload of the page
    this.consultation = false;
  }
}

/** `onChange()` after anything changed; `onEnded(talk, words)` when a call ended, `words` being "" for an ordinary end. */
export class Telephone {
  constructor({ credentials, microphone, onChange, onEnded, onSound }) {
    this.registration = "off"; // off, connecting, ready, lost, refused
    this.talks = [];
    this._credentials = credentials;
    this._microphone = microphone;
    this._onChange = onChange;
    this._onEnded = onEnded;
    this._onSound = onSound;
    this._failures = 0;
    this._ua = null;
  }

  /** The call the buttons act on: the consultation while there is one. */
  get current() {
    return this.talks.at(-1) ?? null;
  }

  /** The caller who waits while a colleague is asked. */
  get waiting() {
    return this.talks.length > 1 ? this.talks[0] : null;
  }

  get talking() {
    return this.talks.some((talk) => talk.state === "talking");
  }

  async on() {
    if (this._ua) return;
    this._set("connecting");
    let issued;
    try {
      issued = await this._issue();
    } catch (problem) {
      this._later(() => this.on());
      this._set(problem.status ? "refused" : "lost", problem.message);
      return;
    }
    if (this._ua) return;
    this._ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(issued.ws)],
      uri: issued.uri,
      authorization_user: issued.user,
      password: issued.password,
      register_expires: REGISTER_S,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
      user_agent: "Gridline console",
    });
    this._ua.on("registered", () => {
      this._failures = 0;
      this._heard();
      this._set("ready");
    });
    this._ua.on("disconnected", () => this._ua && this._set("lost"));
    this._ua.on("registrationFailed", () => this._registrationFailed());
    this._ua.on("newOptions", () => this._heard());
    this._ua.on("newRTCSession", ({ originator, session, request }) => {
      if (originator === "remote") this._rings(session, request);
    });
    this._ua.start();
    this._watch = setInterval(() => this._listen(), 5000);
  }

  /** Switch off: calls end, the registration is taken back. */
  off() {
    clearTimeout(this._retry);
    clearTimeout(this._renewal);
    clearInterval(this._watch);
    this._ua?.stop();
    this._ua = null;
    this._set("off");
  }

  async answer() {
    const talk = this.talks.find((one) => one.state === "ringing");
    if (!talk || talk.answering) return;
    talk.answering = true;
    let mediaStream;
    try {
      mediaStream = await this._microphone();
    } catch {
      talk.answering = false; // the page says what is wrong with the microphone; the caller goes on ringing
      this._onChange();
      return;
    }
    if (this.talks.includes(talk)) talk.session.answer({ mediaStream, pcConfig: { iceServers: [] } });
  }

  /** Call a number. Returns the call, or null while there is no microphone. */
  async call(number, { consultation = false } = {}) {
    const mediaStream = await this._microphone().catch(() => null);
    if (!mediaStream || !this._ua) return null;
    const session = this._ua.call(`sip:${number}@${DOMAIN}`, { mediaStream, pcConfig: { iceServers: [] } });
    const talk = new Talk(session, true, number);
    talk.consultation = consultation;
    this._take(talk);
    return talk;
  }

  end(talk = this.current) {
    if (talk) talk.session.terminate(talk.state === "ringing" ? { status_code: 486 } : undefined);
  }

  hold(talk = this.current, held = !talk?.held) {
    if (talk?.state !== "talking" || talk.held === held) return;
    if (held ? talk.session.hold() : talk.session.unhold()) talk.held = held;
    this._onChange();
  }

  mute(muted = !this.current?.muted) {
    const talk = this.current;
    if (talk?.state !== "talking") return;
    muted ? talk.session.mute({ audio: true }) : talk.session.unmute({ audio: true });
    talk.muted = muted;
    this._onChange();
  }

  press(key) {
    if (this.current?.state === "talking") this.current.session.sendDTMF(key, { transportType: "RFC2833", duration: 120 });
  }

  /** Send the caller on without asking. Rejects with the reason in words; the caller is then still here. */
  async transfer(number) {
    const talk = this.current;
    await this._refer(talk, `sip:${number}@${DOMAIN}`, {});
    this._endQuietly(talk);
  }

  /** Ask a colleague first; the caller waits with music. */
  async consult(number) {
    const talk = this.current;
    if (talk?.state !== "talking" || this.talks.length > 1) return;
    this.hold(talk, true);
    if (!(await this.call(number, { consultation: true }))) this.hold(talk, false);
  }

  /** Connect the waiting caller with the colleague. Rejects with the reason in words; both are then still here. */
  async connect() {
    const [caller, colleague] = this.talks;
    if (colleague?.state !== "talking") return;
    await this._refer(caller, colleague.session.remote_identity.uri, { replaces: colleague.session });
    this._endQuietly(caller);
    this._endQuietly(colleague);
  }

  /** Another microphone: the other side hears it from now on. */
  async speakInto(stream) {
    const [track] = stream.getAudioTracks();
    for (const talk of this.talks) {
      track.enabled = !talk.muted;
      for (const sender of talk.session.connection?.getSenders() ?? []) await sender.replaceTrack(track);
    }
  }

  _rings(session, request) {
    if (this.talks.length) {
      session.terminate({ status_code: 486 });
      return;
    }
    const talk = new Talk(session, false, session.remote_identity.uri.user);
    talk.back = request.hasHeader(BACK);
    this._take(talk);
    if (talk.back) this.answer();
  }

  _take(talk) {
    const { session } = talk;
    this.talks.push(talk);
    session.on("peerconnection", ({ peerconnection }) => this._connects(talk, peerconnection));
    if (session.connection) this._connects(talk, session.connection);
    session.on("progress", () => this._onChange());
    session.on("confirmed", () => {
      if (talk.state === "talking") return;
      talk.state = "talking";
      talk.since = new Date();
      this._onChange();
    });
    const over = ({ originator, cause, message }) => {
      const status = message?.status_code ?? 0;
      this._drop(talk, talk.quiet ? "" : causeInWords(talk, originator, cause, status));
    };
    session.on("ended", over);
    session.on("failed", over);
    this._onChange();
  }

  _connects(talk, connection) {
    if (talk.connection) return;
    talk.connection = connection;
    connection.addEventListener("track", ({ track, streams }) => {
      this._onSound(talk, streams[0] ?? new MediaStream([track]));
    });
    connection.addEventListener("connectionstatechange", () => this._onChange());
  }

  _drop(talk, words) {
    if (!this.talks.includes(talk)) return;
    this.talks = this.talks.filter((one) => one !== talk);
    const [left] = this.talks;
    if (talk.consultation && left) this.hold(left, false);
    this._onEnded(talk, words);
    this._onChange();
  }

  /** Asterisk ends our leg when the transfer is done; a leg that we ended before that would break it. */
  _endQuietly(talk) {
    talk.quiet = true;
    setTimeout(() => this.talks.includes(talk) && talk.session.terminate(), LEFT_OVER_MS);
  }

  _refer(talk, target, options) {
    return new Promise((resolve, reject) => {
      if (talk?.state !== "talking") {
        reject(new Error("Разговор уже окончен."));
        return;
      }
      const failed = ({ message, status_line: line }) =>
        reject(new Error(causeInWords(talk, "remote", "", message?.status_code ?? line?.status_code ?? 0) || "Перевод не принят."));
      talk.session.refer(target, {
        ...options,
        eventHandlers: { requestSucceeded: resolve, accepted: resolve, requestFailed: failed, failed },
      });
    });
  }

  async _issue() {
    const issued = await this._credentials();
    clearTimeout(this._renewal);
    this._renewal = setTimeout(() => this._renew(), issued.expires_in_s * 600);
    return issued;
  }

  /** A new secret long before the old one ends; while the server is away, again and again. */
  async _renew() {
    try {
      const issued = await this._issue();
      this._ua?.set("password", issued.password);
      return true;
    } catch {
      this._renewal = setTimeout(() => this._renew(), 15_000);
      return false;
    }
  }

  _registrationFailed() {
    if (!this._ua) return;
    this._set("refused");
    this._later(async () => {
      // The secret may have ended while this computer slept.
      if (this._ua && (await this._renew())) this._ua.register();
      else this._registrationFailed();
    });
  }

  _later(act) {
    clearTimeout(this._retry);
    this._retry = setTimeout(act, RETRY_MS[Math.min(this._failures++, RETRY_MS.length - 1)]);
  }

  _heard() {
    this._lastHeard = performance.now();
    if (this.registration === "lost" && this._ua?.isRegistered()) this._set("ready");
  }

  /** A connection that died without a word (cable, sleep) tells nothing: silence does. */
  _listen() {
    if (this.registration === "ready" && performance.now() - this._lastHeard > SILENT_SERVER_MS) this._set("lost");
  }

  /** `reason`: the server's own words, when it has some. */
  _set(registration, reason = "") {
    this.registration = registration;
    this.reason = reason;
    this._onChange();
  }
}
