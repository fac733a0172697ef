"""A premise's breaks: overlapping and nested outages are one break, and a year's sum is of that year alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from grid import ledger, places
from grid.ledger import SupplyLedger
from grid.models import Premise, Subscriber, SubscriberKind
from grid.outages.models import Outage, OutageScope, OutageStatus, Service
from grid.reliability import Reliability, ReliabilityLimit, Span, of_installation
from gridline.db import Database, new_id
from gridline.errors import Misconfigured
from gridline.settings import HOUSE

ZONE = ZoneInfo("Asia/Novokuznetsk")
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITS = of_installation(HOUSE / "dialplan")


def off(start: float, end: float | None, **facts: object) -> Outage:
    """An outage that began so many hours ago, and ended so many hours ago."""
    id = new_id()
    usual: dict[str, object] = {
        "id": id,
        "company_id": "skek",
        "code": id,
        "service": Service.ELECTRICITY,
        "planned": False,
        "status": OutageStatus.ACTIVE if end is None else OutageStatus.RESTORED,
        "cause": "",
        "starts_at": NOW - start * HOUR,
        "expected_end": None,
        "actual_end": None if end is None else NOW - end * HOUR,
    }
    return Outage(**(usual | facts))


async def told(db: Database, *outages: Outage, scope: dict[str, str] | None = None) -> SupplyLedger:
    async with db.write() as session:
        session.add(Subscriber(id="s" * 32, company_id="skek", account="1", name="А", kind=SubscriberKind.PERSON))
        await session.flush()
        place = {"settlement": "г. Кемерово", "street": "ул. Мира", "house": "5", "building": "", "flat": "1"}
        keys = {"settlement_key": places.key("г. Кемерово"), "street_key": "мира", "line": "Ф-1"}
        own = {"id": "p" * 32, "company_id": "skek", "code": "1", "subscriber_id": "s" * 32, "branch": ""}
        session.add(Premise(**own, **place, **keys, address="Мира, 5", transformer="ТП-1", substation=""))
        for one in outages:
            session.add(one)
            await session.flush()
            session.add(OutageScope(outage_id=one.id, **(scope or {"transformer": "ТП-1"})))
    async with db.read() as session:
        (home,) = await session.scalars(select(Premise))
        return await ledger.of(session, home, NOW, ZONE, LIMITS)


async def test_a_nested_outage_is_the_same_break_with_the_first_clock(db: Database) -> None:
    first = off(10, 4)
    nested = off(10, None, parent_id=first.id)
    found = await told(db, first, nested, off(30, 28))
    assert (found.since, found.running) == (NOW - 10 * HOUR, 10 * HOUR)
    assert (found.year, found.breaks) == (12 * HOUR, 2)
    assert not found.break_is_over
    assert not found.year_is_over


async def test_what_is_over_the_limits_is_said(db: Database) -> None:
    found = await told(db, off(25, None), off(100, 50))
    assert found.break_is_over
    assert (found.year, found.year_is_over) == (75 * HOUR, True)
    assert (found.longest_allowed.hours, found.year_allowed.hours) == (24, 72)
    assert "861" in found.longest_allowed.act
    assert (found.year_allowed.standing, found.year_allowed.act) == ("default", "")


async def test_what_is_no_break_of_this_year(db: Database) -> None:
    new_year = NOW - datetime(2026, 1, 1, tzinfo=ZONE)
    at = new_year / HOUR
    found = await told(
        db,
        off(at + 10, at - 2),  # two hours of it in this year
        off(5, 4, status=OutageStatus.CANCELLED),
        off(9, 8, service=Service.WATER),
        off(-2, None, planned=True, status=OutageStatus.ANNOUNCED, expected_end=NOW + 5 * HOUR),
        off(20, None, planned=True, status=OutageStatus.ANNOUNCED, expected_end=NOW - 17 * HOUR),
        off(at + 90, at + 80),
    )
    assert (found.since, found.year, found.breaks) == (None, 5 * HOUR, 2)


async def test_planned_works_that_go_on_are_a_break(db: Database) -> None:
    found = await told(db, off(3, None, planned=True, status=OutageStatus.ANNOUNCED, expected_end=NOW + HOUR))
    assert (found.running, found.year) == (3 * HOUR, 3 * HOUR)


async def test_another_house_of_the_street_is_another_ledger(db: Database) -> None:
    street = {"settlement_key": "кемерово", "street_key": "мира", "houses": "1-15 чётные"}
    assert (await told(db, off(3, None), scope=street)).since is None


SPANS = st.lists(st.tuples(st.integers(0, 200), st.one_of(st.none(), st.integers(0, 200))), max_size=8)


@given(SPANS)
def test_the_breaks_are_the_hours_that_any_outage_covers(spans: list[tuple[int, int | None]]) -> None:
    outages = [off(start, end) for start, end in spans if end is None or end <= start]
    found = ledger.breaks(outages, NOW)
    hours = {
        hour
        for one in outages
        for hour in range(200)
        if one.starts_at <= NOW - (hour + 1) * HOUR and (one.actual_end is None or one.actual_end >= NOW - hour * HOUR)
    }
    assert sum(((one.end or NOW) - one.start for one in found), timedelta()) == len(hours) * HOUR
    for before, after in pairwise(found):
        assert before.end is not None
        assert before.end < after.start


def test_limits_are_rows_of_an_act_or_a_default_and_a_companys_own_come_first() -> None:
    rows = [LIMITS.of(span, "skek") for span in Span]
    own = ReliabilityLimit(span=Span.YEAR, company="skek", hours=48, standing="default")
    limits = Reliability([*rows, own])
    assert (limits.of(Span.YEAR, "skek").hours, limits.of(Span.YEAR, "mrsk-centra").hours) == (48, 72)
    with pytest.raises(Misconfigured, match="year"):
        Reliability(rows[:1])
    with pytest.raises(ValueError, match="Норма называет акт"):
        ReliabilityLimit(span=Span.YEAR, hours=72, standing="rule")
