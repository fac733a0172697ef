"""The net: substations, their feeders, the transformers of those; climbed from below, walked down from above."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.models import NetNode, NodeKind

COLUMN_OF: Final[Mapping[NodeKind, str]] = MappingProxyType(
    {NodeKind.TRANSFORMER: "transformer", NodeKind.FEEDER: "line", NodeKind.SUBSTATION: "substation"}
)
"""Where a premise, and a scope of an outage, keeps the code of a node of each kind."""
KIND_NAMES: Final[Mapping[NodeKind, str]] = MappingProxyType(
    {NodeKind.TRANSFORMER: "ТП", NodeKind.FEEDER: "фидер", NodeKind.SUBSTATION: "подстанция"}
)
ABOVE: Final[Mapping[NodeKind, tuple[NodeKind, ...]]] = MappingProxyType(
    {
        NodeKind.SUBSTATION: (),
        NodeKind.FEEDER: (NodeKind.SUBSTATION, NodeKind.FEEDER),
        NodeKind.TRANSFORMER: (NodeKind.FEEDER, NodeKind.SUBSTATION),
    }
)
"""What may feed a node of each kind, the usual first: a feeder may hang on another behind a switching point (РП)."""

_TWINS: Final = str.maketrans("abcehkmoptxyё", "авсенкмортхуе")


def spelling(code: str) -> str:
    """What the ways of writing one code have in common: «ТП-12», «тп 12», «ТП №12»."""
    return re.sub(r"[^\w/]|_", "", code.casefold().translate(_TWINS))


class Network:
    """The net of one company, in memory."""

    def __init__(self, nodes: Iterable[NetNode]) -> None:
        self._by_id = {node.id: node for node in nodes}
        self._by_spelling: dict[tuple[NodeKind, str], list[NetNode]] = defaultdict(list)
        self._below: dict[str, list[NetNode]] = defaultdict(list)
        for node in self._by_id.values():
            self._by_spelling[node.kind, spelling(node.code)].append(node)
            if node.parent_id:
                self._below[node.parent_id].append(node)

    def __iter__(self) -> Iterator[NetNode]:
        return iter(self._by_id.values())

    def find(self, kind: NodeKind, code: str) -> NetNode | None:
        """The node with this code, however it is written; None for none, or where two are written alike."""
        found = self._by_spelling.get((kind, spelling(code)), [])
        exact = [node for node in found if node.code == code]
        return exact[0] if exact else found[0] if len(found) == 1 else None

    def knows(self, kind: NodeKind) -> bool:
        """Whether nodes of this kind were ever loaded: only then is an unknown one a mistake."""
        return any(node.kind is kind for node in self)

    def climb(self, node: NetNode) -> list[NetNode]:
        """The node and everything that feeds it, upwards."""
        path = [node]
        while (parent_id := path[-1].parent_id) is not None and parent_id in self._by_id:
            path.append(self._by_id[parent_id])
        return path

    def fed(self, transformer: str) -> tuple[str, str]:
        """The feeder a transformer hangs on and the substation above it, as codes; empty where not known."""
        node = self.find(NodeKind.TRANSFORMER, transformer)
        above = self.climb(node)[1:] if node else []
        return _first(above, NodeKind.FEEDER), _first(above, NodeKind.SUBSTATION)

    def source(self, line: str) -> str:
        """The substation a feeder comes from; empty where not known."""
        node = self.find(NodeKind.FEEDER, line)
        return _first(self.climb(node), NodeKind.SUBSTATION) if node else ""

    def below(self, node: NetNode) -> list[NetNode]:
        """The node and everything it feeds."""
        found = [node]
        for one in found:
            found += self._below[one.id]
        return found

    def feeders(self, line: str) -> list[str]:
        """A feeder and those that hang on it: an outage of it is theirs too, for a premise names the nearest alone."""
        node = self.find(NodeKind.FEEDER, line)
        return [one.code for one in self.below(node) if one.kind is NodeKind.FEEDER] if node else [line]


def _first(nodes: Iterable[NetNode], kind: NodeKind) -> str:
    return next((node.code for node in nodes if node.kind is kind), "")


async def load(session: AsyncSession, company_id: str) -> Network:
    """The company's whole net: some thousands of nodes."""
    return Network(await session.scalars(select(NetNode).where(NetNode.company_id == company_id)))
