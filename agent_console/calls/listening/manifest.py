"""The manifest of a call's recordings: every leg in order, who talked and when, and the files that hold it.

A call is one matter with the calls of the items it belongs to: a call back stands beside the call that asked for it.
Whoever sees a call sees its legs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import calls
from appeals.history import moment
from gridline.scope import Scope
from ivr.desk import deeds
from ivr.desk.models import AgentEvent, Deed
from ivr.journal.models import CallLeg, CallRecord, LegDevice, LegKind
from recordings.models import Recording, RecordingKind, RecordingState
from worklist.models import WorkAttempt, WorkContact, WorkItem

LEGS: Final[Mapping[LegKind, str]] = {
    LegKind.TALK: "ответ из очереди",
    LegKind.CALLBACK: "звонок оператора",
    LegKind.TRANSFER: "перевод",
    LegKind.RESUMED: "после перезагрузки страницы",
}
DEVICES: Final[Mapping[LegDevice, str]] = {
    LegDevice.BROWSER: "телефон в браузере",
    LegDevice.DESK: "настольный аппарат",
    LegDevice.OUTSIDE: "внешний номер",
}
_EDGE: Final = timedelta(seconds=1)
"""A file and a leg that touch for less than this are not of one another."""

_ALL: Final = 0.95
"""Packets that a network loses are missing in a file too."""
_BUFFER_S: Final = 2.0
"""What Asterisk had not written yet when it or its disk went."""

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class ManifestLeg:
    """One leg, or what the robot recorded: then `leg` is None and there is one file."""

    call: CallRecord
    began_at: datetime
    ended_at: datetime | None
    leg: CallLeg | None
    holds: tuple[Span, ...]
    pauses: tuple[Span, ...]
    """When silence was written, because papers were dictated."""
    files: tuple[Recording, ...]

    @property
    def seconds(self) -> float:
        """How long it was; 0 where nobody knows."""
        return (self.ended_at - self.began_at).total_seconds() if self.ended_at else 0.0

    @property
    def is_whole(self) -> bool:
        """Whether what was said is in the files, or was until they were destroyed by an act."""
        if self.leg is None or any(row.state is RecordingState.ERASED for row in self.files):
            return True
        recorded_s = sum(row.seconds or 0.0 for row in self.files)
        return bool(self.files) and recorded_s >= self.seconds * _ALL - _BUFFER_S


@dataclass(frozen=True, slots=True)
class Manifest:
    """The legs of a call, and of the calls that belong to the same matter, in the order of time."""

    legs: tuple[ManifestLeg, ...]
    tied: tuple[CallRecord, ...]
    """The other calls, the earliest first."""

    def of(self, recording: Recording) -> list[ManifestLeg]:
        """Who is to be heard in a recording."""
        return [one for one in self.legs if one.leg is not None and recording in one.files]

    def unrecorded(self) -> list[ManifestLeg]:
        """Talks of which there is no file, or only a part: the disk was full meanwhile."""
        return [one for one in self.legs if not one.is_whole]


async def of_call(session: AsyncSession, call: CallRecord, *, visible_to: Scope) -> Manifest:
    """The manifest of a call that the asker sees."""
    tied = await _tied(session, call, visible_to=visible_to)
    whole = sorted([call, *tied], key=lambda one: one.started_at)
    ids = [one.id for one in whole]
    legs: dict[str, list[CallLeg]] = defaultdict(list)
    for leg in await session.scalars(select(CallLeg).where(CallLeg.call_id.in_(ids))):
        legs[leg.call_id].append(leg)
    files: dict[str, list[Recording]] = defaultdict(list)
    for row in await session.scalars(select(Recording).where(Recording.call_id.in_(ids))):
        files[row.call_id].append(row)
    paused = await deeds.in_calls(session, whole, (Deed.RECORDING_PAUSED, Deed.RECORDING_RESUMED))
    found = [leg for one in whole for leg in _legs(one, legs[one.id], files[one.id], paused[one.id])]
    return Manifest(tuple(sorted(found, key=lambda leg: leg.began_at)), tuple(tied))


def plain(manifest: Manifest) -> list[dict[str, Any]]:
    """The manifest as JSON values, for an evidence bundle."""
    return [
        {
            "call": one.call.id,
            "began_at": moment(one.began_at),
            "ended_at": moment(one.ended_at) if one.ended_at else None,
            "kind": one.leg.kind if one.leg else one.files[0].kind,
            "agent": one.leg.agent if one.leg else None,
            "device": one.leg.device if one.leg else None,
            "holds": [[moment(begins), moment(ends)] for begins, ends in one.holds],
            "pauses": [[moment(begins), moment(ends)] for begins, ends in one.pauses],
            "recordings": [{"id": row.id, "state": row.state, "sha256": row.sha256} for row in one.files],
        }
        for one in manifest.legs
    ]


async def _tied(session: AsyncSession, call: CallRecord, *, visible_to: Scope) -> list[CallRecord]:
    """The other calls of the items that this call made, joined or was made for."""
    mine = union(
        select(WorkItem.id).where(WorkItem.call_id == call.id),
        select(WorkContact.item_id).where(WorkContact.call_id == call.id),
        select(WorkAttempt.item_id).where(WorkAttempt.call_id == call.id),
    ).subquery()
    items = select(mine.c.id)
    query = union(
        select(WorkItem.call_id).where(WorkItem.id.in_(items)),
        select(WorkContact.call_id).where(WorkContact.item_id.in_(items)),
        select(WorkAttempt.call_id).where(WorkAttempt.item_id.in_(items)),
    )
    ids = {id for id in await session.scalars(query) if id} - {call.id}
    found = await calls.among(session, sorted(ids), visible_to=visible_to)
    return [one for one in found if one.company_id == call.company_id]


def _legs(
    call: CallRecord, legs: Sequence[CallLeg], files: Sequence[Recording], paused: Sequence[AgentEvent]
) -> list[ManifestLeg]:
    pauses = _pauses(paused)
    told = [
        ManifestLeg(
            call,
            leg.began_at,
            leg.ended_at,
            leg,
            tuple((_after(leg, begins), _after(leg, ends)) for begins, ends in leg.holds),
            tuple(span for span in pauses if leg.began_at <= span[0] <= leg.ended_at),
            tuple(row for row in files if row.kind is RecordingKind.TALK and _meets(row, leg)),
        )
        for leg in legs
    ]
    named = {row.id for one in told for row in one.files}
    alone = [
        ManifestLeg(call, row.started_at, row.ended_at, None, (), (), (row,)) for row in files if row.id not in named
    ]
    return told + alone


def _after(leg: CallLeg, seconds: int) -> datetime:
    return leg.began_at + timedelta(seconds=seconds)


def _meets(row: Recording, leg: CallLeg) -> bool:
    """Whether the file holds something of the leg."""
    ended = row.ended_at or row.started_at
    edge = min(_EDGE, (leg.ended_at - leg.began_at) / 2, (ended - row.started_at) / 2)
    return row.started_at < leg.ended_at - edge and leg.began_at < ended - edge


def _pauses(events: Sequence[AgentEvent]) -> list[Span]:
    return [
        (event.at - timedelta(seconds=event.seconds or 0), event.at)
        for event in events
        if event.kind is Deed.RECORDING_RESUMED
    ]
