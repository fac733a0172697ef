"""The chain of a node's recordings: every deed on a file names the hash of the deed before it.

A changed, inserted or removed link is found by its neighbours, a removed last one by the chain's end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from gridline.db import insert_missing
from recordings.models import ChainDeed, RecordingChain, RecordingLink

CHUNK: Final = 500
"""Rows that are in memory at once."""


def link_hash(before: str, node: str, no: int, recording_id: str, deed: str, sha256: str, at: datetime) -> str:
    """The hash of one link, hex; `before` is the hash of the link before, empty for the first."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    told = json.dumps([before, node, no, recording_id, deed, sha256, moment], separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


async def append(session: AsyncSession, node: str, deed: ChainDeed, sums: Mapping[str, str], at: datetime) -> None:
    """Link a deed on these files (checksums by recording's id), unless it is the last that was done to them.

    Locks the node's chain to the end of the transaction, so no two links take one place.
    """
    last = await last_of(session, sums)
    told = {id: sum for id, sum in sums.items() if id not in last or (last[id].deed, last[id].sha256) != (deed, sum)}
    if not told:
        return
    chain = await _locked(session, node)
    for id, sum in told.items():
        chain.last_no += 1
        chain.last_hash = link_hash(chain.last_hash, node, chain.last_no, id, deed, sum, at)
        session.add(
            RecordingLink(
                node=node, no=chain.last_no, recording_id=id, deed=deed, sha256=sum, at=at, hash=chain.last_hash
            )
        )


async def last_of(session: AsyncSession, ids: Collection[str]) -> dict[str, RecordingLink]:
    """By recording's id, the last deed on its file; nothing of those never linked."""
    query = select(RecordingLink).where(RecordingLink.recording_id.in_(ids))
    links = await session.scalars(query.order_by(RecordingLink.at, RecordingLink.no))
    return {link.recording_id: link for link in links}


async def of_recordings(session: AsyncSession, ids: Collection[str]) -> list[tuple[RecordingLink, str]]:
    """Every deed on these files in the order of time, each with the hash of the link before it, to be checked by."""
    before = aliased(RecordingLink)
    query = select(RecordingLink, before.hash).outerjoin(
        before, and_(before.node == RecordingLink.node, before.no == RecordingLink.no - 1)
    )
    query = query.where(RecordingLink.recording_id.in_(ids)).order_by(RecordingLink.at, RecordingLink.no)
    return [(link, hash or "") for link, hash in (await session.execute(query)).all()]


async def chains(session: AsyncSession) -> list[RecordingChain]:
    """Every node's chain, by its end."""
    return list(await session.scalars(select(RecordingChain).order_by(RecordingChain.node)))


async def links(session: AsyncSession, node: str) -> AsyncIterator[RecordingLink]:
    """The links of a node in their order."""
    last = 0
    while True:
        query = select(RecordingLink).where(RecordingLink.node == node, RecordingLink.no > last)
        chunk = list(await session.scalars(query.order_by(RecordingLink.no).limit(CHUNK)))
        for link in chunk:
            yield link
        if not chunk:
            return
        last = chunk[-1].no


async def _locked(session: AsyncSession, node: str) -> RecordingChain:
    await insert_missing(session, RecordingChain, [{"node": node, "last_no": 0, "last_hash": ""}])
    query = select(RecordingChain).where(RecordingChain.node == node).with_for_update()
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one()
