"""A hall of judges: talks as they are stored, services over them, a clock that is moved by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from appeals.register import Register
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.scope import Scope
from gridline.settings import HOUSE
from quality.cards.card import Grade, Scorecard
from quality.judging import Judging
from quality.reviews.reviews import GivenGrade, Judged, Reviewer
from tests.console.calls import StoredCall, stored_call, stored_call_out
from worklist.worklist import Worklist

NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
"""Noon in Kemerovo, a Wednesday."""
ANNA, LEV = Reviewer("user:anna", "a" * 32), Reviewer("user:lev", "l" * 32)
SKEK = Scope("skek")


@dataclass
class Hall:
    """Everything a test of reviews needs."""

    db: Database
    clock: SetClock
    companies: Companies
    calendar: ProductionCalendar
    register: Register
    worklist: Worklist
    judging: Judging
    recordings: Path

    async def talk(self, ago_h: float = 1, **given: Any) -> StoredCall:
        """A talk that was recorded some hours ago."""
        return await stored_call(self, self.clock.now() - timedelta(hours=ago_h), sounds=0.01, **given)

    async def call_out(self, ago_h: float = 1, **given: Any) -> StoredCall:
        """A talk of a call that an agent made some hours ago."""
        return await stored_call_out(self, self.clock.now() - timedelta(hours=ago_h), sounds=0.01, **given)

    @property
    def card(self) -> Scorecard:
        """The card most tests judge by."""
        return self.judging.cards.card("etiquette")

    def judged(self, comment: str = "", **grades: Grade) -> Judged:
        """Every point met, but for these (`next_step` is `next-step`)."""
        given = {point.code: GivenGrade(Grade.MET) for point in self.card.points}
        given |= {code.replace("_", "-"): GivenGrade(grade) for code, grade in grades.items()}
        return Judged(given, comment)

    async def reviewed(self, call: StoredCall, by: Reviewer = ANNA, agent: str = "101", **grades: Grade) -> str:
        """A finished review of a talk; its id."""
        id = await self.judging.reviews.claim(call.call, agent, "etiquette", by, visible_to=SKEK)
        await self.judging.reviews.finish(id, self.judged(**grades), by, visible_to=SKEK)
        return id


@pytest.fixture
def hall(db: Database, companies: Companies, worklist: Worklist, tmp_path: Path) -> Hall:
    """With the cards the product ships."""
    clock, calendar = SetClock(NOON), ProductionCalendar()
    register = Register(db, clock, companies, calendar)
    judging = Judging.of(HOUSE / "dialplan", db, clock, companies, calendar, worklist)
    return Hall(db, clock, companies, calendar, register, worklist, judging, tmp_path / "recordings")
