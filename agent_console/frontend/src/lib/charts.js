// Charts of calls over time: answered and lost as stacked bars, the service level as a line with its goal.
import uPlot from "uplot";
import { colour, onTheme } from "./colours.js";

/** Draw `points()` ([seconds, answered, lost, level or null] each) in `holder`; anew when `source` or the theme changes. */
export function dayChart(holder, points, source) {
  let plot = null;
  const draw = () => {
    const rows = points();
    const data = [
      rows.map((row) => row[0] + step(holder) / 2),
      rows.map((row) => row[1] + row[2]),
      rows.map((row) => row[1]),
      rows.map((row) => row[3]),
      rows.map(() => (holder.dataset.goal ? Number(holder.dataset.goal) : null)),
    ];
    if (plot) return plot.setData(data);
    plot = new uPlot(options(holder), data, holder);
  };
  const redraw = () => {
    plot?.destroy();
    plot = null;
    draw();
  };
  draw();
  const changed = new MutationObserver(draw);
  if (source) changed.observe(source, { attributes: true });
  const unthemed = onTheme(redraw);
  const sized = new ResizeObserver(() => plot?.setSize(sizeOf(holder)));
  sized.observe(holder);
  return () => {
    changed.disconnect();
    unthemed();
    sized.disconnect();
    plot?.destroy();
  };
}

/** Draw every [data-chart] of the page from the points in the element that it names, and anew when they change. */
export function startDayCharts() {
  gridline.island("day-chart", "[data-chart]", (holder) => {
    const points = document.getElementById(holder.dataset.chart);
    return dayChart(holder, () => JSON.parse(points?.value || points?.getAttribute("value") || "[]"), points);
  });
}

function sizeOf(holder) {
  return { width: holder.clientWidth, height: holder.clientHeight };
}

function options(holder) {
  const of = (name) => colour(holder, name);
  const zone = holder.dataset.zone;
  const days = holder.dataset.step === "day";
  const said = new Intl.DateTimeFormat("ru", days ? { day: "numeric", month: "short", timeZone: zone } : { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const axis = { stroke: of("ink-2"), grid: { stroke: of("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  const bars = uPlot.paths.bars({ size: [0.72, 40], align: 0 });
  return {
    ...sizeOf(holder),
    cursor: { show: false },
    legend: { show: false },
    padding: [8, "single" in holder.dataset ? 24 : 4, 0, 0],
    scales: {
      x: { time: true, range: (_plot, from, to) => span(holder, from, to) },
      calls: { range: (_plot, _from, to) => [0, Math.max(5, Math.ceil((to ?? 0) * 1.1))] },
      share: { range: [0, 105] },
    },
    axes: [
      { ...axis, size: 26, grid: { show: false }, ...(days ? { splits: everyFew } : {}), values: (_plot, splits) => splits.map((at) => said.format(new Date((at - (days ? 43200 : 0)) * 1000))) },
      { ...axis, scale: "calls", size: 44, values: (_plot, splits) => splits.map((value) => (Number.isInteger(value) ? value : "")) },
      { ...axis, scale: "share", side: 1, show: !("single" in holder.dataset), size: 48, grid: { show: false }, splits: () => [0, 25, 50, 75, 100], values: (_plot, splits) => splits.map((value) => `${value} %`) },
    ],
    series: [
      {},
      { scale: "calls", paths: bars, fill: of(holder.dataset.upper ?? "bad-fill"), width: 0, points: { show: false } },
      { scale: "calls", paths: bars, fill: of("accent"), width: 0, points: { show: false } },
      { scale: "share", stroke: of("warn-fill"), width: 2.5, points: { show: true, size: 5, fill: of("warn-fill") } },
      { scale: "share", stroke: of("ink-2"), width: 1, dash: [4, 4], points: { show: false } },
    ],
  };
}

/** The bars' own middles, so that a day has its name once; every second or third of them when they are many. */
function everyFew(plot) {
  const few = Math.ceil(plot.data[0].length / 16);
  return plot.data[0].filter((_at, index) => index % few === 0);
}

function span(holder, from, to) {
  const half = step(holder) / 2;
  return [from - half, Math.max(to + half, from - half + Number(holder.dataset.span ?? 0))];
}

function step(holder) {
  return { day: 86400, hour: 3600, minutes: 300 }[holder.dataset.step] ?? 1800;
}
