// One telephone, one page: a second one that registers would take the calls from the first.
const NAME = "gridline.phone";
const HOLDER = "phone.holder";
const RELOAD_MS = 1500; // after a reload the old page may hold the lock for a moment yet

let ours = false;

/** Resolves to true once the telephone is this tab's; false when another tab has it. `onLost` when it is taken away. */
export function holdTelephone({ steal = false, onLost }) {
  if (ours || !navigator.locks) return Promise.resolve(true); // plain HTTP: the microphone is refused there anyway
  return new Promise((resolve) => {
    const options = steal ? { steal } : { signal: AbortSignal.timeout(RELOAD_MS) };
    const lost = () => {
      if (!ours) return resolve(false);
      ours = false;
      onLost();
    };
    const held = () => {
      ours = true;
      resolve(true);
      return new Promise(() => {});
    };
    navigator.locks.request(NAME, options, held).catch(lost);
  });
}

/** What the server knows this browser by, the same after a reload: another computer has another one. */
export function holder() {
  let known = localStorage.getItem(HOLDER);
  if (!known) {
    known = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    localStorage.setItem(HOLDER, known);
  }
  return known;
}
