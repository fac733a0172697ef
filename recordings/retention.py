"""How long recordings are kept: rows of data by what was recorded, a company's own first (R31)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import Field

from gridline.yaml.company_rows import CompanyRows, NormRow, rows_of

FILE: Final = Path(__file__).parent / "data" / "retention.yaml"


class RetentionKind(StrEnum):
    """What a recording is of, as far as its keeping goes."""

    ROBOT = "robot"
    CONSULTATION = "consultation"
    APPEAL = "appeal"
    COMPLAINT = "complaint"
    CONNECTION = "connection"
    CONSENT = "consent"
    TRUST = "trust"


class RetentionRule(NormRow):
    """How long one kind is kept."""

    kind: RetentionKind
    days: int = Field(ge=1, le=36500)

    @property
    def about(self) -> str:
        return self.kind


class Retention(CompanyRows[RetentionRule]):
    """How long every kind is kept."""

    title = "Сроки хранения записей"
    matters = tuple(RetentionKind)

    def of(self, kind: RetentionKind, company_id: str) -> timedelta:
        """The company's own time, or everybody's."""
        return timedelta(days=self.row(company_id, kind).days)

    def shortest(self, company_id: str) -> timedelta:
        """No recording is due before it is so old."""
        return min(self.of(kind, company_id) for kind in RetentionKind)


def of_installation(dialplan: Path) -> Retention:
    """The shipped rows with the installation's own (`dialplan/retention.yaml`, if there is one) on top."""
    return Retention(rows_of(FILE, dialplan, RetentionRule, "retention"))
