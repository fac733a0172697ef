// The shell of every page: htmx with morphing, live updates, sign-in in place, dialogs, keys, theme, ticking times.
import htmx from "htmx.org";
import { island, mountIslands } from "./lib/islands.js";
import { onLive, startLive } from "./lib/live.js";
import { startClocks } from "./lib/clocks.js";
import { startDialogs } from "./lib/dialogs.js";
import { startKeys } from "./lib/keys.js";
import { startMorphing } from "./lib/morph.js";
import { startPasswordFields } from "./lib/passwords.js";
import { startRequests, send } from "./lib/requests.js";
import { startTheme } from "./lib/theme.js";
import { toast, startToasts } from "./lib/toasts.js";
import { startTabs } from "./lib/tabs.js";

// What page scripts may use: see docs of each in lib/.
window.gridline = { island, onLive, toast, send, htmx };

startMorphing();
startTheme();
startToasts();
startRequests();
startDialogs();
startKeys();
startTabs();
startPasswordFields();
startClocks();
mountIslands(document);
document.addEventListener("htmx:load", (event) => mountIslands(event.detail.elt));
if (document.querySelector(".shell")) startLive();
