"""«Still dark»: one voice reopens what it was in, with the first clock; a healthy place makes an ordinary report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from grid import outages, places
from grid.outages.models import Outage, OutageReport, OutageScope, OutageStatus, Service
from grid.outages.reports import OutageContact
from gridline.db import Database
from tests.store.test_outage_reports import AT_HOME, HOUR, NOW, items, take, worklist_of
from tests.store.test_outages import HOME, NO_LINE, outage, store
from worklist import still_dark
from worklist.codes import Ending
from worklist.outage_reports import TakenReport

AT_HOUSE = replace(AT_HOME, premise=None, settlement="г. Кемерово", street="ул. Весенняя", house="1")


async def restored(db: Database, *scopes: OutageScope) -> Outage:
    ended = outage(status=OutageStatus.RESTORED, actual_end=NOW - timedelta(minutes=20), starts_at=NOW - 3 * HOUR)
    await store(db, ended, *(scopes or (OutageScope(line="ф. 12"),)))
    return ended


async def dark(db: Database, told: OutageContact, over: Outage) -> TakenReport:
    async with db.write() as session:
        return await still_dark.take(session, worklist_of(db), told, over, "line")


async def nested(db: Database, over: Outage) -> list[Outage]:
    async with db.read() as session:
        return list(await session.scalars(select(Outage).where(Outage.parent_id == over.id)))


@pytest.mark.parametrize("told", [AT_HOME, AT_HOUSE], ids=["premise", "house"])
async def test_one_voice_reopens_its_place_and_no_other(db: Database, told: OutageContact) -> None:
    over = await restored(db, OutageScope(settlement="г. Кемерово", settlement_key="кемерово"))
    taken = await dark(db, told, over)
    (again,) = await nested(db, over)
    assert (again.starts_at, taken.report.outage_id, taken.joined) == (over.starts_at, again.id, True)
    assert await items(db) == []
    async with db.read() as session:
        at_home = await outages.current_for(session, HOME, NOW + HOUR, service=Service.ELECTRICITY)
        elsewhere = await outages.current_for(session, NO_LINE, NOW + HOUR, service=Service.ELECTRICITY)
    assert ([one.id for one in at_home], elsewhere) == ([again.id], [])


async def test_what_waited_with_its_item_is_joined_to_what_is_reopened(db: Database) -> None:
    over = await restored(db)
    waiting = await take(db, replace(AT_HOME, at=NOW - HOUR))
    taken = await dark(db, replace(AT_HOME, call_id="2" * 32), over)
    assert (taken.report.id, taken.first_at, taken.report.contacts) == (waiting.report.id, NOW - HOUR, 2)
    (item,) = await items(db)
    assert (item.ending, [one.item_id for one in taken.news]) == (Ending.JOINED, [item.id])


async def test_a_second_voice_of_the_same_place_adds_to_the_same_nested_outage(db: Database) -> None:
    over = await restored(db)
    for call in "12":
        await dark(db, replace(AT_HOME, call_id=call * 32), over)
    (again,) = await nested(db, over)
    async with db.read() as session:
        (report,) = await session.scalars(select(OutageReport))
    assert (report.outage_id, report.contacts) == (again.id, 2)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (replace(AT_HOME, premise=NO_LINE), OutageStatus.RESTORED),
        (replace(AT_HOME, premise=None, recording_id="a" * 32), OutageStatus.RESTORED),
        (replace(AT_HOUSE, house="гараж"), OutageStatus.RESTORED),
        (AT_HOME, OutageStatus.CANCELLED),
    ],
    ids=["healthy place", "said aloud", "a house that names none", "not restored any more"],
)
async def test_where_nothing_can_be_reopened_the_report_waits_with_its_item(
    db: Database, told: OutageContact, status: OutageStatus
) -> None:
    over = await restored(
        db, OutageScope(line="ф. 12"), OutageScope(settlement="г. Кемерово", settlement_key=places.key("г. Кемерово"))
    )
    async with db.write() as session:
        (await session.get_one(Outage, over.id)).status = status
    taken = await dark(db, told, over)
    (item,) = await items(db)
    assert (item.subject_id, item.ended_at, taken.report.outage_id) == (taken.report.id, None, None)
    assert await nested(db, over) == []
