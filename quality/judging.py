"""Judging as the console reaches for it: the scorecards in force and the services over reviews, built once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from quality.cards import scorecards
from quality.cards.scorecards import Scorecards
from quality.reviews.calibrations import Calibrations
from quality.reviews.disputes import Disputes
from quality.reviews.reviews import Reviews
from worklist.worklist import Worklist


@dataclass(frozen=True)
class Judging:
    """One of each for the process."""

    cards: Scorecards
    reviews: Reviews
    disputes: Disputes
    calibrations: Calibrations

    @classmethod
    def of(
        cls,
        dialplan: Path,
        db: Database,
        clock: Clock,
        companies: Companies,
        calendar: ProductionCalendar,
        worklist: Worklist,
    ) -> Self:
        """Built from the installation's files. Raises Misconfigured for a scorecard that is wrong."""
        cards = scorecards.of_installation(dialplan)
        return cls(
            cards=cards,
            reviews=Reviews(db, clock, companies, calendar, cards),
            disputes=Disputes(db, clock, companies, calendar, worklist),
            calibrations=Calibrations(db, clock, cards),
        )
