// What a player shows of its place and state.
import { span } from "../lib/clocks.js";

export function showPlace(player, at, whole) {
  const range = player.querySelector("[type=range]");
  player.querySelector("[data-now]").textContent = span(at);
  range.value = at;
  range.setAttribute("aria-valuetext", `${span(at)} из ${span(whole)}`);
}

export function showState(player, playing) {
  const play = player.querySelector("[data-play]");
  const picture = play.querySelector("use");
  const sprite = picture.getAttribute("href").split("#")[0];
  picture.setAttribute("href", `${sprite}#${playing ? "pause" : "play"}`);
  play.setAttribute("aria-label", playing ? "Остановить" : "Слушать");
  player.dataset.state = playing ? "playing" : "paused";
}
