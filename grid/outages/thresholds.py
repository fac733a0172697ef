"""How many reports make an outage likely: rows of data, a company's own first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from gridline.yaml.company_rows import CompanyRow, CompanyRows, rows_of

FILE: Final = Path(__file__).parent / "data" / "clusters.yaml"


class LevelRule(BaseModel):
    """When a level is likely to be dark as a whole; what each number means is said in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: int = Field(ge=0)
    few: int = Field(ge=1)
    share: float = Field(gt=0, le=1)
    voices: float = Field(ge=1)
    together_min: int = Field(ge=1)

    def holds(self, reporting: int, of: int, voices: float) -> bool:
        """Whether so many reporting parts of so many, with so many voices in all, are enough; `of` 0: not known."""
        if voices < self.voices:
            return False
        enough = bool(self.parts) and reporting >= self.parts
        return enough or (reporting >= self.few and of > 0 and reporting / of >= self.share)

    @property
    def together(self) -> timedelta:
        """Within what time the parts must have begun to report."""
        return timedelta(minutes=self.together_min)


class ClusterRules(CompanyRow):
    """One company's row, or everybody's."""

    window_min: int = Field(ge=1)
    places_a_number: int = Field(ge=1)
    anonymous: float = Field(gt=0, le=1)
    grown: float = Field(gt=1)
    transformer: LevelRule
    feeder: LevelRule
    substation: LevelRule
    street: LevelRule
    settlement: LevelRule

    @property
    def window(self) -> timedelta:
        """How long a report that nobody repeats counts."""
        return timedelta(minutes=self.window_min)


class Thresholds(CompanyRows[ClusterRules]):
    """Everybody's row, and those of companies that have their own."""

    title = "Пороги отключений"

    def of(self, company_id: str) -> ClusterRules:
        """The company's own row, or everybody's."""
        return self.row(company_id)


def of_installation(dialplan: Path) -> Thresholds:
    """The shipped row with the installation's own (`dialplan/clusters.yaml`, if there is one) on top."""
    return Thresholds(rows_of(FILE, dialplan, ClusterRules, "clusters"))
