"""How fast and how often people are called: rows of data, a company's own first. When is `outreach.quiet`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import Field

from gridline.yaml.company_rows import CompanyRow, CompanyRows, rows_of
from worklist.codes import AttemptResult

FILE: Final = Path(__file__).parent / "data" / "calling.yaml"


class CallingRule(CompanyRow):
    """One company's way of calling people."""

    calls_a_minute: int = Field(ge=1, le=600)
    confirm_after_minutes: int = Field(ge=1, le=7 * 24 * 60)
    again_after: Mapping[AttemptResult, tuple[int, ...]] = {}

    @property
    def confirm_after(self) -> timedelta:
        """How long a restoration stays provisional when nobody objects."""
        return timedelta(minutes=self.confirm_after_minutes)

    def next_try(self, result: AttemptResult, attempts: int) -> timedelta | None:
        """How long to wait after that many attempts, the last of which ended so; None: not again."""
        pauses = self.again_after.get(result, ())
        return timedelta(minutes=pauses[attempts - 1]) if attempts <= len(pauses) else None


class CallingRules(CompanyRows[CallingRule]):
    """Everybody's row, and those of companies that have their own."""

    title = "Правила звонков"

    def of(self, company_id: str) -> CallingRule:
        """The company's own row, or everybody's."""
        return self.row(company_id)


def of_installation(dialplan: Path) -> CallingRules:
    """The shipped rows with the installation's own (`dialplan/calling.yaml`, if there is one) on top."""
    return CallingRules(rows_of(FILE, dialplan, CallingRule, "rules"))
