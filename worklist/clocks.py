"""How long each kind of item may wait and how often somebody is tried: rows of data, a company's own first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import Field

from gridline.yaml.company_rows import CompanyRows, NormRow, rows_of
from worklist.codes import ItemKind

FILE: Final = Path(__file__).parent / "data" / "clocks.yaml"


class ItemClock(NormRow):
    """The time of one kind of item."""

    kind: ItemKind
    minutes: int = Field(ge=1, le=60 * 24 * 60)
    again_after: tuple[int, ...] = ()
    """Minutes until the second, third … attempt; after the last of them the item may end as unreached."""

    @property
    def about(self) -> str:
        return self.kind

    @property
    def allotted(self) -> timedelta:
        """The time in all."""
        return timedelta(minutes=self.minutes)

    def pause_after(self, attempts: int) -> timedelta:
        """How long to wait after that many attempts in vain."""
        if not self.again_after:
            return timedelta()
        return timedelta(minutes=self.again_after[min(attempts, len(self.again_after)) - 1])

    @property
    def tries(self) -> int:
        """Attempts after which the item may end as unreached."""
        return len(self.again_after)


class Clocks(CompanyRows[ItemClock]):
    """The time of every kind."""

    title = "Сроки дел"
    matters = tuple(ItemKind)

    def of(self, kind: ItemKind, company_id: str) -> ItemClock:
        """The company's own row, or everybody's."""
        return self.row(company_id, kind)


def of_installation(dialplan: Path) -> Clocks:
    """The shipped rows with the installation's own (`dialplan/clocks.yaml`, if there is one) on top."""
    return Clocks(rows_of(FILE, dialplan, ItemClock, "clocks"))
