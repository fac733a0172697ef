"""Which outages a premise has now and ahead: by line, by premise, by place; when each begins and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from grid import outages, places
from grid.models import Premise, Subscriber, SubscriberKind
from grid.outages.models import Outage, OutageScope, OutageStatus, Service
from gridline.db import Database, new_id

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def subscriber() -> Subscriber:
    return Subscriber(id="s" * 32, company_id="skek", account="1", name="А", kind=SubscriberKind.PERSON)


def premise(code: str, settlement: str, street: str, line: str) -> Premise:
    return Premise(
        id=code * 32,
        company_id="skek",
        code=code,
        subscriber_id="s" * 32,
        branch="",
        settlement=settlement,
        street=street,
        house="1",
        building="",
        flat="",
        address=f"{settlement}, {street}",
        line=line,
        transformer="ТП-12" if line else "",
        substation="ПС Южная" if line else "",
        settlement_key=places.key(settlement),
        street_key=places.key(street),
    )


HOME = premise("1", "г. Кемерово", "ул. Весенняя", "ф. 12")
NO_LINE = premise("2", "п. Барзас", "", "")


async def store(db: Database, outage: Outage, *scopes: OutageScope) -> None:
    async with db.write() as session:
        session.add(subscriber())
        await session.flush()
        session.add_all([premise("1", "г. Кемерово", "ул. Весенняя", "ф. 12"), premise("2", "п. Барзас", "", "")])
        session.add(outage)
        await session.flush()
        for scope in scopes:
            scope.outage_id = outage.id
            session.add(scope)


def outage(**facts: object) -> Outage:
    usual: dict[str, object] = {
        "id": new_id(),
        "company_id": "skek",
        "code": "1",
        "service": Service.ELECTRICITY,
        "planned": False,
        "status": OutageStatus.ACTIVE,
        "cause": "",
        "starts_at": NOW - HOUR,
        "expected_end": None,
        "actual_end": None,
    }
    return Outage(**(usual | facts))


async def current(db: Database, where: Premise, service: Service | None = None) -> int:
    async with db.read() as session:
        return len(await outages.current_for(session, where, NOW, service=service))


PLANNED = {"planned": True, "status": OutageStatus.ANNOUNCED}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, 1),
        ({"starts_at": NOW}, 1),
        ({"starts_at": NOW + HOUR}, 0),
        ({"expected_end": NOW - HOUR / 2}, 1),  # the expectation passed, nobody said that power is back
        ({"actual_end": NOW + HOUR}, 1),
        ({"actual_end": NOW, "status": OutageStatus.RESTORED}, 0),
        ({"status": OutageStatus.CANCELLED}, 0),
        (PLANNED | {"expected_end": NOW + HOUR}, 1),
        (PLANNED, 1),
        (PLANNED | {"expected_end": NOW - HOUR / 2}, 0),
        (PLANNED | {"expected_end": NOW - HOUR / 2, "status": OutageStatus.ACTIVE}, 1),
        ({"company_id": "mrsk-centra"}, 0),
    ],
)
async def test_when_an_outage_is_on(db: Database, facts: dict[str, object], expected: int) -> None:
    await store(db, outage(**facts), OutageScope(line="ф. 12"))
    assert await current(db, HOME) == expected


@pytest.mark.parametrize(
    ("scope", "home", "no_line"),
    [
        ({"line": "ф. 12"}, 1, 0),
        ({"line": "ф. 13"}, 0, 0),
        ({"premise_id": "2" * 32}, 0, 1),
        ({"settlement_key": "кемерово"}, 1, 0),
        ({"settlement_key": "кемерово", "street_key": "весенняя"}, 1, 0),
        ({"settlement_key": "кемерово", "street_key": "мира"}, 0, 0),
        ({"settlement_key": "п барзас"}, 0, 1),
        ({"settlement_key": "п барзас", "street_key": "мира"}, 0, 0),
        ({"settlement_key": "кемерово", "street_key": "весенняя", "houses": "1-15 нечётные"}, 1, 0),
        ({"settlement_key": "кемерово", "street_key": "весенняя", "houses": "2-16, 1а, 1/2"}, 0, 0),
        ({"settlement_key": "кемерово", "street_key": "весенняя", "houses": "1 корп. 2"}, 0, 0),
        ({"transformer": "ТП-12"}, 1, 0),
        ({"substation": "ПС Южная"}, 1, 0),
        ({"transformer": "ТП-13"}, 0, 0),
    ],
)
async def test_whom_an_outage_touches(db: Database, scope: dict[str, str], home: int, no_line: int) -> None:
    await store(db, outage(), OutageScope(**scope), OutageScope(line="ф. 99"))
    assert (await current(db, HOME), await current(db, NO_LINE)) == (home, no_line)


async def test_an_outage_that_touches_twice_is_told_once_and_by_its_service(db: Database) -> None:
    await store(db, outage(), OutageScope(line="ф. 12"), OutageScope(settlement_key="кемерово"))
    assert await current(db, HOME) == 1
    assert await current(db, HOME, Service.ELECTRICITY) == 1
    assert await current(db, HOME, Service.WATER) == 0


async def test_a_street_told_by_houses_and_by_its_feeder_is_off_where_either_says_so(db: Database) -> None:
    street = {"settlement_key": "кемерово", "street_key": "весенняя"}
    await store(db, outage(), OutageScope(**street, houses="2-10"), OutageScope(line="ф. 12"))
    assert await current(db, HOME) == 1
    async with db.write() as session:
        await session.execute(update(OutageScope).where(OutageScope.line != "").values(line="ф. 13"))
    assert await current(db, HOME) == 0


async def test_one_settlement_name_in_two_branches_is_two_places(db: Database) -> None:
    await store(db, outage(branch="kursk"), OutageScope(settlement_key="кемерово"))
    found = {}
    for branch in ("kursk", "voronezh", ""):
        home = premise("1", "г. Кемерово", "ул. Весенняя", "")
        home.branch = branch
        found[branch] = await current(db, home)
    assert found == {"kursk": 1, "voronezh": 0, "": 1}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (PLANNED | {"starts_at": NOW + HOUR}, 1),
        (PLANNED | {"starts_at": NOW}, 0),
        (PLANNED | {"starts_at": NOW + 48 * HOUR}, 1),
        (PLANNED | {"starts_at": NOW + 49 * HOUR}, 0),
        (PLANNED | {"starts_at": NOW + HOUR, "status": OutageStatus.CANCELLED}, 0),
        ({"starts_at": NOW + HOUR}, 0),
    ],
)
async def test_what_is_planned(db: Database, facts: dict[str, object], expected: int) -> None:
    await store(db, outage(**facts), OutageScope(line="ф. 12"))
    async with db.read() as session:
        assert len(await outages.planned_for(session, HOME, NOW, timedelta(hours=48))) == expected
