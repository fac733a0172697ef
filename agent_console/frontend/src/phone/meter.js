// How loud a stream of sound is now.
const SAMPLES = 1024;

export class Meter {
  constructor(context, stream) {
    this._analyser = new AnalyserNode(context, { fftSize: SAMPLES });
    this._samples = new Float32Array(SAMPLES);
    context.createMediaStreamSource(stream).connect(this._analyser);
  }

  /** Root mean square, 0 to 1. */
  loudness() {
    this._analyser.getFloatTimeDomainData(this._samples);
    let sum = 0;
    for (const sample of this._samples) sum += sample * sample;
    return Math.sqrt(sum / SAMPLES);
  }

  /** As the ear hears it, in decibels: -60 dBFS is 0, -6 dBFS is 1. */
  level() {
    const rms = this.loudness();
    return rms ? Math.min(1, Math.max(0, (20 * Math.log10(rms) + 60) / 54)) : 0;
  }
}
