// Tones: the bell of a call that comes in, what a caller hears while it rings at the other end, and what the worklist
// has to say.
const BELL = { notes: [[660, 0.22], [0, 0.06], [880, 0.32], [0, 1.6]], loud: 0.28 }; // soft: it rings eight hours a day
const RINGBACK = { notes: [[425, 1], [0, 4]], loud: 0.08 }; // Russia: 425 Hz, 1 s of 5
const ALARM = { notes: [[1040, 0.18], [780, 0.18], [1040, 0.18], [780, 0.18], [0, 1.1]], loud: 0.4 }; // danger: not soft
const CHIME = { notes: [[880, 0.16], [0, 0.05], [660, 0.3]], loud: 0.2 };
const EDGE_S = 0.02; // a note that begins at once clicks

export class Tones {
  /** `context`: the AudioContext they are played in. */
  constructor(context) {
    this._context = context;
    this._playing = null;
  }

  ring() {
    this._play(BELL);
  }

  ringback() {
    this._play(RINGBACK);
  }

  alarm() {
    this._play(ALARM);
  }

  /** Once, beside whatever sounds. */
  chime() {
    const gain = new GainNode(this._context, { gain: CHIME.loud });
    gain.connect(this._context.destination);
    this._notes(gain, CHIME);
  }

  quiet() {
    clearTimeout(this._playing?.timer);
    this._playing?.gain.disconnect();
    this._playing = null;
  }

  _play(tone) {
    if (this._playing?.tone === tone) return;
    this.quiet();
    const gain = new GainNode(this._context, { gain: tone.loud });
    gain.connect(this._context.destination);
    const playing = (this._playing = { tone, gain, timer: 0 });
    const lasts_ms = tone.notes.reduce((sum, [, seconds]) => sum + seconds, 0) * 1000;
    const once = () => {
      this._notes(gain, tone);
      playing.timer = setTimeout(once, lasts_ms);
    };
    once();
  }

  _notes(out, tone) {
    let at = this._context.currentTime + EDGE_S;
    for (const [hertz, seconds] of tone.notes) {
      if (hertz) this._note(out, hertz, at, seconds);
      at += seconds;
    }
  }

  _note(out, hertz, at, seconds) {
    const shape = new GainNode(this._context, { gain: 0 });
    const voice = new OscillatorNode(this._context, { frequency: hertz });
    shape.gain.setValueAtTime(0, at);
    shape.gain.linearRampToValueAtTime(1, at + EDGE_S);
    shape.gain.setValueAtTime(1, at + seconds - 0.05);
    shape.gain.linearRampToValueAtTime(0, at + seconds);
    voice.connect(shape).connect(out);
    voice.start(at);
    voice.stop(at + seconds);
  }
}
