// The recording player: one island a recording, put together of its parts. Nothing is fetched of the sound before a
// listening has begun with its reason, for whatever is sent counts as heard.
import { followHeard } from "./heard.js";
import { keysOf } from "./keys.js";
import { listeningOf } from "./listening.js";
import { marksOf } from "./marks.js";
import { placesOfPage } from "./places.js";
import { told } from "./says.js";
import { jumpOver } from "./silence.js";
import { openSound } from "./sound.js";
import { transcriptOf } from "./transcript.js";
import { showPlace, showState } from "./view.js";
import { waveOf } from "./wave.js";

gridline.island("player", "[data-player]", (player) => {
  const whole = Number(player.dataset.seconds);
  const sound = openSound(whole, Number(player.dataset.channels));
  const listening = listeningOf(player, { begun: (address) => sound.load(address), wanted: () => toggle() });
  const wave = waveOf(player, { whole, at: sound.at });
  const silence = jumpOver(sound);
  const heard = followHeard(sound, listening.report);
  const transcript = transcriptOf(player, sound);
  const marks = marksOf(player, { at: sound.at, changed: (places) => wave.mark(places) });

  async function toggle() {
    if (sound.playing()) return sound.pause();
    if (!(await listening.begin())) return;
    for (const other of document.querySelectorAll("[data-player]")) if (other !== player) other.dispatchEvent(new Event("player-stop"));
    await sound.play();
  }

  const deeds = {
    toggle,
    skip: (seconds) => sound.seek(sound.at() + seconds),
    faster: (steps) => press(speedAfter(player, steps)),
    mute: (side) => press(player.querySelector(`[data-mute="${side}"]`)),
    silence: () => press(player.querySelector("[data-skip-silence]")),
    mark: marks.write,
  };

  const press = (button) => button?.click();
  const click = ({ target }) => {
    const button = target.closest("button, [data-seek]");
    const { skip, speed, seek, mute } = button?.dataset ?? {};
    if (button?.matches("[data-play]")) toggle();
    if (skip) deeds.skip(Number(skip));
    if (seek) sound.seek(Number(seek));
    if (speed) {
      sound.speed(Number(speed));
      for (const one of player.querySelectorAll("[data-speed]")) one.setAttribute("aria-pressed", String(one === button));
    }
    if (mute) sound.mute(Number(mute), turned(button));
    if (button?.matches("[data-skip-silence]")) silence.turn(turned(button));
  };

  player.addEventListener("click", click);
  const from = ({ detail }) => {
    player.querySelector("[data-play]").focus(); // the keys are heard from here
    player.scrollIntoView({ block: "nearest" });
    sound.seek(detail);
    if (!sound.playing()) toggle();
  };

  player.addEventListener("player-stop", sound.pause);
  player.addEventListener("player-from", from);
  player.querySelector("[type=range]").addEventListener("input", ({ target }) => sound.seek(Number(target.value)));
  const unkeyed = keysOf(player, told(player, sound, whole, deeds));
  sound.on("place", () => {
    showPlace(player, sound.at(), whole);
    wave.draw();
    transcript.follow(sound.at());
  });
  sound.on("state", () => showState(player, sound.playing()));
  sound.on("failed", () => listening.complain("Запись не открывается: её нет в хранилище, хранилище недоступно или нет связи с сервером."));
  gridline
    .send("GET", `${player.dataset.player}/levels`)
    .then(({ channels, silences }) => {
      wave.levels(channels);
      silence.known(silences);
    })
    .catch(() => {}); // without its curve a recording is heard all the same
  sound.seek(Number(player.dataset.from));

  return () => {
    heard.end();
    sound.close();
    for (const end of [unkeyed, wave.end, marks.end, transcript.end]) end();
  };
});

placesOfPage();

/** Turns a button that is on or off; whether it is on now. */
function turned(button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  return on;
}

/** The button of the speed so many steps further than the one that is chosen. */
function speedAfter(player, steps) {
  const all = [...player.querySelectorAll("[data-speed]")];
  const now = all.findIndex((one) => one.getAttribute("aria-pressed") === "true");
  return all[Math.min(Math.max(0, now + steps), all.length - 1)];
}
