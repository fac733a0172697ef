// Opens the card of a call by itself as it rings, on whatever page the agent is. What they are typing elsewhere stays:
// then a bar offers the card instead of taking the page away.
import "./phone/calling.js";

const { htmx, onLive } = window.gridline;

let typing = null;
document.addEventListener("input", ({ target }) => {
  const form = target.closest?.("#main form");
  if (form && !form.matches("[data-draft], [role=search]") && target.type !== "checkbox") typing = form;
});
document.addEventListener("submit", ({ target }) => target === typing && (typing = null));

function open(call) {
  document.getElementById("card-offer")?.remove();
  typing = null;
  const whole = { target: "#main", select: "#main", swap: "outerHTML show:window:top", headers: { "HX-Boosted": "true" } };
  htmx.ajax("GET", `/card/${call}`, whole);
}

function offer(call) {
  document.getElementById("card-offer")?.remove();
  const bar = document.createElement("div");
  bar.id = "card-offer";
  bar.className = "banner info";
  bar.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.textContent = "Вам звонят. На этой странице есть несохранённое, поэтому карточка не открылась сама.";
  const button = document.createElement("button");
  button.className = "btn primary";
  button.dataset.key = "F10";
  button.textContent = "Открыть карточку (F10)";
  button.addEventListener("click", () => open(call));
  bar.append(words, button);
  document.querySelector(".dock").append(bar);
}

onLive("card", ({ data }) => {
  if (document.getElementById("call-card")?.dataset.call === data.call) return;
  typing?.isConnected ? offer(data.call) : open(data.call);
});
