// One telephone, one tab: a second tab that registers would take the calls from the first.
const NAME = "gridline.phone";
const RELOAD_MS = 1500; // after a reload the old page may hold the lock for a moment yet

/** Resolves to true once the telephone is this tab's; false when another tab has it. `onLost` when it is taken away. */
export function holdTelephone({ steal = false, onLost }) {
  return new Promise((resolve) => {
    if (!navigator.locks) return resolve(true); // plain HTTP: the microphone is refused there anyway
    const options = steal ? { steal } : { signal: AbortSignal.timeout(RELOAD_MS) };
    let held = false;
    navigator.locks
      .request(NAME, options, () => {
        held = true;
        resolve(true);
        return new Promise(() => {});
      })
      .catch(() => (held ? onLost() : resolve(false)));
  });
}
