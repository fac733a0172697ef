"""What the public page names: the houses of the outage's own branch, and never one house alone."""

from __future__ import annotations

from grid.models import Premise
from grid.outages import published
from grid.outages.models import Outage, OutageScope, OutageStatus
from grid.outages.published import SOME
from gridline.db import Database
from tests.store.test_outages import NOW, outage, premise, store


def at(code: str, branch: str, house: str, line: str = "ф. 7") -> Premise:
    made = premise(code, "г. Тверь", f"ул. {branch or 'Общая'}", line)
    made.branch, made.house = branch, house
    return made


async def places(db: Database, one: Outage, *scopes: OutageScope) -> list[tuple[str, str]]:
    """The streets and houses that are published of an outage."""
    await store(db, one, *scopes)
    async with db.write() as session:
        session.add_all([at("a", "a", "1"), at("b", "a", "3"), at("c", "b", "5"), at("d", "b", "7"), at("e", "", "9")])
    async with db.read() as session:
        (told,) = await published.told(session, "skek", await published.current(session, "skek", NOW))
    return [(place.street, place.houses) for place in told.places]


async def test_a_node_of_a_branch_is_told_by_the_houses_of_that_branch(db: Database) -> None:
    told = await places(db, outage(branch="a"), OutageScope(line="ф. 7"))
    assert told == [("ул. a", "1, 3"), ("ул. Общая", SOME)], "and of premises of no branch"


async def test_a_node_of_the_whole_company_is_told_by_all_its_houses(db: Database) -> None:
    told = await places(db, outage(), OutageScope(line="ф. 7"))
    assert told == [("ул. a", "1, 3"), ("ул. b", "5, 7"), ("ул. Общая", SOME)]


async def test_one_house_is_only_some_of_its_street_whoever_named_it(db: Database) -> None:
    told = await places(
        db,
        outage(),
        *(
            OutageScope(settlement="г. Тверь", street=street, houses=houses)
            for street, houses in {
                "ул. Один": "5",
                "ул. Он же": "5-5",
                "ул. Гаражная": "гараж Петрова",
                "ул. Вся": "",
                "ул. Пара": "5, 7",
                "ул. Ряд": "1-15 нечётные",
            }.items()
        ),
    )
    assert dict(told) == {
        "ул. Один": SOME,
        "ул. Он же": SOME,
        "ул. Гаражная": SOME,
        "ул. Вся": "",
        "ул. Пара": "5, 7",
        "ул. Ряд": "1-15 нечётные",
    }


async def test_who_is_still_dark_is_not_shown_by_their_house(db: Database) -> None:
    over = outage(code="0", status=OutageStatus.RESTORED, actual_end=NOW, confirmed_at=NOW)
    async with db.write() as session:
        session.add(over)
    nested = outage(parent_id=over.id)
    told = await places(
        db,
        nested,
        OutageScope(settlement="п. Барзас", street="", houses="2, 4"),
        OutageScope(settlement="г. Тверь", street="ул. Мира", houses="1-9"),
        OutageScope(line="ф. 7"),
    )
    assert {houses for _, houses in told} == {SOME}
