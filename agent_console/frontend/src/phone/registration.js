// The registration at Asterisk: takes a secret from the server, renews it in time, comes back after every loss.
import JsSIP from "jssip";

const REGISTER_S = 60;
const SILENT_SERVER_MS = 45_000; // Asterisk asks every 15 s whether we are there (qualify_frequency)
const LISTEN_MS = 5000;
const RETRY_MS = [1000, 2000, 5000, 10_000];
const RENEW_RETRY_MS = 15_000;
const RENEW_AT = 0.6; // of the secret's life
const ELSEWHERE = "phone-elsewhere"; // OpenElsewhere in agent_console/phone.py

/** `onChange()` after its state changed, `onCall(session, request)` when somebody calls. */
export class Registration {
  constructor({ credentials, onChange, onCall }) {
    this.state = "off"; // off, connecting, ready, lost, refused, elsewhere
    this.reason = ""; // the server's own words, when it has some
    this._credentials = credentials;
    this._onChange = onChange;
    this._onCall = onCall;
    this._failures = 0;
    this._ua = null;
  }

  get isOn() {
    return this._ua !== null;
  }

  /** `take`: though the telephone is open on another computer, which then loses it. */
  async on(take = false) {
    if (this._ua) return;
    this._set("connecting");
    let issued;
    try {
      issued = await this._issue(take);
    } catch (problem) {
      this._refused(problem, () => this.on());
      return;
    }
    if (this._ua) return;
    this._ua = this._agent(issued);
    this._ua.start();
    this._watch = setInterval(() => this._listen(), LISTEN_MS);
  }

  /** Calls end, the registration is taken back. */
  off(state = "off", reason = "") {
    clearTimeout(this._retry);
    clearTimeout(this._renewal);
    clearInterval(this._watch);
    this._ua?.stop();
    this._ua = null;
    this._set(state, reason);
  }

  /** A new call out; null while the telephone is off. */
  call(address, options) {
    return this._ua?.call(address, options) ?? null;
  }

  _agent(issued) {
    const agent = new JsSIP.UA({
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
    agent.on("registered", () => {
      this._failures = 0;
      this._heard();
      this._set("ready");
    });
    agent.on("disconnected", () => this._ua && this._set("lost"));
    agent.on("registrationFailed", () => this._registrationFailed());
    agent.on("newOptions", () => this._heard());
    agent.on("newRTCSession", ({ originator, session, request }) => {
      if (originator === "remote") this._onCall(session, request);
    });
    return agent;
  }

  async _issue(take) {
    const issued = await this._credentials(take);
    clearTimeout(this._renewal);
    this._renewal = setTimeout(() => this._renew(), issued.expires_in_s * 1000 * RENEW_AT);
    return issued;
  }

  /** A new secret long before the old one ends; while the server is away, again and again. */
  async _renew() {
    try {
      const issued = await this._issue(false);
      this._ua?.set("password", issued.password);
      return true;
    } catch (problem) {
      if (problem.code === ELSEWHERE) this.off("elsewhere", problem.message);
      else this._renewal = setTimeout(() => this._renew(), RENEW_RETRY_MS);
      return false;
    }
  }

  /** The server gave no secret: another computer has the telephone, or it is tried again. */
  _refused(problem, again) {
    if (problem.code === ELSEWHERE) {
      this.off("elsewhere", problem.message);
      return;
    }
    this._later(again);
    this._set(problem.status ? "refused" : "lost", problem.message);
  }

  _registrationFailed() {
    if (!this._ua) return;
    this._set("refused");
    this._later(async () => {
      // The secret may have ended while this computer slept.
      const renewed = this._ua && (await this._renew());
      if (!this._ua) return;
      renewed ? this._ua.register() : this._registrationFailed();
    });
  }

  _later(act) {
    clearTimeout(this._retry);
    this._retry = setTimeout(act, RETRY_MS[Math.min(this._failures++, RETRY_MS.length - 1)]);
  }

  _heard() {
    this._lastHeard = performance.now();
    if (this.state === "lost" && this._ua?.isRegistered()) this._set("ready");
  }

  /** A connection that died without a word (cable, sleep) is known by silence alone. */
  _listen() {
    if (this.state === "ready" && performance.now() - this._lastHeard > SILENT_SERVER_MS) this._set("lost");
  }

  _set(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this._onChange();
  }
}
