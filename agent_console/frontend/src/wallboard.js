// The wallboard: the day's chart drawn from the points the server sends, and the number waiting in the tab's title.
import { startDayCharts } from "./lib/charts.js";

startDayCharts();

gridline.island("wall-title", "[data-wall]", (wall) => {
  const title = document.title;
  const show = () => {
    const danger = wall.querySelector(".wall-danger");
    const waiting = Number(wall.querySelector("#wb-waiting-count")?.textContent ?? 0);
    const mark = danger ? "⚠ ОПАСНОСТЬ · " : waiting ? `(${waiting}) ` : "";
    if (document.title !== mark + title) document.title = mark + title;
  };
  const watch = new MutationObserver(show);
  watch.observe(wall, { childList: true, subtree: true, characterData: true });
  show();
  return () => {
    watch.disconnect();
    document.title = title;
  };
});
