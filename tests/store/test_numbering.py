"""The numbering tables in the store: all or nothing, the same again changes nothing, and every process hears of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bench.numbering.tables import HEADER, write
from grid.imports import Outcome, take_turn
from grid.imports import numbering as imports
from grid.imports.numbering import import_numbering
from grid.numbering.models import NumberingTable, NumberOrigin, NumberRange
from grid.numbering.numbering import Numbering
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput

NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
KURSK = '910;2100000;2199999;100000;ПАО "Связь";Курская обл.;г. Курск|Курская область;7700000001'
TVER = '910;9300000;9399999;100000;ПАО "Связь";Тверская обл.;г. Тверь|Тверская область;7700000001'
FREE = "800;1000000;1009999;10000;ООО Т;Российская Федерация;Российская Федерация;7700000002"
TOMSK = "913;8000000;8099999;100000;ООО Т;Томская обл.;Томская область;7700000002"
BOTH = "913;9000000;9099999;100000;ООО Т;-;Курская область * Тверская область;7700000002"

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a table and returns its file."""

    def write(*lines: str, name: str = "DEF-9xx.csv") -> Path:
        file = tmp_path / name
        file.write_text("\r\n".join((HEADER, *lines, "")), encoding="utf-8-sig")
        return file

    return write


async def taken(
    db: Database, *files: Path, at: datetime = NOW, smaller: bool = False, dry_run: bool = False
) -> Outcome:
    return await import_numbering(db, files, at=at, actor="cli:anna", smaller=smaller, dry_run=dry_run)


async def stored(db: Database) -> list[tuple[int, int, str, str]]:
    query = select(NumberRange.first, NumberRange.last, NumberOrigin.operator, NumberOrigin.territory)
    async with db.read() as session:
        found = await session.execute(
            query.join(NumberOrigin, NumberOrigin.id == NumberRange.origin_id).order_by(NumberRange.first)
        )
        return [(*row,) for row in found]


async def tables(db: Database) -> Sequence[NumberingTable]:
    async with db.read() as session:
        return (await session.scalars(select(NumberingTable).order_by(NumberingTable.digit))).all()


async def test_tables_are_taken_and_taken_again(db: Database, written: Written) -> None:
    files = written(TVER, KURSK), written(FREE, name="ABC-8xx.csv")
    assert await taken(db, *files, dry_run=True) == Outcome(3, 0, 0, ("Это проверка: в базе ничего не изменено.",))
    assert await stored(db) == []
    assert await taken(db, *files) == Outcome(3, 0, 0)
    before = await stored(db)
    assert before == [
        (8001000000, 8001009999, "ООО Т", "Российская Федерация"),
        (9102100000, 9102199999, 'ПАО "Связь"', "г. Курск|Курская область"),
        (9109300000, 9109399999, 'ПАО "Связь"', "г. Тверь|Тверская область"),
    ]
    first = await tables(db)
    assert [(one.digit, one.ranges, one.numbers, one.imported_by) for one in first] == [
        ("8", 1, 10_000, "cli:anna"),
        ("9", 2, 200_000, "cli:anna"),
    ]
    later = NOW + timedelta(days=30)
    again = await taken(db, *files, at=later)
    assert again == Outcome(0, 0, 3)
    assert again.sentence.startswith("Изменений нет")
    assert await stored(db) == before
    # Handed in again, it is known to be up to date; processes have nothing to read anew.
    assert [(one.edition, one.imported_at) for one in await tables(db)] == [(one.edition, later) for one in first]


async def test_a_table_is_taken_in_place_of_the_one_before(db: Database, written: Written) -> None:
    await taken(db, written(KURSK, TVER, TOMSK), written(FREE, name="ABC-8xx.csv"))
    moved = TVER.replace('ПАО "Связь"', "АО Тверьтелеком")
    outcome = await taken(db, written(KURSK, moved, BOTH))
    assert outcome == Outcome(1, 1, 1, removed=1)
    assert outcome.sentence == "Добавлено: 1, изменено: 1, убрано: 1, без изменений: 1."
    assert [(first, operator) for first, _, operator, _ in await stored(db)] == [
        (8001000000, "ООО Т"),
        (9102100000, 'ПАО "Связь"'),
        (9109300000, "АО Тверьтелеком"),
        (9139000000, "ООО Т"),
    ]
    async with db.read() as session:  # nobody's words are kept once no range has them
        assert "Томская область" not in set(await session.scalars(select(NumberOrigin.territory)))
    only = await taken(db, written(KURSK, moved), smaller=True)
    assert (only, only.sentence) == (
        Outcome(0, 0, 2, removed=1),
        "Добавлено: 0, изменено: 0, убрано: 1, без изменений: 2.",
    )


async def test_one_bad_file_and_nothing_is_taken(db: Database, written: Written) -> None:
    await taken(db, written(KURSK))
    before = await stored(db), [one.edition for one in await tables(db)]
    page = written(name="ABC-8xx.csv")
    page.write_text("<html>Сервис временно недоступен</html>", encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        await taken(db, written(KURSK, TVER.replace(";100000;", ";99999;")), page, written(FREE, name="free.csv"))
    assert "DEF-9xx.csv: ошибок в строках: 1" in caught.value.message
    assert "строка 3: «Емкость» 99999" in caught.value.message
    assert "ABC-8xx.csv: это не таблица, а страница сайта" in caught.value.message
    with pytest.raises(InvalidInput, match=r"other.csv: коды на 9 есть уже в файле DEF-9xx.csv"):
        await taken(db, written(KURSK), written(TVER, name="other.csv"))
    assert (await stored(db), [one.edition for one in await tables(db)]) == before


async def test_a_table_that_lost_many_numbers_is_not_believed(db: Database, written: Written) -> None:
    await taken(db, written(KURSK, TVER))
    with pytest.raises(InvalidInput, match=r"файл пришёл не целиком.*--smaller"):
        await taken(db, written(KURSK))
    assert len(await stored(db)) == 2
    assert (await taken(db, written(KURSK), smaller=True)).removed == 1
    assert len(await stored(db)) == 1


async def test_an_import_gives_way_to_one_that_was_quicker(
    db: Database, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = written(KURSK), written(TVER, name="theirs.csv")

    async def overtaken(session: AsyncSession) -> None:
        """Between what we found out and what we write, somebody else has written."""
        await take_turn(session)
        session.add(
            NumberingTable(
                digit="9",
                edition="e" * 32,
                file=theirs.name,
                ranges=0,
                numbers=0,
                imported_at=NOW,
                imported_by="cli:igor",
            )
        )

    monkeypatch.setattr(imports, "take_turn", overtaken)
    with pytest.raises(Conflict, match="Повторите"):
        await taken(db, ours)
    monkeypatch.undo()
    assert await stored(db) == []
    assert (await taken(db, ours)).added == 1


async def test_a_process_learns_what_another_imported(db: Database, written: Written, companies: Companies) -> None:
    mrsk, skek = companies.by_id("mrsk-centra"), companies.by_id("skek")
    numbering = Numbering(db)
    await numbering.round()
    assert numbering.size == 0
    assert numbering.find("+79102100001") is None
    await taken(db, written(KURSK, TVER, TOMSK, BOTH), written(FREE, name="ABC-8xx.csv"))
    await numbering.round()
    assert numbering.size == 5
    origin = numbering.find("+79102100001")
    assert origin is not None
    assert (origin.operator, origin.region) == ('ПАО "Связь"', "Курская область")
    guessed = {
        "+79102100001": "kursk",
        "+79109399999": "tver",
        "+79138000001": None,  # a region that no branch serves
        "+79139000001": None,  # two branches serve it
        "+78001000001": None,  # the whole country
        "+79150000000": None,  # in no table
        "+7910210000": None,
        "+380441234567": None,
        "": None,
        None: None,
    }
    for number, branch in guessed.items():
        found = numbering.branch_of(mrsk, number)
        assert (found.id if found else None) == branch, number
    assert numbering.branch_of(skek, "+79102100001") is None
    known = numbering._ranges
    await numbering.round()
    assert numbering._ranges is known  # nothing is read while nothing has changed
    await taken(db, written(KURSK), smaller=True)
    await numbering.round()
    assert numbering.find("+79109300000") is None


async def test_more_ranges_than_a_page_are_read_whole(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grid.numbering.numbering.PAGE", 7)
    files = write(tmp_path, {"ABC-4xx": 300, "DEF-9xx": 200})
    assert (await taken(db, *files)).added == 500
    numbering = Numbering(db)
    await numbering.round()
    assert numbering.size == 500
    for digits in ("4000000000", "4999999999", "9000000000", "9551234567", "9999999999"):
        assert numbering.find(f"+7{digits}") is not None
    assert numbering.find("+73000000000") is None


async def test_what_was_known_stays_when_the_tables_cannot_be_read(db: Database, written: Written) -> None:
    await taken(db, written(KURSK))
    numbering = Numbering(db)
    await numbering.round()
    async with db.write() as session:
        connection = await session.connection()
        await connection.run_sync(NumberingTable.__table__.drop)  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="numbering_tables"):
        await numbering.round()
    assert numbering.find("+79102100001") is not None
