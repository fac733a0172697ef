"""What messages to callers say: short, so that each is one SMS where it can be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from grid.outages.models import Outage, Service
from gridline.companies import Company

_GONE: Final[Mapping[Service, str]] = MappingProxyType({Service.ELECTRICITY: "света", Service.WATER: "воды"})


def registered(company: Company, number: str, deadline: date) -> str:
    """The number of an appeal, as it is written in letters, and when the answer is due."""
    return f"{company.name}: обращение {number} зарегистрировано, ответим до {deadline:%d.%m.%Y}."


def visit(company: Company, starts_at: datetime, address: str, number: str) -> str:
    """When and where somebody is expected in an office, by the company's clock, and the number of it."""
    at = starts_at.astimezone(company.zone)
    return f"{company.name}: вы записаны на приём {at:%d.%m в %H:%M}, {address}. Номер записи {number}."


def visit_cancelled(company: Company, starts_at: datetime, number: str) -> str:
    """That nobody is expected there any more."""
    at = starts_at.astimezone(company.zone)
    return f"{company.name}: запись {number} на приём {at:%d.%m в %H:%M} отменена."


def called_out(company: Company, begins: datetime, ends: datetime, number: str, *, home: bool) -> str:
    """When somebody comes, by the company's clock, and the number of the request."""
    first, last = begins.astimezone(company.zone), ends.astimezone(company.zone)
    who = "приедем к вам" if home else "мастер приедет"
    return f"{company.name}: {who} {first:%d.%m} с {first:%H:%M} до {last:%H:%M}. Номер заявки {number}."


def planned(company: Company, outage: Outage) -> str:
    """When there will be no supply for planned works, by the company's clock."""
    first = outage.starts_at.astimezone(company.zone)
    when = f"{first:%d.%m} с {first:%H:%M}"
    if outage.expected_end is not None:
        last = outage.expected_end.astimezone(company.zone)
        when += f" до {last:%H:%M}" if last.date() == first.date() else f" до {last:%d.%m %H:%M}"
    return f"{company.name}: {when} не будет {_GONE[outage.service]}, плановые работы."
