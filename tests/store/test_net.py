"""The net and the names of places as clerks load them: twice without doubling, every mistake named, callers told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from grid import net, outages, premises
from grid.imports import HandedTable, Outcome
from grid.imports.net import import_net
from grid.imports.outages import import_outages
from grid.imports.premises import import_premises
from grid.imports.renames import import_renames
from grid.models import NetNode, NodeKind, Premise
from grid.places import directory
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import InvalidInput
from tests.store.conftest import TableFile

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
NET = "вид;код;название;выше"
SOUTH = (
    "подстанция;ПС Южная;;",
    "фидер;Ф-104;;ПС Южная",
    "фидер;Ф-9;за РП-3;Ф-104",
    "ТП;ТП-12;;Ф-9",
    "ТП;ТП-13;;Ф-104",
)
HOMES = "лицевой счёт;абонент;филиал;населённый пункт;район;улица;дом;линия;ТП"
OFF = "номер;вид;начало;филиал;линия;ТП;подстанция;населённый пункт;район;улицы;дома"
SINCE = "22.11.2026 06:00"

Load = Callable[..., Awaitable[Outcome]]
Importer = Callable[[Database, HandedTable], Awaitable[Outcome]]


@pytest.fixture
def load(db: Database, companies: Companies, table_file: TableFile) -> Load:
    """Imports lines as a table of skek's, or of another company."""

    async def loaded(importer: Importer, *lines: str, company: str = "skek") -> Outcome:
        return await importer(db, HandedTable(table_file(*lines), companies, company))

    return loaded


async def refused(load: Load, importer: Importer, *lines: str, company: str = "skek") -> dict[int, str]:
    """By row, why each was refused."""
    with pytest.raises(InvalidInput) as caught:
        await load(importer, *lines, company=company)
    told = caught.value.message.splitlines()[1:]
    return {int(line.split(":")[0].split()[1]): line.split(": ", 1)[1] for line in told}


async def off_at(db: Database, account: str, company: str = "skek") -> list[str]:
    async with db.read() as session:
        (home,) = await premises.by_account(session, company, account)
        return sorted(one.code for one in await outages.current_for(session, home, NOW))


async def test_the_net_is_loaded_again_without_doubling_and_climbed(db: Database, load: Load) -> None:
    assert await load(import_net, NET, *reversed(SOUTH)) == Outcome(5, 0, 0)
    assert await load(import_net, NET, *SOUTH) == Outcome(0, 0, 5)
    assert await load(import_net, NET, "ТП;тп 12;Школа;Ф-9", "тп;ТП № 14;;ф104") == Outcome(1, 1, 0)
    async with db.read() as session:
        grid = await net.load(session, "skek")
        assert len(list(await session.scalars(select(NetNode)))) == 6
    lowest = grid.find(NodeKind.TRANSFORMER, "ТП-12")
    assert lowest is not None
    assert lowest.name == "Школа"
    assert [node.code for node in grid.climb(lowest)] == ["ТП-12", "Ф-9", "Ф-104", "ПС Южная"]
    assert grid.fed("ТП-12") == ("Ф-9", "ПС Южная")
    assert grid.source("Ф-9") == "ПС Южная"
    assert sorted(grid.feeders("Ф-104")) == ["Ф-104", "Ф-9"]
    assert grid.fed("ТП-404") == ("", "")


async def test_each_way_a_node_can_be_wrong(db: Database, load: Load) -> None:
    await load(import_net, NET, *SOUTH)
    wrong = {
        "опора;О-1;;": "подстанция, фидер, ТП",
        "ТП;;;": "«код» не заполнено",
        "ТП;—;;": "нет ни буквы",
        "ТП;ТП-20;;Ф-404": "«выше»: «Ф-404» — нет ни в файле, ни в сети (фидер или подстанция)",
        "ТП;ТП-21;;ТП-12": "нет ни в файле",
        "ТП;ТП-22;;Ф-104, Ф-9": "вверх ведёт одна связь",
        "подстанция;ПС Новая;;ПС Южная": "начало сети",
        "ТП;ТП-23;;Ф-104": None,
        "ТП;тп 23;;Ф-9": "ТП тп 23 уже есть в строке 9 под «Ф-104», здесь под «Ф-9»: вверх ведёт одна связь",
        "ТП;ТП-23;Другая;Ф-104": "ТП ТП-23 уже есть в строке 9",
        "фидер;Ф-31;;Ф-32": "круг: Ф-31 → Ф-32 → Ф-31",
        "фидер;Ф-32;;Ф-31": None,
        "фидер;Ф-33;;Ф-33": "круг: Ф-33 → Ф-33",
    }
    told = await refused(load, import_net, NET, *wrong)
    assert set(told) == {at for at, why in enumerate(wrong.values(), start=2) if why}
    for at, why in enumerate(wrong.values(), start=2):
        assert why is None or why in told[at]
    async with db.read() as session:
        assert len(list(await session.scalars(select(NetNode)))) == len(SOUTH)


async def test_a_circle_with_what_is_stored_is_a_circle_too(load: Load) -> None:
    await load(import_net, NET, *SOUTH)
    assert "круг" in (await refused(load, import_net, NET, "фидер;Ф-104;;Ф-9"))[2]


async def test_a_premise_is_told_by_whatever_is_above_its_transformer(db: Database, load: Load) -> None:
    home = "77;Иванов;;г. Кемерово;;ул. Мира;5;;тп 12"
    await load(import_premises, HOMES, home, "78;Петров;;г. Кемерово;;ул. Мира;7;Ф-104;", "79;Я;;г. Кемерово;;;1;Ф-7;")
    await load(import_net, NET, *SOUTH)
    async with db.read() as session:
        (one,) = await premises.by_account(session, "skek", "77")
        assert (one.transformer, one.line, one.substation) == ("тп 12", "Ф-9", "ПС Южная")
    assert await load(import_premises, HOMES, home) == Outcome(0, 1, 0)
    assert await load(import_premises, HOMES, home) == Outcome(0, 0, 1)
    rows = (
        f"А-1;аварийное;{SINCE};;;ТП12;;;;;",
        f"А-2;плановое;{SINCE};;Ф 104;;;;;;",
        f"А-3;аварийное;{SINCE};;;;ПС Южная;;;;",
    )
    assert await load(import_outages, OFF, *rows) == Outcome(3, 0, 0)
    assert await load(import_outages, OFF, *rows) == Outcome(0, 0, 3)
    found = {account: await off_at(db, account) for account in ("77", "78", "79")}
    assert found == {"77": ["А-1", "А-2", "А-3"], "78": ["А-2", "А-3"], "79": []}


async def test_a_premise_at_odds_with_the_net_and_a_node_nobody_has_are_refused(load: Load) -> None:
    await load(import_net, NET, *SOUTH)
    told = await refused(load, import_premises, HOMES, "77;Иванов;;г. Кемерово;;ул. Мира;5;Ф-7;ТП-12")
    assert told == {2: "ТП ТП-12 в сети под «Ф-9», а не «Ф-7»"}
    told = await refused(load, import_outages, OFF, f"А-1;аварийное;{SINCE};;;ТП-404;;;;;")
    assert told == {2: "«ТП»: «ТП-404» нет в сети. Исправьте код или сначала загрузите сеть."}


async def test_an_outage_of_some_houses_is_told_in_those_alone(db: Database, load: Load) -> None:
    homes = [f"{80 + at};Иванов;;г. Кемерово;;ул. Мира;{house};;" for at, house in enumerate(("5", "6", "5а", "вл. 7"))]
    await load(import_premises, HOMES, *homes)
    await load(import_outages, OFF, f"А-1;аварийное;{SINCE};;;;;г. Кемерово;;ул. Мира;1-15 нечётные, 6")
    assert [await off_at(db, str(80 + at)) for at in range(4)] == [["А-1"]] * 4
    assert await load(import_outages, OFF, f"А-1;аварийное;{SINCE};;;;;г. Кемерово;;ул. Мира;5") == Outcome(0, 1, 0)
    assert [await off_at(db, str(80 + at)) for at in range(4)] == [["А-1"], [], [], []]
    told = await refused(
        load,
        import_outages,
        OFF,
        f"А-2;аварийное;{SINCE};;;;;г. Кемерово;;ул. Мира, ул. Лесная;5",
        f"А-3;аварийное;{SINCE};;;;;г. Кемерово;;;5",
        f"А-4;аварийное;{SINCE};;;;;г. Кемерово;;ул. Мира;9-1",
    )
    assert "у одной улицы" in told[2]
    assert "у одной улицы" in told[3]
    assert "наоборот" in told[4]


async def test_one_name_in_two_districts_is_asked_for_its_district(db: Database, load: Load) -> None:
    await load(import_premises, HOMES, "1;А;;с. Ивановка;Топкинский;;5;;", "2;Б;;с. Ивановка;Юргинский р-н;;5;;")
    told = await refused(load, import_outages, OFF, f"А-1;аварийное;{SINCE};;;;;с. Ивановка;;;")
    assert "с. Ивановка (Топкинский р-н), с. Ивановка (Юргинский р-н)" in told[2]
    await load(import_outages, OFF, f"А-1;аварийное;{SINCE};;;;;село Ивановка;Юргинский район;;")
    assert (await off_at(db, "1"), await off_at(db, "2")) == ([], ["А-1"])
    async with db.read() as session:
        found = await directory.find_settlements(session, "skek", "иван")
        assert [one.name for one in found] == ["с. Ивановка (Топкинский р-н)", "с. Ивановка (Юргинский р-н)"]


async def test_one_name_in_two_branches_is_asked_for_its_branch(db: Database, load: Load) -> None:
    homes = ("1;А;kursk;с. Ивановка;;;5;;", "2;Б;tver;с. Ивановка;;;5;;")
    await load(import_premises, HOMES, *homes, company="mrsk-centra")
    told = await refused(load, import_outages, OFF, f"А-1;аварийное;{SINCE};;;;;с. Ивановка;;;", company="mrsk-centra")
    assert "есть в филиалах kursk, tver" in told[2]
    await load(import_outages, OFF, f"А-1;аварийное;{SINCE};tver;;;;с. Ивановка;;;", company="mrsk-centra")
    assert (await off_at(db, "1", "mrsk-centra"), await off_at(db, "2", "mrsk-centra")) == ([], ["А-1"])


async def test_a_village_told_without_its_kind_is_that_village_unless_there_are_two(db: Database, load: Load) -> None:
    await load(import_premises, HOMES, "1;А;;п. Барзас;;;5;;")
    await load(import_outages, OFF, f"А-1;аварийное;{SINCE};;;;;Барзас;;;")
    assert await off_at(db, "1") == ["А-1"]
    await load(import_premises, HOMES, "2;Б;;д. Барзас;;;5;;")
    told = await refused(load, import_outages, OFF, f"А-1;аварийное;{SINCE};;;;;Барзас;;;")
    assert "д. Барзас, п. Барзас" in told[2]


async def test_a_settlement_told_without_its_only_district_is_that_one(db: Database, load: Load) -> None:
    await load(import_premises, HOMES, "1;А;;с. Ивановка;Топкинский;;5;;")
    await load(import_outages, OFF, f"А-1;аварийное;{SINCE};;;;;с. Ивановка;;;")
    assert await off_at(db, "1") == ["А-1"]


@pytest.mark.parametrize("renamed_first", [True, False])
async def test_a_renamed_street_is_found_by_either_name(db: Database, load: Load, renamed_first: bool) -> None:
    rename = (
        "населённый пункт;прежнее название;новое название",
        "г. Кемерово;ул. Красная;ул. Алая",
        "г. Кемерово;Алая;Рябиновая",
    )
    homes = ("1;А;;г. Кемерово;;ул. Красная;5;;", "2;Б;;г. Кемерово;;ул. Рябиновая;5;;")
    off = (f"А-1;аварийное;{SINCE};;;;;г. Кемерово;;ул. Алая;", f"А-2;плановое;{SINCE};;;;;г. Кемерово;;ул. Рябиновая;")
    if renamed_first:
        assert await load(import_renames, *rename) == Outcome(2, 0, 0)
    await load(import_premises, HOMES, *homes)
    await load(import_outages, OFF, *off)
    if not renamed_first:
        await load(import_renames, *rename)
    assert await load(import_renames, *rename) == Outcome(0, 0, 2)
    assert await off_at(db, "1") == await off_at(db, "2") == ["А-1", "А-2"]
    async with db.read() as session:
        (street,) = await directory.find_streets(session, "skek", "кемерово", "красн")
        assert (street.key, street.former, street.premises) == ("рябиновая", ("Алая", "ул. Красная"), 2)
        assert await directory.find_streets(session, "skek", "кемерово", "зелёная") == []


async def test_names_that_lead_in_a_circle_are_refused(load: Load) -> None:
    head = "населённый пункт;прежнее название;новое название"
    told = await refused(
        load,
        import_renames,
        head,
        "г. Томск;Красная;Алая",
        "г. Томск;Алая;Красная",
        "г. Томск;ул. Мира;Мира",
        "г. Томск;Красная;Новая",
    )
    assert "круг" in told[2]
    assert "круг" in told[3]
    assert "одно и то же" in told[4]
    assert "уже переименована в строке 2" in told[5]


async def test_the_largest_places_come_first_and_a_branch_sees_its_own(db: Database, load: Load) -> None:
    rows = [f"{at};А;kursk;г. Курск;;ул. Мира;{at};;" for at in range(1, 4)]
    rows += ["7;А;tver;г. Тверь;;ул. Мира;5;;", "8;А;kursk;г. Курск;;ул. Лесная;5;;", "9;А;kursk;г. Курск;;;5;;"]
    await load(import_premises, HOMES, *rows, company="mrsk-centra")
    async with db.read() as session:
        found = await directory.find_settlements(session, "mrsk-centra")
        assert [(one.name, one.premises) for one in found] == [("г. Курск", 5), ("г. Тверь", 1)]
        own = await directory.find_settlements(session, "mrsk-centra", branch="tver")
        assert [one.name for one in own] == ["г. Тверь"]
        streets = await directory.find_streets(session, "mrsk-centra", "курск")
        assert [(one.name, one.premises) for one in streets] == [("ул. Мира", 3), ("", 1), ("ул. Лесная", 1)]
        assert await directory.find_settlements(session, "mrsk-centra", "%") == found
    await load(import_premises, HOMES, "7;А;tver;г. Ржев;;ул. Мира;5;;", company="mrsk-centra")
    async with db.read() as session:
        assert not await directory.find_settlements(session, "mrsk-centra", "тверь"), "nobody lives there any more"
        assert await session.scalar(select(Premise.settlement_key).where(Premise.code == "7")) == "ржев"


async def test_the_same_place_off_twice_in_one_table_is_refused(load: Load) -> None:
    told = await refused(
        load,
        import_outages,
        "номер;вид;услуга;начало;окончание;линия",
        "1;аварийное;;22.11.2026 10:00;22.11.2026 12:00;Ф-1",
        "2;аварийное;;22.11.2026 11:00;;Ф-1, Ф-2",
        "3;аварийное;;22.11.2026 09:00;22.11.2026 10:00;Ф-1",
        "4;аварийное;вода;22.11.2026 11:00;;Ф-1",
        "5;плановое;;22.11.2026 11:00;;Ф-1",
    )
    assert list(told) == [3]
    assert "пересекается с отключением 1 в строке 2: то же место и время" in told[3]
