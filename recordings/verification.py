"""Compares the recordings' files with their rows, both ways, and the rows with the chain; what differs is named.

Nothing is mended here: whether a lost file is in a backup, or a strange one is evidence, only a person can say.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.db import Database
from recordings import chain
from recordings.chain import CHUNK
from recordings.models import PLAYABLE, ChainDeed, Recording, RecordingChain, RecordingLink, RecordingState
from recordings.sealed import NotSealed
from recordings.store import Store

YOUNG: Final = timedelta(minutes=10)
"""A file that was touched so recently may have its row in a moment, or a row its file."""


class DiscrepancyKind(StrEnum):
    """In what way a file, its row and the chain disagree."""

    MISSING = "missing"
    """A row without its file."""
    ORPHAN = "orphan"
    """A file without a row."""
    UNFINISHED = "unfinished"
    """A file that was being written when its writer died."""
    CUT = "cut"
    """A file of another size than when it was stored."""
    CHANGED = "changed"
    """A file, or a row, whose checksum is another than when it was stored."""
    STILL_THERE = "still-there"
    """A file that an act says was destroyed."""
    CHAIN = "chain"
    """A link of the chain is changed, missing or put in."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that is not as it should be."""

    kind: DiscrepancyKind
    subject: str
    """A recording's id, a file's name, or a chain's node."""
    sentence: str
    """In Russian."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and what is wrong with it."""

    recordings: int
    files: int
    links: int
    found: tuple[Discrepancy, ...]


async def verify(db: Database, store: Store, *, checksums: bool = True) -> Verification:
    """Compare everything that is stored; without `checksums` files are not read, only their sizes.

    Raises Unavailable while the database is away, OSError while the store is.
    """
    found: list[Discrepancy] = []
    recordings = links = 0
    sizes = _Sizes(store)
    async for rows, last in _rows(db):
        recordings += len(rows)
        for row in rows:
            found += _of_row(row, last.get(row.id))
            wrong = _of_file(row, await sizes.of(row.file))
            if wrong is None and checksums and row.state in PLAYABLE and await _sum_of(store, row.file) != row.sha256:
                sentence = f"Файл {row.file} изменён: контрольная сумма не та, что при приёме."
                wrong = Discrepancy(DiscrepancyKind.CHANGED, row.id, sentence)
            found += [wrong] if wrong is not None else []
    files, strange = await _files(db, store)
    found += strange
    async with db.read() as session:
        for end in await chain.chains(session):
            count, broken = await _of_chain(session, end)
            links += count
            found += broken
    return Verification(recordings, files, links, tuple(found))


async def _rows(db: Database) -> AsyncIterator[tuple[Sequence[Recording], Mapping[str, RecordingLink]]]:
    """Every recording that has, or had, a file, with the last links, in the order of files.

    No session is open while files are read.
    """
    last = ""
    with_file = Recording.state.in_([*PLAYABLE, RecordingState.ERASED])
    while True:
        query = select(Recording).where(Recording.file > last, with_file).order_by(Recording.file).limit(CHUNK)
        async with db.read() as session:
            rows = list(await session.scalars(query))
            links = await chain.last_of(session, [row.id for row in rows])
        if not rows:
            return
        yield rows, links
        last = rows[-1].file


def _of_row(row: Recording, link: RecordingLink | None) -> Iterator[Discrepancy]:
    """A row against the last link of its chain."""
    wrong = partial(Discrepancy, DiscrepancyKind.CHAIN, row.id)
    if row.state is RecordingState.ERASED:
        return
    if link is None:
        yield wrong(f"Записи {row.id} нет в цепочке.")
    elif link.deed is ChainDeed.ERASED:
        yield wrong(f"Запись {row.id} по цепочке уничтожена, а в базе — нет.")
    elif link.sha256 != row.sha256:
        sentence = f"Сумма записи {row.id} в базе не та, что в цепочке."
        yield Discrepancy(DiscrepancyKind.CHANGED, row.id, sentence)


class _Sizes:
    """Sizes of files, asked for in the order of their names: a day's folder is listed once, and forgotten."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder: str | None = None
        self._sizes: dict[str, int] = {}

    async def of(self, name: str) -> int | None:
        """The size in bytes; None where there is no such file."""
        folder = name.rpartition("/")[0]
        if folder != self._folder:
            self._sizes = {one.name: one.size async for part in self._store.names(folder) for one in part}
            self._folder = folder
        return self._sizes.get(name)


def _of_file(row: Recording, size: int | None) -> Discrepancy | None:
    """A file against its row."""
    if row.state is RecordingState.ERASED:
        sentence = f"Запись {row.id} уничтожена по акту, а файл {row.file} остался."
        return Discrepancy(DiscrepancyKind.STILL_THERE, row.id, sentence) if size is not None else None
    if size is None:
        return Discrepancy(DiscrepancyKind.MISSING, row.id, f"У записи {row.id} нет файла {row.file}.")
    if size != row.bytes:
        sentence = f"Файл {row.file} не того размера: {size} байт вместо {row.bytes}."
        return Discrepancy(DiscrepancyKind.CUT, row.id, sentence)
    return None


async def _sum_of(store: Store, name: str) -> str:
    """Empty for what cannot be unsealed, or went meanwhile: it is not what was stored either."""
    try:
        return await store.checksum(name)
    except (NotSealed, FileNotFoundError):
        return ""


async def _files(db: Database, store: Store) -> tuple[int, list[Discrepancy]]:
    """How many files have lain in the store for a while, and those that are no recording's."""
    count = 0
    found: list[Discrepancy] = []
    late = datetime.now(UTC) - YOUNG
    async for part in store.names():
        names = sorted(one.name for one in part if one.at <= late)
        count += len(names)
        async with db.read() as session:
            known = set(await session.scalars(select(Recording.file).where(Recording.file.in_(names))))
        found += [_strange(name) for name in names if name not in known]
    return count, found


def _strange(name: str) -> Discrepancy:
    if name.endswith(".new"):
        return Discrepancy(DiscrepancyKind.UNFINISHED, name, f"Файл {name} не дописан.")
    return Discrepancy(DiscrepancyKind.ORPHAN, name, f"Файл {name} не принадлежит ни одной записи.")


async def _of_chain(session: AsyncSession, end: RecordingChain) -> tuple[int, list[Discrepancy]]:
    """How many links a chain has, and where it is broken."""
    wrong = partial(Discrepancy, DiscrepancyKind.CHAIN, end.node)
    found: list[Discrepancy] = []
    count, no, before = 0, 0, ""
    async for link in chain.links(session, end.node):
        count += 1
        if link.no != no + 1:
            found.append(wrong(f"Цепочка {end.node}: нет звеньев {_span(no + 1, link.no - 1)}."))
        elif link.hash != chain.link_hash(
            before, link.node, link.no, link.recording_id, link.deed, link.sha256, link.at
        ):
            found.append(wrong(f"Цепочка {end.node}: звено № {link.no} изменено."))
        no, before = link.no, link.hash
    if no < end.last_no:
        found.append(wrong(f"Цепочка {end.node}: нет звеньев {_span(no + 1, end.last_no)}."))
    elif (no, before) != (end.last_no, end.last_hash):
        found.append(wrong(f"Цепочка {end.node}: конец не тот, что записан отдельно."))
    return count, found


def _span(first: int, last: int) -> str:
    return f"№ {first}" if first == last else f"№ {first}–{last}"
