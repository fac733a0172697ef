// Morphing: new HTML changes only what differs, so focus, scroll and what a person is typing stay. hx-swap="morph".
import { Idiomorph } from "idiomorph";
import htmx from "htmx.org";

const FIELDS = "input, textarea, select";
const typed = new WeakSet();

/** Make `old` what `fresh` (HTML or nodes) says; style: innerHTML or outerHTML. Fields a person has changed stay theirs, and
 * what has the same [data-kept] before and after, such as a recording that plays, stays as its script made it. */
export function morphInto(old, fresh, morphStyle) {
  return Idiomorph.morph(old, fresh, {
    morphStyle,
    // Of a field: whatever else has the focus (a page's #main after its link was followed) would keep its old contents.
    ignoreActiveValue: document.activeElement?.matches(FIELDS) ?? false,
    callbacks: { beforeNodeMorphed: (before, after) => !typed.has(before) && !kept(before, after) },
  });
}

function kept(before, after) {
  return before.dataset?.kept !== undefined && before.dataset.kept === after.dataset?.kept;
}

export function startMorphing() {
  const note = (event) => event.target.matches?.(FIELDS) && typed.add(event.target);
  document.addEventListener("input", note);
  document.addEventListener("change", note);
  const forget = (form) => form.querySelectorAll?.(FIELDS).forEach((field) => typed.delete(field));
  document.addEventListener("reset", (event) => forget(event.target));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.requestConfig?.verb !== "get") forget(event.detail.elt);
  });
  htmx.defineExtension("morph", {
    isInlineSwap: (style) => style === "morph",
    handleSwap(style, target, fragment) {
      if (style !== "morph") return false;
      const nodes = fragment.nodeType === Node.DOCUMENT_FRAGMENT_NODE ? [...fragment.children] : [fragment];
      const same = nodes.length === 1 && nodes[0].id && nodes[0].id === target.id;
      return morphInto(target, same ? nodes[0].outerHTML : nodes, same ? "outerHTML" : "innerHTML");
    },
  });
}
