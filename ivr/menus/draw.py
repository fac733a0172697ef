"""A flow as a Mermaid picture, for the people who decide what callers hear."""

from __future__ import annotations

from ivr.menus.model import HANG_UP, ActionPlace, Flow, Menu, Place

BY = {"silence": "молчание", "otherwise": "неверно", "then": ""}
"""Arrow labels of ways that are neither a key nor an action's exit."""


def draw(flow: Flow) -> str:
    """The Mermaid text: hexagons ask for a key, boxes say, rounded boxes act; one arrow per pair of places."""
    lines = ["flowchart TD", *(f"    {_id(place.name)}{_shape(place)}" for place in flow.places.values())]
    lines.append(f"    {_id(HANG_UP)}(((конец)))")
    for place in flow.places.values():
        ways: dict[str, list[str]] = {}
        for by, target in place.leads():
            ways.setdefault(target, []).append(_by(place, by))
        for target, labels in ways.items():
            label = ", ".join(filter(None, labels))
            arrow = f'-->|"{label}"|' if label else "-->"
            lines.append(f"    {_id(place.name)} {arrow} {_id(target)}")
    return "\n".join(lines) + "\n"


def _by(place: Place, by: str) -> str:
    """A key with the words that may be said instead of it: «2 свет / вода»."""
    said = place.words.get(by, ()) if isinstance(place, Menu) else ()
    return f"{by} {' / '.join(said)}" if said else BY.get(by, by)


def _id(name: str) -> str:
    """A Mermaid id: names such as `end` are reserved words there."""
    return "p_" + name.replace("-", "_")


def _shape(place: Place) -> str:
    if isinstance(place, Menu):
        return f'{{{{"{place.name}"}}}}'
    if isinstance(place, ActionPlace):
        what = f"{place.action}: {place.topic}" if place.topic else place.action
        return f'(["{place.name}<br/>{what}"])'
    return f'["{place.name}"]'
