"""The nodes of an installation, as each says of itself: one name and one series each, the same words on all that serve.

A node that runs other menus, words or another release than one that serves takes no calls until it agrees, or a person
says that it may. Where two that serve come to differ, the one with the lower series goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import Database
from gridline.errors import Misconfigured, NotFound
from gridline.processes.models import NodeRow, NodeWanted

GONE_AFTER: Final = timedelta(seconds=10)
"""A node says something every second: one that has said nothing for so long is not there."""
_ONE_AT_A_TIME: Final = text("LOCK TABLE nodes IN SHARE ROW EXCLUSIVE MODE")
_THERE: Final = text("SELECT clock_timestamp()")


@dataclass(frozen=True, slots=True)
class NodeSelf:
    """What a node is, as its settings and files have it."""

    name: str
    series: int
    place: str
    """Machine and folder."""
    address: str
    release: str
    seal: str
    store: str


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """Whether a node takes calls, and why it does not (Russian)."""

    serves: bool
    reason: str = ""


_UNABLE: Final = NodeAnswer(False, "Нет связи с Asterisk, или узел останавливается.")


def decided(me: NodeRow, others: Sequence[NodeRow]) -> NodeAnswer:
    """What becomes of `me` beside the `others` that are there."""
    if me.wanted is NodeWanted.OUT:
        return NodeAnswer(False, "Узел выведен: gridline nodes in.")
    if me.wanted is NodeWanted.ANYWAY:
        return NodeAnswer(True)
    for other in others:
        if not other.serves or (me.serves and me.series < other.series):
            continue
        if me.release != other.release:
            return NodeAnswer(False, f"Выпуск {me.release}, а узел {other.name} работает на {other.release}.")
        if me.words != other.words:
            return NodeAnswer(False, f"Меню, слова или компании не те, с которыми работает узел {other.name}.")
    return NodeAnswer(True)


class Nodes:
    """This node among the others, in their PostgreSQL."""

    def __init__(self, db: Database, me: NodeSelf) -> None:
        self._db = db
        self._me = me

    async def claim(self) -> None:
        """Take the name and the series. Raises Misconfigured where a node elsewhere has one of them, Unavailable."""
        async with self._db.write() as session:
            await session.execute(_ONE_AT_A_TIME)
            for other in await living(session):
                if other.place == self._me.place:
                    continue
                if other.name == self._me.name:
                    raise Misconfigured(f"Узел {other.name} уже работает ({other.place}). Дайте другое имя (node).")
                if other.series == self._me.series:
                    raise Misconfigured(
                        f"Серия квитанций {other.series} занята узлом {other.name}. Задайте другую (node_series)."
                    )

    async def announce(self, words: str, *, able: bool) -> NodeAnswer:
        """Say what this node runs, and hear whether it takes calls. Raises Unavailable.

        `able`: its Asterisk answers and it is not about to stop.
        """
        me = self._me
        async with self._db.write(within_s=2) as session:
            await session.execute(_ONE_AT_A_TIME)
            now: datetime = (await session.execute(_THERE)).scalar_one()
            others = [other for other in await living(session) if other.name != me.name]
            row = await session.get(NodeRow, me.name)
            if row is None:
                row = NodeRow(name=me.name, wanted=NodeWanted.IN, serves=False)
                session.add(row)
            elif row.place != me.place and row.seen_at > now - GONE_AFTER:
                return NodeAnswer(False, f"Узел с именем {me.name} работает и в {row.place}.")
            row.series, row.place, row.address, row.release = me.series, me.place, me.address, me.release
            row.words, row.seal, row.store, row.seen_at = words, me.seal, me.store, now
            row.clock_ms = int((datetime.now(UTC) - now).total_seconds() * 1000)
            answer = decided(row, others) if able else _UNABLE
            row.serves, row.reason = answer.serves, answer.reason
        return answer


async def living(session: AsyncSession) -> Sequence[NodeRow]:
    """The nodes that are there, by name."""
    now: datetime = (await session.execute(_THERE)).scalar_one()
    query = select(NodeRow).where(NodeRow.seen_at > now - GONE_AFTER).order_by(NodeRow.name)
    return list(await session.scalars(query))


async def known(session: AsyncSession) -> Sequence[tuple[NodeRow, bool]]:
    """Every node that was ever there, by name, and whether it is."""
    there = {row.name for row in await living(session)}
    rows = await session.scalars(select(NodeRow).order_by(NodeRow.name))
    return [(row, row.name in there) for row in rows]


async def want(session: AsyncSession, name: str, wanted: NodeWanted) -> None:
    """What a person wants of a node; it hears of it within a second. Raises NotFound."""
    row = await session.get(NodeRow, name)
    if row is None:
        raise NotFound(f"Узла «{name}» нет. Какие есть: gridline nodes list.")
    row.wanted = wanted


async def forget(session: AsyncSession, name: str) -> None:
    """A machine that will not come back. Raises NotFound, Misconfigured while it is there."""
    if any(row.name == name for row in await living(session)):
        raise Misconfigured(f"Узел {name} работает: остановите его.")
    gone = await session.execute(delete(NodeRow).where(NodeRow.name == name).returning(NodeRow.name))
    if gone.first() is None:
        raise NotFound(f"Узла «{name}» нет. Какие есть: gridline nodes list.")
