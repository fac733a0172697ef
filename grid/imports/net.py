"""`gridline import net`: substations, feeders and transformers, each with what feeds it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from grid.imports import HandedTable, Key, Outcome, insert_all, take_turn, update_all
from grid.models import NetNode, NodeKind, Premise
from grid.net import ABOVE, KIND_NAMES, Network, load, spelling
from gridline.db import Database, new_id
from gridline.tables import cells
from gridline.tables.tabular import BadCell, Problems

REQUIRED = ("вид", "код")
OPTIONAL = ("компания", "название", "выше")
KINDS = {"подстанция": NodeKind.SUBSTATION, "фидер": NodeKind.FEEDER, "ТП": NodeKind.TRANSFORMER}

NodeKey = tuple[str, NodeKind, str]
"""A company, a kind, and what the ways of writing the code have in common."""


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    code: Key
    kind: NodeKind
    name: str
    above: str

    @property
    def key(self) -> NodeKey:
        return self.code[0], self.kind, spelling(self.code[1])


@dataclass(slots=True)
class _Node:
    """A node as it will be: of the table, or as the store has it."""

    id: str
    code: str
    name: str
    parent: NodeKey | None
    number: int = 0
    """Its row; 0 for a node that only the store knows."""


async def import_net(database: Database, table: HandedTable) -> Outcome:
    """Store every row of the table, or none.

    A node is known by its company, «вид» and «код»; nothing is removed. Premises that name a transformer or a feeder
    are given what is above it. «выше» is a node of the table or of the store: for a ТП its feeder (or a substation),
    for a feeder its substation, or a feeder where there is no such substation. Raises InvalidInput that names every
    wrong row (unknown parents, two of them, circles), Unavailable when the store is gone.
    """
    problems = Problems()
    read = await asyncio.to_thread(lambda: list(_rows(table, problems)))  # the loop is the calls'
    async with database.write() as session:
        await take_turn(session)
        known = {company: await load(session, company) for company in {row.code[0] for row in read}}
        nodes = {key: node for company, net in known.items() for key, node in _stored(company, net)}
        before = {key: (node.name, node.parent) for key, node in nodes.items()}
        _add(nodes, read, problems)
        _join(nodes, read, problems)
        _look_for_circles(nodes, problems)
        problems.check(table.file)
        outcome = await _store(session, nodes, before)
        if outcome.added or outcome.changed:
            for company in known:
                await hang_premises(session, company)
        return outcome


def _rows(table: HandedTable, problems: Problems) -> Iterator[_Row]:
    for row in table.rows(required=REQUIRED, optional=OPTIONAL, problems=problems):
        try:
            company = table.company(row.cells)
            code = cells.text(row.cells, "код", at_most=60, required=True)
            if not spelling(code):
                raise BadCell(f"«код»: «{code}» — нет ни буквы, ни цифры")
            above = cells.text(row.cells, "выше", at_most=60)
            kind = cells.choice(row.cells, "вид", KINDS)
            if above and not ABOVE[kind]:
                raise BadCell("«выше»: подстанция — начало сети, над ней ничего не пишут")
            name = cells.text(row.cells, "название", at_most=100) or code
        except BadCell as error:
            problems.add(row.number, str(error))
        else:
            yield _Row(row.number, (company.id, code), kind, name, above)


def _stored(company: str, net: Network) -> Iterator[tuple[NodeKey, _Node]]:
    by_id = {node.id: node for node in net}
    for node in net:
        parent = by_id.get(node.parent_id or "")
        above = (company, parent.kind, spelling(parent.code)) if parent else None
        yield (company, node.kind, spelling(node.code)), _Node(node.id, node.code, node.name, above)


def _add(nodes: dict[NodeKey, _Node], read: list[_Row], problems: Problems) -> None:
    """Every row a node; a second row of one node goes to `problems`."""
    first: dict[NodeKey, _Row] = {}
    for row in read:
        before = first.setdefault(row.key, row)
        if before is not row:
            two = f" под «{before.above}», здесь под «{row.above}»: вверх ведёт одна связь"
            told = f"{KIND_NAMES[row.kind]} {row.code[1]} уже есть в строке {before.number}"
            problems.add(row.number, told + (two if spelling(before.above) != spelling(row.above) else ""))
            continue
        known = nodes.get(row.key)
        nodes[row.key] = _Node(
            known.id if known else new_id(), known.code if known else row.code[1], row.name, None, row.number
        )


def _join(nodes: dict[NodeKey, _Node], read: list[_Row], problems: Problems) -> None:
    """Hang each row's node on what is above it."""
    for row in read:
        node = nodes.get(row.key)
        if node is None or node.number != row.number or not row.above:
            continue
        candidates = [(row.code[0], kind, spelling(row.above)) for kind in ABOVE[row.kind]]
        node.parent = next((key for key in candidates if key in nodes), None)
        if node.parent is None:
            several = re.search("[,;]", row.above)
            kinds = " или ".join(KIND_NAMES[kind] for kind in ABOVE[row.kind])
            cure = "вверх ведёт одна связь, оставьте один код" if several else f"нет ни в файле, ни в сети ({kinds})"
            problems.add(row.number, f"«выше»: «{row.above}» — {cure}")


def _look_for_circles(nodes: Mapping[NodeKey, _Node], problems: Problems) -> None:
    told: set[NodeKey] = set()
    for start, node in nodes.items():
        path, key = [start], node.parent
        while key is not None and key not in path:
            path.append(key)
            key = nodes[key].parent
        if key is None or key in told:
            continue
        circle = path[path.index(key) :]
        told |= set(circle)
        row = next((nodes[one].number for one in circle if nodes[one].number), 0)
        problems.add(
            row, f"круг: {' → '.join(nodes[one].code for one in (*circle, key))}. Сеть идёт вверх до подстанции"
        )


async def _store(
    session: AsyncSession, nodes: Mapping[NodeKey, _Node], before: Mapping[NodeKey, tuple[str, NodeKey | None]]
) -> Outcome:
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    told = {key: node for key, node in nodes.items() if node.number}
    for (company, kind, spelled), node in sorted(told.items(), key=lambda one: list(NodeKind).index(one[0][1])):
        key = (company, kind, spelled)
        parent_id = nodes[node.parent].id if node.parent else None
        values = {"id": node.id, "company_id": company, "kind": kind, "code": node.code, "name": node.name}
        if key not in before:
            added.append(values | {"parent_id": parent_id})
        elif before[key] != (node.name, node.parent):
            changed.append(values | {"parent_id": parent_id})
    await insert_all(session, NetNode, [row | {"parent_id": None} for row in added])  # a feeder may hang on a later one
    await update_all(session, NetNode, [row for row in added if row["parent_id"]])
    await update_all(session, NetNode, changed)
    return Outcome(len(added), len(changed), len(told) - len(added) - len(changed))


async def hang_premises(session: AsyncSession, company_id: str) -> None:
    """Write into every premise of the company what its transformer, or else its feeder, hangs on."""
    net = await load(session, company_id)
    own = Premise.company_id == company_id
    named = select(Premise.transformer, Premise.line, Premise.substation, func.count()).where(own)
    for transformer, line, substation, _ in await session.execute(
        named.group_by(Premise.transformer, Premise.line, Premise.substation)
    ):
        fed = net.fed(transformer) if transformer else ("", "")
        meant = (fed[0] or line, fed[1] or (net.source(fed[0] or line) if fed[0] or line else "") or substation)
        if meant != (line, substation):
            same = (Premise.transformer == transformer, Premise.line == line, Premise.substation == substation)
            await session.execute(update(Premise).where(own, *same).values(line=meant[0], substation=meant[1]))
