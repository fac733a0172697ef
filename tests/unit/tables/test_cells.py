"""Cells as spreadsheets and people fill them: moments, failed formulas, accounts, phones, words of a closed list."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from gridline.errors import InvalidInput
from gridline.numbers import accounts
from gridline.tables import cells
from gridline.tables.cells import When
from gridline.tables.tabular import BadCell, Problems, Row, rows

KEMEROVO = When(ZoneInfo("Asia/Novokuznetsk"))


def read(file: Path) -> tuple[list[Row], list[tuple[int, str]]]:
    problems = Problems()
    return list(rows(file, required=("счёт", "начало"), optional=("телефоны",), problems=problems)), problems.found


def sheet(folder: Path, *lines: list[Any]) -> Path:
    book = openpyxl.Workbook()
    active = book.active
    assert active is not None
    for line in (["Счёт", "Начало", "Телефоны"], *lines):
        active.append(line)
    book.save(folder / "book.xlsx")
    return folder / "book.xlsx"


@pytest.mark.parametrize(
    ("written", "local"),
    [
        ("23.11.2026 00:00", datetime(2026, 11, 23)),  # noqa: DTZ001 - in the company's zone
        ("23.11.2026", datetime(2026, 11, 23)),  # noqa: DTZ001
        ("2026-11-23", datetime(2026, 11, 23)),  # noqa: DTZ001
        ("22.11.2026 24:00", datetime(2026, 11, 23)),  # noqa: DTZ001
        ("31.12.2026 24:00:00", datetime(2027, 1, 1)),  # noqa: DTZ001
        ("22.11.2026 9:05", datetime(2026, 11, 22, 9, 5)),  # noqa: DTZ001
        ("22.11.2026 9.05", datetime(2026, 11, 22, 9, 5)),  # noqa: DTZ001
        ("22.11.2026 г. в 09-05", datetime(2026, 11, 22, 9, 5)),  # noqa: DTZ001
        ("22.11.2026, 09:05", datetime(2026, 11, 22, 9, 5)),  # noqa: DTZ001
        ("22.11.26 09:05", datetime(2026, 11, 22, 9, 5)),  # noqa: DTZ001
        ("2026-11-22T09:05:30", datetime(2026, 11, 22, 9, 5, 30)),  # noqa: DTZ001
    ],
)
def test_ways_of_writing_a_moment(written: str, local: datetime) -> None:
    assert cells.moment({"начало": written}, "начало", KEMEROVO) == local.replace(tzinfo=KEMEROVO.zone)


@pytest.mark.parametrize(
    "written",
    [
        *("24:00", "22.11.2026 24:01", "22.11.2026 25:00", "31.02.2026", "22.11.0026 10:00", "22.11.9999", "46349"),
        *("22.11.2026 10:60", "завтра", "22/11", "22.11.2026 10", "٢٢.١١.٢٠٢٦", "22.13.2026 24:00"),
    ],
)
def test_what_is_no_moment(written: str) -> None:
    with pytest.raises(BadCell, match="нет такой даты и времени"):
        cells.moment({"начало": written}, "начало", KEMEROVO)


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        (datetime(2026, 11, 23), datetime(2026, 11, 22, 17, tzinfo=UTC)),  # noqa: DTZ001 - a cell has no zone
        (date(2026, 11, 23), datetime(2026, 11, 22, 17, tzinfo=UTC)),
        (datetime(2026, 11, 23, 14), datetime(2026, 11, 23, 7, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(2026, 11, 23, 13, 59, 59, 999_000), datetime(2026, 11, 23, 7, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(2026, 11, 23, 14, 0, 30), datetime(2026, 11, 23, 7, 0, 30, tzinfo=UTC)),  # noqa: DTZ001
        ("22.11.2026 24:00", datetime(2026, 11, 22, 17, tzinfo=UTC)),
    ],
)
def test_a_moment_of_a_spreadsheet(tmp_path: Path, cell: object, utc: datetime) -> None:
    ((row,), wrong) = read(sheet(tmp_path, ["1", cell]))
    assert wrong == []
    assert cells.moment(row.cells, "начало", KEMEROVO) == utc


def test_a_day_takes_a_midnight_and_no_other_time() -> None:
    for written in ("23.11.2026", "2026-11-23 00:00", "23.11.2026 0:00:00"):
        assert cells.day({"срок": written}, "срок", KEMEROVO) == date(2026, 11, 23)
    for written in ("23.11.2026 14:00", "23.11.1980"):
        with pytest.raises(BadCell, match="нет такой даты"):
            cells.day({"срок": written}, "срок", KEMEROVO)
    assert cells.day({"срок": "23.11.1980"}, "срок", KEMEROVO, years=cells.BIRTH_YEARS) == date(1980, 11, 23)


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"])
def test_a_failed_formula_is_an_error_of_its_row(tmp_path: Path, error: str) -> None:
    file = sheet(tmp_path, ["1", "23.11.2026", "89132345678"], ["2", "23.11.2026", error])
    found, wrong = read(file)
    assert [row.number for row in found] == [2]
    assert wrong == [(3, f"в ячейке ошибка {error}: исправьте формулу или сотрите её, если значения нет")]


@pytest.mark.parametrize(
    "error", ["#Н/Д", "#ССЫЛКА!", "#ЗНАЧ!", "#ИМЯ?", "#ДЕЛ/0!", "#N/A", "Err:502", "Ошибка:508", "####"]
)
def test_a_failed_formula_in_csv(tmp_path: Path, error: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text(f"счёт;начало;телефоны\n1;23.11.2026;{error}\n", encoding="utf-8")
    found, ((number, told),) = read(file)
    assert (found, number) == ([], 2)
    assert f"в ячейке ошибка {error}" in told


@pytest.mark.parametrize("written", ["0012345678", "0012-345678", "0012 345 678", "0012\u2013345678", " 0012345678"])
def test_ways_of_writing_an_account(written: str) -> None:
    assert cells.account({"счёт": written.strip()}, "счёт") == "0012345678"
    assert cells.listed_accounts({"счёт": f"{written}; 7,{written}"}, "счёт", at_most=3) == ["0012345678", "7"]


def test_an_account_has_one_limit() -> None:
    longest = "1" * accounts.MOST_DIGITS
    assert cells.account({"счёт": longest}, "счёт") == accounts.read(longest) == longest
    for wrong in (longest + "1", "12x", "٤٢", "-"):
        with pytest.raises(InvalidInput):
            accounts.read(wrong)
        with pytest.raises(BadCell, match="«счёт»"):
            cells.account({"счёт": wrong}, "счёт")


def test_phones_say_what_is_wrong_with_them() -> None:
    row = {"телефоны": "т. (3842) 45-67-89 / 36-10-01"}
    assert cells.phones(row, "телефоны") == ["+73842456789", "+73842361001"]
    assert cells.phones({"телефоны": ""}, "телефоны") == []
    with pytest.raises(BadCell, match="«телефоны»: «45-67-89» — нет кода города"):
        cells.phones({"телефоны": "45-67-89"}, "телефоны")


@pytest.mark.parametrize("written", ["идёт", "идет", "ИДЁТ", "Идет", " идёт "])
def test_a_word_of_a_list_with_or_without_its_dots(written: str) -> None:
    assert cells.choice({"статус": written}, "статус", {"идёт": 1, "кончилось": 2}) == 1


def test_a_time_of_day_is_no_moment(tmp_path: Path) -> None:
    ((row,), wrong) = read(sheet(tmp_path, ["1", time(10, 0)]))
    assert wrong == []
    with pytest.raises(BadCell, match="нет такой даты и времени"):
        cells.moment(row.cells, "начало", KEMEROVO)
