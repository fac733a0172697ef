// The recording player: nothing is fetched before it is asked to play, for whatever is fetched counts as heard.
import { colour, onTheme } from "./lib/colours.js";

const icons = (button) => button.querySelector("use");
const told = (seconds) => `${Math.trunc(seconds / 60)}:${String(Math.trunc(seconds % 60)).padStart(2, "0")}`;

gridline.island("player", "[data-player]", (player) => {
  const whole = Number(player.dataset.seconds);
  const part = (name) => player.querySelector(name);
  const [play, now, range, canvas, error] = ["[data-play]", "[data-now]", "[type=range]", "canvas", ".player-error"].map(part);
  const sprite = icons(play).getAttribute("href").split("#")[0];
  const sound = new Audio();
  sound.preload = "none";
  sound.src = player.dataset.player;
  let channels = [];
  let frame = 0;
  let colours = [];

  const seek = (seconds) => {
    const to = Math.min(Math.max(0, seconds), whole);
    range.value = to;
    if (sound.readyState > 0) sound.currentTime = to;
    show();
  };
  const place = () => (sound.readyState > 0 ? sound.currentTime : Number(range.value));
  const toggle = () => (sound.paused ? start() : sound.pause());
  const start = () => {
    for (const other of document.querySelectorAll("[data-player]")) if (other !== player) other.dispatchEvent(new Event("player-stop"));
    const from = Number(range.value);
    if (sound.readyState === 0 && from > 0) sound.addEventListener("loadedmetadata", () => (sound.currentTime = from), { once: true });
    sound.play().catch(() => {});
  };
  const show = () => {
    const at = place();
    now.textContent = told(at);
    range.value = at;
    range.setAttribute("aria-valuetext", `${told(at)} из ${told(whole)}`);
    draw();
  };
  const follow = () => {
    show();
    if (!sound.paused) frame = requestAnimationFrame(follow);
  };
  const state = () => {
    icons(play).setAttribute("href", `${sprite}#${sound.paused ? "play" : "pause"}`);
    play.setAttribute("aria-label", sound.paused ? "Слушать" : "Остановить");
    player.dataset.state = sound.paused ? "paused" : "playing";
    cancelAnimationFrame(frame);
    follow();
  };

  const draw = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    const sharp = devicePixelRatio || 1;
    if (canvas.width !== width * sharp) [canvas.width, canvas.height] = [width * sharp, height * sharp];
    const pen = canvas.getContext("2d");
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, width, height);
    const heard = whole ? (place() / whole) * width : 0;
    const rows = channels.length ? channels : [[], []].slice(0, Number(player.dataset.channels));
    rows.forEach((levels, row) => {
      const middle = (height / rows.length) * (row + 0.5);
      const most = height / rows.length / 2 - 2;
      const step = width / (levels.length || 1);
      pen.fillStyle = colours[row];
      pen.globalAlpha = 0.35;
      pen.fillRect(0, middle, width, 1);
      levels.forEach((level, index) => {
        const size = Math.max(1, (Math.sqrt(level / 100) * most));
        pen.globalAlpha = index * step < heard ? 1 : 0.45;
        pen.fillRect(index * step, middle - size, Math.max(1, step - 0.6), 2 * size);
      });
    });
    pen.globalAlpha = 1;
    pen.fillStyle = colours[2];
    pen.fillRect(heard - 1, 0, 2, height);
  };

  for (const name of ["play", "pause", "ended"]) sound.addEventListener(name, state);
  sound.addEventListener("seeked", show);
  sound.addEventListener("error", () => {
    error.textContent = "Запись не открывается: её нет в хранилище, или нет связи с сервером.";
    error.hidden = false;
  });
  play.addEventListener("click", toggle);
  range.addEventListener("input", () => seek(Number(range.value)));
  player.addEventListener("player-stop", () => sound.pause());
  player.addEventListener("click", ({ target }) => {
    const { skip, speed } = target.closest("button")?.dataset ?? {};
    if (skip) seek(place() + Number(skip));
    if (speed) {
      sound.defaultPlaybackRate = sound.playbackRate = Number(speed); // the default outlives the first loading
      for (const one of player.querySelectorAll("[data-speed]")) one.setAttribute("aria-pressed", String(one.dataset.speed === speed));
    }
  });
  // Space plays the first player of the page from anywhere but a field or a button; the arrows move where the focus is.
  const keys = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const inside = player.contains(event.target);
    const elsewhere = !inside && (event.target.closest?.("input, textarea, select, button, a, summary, [contenteditable]") || document.querySelector("[data-player]") !== player);
    if (elsewhere) return;
    const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
    if (event.code === "Space" && !(inside && event.target.matches("button"))) toggle();
    else if (step) seek(place() + step);
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", keys);
  const paint = () => {
    colours = ["accent", "info-fill", "ink"].map((name) => colour(player, name));
    draw();
  };
  const unthemed = onTheme(paint);
  paint();
  const sized = new ResizeObserver(draw);
  sized.observe(canvas);
  gridline
    .send("GET", `${player.dataset.player}/levels`)
    .then((answer) => {
      channels = answer.channels;
      draw();
    })
    .catch(() => {}); // without its curve a recording is heard all the same

  return () => {
    document.removeEventListener("keydown", keys);
    unthemed();
    sized.disconnect();
    cancelAnimationFrame(frame);
    sound.pause();
    sound.removeAttribute("src");
  };
});
