"""What a dispatcher types as an outage's scope, a part a line: «ТП-12», «фидер Ф-4», «г. Кемерово, Весенняя, 1-15»."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from grid import net, places
from grid.models import NodeKind, Premise
from grid.net import COLUMN_OF, Network, spelling
from grid.outages.scopes import ScopePart
from grid.places import directory, houses
from grid.places.directory import Settlements
from gridline.errors import InvalidInput

MOST_PARTS: Final = 100
_KIND_WORDS: Final = re.compile(r"(?P<kind>фидер|подстанция|тп)\s+(?P<code>.+)", re.IGNORECASE)
_KINDS: Final = {"фидер": NodeKind.FEEDER, "подстанция": NodeKind.SUBSTATION, "тп": NodeKind.TRANSFORMER}


async def read(session: AsyncSession, company_id: str, text: str, branch: str = "") -> tuple[ScopePart, ...]:
    """The parts the lines name, as the store knows them; a feeder with those that hang on it.

    Raises InvalidInput that says of the first wrong line what is wrong with it.
    """
    lines = [line.strip(" ;.") for line in re.split(r"[\n;]", text)]
    wanted = [line for line in lines if line]
    if not wanted:
        raise InvalidInput("Не сказано, что отключено: напишите ТП, фидер, подстанцию или место.")
    if len(wanted) > MOST_PARTS:
        raise InvalidInput(f"Не больше {MOST_PARTS} строк: опубликуйте узел сети целиком.")
    reader = _Reader(
        await net.load(session, company_id),
        await _fed(session, company_id),
        await directory.settlements(session, company_id),
    )
    parts: list[ScopePart] = []
    for line in wanted:
        parts += reader.node(line) or [await _place(session, company_id, reader.settlements, line, branch)]
    return tuple(dict.fromkeys(parts))


class _Reader:
    """Codes of the net, of whoever loaded one, and of those whose premises alone name what feeds them."""

    def __init__(self, grid: Network, fed: Iterable[tuple[NodeKind, str]], settlements: Settlements) -> None:
        self._grid = grid
        self._fed = list(fed)
        self.settlements = settlements

    def node(self, line: str) -> list[ScopePart]:
        """The parts of a node that is written so; none where no node is. Raises InvalidInput where several are."""
        named = _KIND_WORDS.fullmatch(line)
        wanted = [(_KINDS[named["kind"].lower()], named["code"])] if named else []
        found = self._found([*wanted, *((kind, line) for kind in NodeKind)])
        if len(found) > 1:
            raise InvalidInput(f"«{line}»: есть и такой фидер, и другой узел. Напишите вид: «фидер {line}».")
        return [
            ScopePart.node(kind, one)
            for kind, code in found
            for one in (self._grid.feeders(code) if kind is NodeKind.FEEDER else [code])
        ]

    def _found(self, wanted: list[tuple[NodeKind, str]]) -> list[tuple[NodeKind, str]]:
        codes = dict.fromkeys(
            (kind, known)
            for kind, code in wanted
            for known in self._known(kind)
            if spelling(known) == spelling(code) and spelling(code)
        )
        return list(codes)

    def _known(self, kind: NodeKind) -> list[str]:
        return [node.code for node in self._grid if node.kind is kind] + [code for of, code in self._fed if of is kind]


async def _fed(session: AsyncSession, company_id: str) -> list[tuple[NodeKind, str]]:
    found: list[tuple[NodeKind, str]] = []
    for kind, name in COLUMN_OF.items():
        column = getattr(Premise, name)
        query = select(column).where(Premise.company_id == company_id, column != "").distinct()
        found += [(kind, code) for code in await session.scalars(query)]
    return found


async def _place(session: AsyncSession, company_id: str, settlements: Settlements, line: str, branch: str) -> ScopePart:
    settlement, _, rest = (word.strip() for word in line.partition(","))
    street, _, numbers = (word.strip() for word in rest.partition(","))
    meant = settlements.meant(settlement, branch)
    if not meant:
        raise InvalidInput(f"«{line}»: нет ни такого узла сети, ни такого населённого пункта.")
    if len({one.key for one in meant}) > 1:
        names = ", ".join(sorted(one.name for one in meant)[:5])
        raise InvalidInput(f"«{settlement}» есть в нескольких районах: {names}. Напишите название целиком.")
    if not street:
        return ScopePart(settlement=meant[0].name)
    streets = await directory.find_streets(session, company_id, meant[0].key, street, branch=branch, most=3)
    exact = [one for one in streets if places.key(street) in (one.key, *map(places.key, one.former))]
    chosen = exact or streets
    if len(chosen) != 1:
        names = ", ".join(one.name for one in streets)
        hint = f" Похожие: {names}." if names else ""
        raise InvalidInput(f"«{street}»: такой улицы в «{meant[0].name}» нет.{hint}")
    spec = re.sub(r"^(д|дом|дома)\b\.?\s*", "", numbers)
    houses.parse(spec)
    return ScopePart(settlement=meant[0].name, street=chosen[0].name, houses=spec)
