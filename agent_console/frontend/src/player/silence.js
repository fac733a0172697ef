// Jumps over silence, when that is turned on: stretches in which neither side speaks, found by the server.

export function jumpOver(sound) {
  let silences = [];
  let on = false;
  sound.on("time", () => {
    if (!on || !sound.playing()) return;
    const at = sound.at();
    const within = silences.find(([begin, end]) => begin <= at && at < end - 0.1);
    if (within) sound.seek(within[1]);
  });
  return {
    known: (found) => (silences = found),
    turn: (value) => (on = value),
  };
}
