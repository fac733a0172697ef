// Times that tick: <time data-clock="Asia/Novokuznetsk"> the hour, <time data-since="ISO"> how long, <time data-until="ISO">
// how long yet; with data-soon / data-late (seconds) the element gets these classes.
const formats = new Map();
let skew = 0;

function hour(zone) {
  if (!formats.has(zone)) formats.set(zone, new Intl.DateTimeFormat("ru", { hour: "2-digit", minute: "2-digit", timeZone: zone }));
  return formats.get(zone).format(new Date(Date.now() + skew));
}

/** «0:42», «12:05», «1:02:03». */
export function span(seconds) {
  const whole = Math.max(0, Math.trunc(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.trunc(whole / 3600);
  const minutes = Math.trunc(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Write every ticking time as it is now. */
export function tick() {
  const now = Date.now() + skew;
  for (const one of document.querySelectorAll("[data-clock]")) put(one, hour(one.dataset.clock));
  for (const one of document.querySelectorAll("[data-since], [data-until]")) {
    const { since, until, soon, late } = one.dataset;
    const seconds = since ? (now - Date.parse(since)) / 1000 : (Date.parse(until) - now) / 1000;
    put(one, !since && seconds < 0 ? `−${span(-seconds)}` : span(seconds));
    const beyond = (limit) => limit !== undefined && (since ? seconds >= Number(limit) : seconds <= Number(limit));
    one.classList.toggle("late", beyond(late));
    one.classList.toggle("soon", beyond(soon) && !beyond(late));
  }
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function startClocks() {
  const sent = Date.parse(document.body.dataset.now ?? "");
  // The server's clock counts, not the desk's: a wrong one beyond the road's delay is corrected for.
  if (sent && Math.abs(sent - Date.now()) > 2000) skew = sent - Date.now();
  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSettle", tick);
}
