// A tab that nobody looks at gives its stream back: over HTTP/1.1 a browser has six connections for all tabs together,
// and a seventh tab could not even load. What was missed is replayed when somebody looks again.
const AFTER_MS = 5000; // who leafs through tabs opens and closes nothing

/** `sleep()` when the tab has been hidden for a while, `wake()` when it is seen again; never where [data-awake] is. */
export function whileHidden({ sleep, wake }) {
  let timer = 0;
  let asleep = false;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") {
      timer = setTimeout(() => {
        // The tab that holds the telephone is told of calls also behind others.
        if (document.querySelector("[data-awake]")) return;
        asleep = true;
        sleep();
      }, AFTER_MS);
    } else if (asleep) {
      asleep = false;
      wake();
    }
  });
}
