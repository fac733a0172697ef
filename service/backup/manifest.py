"""A snapshot's manifest: what it is of, and what must be found again. Written last: without it there is no snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Final

from pydantic import BaseModel
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.models import Appeal, AppealEvent, Counter
from gridline.db import Base
from ivr.journal.models import CallRecord
from recordings.models import Recording, RecordingChain

COUNTED: Final[Mapping[str, type[Base]]] = {
    "appeals": Appeal,
    "events": AppealEvent,
    "calls": CallRecord,
    "recordings": Recording,
}


class SeriesEnd(BaseModel):
    """The last number of a series of the register, and the end of its journal."""

    company_id: str
    year: int
    last_sequence: int
    journal_no: int
    journal_hash: str


class ChainEnd(BaseModel):
    """The end of a node's chain of recordings."""

    node: str
    last_no: int
    last_hash: str


class Contents(BaseModel):
    """What the copied database holds."""

    revision: str
    counts: dict[str, int]
    series: list[SeriesEnd]
    chains: list[ChainEnd]


class SnapshotManifest(BaseModel):
    """All of a snapshot but its files, whose list it names by its sum."""

    made_at: datetime
    release: str
    node: str
    database: str
    """`sqlite` or `postgresql`."""
    contents: Contents
    files: int
    bytes: int
    list_sha256: str


def release() -> str:
    """The release of this program."""
    return version("gridline")


async def contents_of(session: AsyncSession) -> Contents:
    """What a database holds, as this session sees it."""
    counts = {name: await _count(session, model) for name, model in COUNTED.items()}
    series = await session.scalars(select(Counter).order_by(Counter.company_id, Counter.year))
    chains = await session.scalars(select(RecordingChain).order_by(RecordingChain.node))
    return Contents(
        revision=str((await session.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()),
        counts=counts,
        series=[SeriesEnd.model_validate(one, from_attributes=True) for one in series],
        chains=[ChainEnd.model_validate(one, from_attributes=True) for one in chains],
    )


async def _count(session: AsyncSession, model: type[Base]) -> int:
    return int((await session.execute(select(func.count()).select_from(model))).scalar_one())
