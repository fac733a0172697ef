"""Which office is the caller's: that of the place the call is about, one of a few by key, or of their settlement."""

from __future__ import annotations

from grid.offices.offices import Office
from grid.offices.serving import ServedPlace, meant, served_places
from grid.places import districts
from ivr.actions.power import address
from ivr.actions.power.offered import OFFERED, offered
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken


async def chosen(line: Line, services: Services) -> Office | None:
    """The office; None where the company names none for them. Raises PersonWanted."""
    call = line.call
    here = services.offices.of(call.company.id).of_branch(call.branch.id if call.branch else "")
    if len(here) <= 1:
        return next(iter(here), None)
    served = served_places(here)
    if call.premise is not None and (homes := meant(served, call.premise.settlement)):
        return await _of_places(line, homes)
    if len(here) <= OFFERED:
        return await _one_of(line, here)
    services.hearing.wake()
    place = await address.picked(line, services, "settlement", served, _names)
    return None if place is None else await _one_of(line, place.offices)


async def _of_places(line: Line, homes: list[ServedPlace]) -> Office | None:
    """The office of the settlement they live in; of two that are called alike they say which."""
    if len(homes) == 1:
        return await _one_of(line, homes[0].offices)
    home = await offered(line, homes, _said)
    return None if home is None else await _one_of(line, home.offices)


async def _one_of(line: Line, offices: tuple[Office, ...]) -> Office | None:
    if len(offices) == 1:
        return offices[0]
    return await offered(line, offices, lambda one: one.said_name, which="office-which")


def _said(one: ServedPlace) -> str:
    return spoken.address(one.name)


def _names(one: ServedPlace) -> tuple[str, ...]:
    """Its name, and the same without its district where it has one."""
    return tuple(dict.fromkeys((one.name, districts.apart(one.name)[0])))
