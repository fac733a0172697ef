"""Appeals imported from a table: all or nothing, every wrong row named, the same file twice registers nothing new."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import func, select

from appeals.intake.imports import import_appeals
from appeals.intake.intake import ClaimDetails, accept
from appeals.models import Appeal, Content
from appeals.proof.verify import verify
from appeals.register import Register
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import InvalidInput

Table = list[dict[str, str]]
ROW = {
    "канал": "почта",
    "вид": "жалоба",
    "тема": "Качество обслуживания",
    "текст": "Ждал час.",
    "имя": "Петров",
    "адрес": "г. Кемерово, а/я 5",
    "получено": "01.12.2026 10:00",
    "заявитель": "Физическое лицо",
}
CLAIM = {
    "канал": "web_form",
    "вид": "claim",
    "тема": "quality",
    "текст": "Скачки.",
    "имя": "Иванова",
    "телефон": "89131234567",
    "способ ответа": "phone",
    "договор": "12-34",
    "заявитель": "person",
    "нарушение с": "20.11.2026 18:00",
    "место": "ул. Ленина, д. 5",
    "требование": "Исправить",
    "место жительства": "Кемерово",
    "дата рождения": "29.02.1980",
    "место рождения": "Кемерово",
    "документ": "паспорт",
}


def written(file: Path, table: Table) -> Path:
    """The table as CSV or XLSX, by the file's name."""
    columns = list(dict.fromkeys(column for row in table for column in row))
    lines = [columns, *([row.get(column, "") for column in columns] for row in table)]
    if file.suffix == ".csv":
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream, delimiter=";").writerows(lines)
    else:
        with xlsxwriter.Workbook(str(file), {"strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line)
    return file


async def stored(db: Database) -> int:
    async with db.read() as session:
        assert not (await verify(session)).faults
        return (await session.execute(select(func.count()).select_from(Appeal))).scalar_one()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_every_row_is_registered_once(
    db: Database, register: Register, clock: SetClock, companies: Companies, tmp_path: Path, kind: str
) -> None:
    rows = [ROW, ROW, CLAIM, ROW | {"номер в источнике": "ВХ-7", "текст": "Мигает 💡, и всё."}]
    file = written(tmp_path / f"appeals.{kind}", rows)
    first = await import_appeals(register, clock, companies, file, company_id="skek", actor="cli:me")
    assert first.sentence == "Зарегистрировано: 4, было зарегистрировано раньше: 0."
    again = await import_appeals(register, clock, companies, file, company_id="skek", actor="cli:me")
    assert again.sentence == "Зарегистрировано: 0, было зарегистрировано раньше: 4."
    assert [one.number for one in again.appeals] == [one.number for one in first.appeals]
    assert await stored(db) == 4
    async with db.read() as session:
        claim = (await session.execute(select(Appeal).where(Appeal.kind == "claim"))).scalar_one()
        details = await session.get(Content, claim.id)
        texts = set((await session.execute(select(Content.text))).scalars())
    assert details is not None
    assert ClaimDetails.model_validate_json(details.details or "").violated_from.hour == 11
    assert texts == {"Ждал час.", "Скачки.", "Мигает 💡, и всё."}


async def test_a_broken_off_import_is_ended_by_running_it_again(
    db: Database, register: Register, clock: SetClock, companies: Companies, tmp_path: Path
) -> None:
    half = written(tmp_path / "half.csv", [ROW] * 70)
    await import_appeals(register, clock, companies, half, company_id="skek", actor="cli:me")
    whole = written(tmp_path / "whole.csv", [ROW] * 100)
    done = await import_appeals(register, clock, companies, whole, company_id="skek", actor="cli:me")
    assert sum(one.existed for one in done.appeals) == 70
    assert await stored(db) == 100


async def test_every_wrong_row_is_named_and_nothing_is_registered(
    db: Database, register: Register, clock: SetClock, companies: Companies, tmp_path: Path
) -> None:
    rows = [
        ROW,
        ROW | {"канал": "голубь"},
        ROW | {"адрес": ""},
        ROW | {"получено": "31.11.2026 10:00"},
        ROW | {"получено": "01.12.2027 10:00"},
        CLAIM | {"документ": ""},
        ROW | {"компания": "nobody"},
        ROW | {"код": "Отклонение напряжения", "вид": "обращение"},
        ROW | {"номер в источнике": "1"},
        ROW | {"номер в источнике": "1"},
        ROW | {"текст": ""},
        ROW | {"текст": "=HYPERLINK(1)"},
    ]
    file = written(tmp_path / "wrong.csv", rows)
    with pytest.raises(InvalidInput) as refused:
        await import_appeals(register, clock, companies, file, company_id="skek", actor="cli:me")
    told = refused.value.message
    lines = {line.split(":")[0].strip(): line for line in told.splitlines()[1:]}
    assert set(lines) == {f"строка {number}" for number in (3, 4, 5, 6, 7, 8, 9, 11, 12, 13)}
    for number, reason in (
        (3, "голубь"),
        (4, "контактных"),
        (5, "нет такой даты"),
        (6, "не наступило"),
        (7, "identity_document"),
        (8, "nobody"),
        (9, "не применяется"),
        (11, "уже был"),
        (12, "Нет содержания"),
        (13, "формула"),
    ):
        assert reason in lines[f"строка {number}"]
    assert await stored(db) == 0


def test_the_sample_rows_are_what_the_api_takes_too() -> None:
    given = {
        "company_id": "skek",
        "channel": "post",
        "kind": "complaint",
        "topic": "service",
        "text": "Ждал час.",
        "post_address": ROW["адрес"],
    }
    assert accept(given).way == "post"
