// The sound of a recording: one audio element, and where a side is muted, a mixer behind it.

/** The sound of a recording of `whole` seconds; silent until `load(address)`. Tells its
 * `place` for the eye (each frame) and for the log (`time`, in a hidden tab too), `moving` before a jump, `state`, `failed`. */
export function openSound(whole, channels) {
  const element = new Audio();
  const told = new EventTarget();
  const tell = (name) => told.dispatchEvent(new Event(name));
  let from = 0; // where to begin, while nothing is loaded
  let frame = 0;
  let mixer = null;
  element.preload = "none";

  const loaded = () => element.readyState > 0;
  const at = () => (loaded() ? element.currentTime : from);
  const playing = () => !element.paused && !element.ended;
  const run = () => {
    tell("place");
    if (playing()) frame = requestAnimationFrame(run);
  };
  const state = () => {
    cancelAnimationFrame(frame);
    tell("state");
    run();
  };

  for (const name of ["play", "pause", "ended"]) element.addEventListener(name, state);
  element.addEventListener("timeupdate", () => tell("time"));
  element.addEventListener("seeked", () => tell("place"));
  element.addEventListener("loadedmetadata", () => from > 0 && (element.currentTime = from));
  element.addEventListener("error", () => element.hasAttribute("src") && tell("failed"));

  return {
    at,
    playing,
    on: (name, handler) => told.addEventListener(name, handler),
    load: (address) => (element.src = address),
    async play() {
      mixer?.wake();
      await element.play().catch(() => {}); // what failed is told by `failed`
    },
    pause: () => element.pause(),
    seek(seconds) {
      tell("moving");
      from = Math.min(Math.max(0, seconds), whole);
      if (loaded()) element.currentTime = from;
      tell("place");
    },
    speed(times) {
      element.preservesPitch = true;
      element.defaultPlaybackRate = element.playbackRate = times; // the default outlives the first loading
    },
    mute(channel, muted) {
      mixer ??= mixerOf(element, channels);
      mixer.mute(channel, muted);
      mixer.wake();
    },
    close() {
      cancelAnimationFrame(frame);
      element.pause();
      element.removeAttribute("src");
      mixer?.close();
    },
  };
}

/** Each channel with a volume of its own, all of them in both ears: with one muted the other is not in one ear alone. */
function mixerOf(element, channels) {
  const context = new AudioContext();
  const parts = context.createChannelSplitter(channels);
  const volumes = Array.from({ length: channels }, () => context.createGain());
  context.createMediaElementSource(element).connect(parts);
  volumes.forEach((volume, channel) => {
    parts.connect(volume, channel);
    volume.connect(context.destination);
  });
  return {
    mute: (channel, muted) => (volumes[channel].gain.value = muted ? 0 : 1),
    wake: () => context.resume(),
    close: () => context.close(),
  };
}
