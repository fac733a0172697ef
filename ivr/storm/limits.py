"""From which rate of calls on a line is in a storm, and when it is calm again: rows of data, a company's own first."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import Field, model_validator

from gridline.yaml.company_rows import CompanyRow, CompanyRows, rows_of

FILE: Final = Path(__file__).parent / "data" / "storm.yaml"


class StormOf(StrEnum):
    """Whose calls are counted."""

    COMPANY = "company"
    BRANCH = "branch"


class StormLimit(CompanyRow):
    """The figures of one row; `on` and `off` lie apart, so that the mode does not flutter."""

    of: StormOf
    on: float = Field(gt=0)
    off: float = Field(gt=0)
    calm_min: int = Field(ge=1, le=24 * 60)
    window_s: int = Field(ge=10, le=3600)
    hand_min: int = Field(ge=1, le=24 * 60)

    @property
    def about(self) -> str:
        return self.of

    @model_validator(mode="after")
    def _apart(self) -> StormLimit:
        if self.off >= self.on:
            raise ValueError("off должно быть меньше on. Иначе режим будет включаться и выключаться без конца.")
        return self

    @property
    def calm(self) -> timedelta:
        """How long the rate must stay low before the mode goes off."""
        return timedelta(minutes=self.calm_min)

    @property
    def hand(self) -> timedelta:
        """How long a person's decision stands."""
        return timedelta(minutes=self.hand_min)


class StormLimits(CompanyRows[StormLimit]):
    """The limits of every line and of every branch of one."""

    title = "Режим шторма"
    matters = tuple(StormOf)

    def of(self, company_id: str, branch: str) -> StormLimit:
        """The company's own row, or everybody's; of its branch where there is one."""
        return self.row(company_id, StormOf.BRANCH if branch else StormOf.COMPANY)


def of_installation(dialplan: Path) -> StormLimits:
    """The shipped rows with the installation's own (`dialplan/storm.yaml`, if there is one) on top."""
    return StormLimits(rows_of(FILE, dialplan, StormLimit, "limits"))
