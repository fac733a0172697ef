"""What an outage of a table affects, in the names the store knows: codes of the net, settlements, renamed streets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from grid import net, places
from grid.imports.outage_rows import NODES, OutageRow
from grid.models import NodeKind
from grid.net import COLUMN_OF, Network
from grid.outages.scopes import ScopePart
from grid.places import directory, renames
from grid.places.directory import Settlements
from grid.places.renames import Renames
from gridline.tables.tabular import BadCell


class Scopes:
    """The nets, places and former names of some companies."""

    def __init__(self, nets: Mapping[str, Network], settlements: Mapping[str, Settlements], former: Renames) -> None:
        self._nets = nets
        self._settlements = settlements
        self._former = former

    @classmethod
    async def of(cls, session: AsyncSession, rows: Sequence[OutageRow]) -> Scopes:
        """What the rows of these companies need of it: no net for places, no places for a net."""
        told = [(row.code[0], part) for row in rows for part in row.affects]
        placed = {company for company, part in told if part.settlement}
        fed = {company for company, part in told if not part.settlement}
        return cls(
            {company: await net.load(session, company) for company in fed},
            {company: await directory.settlements(session, company) for company in placed},
            await renames.load(session, placed),
        )

    def settled(self, company_id: str, branch: str, affects: Collection[ScopePart]) -> frozenset[ScopePart]:
        """The same parts as the store names them; a feeder with those that hang on it.

        Raises BadCell for a node that the net does not have (where nodes of its kind were loaded), and for a
        settlement that may be any of several.
        """
        return frozenset(part for told in affects for part in self._settled(company_id, branch, told))

    def row(self, company_id: str, outage_id: str, part: ScopePart) -> dict[str, Any]:
        """A row of `outage_scopes`."""
        settlement_key = places.key(part.settlement)
        return {
            "outage_id": outage_id,
            "line": part.line,
            "transformer": part.transformer,
            "substation": part.substation,
            "premise_id": part.premise_id or None,
            "settlement": part.settlement,
            "street": part.street,
            "houses": part.houses,
            "settlement_key": settlement_key,
            "street_key": self._former.present(company_id, settlement_key, places.key(part.street)),
        }

    def _settled(self, company_id: str, branch: str, told: ScopePart) -> Iterator[ScopePart]:
        if told.settlement:
            yield replace(told, settlement=self._settlement(company_id, branch, told.settlement))
            return
        grid = self._nets[company_id]
        for column, kind in NODES.items():
            code = getattr(told, COLUMN_OF[kind])
            if not code:
                continue
            node = grid.find(kind, code)
            if node is None and grid.knows(kind):
                raise BadCell(f"«{column}»: «{code}» нет в сети. Исправьте код или сначала загрузите сеть.")
            code = node.code if node else code
            for one in grid.feeders(code) if kind is NodeKind.FEEDER else [code]:
                yield replace(told, **{COLUMN_OF[kind]: one})

    def _settlement(self, company_id: str, branch: str, written: str) -> str:
        """Its name as premises carry it; as it is written where no premise stands there. Raises BadCell."""
        found = self._settlements[company_id].meant(written, branch)
        if len({one.key for one in found}) > 1:
            names = ", ".join(sorted(one.name for one in found)[:5])
            raise BadCell(f"«населённый пункт»: «{written}» может быть любым из: {names}. Впишите, какой, или «район».")
        if len({one.branch for one in found}) > 1:
            names = ", ".join(sorted({one.branch for one in found})[:5])
            raise BadCell(f"«населённый пункт»: «{written}» есть в филиалах {names}. Впишите «филиал».")
        return found[0].name if found and found[0].key != places.key(written) else written
