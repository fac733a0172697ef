"""Published outages as iCalendar (RFC 5545), so that a town hall's or a person's calendar may follow them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from icalendar import Calendar, Event

from grid.outages.models import Service
from grid.outages.published import PublicOutage, PublicPlace
from gridline.companies import Company

WHAT = {Service.ELECTRICITY: "электроэнергии", Service.WATER: "воды"}


def calendar(company: Company, outages: Iterable[PublicOutage], changed_at: datetime, host: str) -> bytes:
    """The outages as events; one whose end nobody knows has none."""
    made = Calendar()
    made.add("prodid", "-//Gridline//Outages//RU")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"Отключения: {company.name}")
    made.add("x-wr-timezone", company.time_zone)
    for outage in outages:
        made.add_component(_event(company, outage, changed_at, host))
    return bytes(made.to_ical())


def _event(company: Company, outage: PublicOutage, changed_at: datetime, host: str) -> Event:
    kind = "Плановое отключение" if outage.planned else "Отключение"
    event = Event()
    event.add("uid", f"{company.id}-{outage.number}@{host}")
    event.add("dtstamp", changed_at)
    event.add("sequence", outage.version)
    event.add("dtstart", outage.starts_at)
    if outage.expected_end is not None and outage.expected_end > outage.starts_at:
        event.add("dtend", outage.expected_end)
    event.add(
        "summary", f"{kind} {WHAT[outage.service]}: {', '.join(dict.fromkeys(p.settlement for p in outage.places))}"
    )
    event.add("location", "; ".join(map(written, outage.places)))
    if outage.cause:
        event.add("description", f"Причина: {outage.cause}")
    event.add("transp", "TRANSPARENT")
    event.add("status", "CONFIRMED")
    return event


def written(place: PublicPlace) -> str:
    """«г. Кемерово, ул. Весенняя, д. 1-15»."""
    houses = f"д. {place.houses}" if place.houses[:1].isdigit() else place.houses
    return ", ".join(part for part in (place.settlement, place.street, houses) if part)
