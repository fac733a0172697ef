// The telephone as SIP: rings, answers, calls out, holds, transfers. Knows nothing of the page.
import { Registration } from "./registration.js";
import { Talk } from "./talk.js";
import { CANCELLED, endInWords, refusalInWords } from "./words.js";

const DOMAIN = "gridline"; // Asterisk goes by the user part alone
const LEFT_OVER_MS = 4000;
const BACK = "X-Gridline-Back"; // set by [comes-back] in dialplan/agents.conf.j2
const BUSY = 486;
const NO_ICE = { iceServers: [] };

/** `onChange()` after anything changed; `onEnded(talk, words)` when a call ended: "" for an ordinary end, CANCELLED when
 * it rang and the server must be asked why it does no longer; `onSound(talk, stream)` when the other side is heard. */
export class Telephone {
  constructor({ credentials, microphone, onChange, onEnded, onSound }) {
    this.talks = [];
    this.registration = new Registration({
      credentials,
      onChange,
      onCall: (session, request) => this._rings(session, request),
    });
    this._microphone = microphone;
    this._onChange = onChange;
    this._onEnded = onEnded;
    this._onSound = onSound;
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
    if (this.talks.includes(talk)) talk.session.answer({ mediaStream, pcConfig: NO_ICE });
  }

  /** Call a number. Returns the call, or null while there is no microphone. */
  async call(number, { consultation = false } = {}) {
    const mediaStream = await this._microphone().catch(() => null);
    if (!mediaStream) return null;
    const session = this.registration.call(`sip:${number}@${DOMAIN}`, { mediaStream, pcConfig: NO_ICE });
    return session && this._take(new Talk(session, { outgoing: true, number, consultation }));
  }

  end() {
    this.current?.end();
  }

  hold() {
    this.current?.hold(!this.current.held);
    this._onChange();
  }

  mute() {
    this.current?.mute(!this.current.muted);
    this._onChange();
  }

  press(key) {
    this.current?.press(key);
  }

  /** Send the caller on without asking. Rejects with the reason in words; the caller is then still here. */
  async transfer(number) {
    const talk = this.current;
    await this._refer(talk, `sip:${number}@${DOMAIN}`);
    this._endQuietly(talk);
  }

  /** Ask a colleague first; the caller waits with music. */
  async consult(number) {
    const talk = this.current;
    if (talk?.state !== "talking" || this.waiting) return;
    talk.hold(true);
    if (!(await this.call(number, { consultation: true }))) talk.hold(false);
    this._onChange();
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
    for (const talk of this.talks) await talk.speakInto(track);
  }

  _rings(session, request) {
    if (this.talks.some((talk) => !talk.quiet)) {
      session.terminate({ status_code: BUSY });
      return;
    }
    // Sent on by a transfer, and Asterisk is done with them: else it would not ring us.
    for (const talk of this.talks) talk.session.terminate();
    const number = session.remote_identity.uri.user;
    const talk = this._take(new Talk(session, { outgoing: false, number, back: request.hasHeader(BACK) }));
    if (talk.back) this.answer();
  }

  _take(talk) {
    const { session } = talk;
    this.talks.push(talk);
    session.on("peerconnection", ({ peerconnection }) => this._connects(talk, peerconnection));
    if (session.connection) this._connects(talk, session.connection);
    session.on("progress", () => this._onChange());
    session.on("confirmed", () => this._begins(talk));
    session.on("ended", (end) => this._drop(talk, end));
    session.on("failed", (end) => this._drop(talk, end));
    this._onChange();
    return talk;
  }

  _connects(talk, connection) {
    if (talk.connection) return;
    talk.connection = connection;
    connection.addEventListener("track", ({ track, streams }) => {
      this._onSound(talk, streams[0] ?? new MediaStream([track]));
    });
    connection.addEventListener("connectionstatechange", () => this._onChange());
  }

  _begins(talk) {
    if (talk.state === "talking") return;
    talk.state = "talking";
    talk.since = new Date();
    this._onChange();
  }

  _drop(talk, end) {
    if (!this.talks.includes(talk)) return;
    this.talks = this.talks.filter((one) => one !== talk);
    const [left] = this.talks;
    if (talk.consultation) left?.hold(false);
    this._onEnded(talk, talk.quiet ? "" : endInWords(talk, end));
    this._onChange();
  }

  /** Asterisk ends our leg when the transfer is done; a leg that we ended before that would break it. */
  _endQuietly(talk) {
    talk.quiet = true;
    setTimeout(() => this.talks.includes(talk) && talk.session.terminate(), LEFT_OVER_MS);
  }

  _refer(talk, target, options = {}) {
    return new Promise((resolve, reject) => {
      if (talk?.state !== "talking") {
        reject(new Error("Разговор уже окончен."));
        return;
      }
      const failed = ({ message, status_line: line }) =>
        reject(new Error(refusalInWords(message?.status_code ?? line?.status_code ?? 0)));
      talk.session.refer(target, {
        ...options,
        eventHandlers: { requestSucceeded: resolve, accepted: resolve, requestFailed: failed, failed },
      });
    });
  }
}

export { CANCELLED };
