"""What an outage affects, part by part: as it is published, proposed, written in words, and compared with premises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from sqlalchemy import ColumnElement, and_, false, or_, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from grid import places
from grid.models import NodeKind, Premise
from grid.net import COLUMN_OF
from grid.outages.models import OutageScope
from grid.places import houses


@dataclass(frozen=True, slots=True, order=True)
class ScopePart:
    """One part: a node of the net, one premise, or a settlement, its street, some of its houses."""

    line: str = ""
    transformer: str = ""
    substation: str = ""
    premise_id: str = ""
    settlement: str = ""
    street: str = ""
    """Empty with a settlement: the whole of it."""
    houses: str = ""

    @classmethod
    def node(cls, kind: NodeKind, code: str) -> Self:
        """All that one node feeds."""
        return cls(**{COLUMN_OF[kind]: code})

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """A part as `stored` wrote it."""
        return cls(**told)

    @classmethod
    def of_row(cls, row: OutageScope) -> Self:
        """A part as an outage has it."""
        return cls(
            row.line, row.transformer, row.substation, row.premise_id or "", row.settlement, row.street, row.houses
        )

    @property
    def stored(self) -> dict[str, str]:
        """Without what is empty, for a JSON column."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def words(self) -> str:
        """As a dispatcher names it: «ТП-12», «фидер Ф-104», «г. Кемерово, ул. Весенняя, д. 1-15»."""
        if self.transformer:
            return self.transformer
        if self.line:
            return f"фидер {self.line}"
        if self.substation:
            return self.substation
        if self.premise_id:
            return "один объект"
        houses = f"д. {self.houses}" if self.houses else ""
        return ", ".join(part for part in (self.settlement, self.street, houses) if part)

    def row(self, outage_id: str) -> OutageScope:
        """The row of an outage that is published with it."""
        return OutageScope(
            outage_id=outage_id,
            line=self.line,
            transformer=self.transformer,
            substation=self.substation,
            premise_id=self.premise_id or None,
            settlement=self.settlement,
            street=self.street,
            settlement_key=places.key(self.settlement),
            street_key=places.key(self.street),
            houses=self.houses,
        )


def in_words(parts: Iterable[ScopePart]) -> str:
    """All parts in one line."""
    return "; ".join(part.words for part in parts)


def in_branch(column: InstrumentedAttribute[str], branch: str) -> ColumnElement[bool]:
    """Whether what has this column may be of the branch: one name of a settlement stands in two. Empty is any."""
    return column.in_(("", branch)) if branch else true()


def premises_in(company_id: str, parts: Sequence[ScopePart]) -> ColumnElement[bool]:
    """Whether a premise is within any of the parts; the houses of a street are not looked at."""
    return premises_of(company_id, [part.row("") for part in parts])


def premises_of(company_id: str, scope: Sequence[OutageScope]) -> ColumnElement[bool]:
    """Whether a premise is within any of these rows; the houses of a street are not looked at."""
    among: list[ColumnElement[bool]] = [
        getattr(Premise, name).in_(codes)
        for name in COLUMN_OF.values()
        if (codes := {code for row in scope if (code := getattr(row, name))})
    ]
    if ids := {row.premise_id for row in scope if row.premise_id}:
        among.append(Premise.id.in_(ids))
    placed = [(row.settlement_key, row.street_key) for row in scope if row.settlement_key]
    if whole := {settlement for settlement, street in placed if not street}:
        among.append(Premise.settlement_key.in_(whole))
    if streets := [one for one in placed if one[1]]:
        among.append(tuple_(Premise.settlement_key, Premise.street_key).in_(streets))
    return and_(Premise.company_id == company_id, or_(false(), *among))


def holds(row: OutageScope, premise: Premise) -> bool:
    """Whether one row holds this premise, its house too, by the rule of `outages.current_for`; branches apart."""
    if any(code == getattr(premise, name) for name in COLUMN_OF.values() if (code := getattr(row, name))):
        return True
    if row.premise_id:
        return row.premise_id == premise.id
    here = row.settlement_key != "" and row.settlement_key == premise.settlement_key
    street = row.street_key in ("", premise.street_key)
    return here and street and houses.covers(row.houses, premise.house, premise.building)
