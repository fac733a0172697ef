"""What agents did in a call, and who waited in vain: one answer each, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gridline.db import Database
from ivr.desk import deeds
from ivr.desk.models import AgentEvent, Deed, Left, QueueVisit

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
END = START + timedelta(minutes=4)


@dataclass(frozen=True)
class Span:
    id: str
    linkedid: str
    started_at: datetime
    ended_at: datetime | None


CALL, OTHER = Span("a" * 32, "1.0", START, END), Span("b" * 32, "2.0", START, None)


def event(at: datetime, kind: Deed, linkedid: str = "1.0") -> AgentEvent:
    return AgentEvent(at=at, agent="101", user_id="u1", company_id="skek", kind=kind, linkedid=linkedid)


async def test_a_deed_belongs_to_the_call_it_fits_in_time_as_well(db: Database) -> None:
    """A linked id comes back when Asterisk's clock was set back; a talk may outlive the record of its call."""
    async with db.write() as session:
        session.add_all(
            [
                event(START - timedelta(days=365), Deed.ANSWERED),
                event(START - timedelta(seconds=1), Deed.MISSED),
                event(START + timedelta(seconds=9), Deed.ANSWERED),
                event(END + deeds.LATE, Deed.COMPLETED),
                event(END + deeds.LATE + timedelta(seconds=1), Deed.ANSWERED),
                event(END + timedelta(days=365), Deed.ANSWERED),
                event(END + timedelta(days=365), Deed.ANSWERED, "2.0"),
            ]
        )
    async with db.read() as session:
        done = await deeds.in_calls(session, [CALL, OTHER])
        answered = await deeds.in_calls(session, [CALL], [Deed.ANSWERED])
        assert await deeds.in_calls(session, []) == {}
    assert [one.kind for one in done[CALL.id]] == [Deed.ANSWERED, Deed.COMPLETED]
    assert [one.kind for one in done[OTHER.id]] == [Deed.ANSWERED]  # it lasts still
    assert [one.at for one in answered[CALL.id]] == [START + timedelta(seconds=9)]


async def test_who_was_answered_in_the_end_did_not_wait_in_vain(db: Database) -> None:
    ways = {
        "gave up": [Left.ABANDONED],
        "too long": [Left.UNSERVED],
        "answered": [Left.ANSWERED],
        "second queue": [Left.UNSERVED, Left.ANSWERED],
        "not seen": [Left.UNKNOWN],
    }
    async with db.write() as session:
        for call, ends in ways.items():
            for number, outcome in enumerate(ends):
                at = START + timedelta(minutes=number)
                session.add(
                    QueueVisit(
                        call_id=call,
                        company_id="skek",
                        queue="skek-hotline",
                        priority=0,
                        entered_at=at,
                        left_at=at,
                        waited_s=0.0,
                        outcome=outcome,
                        agent="",
                        missed=0,
                    )
                )
    async with db.read() as session:
        assert await deeds.waited_in_vain(session, [*ways, "never queued"]) == {"gave up", "too long"}
        assert await deeds.waited_in_vain(session, []) == set()
