// Places of a recording that the page names outside its player (evidence of a card, what a machine noticed): a button
// with data-seek and data-of plays that recording from there, and the keys are the player's from then on.

/** Makes the buttons of the page work. */
export function placesOfPage() {
  gridline.island("places", "[data-seek][data-of]", (button) => {
    button.addEventListener("click", () => {
      const players = [...document.querySelectorAll("[data-player]")];
      const player = players.find((one) => one.dataset.recording === button.dataset.of) ?? players[0];
      player?.dispatchEvent(new CustomEvent("player-from", { detail: Number(button.dataset.seek) }));
    });
  });
}
