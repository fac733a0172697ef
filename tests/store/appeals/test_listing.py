"""Pages of the register and the search by words, the same on both databases."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from appeals.finding import buckets, listing, order, search
from appeals.finding import words as stored_words
from appeals.finding.appeals import TRUST
from appeals.finding.filters import CODES, Filters
from appeals.finding.listing import SORTS, ListedAppeal
from appeals.finding.words import Indexed, tokens
from appeals.models import Appeal
from appeals.register import Register
from appeals.states import OPEN, TITLES
from bench.appeals import past
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import InvalidInput
from gridline.scope import Scope
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
    lines: list[listing.ListedAppeal] = []
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


@pytest.fixture
async def lived(db: Database, companies: Companies, calendar: ProductionCalendar) -> list[ListedAppeal]:
    """Two hundred appeals in every state, of three branches and none."""
    chance = random.Random(7)
    for batch in past.year_of_appeals(companies.by_id("skek"), 2025, 200, calendar, chance):
        for row in batch.rows.get("appeals", []):
            row["state"] = chance.choice([row["state"], *TITLES])
            row["branch"] = chance.choice([None, "kemerovo", "belovo", "mezhdurechensk"])
            row["owner"] = chance.choice([None, "user:ivanova"])
            row["deadline"] += timedelta(days=chance.randint(-30, 30))
        await past.store(db, batch)
    async with db.read() as session:
        numbers = (await session.execute(select(Appeal.number))).scalars().all()
        return list(await listing.lines_of(session, "skek", numbers))


def some_filters(chance: random.Random, like: ListedAppeal) -> Filters:
    """Up to four filters, each of which this appeal passes."""
    day = timedelta(days=1)
    given: dict[str, dict[str, Any]] = {name: {name: getattr(like, name)} for name in (*CODES, "owner")}
    given |= {
        "open": {"overdue_on": chance.choice([date.max, like.deadline + day])},
        "due": {"overdue_on": like.deadline + chance.randint(1, 40) * day, "due_from": like.deadline},
        "week": {"received_from": like.received_at, "received_before": like.received_at + 7 * day},
        "since": {"received_from": like.received_at - 90 * day},
        "until": {"received_before": like.received_at + 1 * day},
        "seen": {"visible_to": Scope("skek", chance.choice(["kemerovo", like.branch or ""]), like.kind == TRUST)},
        "elsewhere": {"visible_to": Scope("mrsk-centra")},
    }
    wanted: dict[str, Any] = {}
    for name in chance.sample(list(given), chance.randint(0, 4)):
        wanted |= given[name]
    return Filters(**wanted)


def fits(line: ListedAppeal, filters: Filters) -> bool:
    """The filters' rules, told once more in plain Python."""
    equal = all(
        getattr(filters, name) in (None, getattr(line, name))
        for name in ("state", "channel", "kind", "topic", "branch", "owner")
    )
    scope = filters.visible_to
    return (
        equal
        and (scope is None or (scope.holds("skek", line.branch) and scope.trust == (line.kind == TRUST)))
        and (filters.overdue_on is None or (line.state in OPEN and line.deadline < filters.overdue_on))
        and (filters.due_from is None or line.deadline >= filters.due_from)
        and (filters.received_from is None or line.received_at >= filters.received_from)
        and (filters.received_before is None or line.received_at < filters.received_before)
    )


async def test_of_numbers_found_otherwise_those_that_fit_are_shown_in_their_order(
    db: Database, lived: list[ListedAppeal]
) -> None:
    """As the search by words finds them."""
    chance = random.Random(13)
    found = 0
    for _ in range(60):
        filters = some_filters(chance, chance.choice(lived))
        asked = chance.sample(lived, 80)
        async with db.read() as session:
            shown = await listing.lines_of(session, "skek", [line.number for line in asked], filters)
        assert list(shown) == [line for line in asked if fits(line, filters)], filters
        found += len(shown)
    assert found > 500


STEPS_TRIED = [
    order.STEPS,
    (("walk", 1), ("sort", 3), ("walk", 9), ("sort", 20), ("walk", None)),
    (("sort", 500), ("walk", None)),
    (("walk", None),),
]


async def test_however_a_page_is_found_it_is_that_of_a_plain_scan(
    db: Database, lived: list[ListedAppeal], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(11)
    found = 0
    for _ in range(80):
        filters, sort, descending = (
            some_filters(chance, chance.choice(lived)),
            chance.choice(list(SORTS)),
            chance.random() < 0.5,
        )
        field = SORTS[sort].key
        scanned = sorted(
            (line for line in lived if fits(line, filters)),
            key=lambda line: (getattr(line, field), line.number),
            reverse=descending,
        )
        pages: list[ListedAppeal] = []
        after = None
        async with db.read() as session:
            while True:
                monkeypatch.setattr(order, "STEPS", chance.choice(STEPS_TRIED))
                page = await listing.page(
                    session, "skek", filters, sort=sort, descending=descending, limit=17, after=after
                )
                pages += page.lines
                after = page.next_page
                if after is None:
                    break
            if filters.open_only:
                assert await listing.count(session, "skek", filters, at_most=50) == min(len(scanned), 50)
        assert [line.number for line in pages] == [line.number for line in scanned], (filters, sort, descending)
        found += len(pages)
    assert found > 700


async def test_a_page_begun_outside_of_its_filter_is_the_same_however_it_is_found(
    db: Database, lived: list[ListedAppeal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address of a page may be kept while its filter is changed."""
    chance = random.Random(12)
    for _ in range(40):
        filters, sort, descending = (
            some_filters(chance, chance.choice(lived)),
            chance.choice(list(SORTS)),
            chance.random() < 0.5,
        )
        field = SORTS[sort].key
        last = chance.choice(lived)
        value = getattr(last, field)
        beyond = [
            line.number
            for line in lived
            if fits(line, filters)
            and ((getattr(line, field), line.number) < (value, last.number)) == descending
            and line.number != last.number
        ]
        after = f"{last.number}~{value if isinstance(value, str) else value.isoformat()}"
        for steps in STEPS_TRIED:
            monkeypatch.setattr(order, "STEPS", steps)
            async with db.read() as session:
                page = await listing.page(
                    session, "skek", filters, sort=sort, descending=descending, limit=200, after=after
                )
            assert sorted(line.number for line in page.lines) == sorted(beyond), (filters, sort, descending, after)


async def test_an_order_or_a_page_key_from_outside_is_refused(db: Database) -> None:
    async with db.read() as session:
        for sort in ("", "name", "number; DROP TABLE appeals", "received_at"):
            with pytest.raises(InvalidInput):
                await listing.page(session, "skek", Filters(), sort=sort)
        for after in ("", "~", "1~x", "' OR 1=1 --~2026-01-01", "260000013~2026-01-01", "٢٦0000013~2026-01-01"):
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
    for module in (buckets, stored_words):  # pages span the borders of buckets and years
        monkeypatch.setattr(module, "SIZES", (3, 6, 1_000))
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


async def test_a_search_finds_what_a_plain_scan_finds(
    db: Database, companies: Companies, calendar: ProductionCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Common words and rare ones, one to ten of them, whatever the buckets and the statistics."""
    for module in (buckets, stored_words):
        monkeypatch.setattr(module, "SIZES", (4, 16, 1_000))
    monkeypatch.setattr(search, "_RARE", 60)
    chance = random.Random(13)
    written: list[Indexed] = []
    for year in (2024, 2025):
        for batch in past.year_of_appeals(companies.by_id("skek"), year, 90, calendar, chance):
            await past.store(db, batch)
            written += batch.words
    stems = {one.number: set(tokens(one.text)) for one in sorted(written, key=lambda one: one.number, reverse=True)}
    for reckoned in (False, True):
        if reckoned:
            async with db.write() as session:
                await session.execute(text("ANALYZE"))
        for _ in range(60):
            like = chance.choice(written).text.split()
            words = chance.sample(like, chance.choice([1, 1, 2, 3, 10])) + chance.sample(
                past.WORDS, chance.randint(0, 1)
            )
            asked = set(tokens(" ".join(words)))
            found: list[str] = []
            before: str | None = None
            async with db.read() as session:
                while True:
                    hits = await search.find(session, "skek", " ".join(words), limit=6, before=before)
                    found += hits.numbers
                    before = hits.next_page
                    if before is None:
                        break
            assert found == [number for number, known in stems.items() if asked <= known], words


def test_every_line_of_a_page_is_free_of_personal_data(companies: Companies) -> None:
    named = set(replace(Filters()).__dataclass_fields__) | set(listing.ListedAppeal.__dataclass_fields__)
    assert not named & {"name", "email", "post_address", "text"}
