// The history page's chart: the table's rows over time.
import { dayChart } from "./lib/charts.js";

gridline.island("history-chart", "[data-chart]", (holder) => {
  const points = document.getElementById(holder.dataset.chart);
  return dayChart(holder, () => JSON.parse(points.getAttribute("value")), points);
});
