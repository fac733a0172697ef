// What the bar's buttons, keys and forms do.
const BELL_CHECK_MS = 1500;
const SOUND_CHOICES = ["microphone", "speaker", "ringer"];

/** Have them act on this softphone; they go with the bar itself. */
export function bindButtons(softphone) {
  bindCalls(softphone);
  bindSettings(softphone);
  bindKeypad(softphone);
  bindForms(softphone);
}

function bindCalls(softphone) {
  const { view, telephone } = softphone;
  view.on("answer", () => telephone.answer());
  view.on("end", () => (view.showsDesk ? softphone.ask("/phone/hang-up") : telephone.end()));
  view.on("papers", () => softphone.ask("/desk/recording/pause"));
  view.on("record", () => softphone.ask("/desk/recording/resume"));
  view.on("hold", () => telephone.hold());
  view.on("mute", () => telephone.mute());
  view.on("connect", () => softphone.refer(() => telephone.connect()));
  view.on("take", () => softphone.switchOn({ steal: true }));
  view.on("switch-on", () => softphone.switchOn());
}

function bindSettings(softphone) {
  const { view, sound } = softphone;
  view.on("switch-off", () => {
    view.close("settings-panel");
    softphone.switchOff();
    softphone.ask("/phone/revoke");
  });
  view.on("check", () => sound.reopen().catch(() => {}));
  view.on("bell-check", () => {
    sound.tones.ring();
    setTimeout(() => softphone.changed(), BELL_CHECK_MS);
  });
  for (const kind of SOUND_CHOICES) {
    view.part(kind).addEventListener("change", ({ target }) => sound.choose(kind, target.value).catch(() => {}));
  }
}

function bindKeypad({ view, telephone }) {
  view.on("keys", ({ target }) => {
    const key = target.closest("[data-digit]")?.dataset.digit;
    if (key) telephone.press(key);
  });
  view.part("keypad-panel").addEventListener("keydown", (event) => {
    if (!/^[0-9*#]$/.test(event.key)) return;
    event.preventDefault(); // the same digits choose a candidate on the call's card
    telephone.press(event.key);
  });
}

function bindForms(softphone) {
  const { view } = softphone;
  view.part("dial-form").addEventListener("submit", (event) => {
    event.preventDefault();
    view.close("dial-panel");
    softphone.dial(view.typed("number"));
  });
  view.part("transfer-form").addEventListener("submit", (event) => {
    event.preventDefault();
    view.close("transfer-panel");
    softphone.transfer(view.typed("target"), { askFirst: event.submitter?.value === "ask" });
  });
  // A panel opens empty: nobody must be sent to where the caller before them went.
  for (const kind of ["dial", "transfer"]) {
    view.part(`${kind}-panel`).addEventListener("beforetoggle", ({ newState }) => {
      if (newState === "open") view.part(`${kind}-form`).reset();
    });
  }
  view.part("transfer-panel").addEventListener("toggle", async ({ newState }) => {
    if (newState === "open") view.targets(await window.gridline.send("GET", "/phone/targets").catch(() => []));
  });
}
