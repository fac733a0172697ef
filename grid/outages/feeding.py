"""What feeds what, as far as a company's premises say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.models import NodeKind, Premise


@dataclass(frozen=True, slots=True)
class Feeding:
    """What feeds what, as far as the premises say."""

    feeder_of: Mapping[str, str] = field(default_factory=dict)
    """By transformer."""
    substation_of: Mapping[str, str] = field(default_factory=dict)
    """By feeder."""
    premises: Mapping[tuple[NodeKind, str], int] = field(default_factory=dict)
    """How many premises a node feeds."""
    transformers: Mapping[str, int] = field(default_factory=dict)
    """How many a feeder has."""
    feeders: Mapping[str, int] = field(default_factory=dict)
    """How many a substation has."""
    branches: Mapping[tuple[NodeKind, str], frozenset[str]] = field(default_factory=dict)
    """Branches (ids) that a node feeds premises of."""

    def knows(self, key: str) -> bool:
        """Whether the node of a cluster with this key is known; a place always is."""
        kind, _, code = key.partition(":")
        return kind not in set(NodeKind) or (NodeKind(kind), code) in self.premises


NODES = (NodeKind.TRANSFORMER, NodeKind.FEEDER, NodeKind.SUBSTATION)


async def feeding_of(session: AsyncSession, company_id: str) -> Feeding:
    """What feeds what in a company, as its premises say; costs a pass over them, so keep it for minutes."""
    columns = (Premise.transformer, Premise.line, Premise.substation, Premise.branch)
    query = select(*columns, func.count()).where(Premise.company_id == company_id).group_by(*columns)
    return drawn([(row[0], row[1], row[2], row[4], row[3]) for row in await session.execute(query)])


def drawn(rows: Sequence[tuple[str, str, str, int] | tuple[str, str, str, int, str]]) -> Feeding:
    """The net of rows (transformer, feeder, substation, how many premises, and of which branch); empty is unknown."""
    feeder_of = {transformer: line for transformer, line, *_ in rows if transformer and line}
    substation_of = {line: substation for _, line, substation, *_ in rows if line and substation}
    premises: dict[tuple[NodeKind, str], int] = defaultdict(int)
    branches: dict[tuple[NodeKind, str], set[str]] = defaultdict(set)
    for *codes, number, branch in ((*row, "")[:5] for row in rows):
        for node in zip(NODES, codes, strict=True):
            if node[1]:
                premises[node] += number
                branches[node] |= {branch} - {""}
    return Feeding(
        feeder_of,
        substation_of,
        dict(premises),
        Counter(feeder_of.values()),
        Counter(substation_of.values()),
        {node: frozenset(among) for node, among in branches.items()},
    )
