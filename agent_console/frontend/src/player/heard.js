// Which seconds were really played: collected while the sound runs, reported now and then and at every stop.
const EVERY_MS = 10_000;

/** Follows a sound; `report(stretches, leaving)` is a promise, and what it fails to tell is told again. */
export function followHeard(sound, report) {
  let untold = [];
  let begin = null;
  let last = 0;
  let reported = performance.now();

  const close = () => {
    if (begin !== null && last > begin) untold.push([begin, last]);
    begin = null;
  };
  const tell = (leaving = false) => {
    close();
    reported = performance.now();
    const telling = untold;
    if (!telling.length) return;
    untold = [];
    report(telling, leaving).catch(() => (untold = [...telling, ...untold]));
  };
  const stop = () => {
    if (begin !== null) last = Math.max(last, sound.at());
    close();
  };
  const run = () => {
    if (!sound.playing()) return;
    last = sound.at();
    begin ??= last;
    if (performance.now() - reported < EVERY_MS) return;
    tell();
    begin = last;
  };
  const state = () => {
    if (sound.playing()) return run();
    stop();
    tell();
  };
  const leave = () => {
    stop();
    tell(true);
  };

  sound.on("time", run);
  sound.on("moving", stop);
  sound.on("state", state);
  addEventListener("pagehide", leave);
  return {
    end() {
      removeEventListener("pagehide", leave);
      leave();
    },
  };
}
