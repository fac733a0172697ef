// «Позвонить» on a row, a card or the band: the server takes the item and says what to dial, the telephone in the page
// dials it, and the page of that person comes up with the band over it.
const { htmx, send, toast } = window.gridline;

let asking = false;

async function call(item) {
  if (asking) return;
  asking = true;
  try {
    const { dial, where } = await send("POST", `/worklist/${item}/call`);
    if (dial) document.dispatchEvent(new CustomEvent("phone:dial", { detail: { number: dial } }));
    if (where && location.pathname !== where) show(where);
  } catch (problem) {
    toast(problem.message, "warn");
  } finally {
    asking = false;
  }
}

function show(path) {
  htmx.ajax("GET", path, {
    target: "#main",
    select: "#main",
    swap: "outerHTML show:window:top",
    headers: { "HX-Boosted": "true" },
  });
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-call-item]");
  if (button) call(button.dataset.callItem);
});
