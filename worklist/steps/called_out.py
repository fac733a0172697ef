"""What a technician's visit is: wanted somewhere for a work, asked for on a half-day, and booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from appeals.intake.intake import Intake, accept
from grid.call_outs.seats import Slot
from gridline.calendar.call_outs import CallOutWork
from gridline.companies import Company

WORKS: Final[Mapping[CallOutWork, str]] = {
    CallOutWork.REPLACEMENT: "Установить или заменить счётчик",
    CallOutWork.ADMISSION: "Ввести счётчик в эксплуатацию",
    CallOutWork.READINGS: "Снять контрольные показания",
    CallOutWork.HOME_VISIT: "Принять заявителя на дому",
}
"""What somebody comes for, as people read it."""
HOME_TOPIC: Final = "service"


def topic_of(work: CallOutWork) -> str:
    """The register's topic of a request for it."""
    return HOME_TOPIC if work is CallOutWork.HOME_VISIT else "metering"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutAt:
    """What a technician is wanted for, and where."""

    company: Company
    work: CallOutWork
    place: str
    premise_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutAsked(CallOutAt):
    """A visit that is about to be promised."""

    slot: Slot
    actor: str
    """Who promises: `user:login`, or `ivr` for the robot."""
    phone: str
    """E.164."""
    key: str
    """Asked twice under one key it is booked once."""
    branch: str = ""
    call_id: str | None = None
    about: str = ""
    """What a visit to a home is about, in the agent's words."""

    def _named(self) -> str:
        return "Выезд на дом" if self.work is CallOutWork.HOME_VISIT else "Вызов мастера"

    def _about(self) -> str:
        return f" Вопрос: {self.about}" if self.about else ""

    def request(self) -> Intake:
        """The visit as the register takes it in. Raises InvalidInput."""
        return accept(
            {
                "company_id": self.company.id,
                "channel": "phone",
                "kind": "request",
                "topic": topic_of(self.work),
                "phone": self.phone,
                "text": f"{self._named()} по телефону: {WORKS[self.work].lower()}. Адрес: {self.place}.{self._about()}",
                "call_id": self.call_id,
                "premise_id": self.premise_id,
                "branch": self.branch or None,
                "idempotency_key": self.key,
                "actor": self.actor,
            }
        )


@dataclass(frozen=True, slots=True)
class CallOutBooked:
    """A visit that is stored and may be told."""

    item_id: str
    begins: datetime
    ends: datetime
    number: str = ""
    """Of its appeal."""
