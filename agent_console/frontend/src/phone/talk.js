// One call on the telephone: its SIP session, and what the page shows of it.
export class Talk {
  constructor(session, { outgoing, number, back = false, consultation = false }) {
    this.session = session;
    this.outgoing = outgoing;
    this.number = number;
    this.state = outgoing ? "calling" : "ringing"; // then talking; not in the list of talks any more when it has ended
    this.since = new Date();
    this.held = false;
    this.muted = false;
    this.back = back; // a caller who comes back after a reload of the page
    this.consultation = consultation;
    this.quiet = false; // its end needs no words
    this.connection = null;
  }

  /** Whether the network already lets us hear something of the other side, ringing tones for example. */
  get hasEarlySound() {
    return Boolean(this.connection?.getReceivers().some(({ track }) => !track.muted));
  }

  /** The sound of the other side, or null before there is any. */
  get sound() {
    const tracks = this.connection?.getReceivers().map(({ track }) => track) ?? [];
    return tracks.length ? new MediaStream(tracks) : null;
  }

  hold(held) {
    if (this.state !== "talking" || this.held === held) return;
    if (held ? this.session.hold() : this.session.unhold()) this.held = held;
  }

  mute(muted) {
    if (this.state !== "talking") return;
    muted ? this.session.mute({ audio: true }) : this.session.unmute({ audio: true });
    this.muted = muted;
  }

  press(key) {
    if (this.state === "talking") this.session.sendDTMF(key, { transportType: "RFC2833", duration: 120 });
  }

  /** A ringing call is turned away as busy, any other one ended. */
  end() {
    this.session.terminate(this.state === "ringing" ? { status_code: 486 } : undefined);
  }

  /** The other side hears this microphone from now on. */
  async speakInto(track) {
    track.enabled = !this.muted;
    for (const sender of this.session.connection?.getSenders() ?? []) await sender.replaceTrack(track);
  }
}
