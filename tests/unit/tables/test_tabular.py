"""Handed-in tables: every ordinary way of saving one is read, every wrong one is named by row and reason."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gridline.errors import InvalidInput
from gridline.tables import tabular
from gridline.tables.tabular import MOST_BYTES, SHOWN, Problems, Row, rows

REQUIRED, OPTIONAL = ("счёт", "имя"), ("дата", "улица")


def read(file: Path) -> tuple[list[Row], list[tuple[int, str]]]:
    problems = Problems()
    return list(rows(file, required=REQUIRED, optional=OPTIONAL, problems=problems)), problems.found


def table(folder: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    file = folder / "table.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return file


def refused(file: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(file)
    assert caught.value.message.startswith(file.name)
    return caught.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_ways_of_saving_a_csv(tmp_path: Path, encoding: str, delimiter: str, newline: str) -> None:
    lines = [["Счёт", " ИМЯ ", "улица"], ["0012", '"Ёж; и ""Ко"", ООО"', "Мира"], ["", "", ""], ["13", "Б", " "]]
    file = table(tmp_path, newline.join(delimiter.join(line) for line in lines) + newline, encoding)
    assert read(file) == (
        [
            Row(2, {"счёт": "0012", "имя": 'Ёж; и "Ко", ООО', "дата": "", "улица": "Мира"}),
            Row(4, {"счёт": "13", "имя": "Б", "дата": "", "улица": ""}),
        ],
        [],
    )


@pytest.mark.parametrize(
    ("content", "number"),
    [
        ("\n\nСчёт;имя\n1;а\n", 4),
        ("\r\n\r\nсчёт,имя\r\n1,а\r\n", 4),
        (";;;\n;;;\nсчёт;имя;;\n1;а;;\n", 4),
        (" \t\nсчёт\tимя\n1\tа\n", 3),
        ("sep=;\nсчёт;имя\n1;а\n", 2),
        ("sep=,\r\nсчёт,имя\r\n1,а\r\n", 2),
        ('"sep=|"\nсчёт|имя\n1|а\n', 2),
        ("SEP=\t\n\nсчет\tИмя\n1\tа\n", 3),
        ("\n\nсчет;имя;улица\n1;а;\n", 4),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_what_stands_above_a_header(tmp_path: Path, content: str, number: int, encoding: str) -> None:
    found, wrong = read(table(tmp_path, content, encoding))
    assert wrong == []
    assert found == [Row(number, {"счёт": "1", "имя": "а", "дата": "", "улица": ""})]


@pytest.mark.parametrize(
    "name", ["лицевой счёт", "лицевой счет", "Лицевой Счет", "лицевой  счёт", " ЛИЦЕВОЙ\u00a0СЧЁТ "]
)
@pytest.mark.parametrize("wanted", ["лицевой счёт", "лицевой счет"])
def test_a_column_with_or_without_its_dots(tmp_path: Path, name: str, wanted: str) -> None:
    problems = Problems()
    found = list(rows(table(tmp_path, f"{name};имя\n1;а\n"), required=(wanted, "имя"), optional=(), problems=problems))
    assert [row.cells[wanted] for row in found] == ["1"]


def test_a_spreadsheet_gives_the_same_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    lines: list[list[Any]] = [
        ["Имя", "Счёт", "Дата", "Улица"],
        ["А", 120034000012, datetime(2026, 1, 2, 3, 4), "Мира\nи Труда"],  # noqa: DTZ001 - a cell has no zone
        [None, None, None, None],
        ["Б", "007", date(2026, 1, 2), 5.5],
        ["В", 1234567890123456789, None, None],
    ]
    for line in lines:
        sheet.append(line)
    book.save(tmp_path / "book.xlsx")
    found, wrong = read(tmp_path / "book.xlsx")
    assert found == [
        Row(2, {"счёт": "120034000012", "имя": "А", "дата": "2026-01-02 03:04", "улица": "Мира и Труда"}),
        Row(4, {"счёт": "007", "имя": "Б", "дата": "2026-01-02", "улица": "5.5"}),
    ]
    assert wrong == [(5, "число длиннее 15 знаков: Excel его округлил, задайте столбцу текстовый формат")]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        *((cell, "управляющий") for cell in ("a\x00b", "\x1b[31m", "a\u202eb")),
        *((cell, "формула") for cell in ("=HYPERLINK(1)", "@SUM(1)", "+cmd|x", "-A1")),
    ],
)
def test_cells_that_must_not_get_in(tmp_path: Path, cell: str, reason: str) -> None:
    found, wrong = read(table(tmp_path, f"счёт;имя\n1;хорошо\n2;{cell}\n3;тоже\n"))
    assert [row.number for row in found] == [2, 4]
    ((number, told),) = wrong
    assert number == 3
    assert reason in told


@pytest.mark.parametrize("cell", ["+7 913 120-34-01", "-2h", "+3h", "-", "+ (913)", "—", "a\u00adb"])
def test_cells_that_only_look_like_formulas(tmp_path: Path, cell: str) -> None:
    assert read(table(tmp_path, f"счёт;имя\n1;{cell}\n"))[1] == []


def test_a_row_longer_than_its_header(tmp_path: Path) -> None:
    assert read(table(tmp_path, "счёт;имя\n1;а;;\n2;а;лишнее\n3\n"))[1] == [
        (3, "ячеек больше, чем столбцов (лишний разделитель?)")
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "нет столбцов: «счёт», «имя»"),
        ("\n\n", "нет столбцов"),
        ("sep=;\n", "нет столбцов"),
        ("\n\nсчёт;имя\n1;а\n".encode() + b"2;\xff\xfe\n", "строка файла 5: это не UTF-8"),
        ("счёт;имя" + ";x" * 300, "шире 256 столбцов"),
        ("счёт;адрес\n1;2\n", "нет столбцов: «имя»; незнакомые столбцы: «адрес»"),
        ("счёт;имя;имя\n1;2;3\n", "столбцы повторяются: «имя»"),
        ('счёт;имя\n1;"не закрыто\n2;б\n', "кавычки"),
        (b"\xff\xfe" + "счёт;имя\n".encode("utf-16-le"), "UTF-16"),
        ("счёт;имя\n1;а\n".encode() + b"2;\xff\xfe\n", "строка файла 3: это не UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "старый формат Excel"),
        (b"PK\x03\x04 not a zip at all", "книга Excel не читается"),
        (bytes(range(256)), "это не UTF-8"),
    ],
)
def test_files_that_are_no_such_table(tmp_path: Path, content: str | bytes, told: str) -> None:
    assert told in refused(table(tmp_path, content))


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="не читается"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(InvalidInput, match="не читается"):
        read(tmp_path)
    large = tmp_path / "large.csv"
    with large.open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    assert "МБ" in refused(large)


def test_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular, "MOST_ROWS", 10)
    assert len(read(table(tmp_path, "счёт;имя\n" + "1;2\n" * 10))[0]) == 10
    assert "больше 10 строк" in refused(table(tmp_path, "счёт;имя\n" + "1;2\n" * 11))


def test_many_wrong_rows_are_told_in_order_and_cut(tmp_path: Path) -> None:
    problems = Problems()
    problems.check(tmp_path / "t.csv")
    for number in range(200, 2, -1):
        problems.add(number, "плохо")
    with pytest.raises(InvalidInput) as caught:
        problems.check(tmp_path / "t.csv")
    lines = caught.value.message.splitlines()
    assert lines[0] == "t.csv: ошибок в строках: 198. Ничего не загружено."
    assert lines[1] == "  строка 3: плохо"
    assert len(lines) == SHOWN + 2
    assert lines[-1] == f"  ... и ещё {198 - SHOWN}"


@pytest.mark.parametrize("above", ["", "Список абонентов;;\n", "Список\n\nза год;;\n", "\n;Список;\n"])
def test_a_title_may_stand_above_the_header(tmp_path: Path, above: str) -> None:
    found, wrong = read(table(tmp_path, f"{above}счёт;имя;\n1;а;\n"))
    assert (found[0].cells["счёт"], wrong) == ("1", [])


def test_a_table_without_a_header_is_told_by_its_first_line(tmp_path: Path) -> None:
    for text in ("Список\nещё\n", "Список\n1;2\nсчёт;имя\n"):
        with pytest.raises(InvalidInput, match="незнакомые столбцы: «список»"):
            read(table(tmp_path, text))


def test_a_value_in_a_column_without_a_name(tmp_path: Path) -> None:
    found, wrong = read(table(tmp_path, "счёт;;имя\n1;;а\n2;б;в\n"))
    assert [row.number for row in found] == [2]
    assert wrong == [(3, "в столбце без названия есть значение")]


def test_a_column_by_another_name_and_cells_that_keep_their_lines(tmp_path: Path) -> None:
    file = table(tmp_path, '№ счёта;имя\n1;" а \n- б\n\n=в "\n2;"=а\nб"\n')
    problems = Problems()
    told = {"required": ("счёт", "имя"), "optional": (), "ways": {"№ счета": "счёт"}, "with_lines": ("имя",)}
    found = list(rows(file, problems=problems, **told))  # type: ignore[arg-type]
    assert [row.cells for row in found] == [{"счёт": "1", "имя": "а\n- б\n\n=в"}]
    assert [reason for _, reason in problems.found] == ["ячейка начинается как формула: «=а»"]
