// The bell of the worklist, on every page: danger sounds until somebody has taken it, a chime says that a time is over,
// and the tab's title tells both to whoever looks elsewhere.
import { Tones } from "./phone/tones.js";

const ALLOWED_MS = 1000;
const OWN = /^(⚠ ОПАСНОСТЬ · |\(\d+!\) )/;

window.gridline.island("work-bell", "#work-bell", (bell) => {
  const context = new AudioContext();
  const tones = new Tones(context);
  const silent = document.getElementById("bell-silent");
  let late = Number(bell.dataset.late);
  let telling = 0;

  const title = () => {
    const rings = Number(bell.dataset.rings);
    const mark = rings ? "⚠ ОПАСНОСТЬ · " : late ? `(${late}!) ` : "";
    const wanted = mark + document.title.replace(OWN, "");
    if (document.title !== wanted) document.title = wanted;
  };
  const sound = () => {
    // A browser lets a page sound only after a person has touched it: until then the page says so. Where it does let it,
    // the first moment is silent all the same.
    clearTimeout(telling);
    if (context.state === "running") silent?.toggleAttribute("hidden", true);
    else telling = setTimeout(() => silent?.toggleAttribute("hidden", false), ALLOWED_MS);
    bell.dataset.sound = context.state;
    if (Number(bell.dataset.rings)) tones.alarm();
    else tones.quiet();
  };
  const show = () => {
    const now = Number(bell.dataset.late);
    if (now > late && !Number(bell.dataset.rings)) tones.chime();
    late = now;
    title();
    sound();
  };
  const touched = () => context.state !== "running" && context.resume().catch(() => {});

  context.addEventListener("statechange", sound);
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, touched, { capture: true });
  const watch = new MutationObserver(show);
  watch.observe(bell, { attributes: true, attributeFilter: ["data-rings", "data-late"] });
  const titles = new MutationObserver(title); // a page that came by htmx brings a title of its own
  titles.observe(document.head, { childList: true, subtree: true, characterData: true });
  touched();
  show();
  return () => {
    watch.disconnect();
    titles.disconnect();
    for (const name of ["pointerdown", "keydown"]) document.removeEventListener(name, touched, { capture: true });
    clearTimeout(telling);
    tones.quiet();
    context.close();
  };
});
