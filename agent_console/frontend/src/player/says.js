// What a key of the player has done, for those who do not see it: the button that the key stands for has no focus.
import { span } from "../lib/clocks.js";

/** The deeds of keys, each told once it is done. */
export function told(player, sound, whole, deeds) {
  const says = player.querySelector("[data-player-says]");
  const pressed = (selector) => [...player.querySelectorAll(`${selector}[aria-pressed="true"]`)].map((one) => one.textContent.trim());
  const place = () => `${span(sound.at())} из ${span(whole)}`;
  const after = (deed, tell) =>
    async function done(value) {
      const wasPlaying = sound.playing();
      await deed(value);
      says.textContent = tell(wasPlaying);
    };
  return {
    ...deeds,
    toggle: after(deeds.toggle, (wasPlaying) => (wasPlaying ? `Остановлено: ${place()}` : "")),
    skip: after(deeds.skip, place),
    faster: after(deeds.faster, () => `Скорость ${pressed("[data-speed]")[0]}`),
    mute: after(deeds.mute, () => pressed("[data-mute]").join(", ") || "слышны обе стороны"),
    silence: after(deeds.silence, () => pressed("[data-skip-silence]")[0] ?? "с тишиной"),
  };
}
