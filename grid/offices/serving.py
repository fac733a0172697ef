"""Which office serves a settlement: by the name as the offices' file has it, two of one name told apart by district."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grid import places
from grid.offices.offices import Office
from grid.places import districts


@dataclass(frozen=True, slots=True)
class ServedPlace:
    """A settlement with the offices that serve it."""

    name: str
    """With its district where the file names it: «с. Ивановка (Топкинский р-н)»."""
    offices: tuple[Office, ...]


def served_places(offices: Iterable[Office]) -> list[ServedPlace]:
    """Every settlement that these offices serve, by name."""
    found: dict[str, tuple[str, list[Office]]] = {}
    for office in offices:
        for name in office.settlements:
            found.setdefault(places.key(name), (name, []))[1].append(office)
    listed = [ServedPlace(name, tuple(serving)) for name, serving in found.values()]
    return sorted(listed, key=lambda one: places.bare(one.name))


def meant(served: Sequence[ServedPlace], written: str) -> list[ServedPlace]:
    """Those that a settlement may be, as a premise has it: by its whole name, without its district, without its kind.

    More than one: whoever lives there must say which.
    """
    name, district = districts.apart(written)
    bare = places.bare(name)
    without_kind = not district and places.key(name) == bare
    for same in (
        [one for one in served if places.key(one.name) == places.key(written)],
        [one for one in served if _without_district(one) == places.key(name) and not (district and _district(one))],
        [one for one in served if without_kind and places.bare(districts.apart(one.name)[0]) == bare],
    ):
        if same:
            return same
    return []


def _without_district(one: ServedPlace) -> str:
    return places.key(districts.apart(one.name)[0])


def _district(one: ServedPlace) -> str:
    return districts.apart(one.name)[1]
