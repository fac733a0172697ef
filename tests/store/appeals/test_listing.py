"""Pages of the register and the search by words, the same on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appeals import buckets, listing, search
from appeals.listing import Filters
from appeals.register import Register
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import InvalidInput
from tests.store.appeals.made import intake

CHANNELS = ("phone", "web_form", "email")
TOPICS = ("quality", "outages")


@pytest.fixture
async def numbers(register: Register, clock: SetClock) -> list[str]:
    """Twenty-five appeals, some of them received in the same second."""
    made = []
    for n in range(25):
        done = await register.register(
            intake(channel=CHANNELS[n % 3], topic=TOPICS[n % 2], kind="appeal", phone=f"89131234{n % 5:03d}")
        )
        made.append(done.number)
        if n % 4 == 0:
            clock.advance(timedelta(hours=20))
    return made


@pytest.mark.parametrize("sort", sorted(listing.SORTS))
@pytest.mark.parametrize("descending", [True, False])
async def test_pages_together_are_the_whole_in_order(
    db: Database, numbers: list[str], sort: str, descending: bool
) -> None:
    lines: list[listing.Line] = []
    after: str | None = None
    async with db.read() as session:
        while True:
            page = await listing.page(
                session, "skek", Filters(), sort=sort, descending=descending, limit=7, after=after
            )
            lines += page.lines
            after = page.next_page
            if after is None:
                break
    field = {"number": "number", "received": "received_at", "deadline": "deadline"}[sort]
    keys = [(getattr(line, field), line.number) for line in lines]
    assert keys == sorted(keys, reverse=descending)
    assert {line.number for line in lines} == set(numbers)


async def test_filters_narrow_the_list(db: Database, clock: SetClock, numbers: list[str]) -> None:
    async with db.read() as session:

        async def found(filters: Filters) -> list[str]:
            return [line.number for line in (await listing.page(session, "skek", filters, descending=False)).lines]

        assert await found(Filters(channel="email")) == numbers[2::3]
        assert await found(Filters(channel="email", topic="outages")) == [
            number for n, number in enumerate(numbers) if n % 3 == 2 and n % 2 == 1
        ]
        assert await found(Filters(phone="+79131234003")) == numbers[3::5]
        assert await found(Filters(state="closed")) == []
        assert await found(Filters(received_from=clock.now())) == []
        assert await found(Filters(received_before=clock.now())) == numbers
        assert await found(Filters(overdue_on=clock.now().date())) == []
        assert await found(Filters(overdue_on=clock.now().date() + timedelta(days=60))) == numbers
        assert not (await listing.page(session, "mrsk-centra", Filters())).lines


async def test_however_a_page_is_found_it_is_the_same(
    db: Database, clock: SetClock, numbers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Walked to its end, walked a little and then filtered, filtered at once."""
    today = clock.now()
    wanted = [
        Filters(),
        Filters(channel="email"),
        Filters(channel="email", state="registered"),
        Filters(kind="appeal", topic="outages"),
        Filters(kind="claim"),
        Filters(phone="+79131234003", topic="quality"),
        Filters(received_from=today - timedelta(days=2), received_before=today, channel="phone"),
        Filters(overdue_on=today.date() + timedelta(days=60), channel="web_form"),
    ]
    pages = {}
    for walks in ((1_000,), (1, 3), ()):
        monkeypatch.setattr(listing, "WALKS", walks)
        async with db.read() as session:
            pages[walks] = [
                await listing.page(session, "skek", filters, sort=sort, descending=descending, limit=4, after=after)
                for filters in wanted
                for sort, key in (("number", numbers[9]), ("received", today.isoformat()), ("deadline", "2027-01-11"))
                for descending in (True, False)
                for after in (None, f"{numbers[9]}~{key}")
            ]
    assert pages[(1_000,)] == pages[(1, 3)] == pages[()]
    assert sum(len(page.lines) for page in pages[()]) > 100


async def test_an_order_or_a_page_key_from_outside_is_refused(db: Database) -> None:
    async with db.read() as session:
        for sort in ("", "name", "number; DROP TABLE appeals", "received_at"):
            with pytest.raises(InvalidInput):
                await listing.page(session, "skek", Filters(), sort=sort)
        for after in ("", "~", "1~x", "' OR 1=1 --~2026-01-01", "260000013~2026-01-01"):
            with pytest.raises(InvalidInput):
                await listing.page(session, "skek", Filters(), sort="received", after=after)
        for before in ("", "1", "26000001x", "' OR 1=1"):
            with pytest.raises(InvalidInput):
                await search.find(session, "skek", "слово", before=before)


QUERIES = [
    ("напряжение", True),
    ("НАПРЯЖЕНИЯ вечером", True),
    ("напряжением вечера", True),
    ("гудит ещё и вечер", True),
    ("гудит еще", True),
    ("ещё", False),
    ("трансформаторы", True),
    ("generators", True),
    ("корова", False),
    ("напряжение корова", False),
    ("", False),
    ("!!! ---", False),
    ("' OR 1=1 --", False),
    ('напряжение" OR "корова', False),
    ("напряжение NOT корова", False),
    ("company*", False),
    ("companyskek", False),
]


async def test_words_are_found_in_every_form(db: Database, register: Register) -> None:
    told = await register.register(
        intake(text="Каждый вечер ещё раз падает напряжение, гудит трансформатор. The generator is off.")
    )
    await register.register(intake(text="Счётчик не принят.", company_id="mrsk-centra"))
    async with db.read() as session:
        for query, finds in QUERIES:
            hits = await search.find(session, "skek", query)
            assert (query, hits.numbers) == (query, (told.number,) if finds else ())
            assert (await search.find(session, "mrsk-centra", query)).numbers == ()


async def test_pages_of_a_search_are_the_newest_first(
    db: Database, clock: SetClock, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "SIZES", (3, 6, 1_000))  # pages go over the borders of buckets and years
    clock.set(datetime(2025, 6, 1, tzinfo=UTC))
    old = [(await register.register(intake())).number for _ in range(4)]
    clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    made = [(await register.register(intake())).number for _ in range(7)]
    await register.register(intake(text=None, recording_id="r1"))
    found: list[str] = []
    before: str | None = None
    async with db.read() as session:
        while True:
            hits = await search.find(session, "skek", "напряжение", limit=3, before=before)
            found += hits.numbers
            before = hits.next_page
            if before is None:
                break
    assert found == [*made[::-1], *old[::-1]]


def test_every_line_of_a_page_is_free_of_personal_data(companies: Companies) -> None:
    named = set(replace(Filters()).__dataclass_fields__) | set(listing.Line.__dataclass_fields__)
    assert not named & {"name", "email", "post_address", "text"}
