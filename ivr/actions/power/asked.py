"""The place a caller asks about: a premise, or the stand-in of an address whose flat nobody named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grid import places
from grid.models import Premise
from grid.outages.models import Service
from grid.outages.reports import OutageContact
from grid.places.directory import Settlement, Street
from ivr.call import Call


@dataclass(frozen=True, slots=True)
class Place:
    """Where the caller is; `premise` may be asked about, and stored only where `exact`."""

    premise: Premise
    exact: bool = True

    def told(self, call: Call, service: Service, at: datetime) -> OutageContact:
        """What is said of it in a report."""
        own = self.premise
        return OutageContact(
            call.company.id,
            service,
            at,
            call_id=call.id,
            phone=call.caller,
            branch=own.branch or (call.branch.id if call.branch else ""),
            premise=own if self.exact else None,
            settlement=own.settlement,
            street=own.street,
            house=own.house,
            building=own.building,
        )


def stand_in(
    company_id: str, branch: str, settlement: Settlement, street: Street, number: str, alike: Premise | None
) -> Place:
    """The place at an address; `alike` is a premise of the same house, with its letter, building and feeders."""
    house, building = (alike.house, alike.building) if alike else (number, "")
    own = Premise(
        id="",
        company_id=company_id,
        code="",
        subscriber_id="",
        branch=branch,
        settlement=settlement.name,
        street=street.name,
        house=house,
        building=building,
        flat="",
        address=places.one_line(
            settlement=settlement.name, street=street.name, house=house, building=building, flat=""
        ),
        settlement_key=settlement.key,
        street_key=street.key,
        line=alike.line if alike else "",
        transformer=alike.transformer if alike else "",
        substation=alike.substation if alike else "",
    )
    return Place(own, exact=False)
