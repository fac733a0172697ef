"""How long a consumer may be without electricity, at once and in a year: rows of data, a company's own first."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from gridline.yaml.company_rows import CompanyRows, NormRow, rows_of

FILE: Final = Path(__file__).parent / "data" / "reliability.yaml"


class Span(StrEnum):
    """What a limit is of."""

    BREAK = "break"
    """One break, from beginning to end."""
    YEAR = "year"
    """All breaks of a calendar year."""


class ReliabilityLimit(NormRow):
    """One limit."""

    span: Span
    hours: int = Field(ge=1, le=8784)
    standing: Literal["rule", "default"]

    @property
    def about(self) -> str:
        return self.span

    @property
    def allowed(self) -> timedelta:
        """The time in all."""
        return timedelta(hours=self.hours)


class Reliability(CompanyRows[ReliabilityLimit]):
    """The limit of every span."""

    title = "Пределы перерывов"
    matters = tuple(Span)

    def of(self, span: Span, company_id: str) -> ReliabilityLimit:
        """The company's own row, or everybody's."""
        return self.row(company_id, span)


@cache
def of_installation(dialplan: Path) -> Reliability:
    """The shipped rows with the installation's own (`dialplan/reliability.yaml`, if there is one) on top."""
    return Reliability(rows_of(FILE, dialplan, ReliabilityLimit, "limits"))
