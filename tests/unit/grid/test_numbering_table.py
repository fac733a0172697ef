"""The official numbering tables: what is taken, and each way a file can be wrong, with its line and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.numbering.tables import HEADER, write
from grid.numbering.ranges import Origin, Ranges, region_of
from grid.numbering.table import TableRow, read
from gridline.errors import InvalidInput
from gridline.numbers import regions

GOOD = '910;2200000;2299999;100000;ПАО "Связь";Белгородская обл.;г. Белгород|Белгородская область;7700000001'

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a table as the site gives it, and returns the file."""

    def write(*lines: str, header: str = HEADER, encoding: str = "utf-8-sig") -> Path:
        file = tmp_path / "DEF-9xx.csv"
        file.write_bytes("\r\n".join((header, *lines, "")).encode(encoding))
        return file

    return write


def refused(file: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(file)
    return caught.value.message


def test_a_table_is_read_as_the_site_gives_it(written: Written) -> None:
    later = '999;0000000;9999999;10000000;ООО "Т-2";-;Российская Федерация;7700000002'
    table = read(written(later, GOOD))
    assert (table.digit, table.numbers) == ("9", 10_100_000)
    assert table.rows == (
        TableRow(9102200000, 9102299999, 'ПАО "Связь"', "Белгородская обл.", "г. Белгород|Белгородская область"),
        TableRow(9990000000, 9999999999, 'ООО "Т-2"', "-", "Российская Федерация"),
    )


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        HEADER.replace("АВС", "ABC"),  # Latin
        HEADER.replace("АВС/ DEF", "АBС/DЕF"),  # both, as nobody sees
        HEADER.upper(),
        f"{HEADER};Антифрод",
        HEADER.replace("Территория ГАР;", ""),
    ],
)
def test_headers_that_look_alike_are_one(written: Written, header: str) -> None:
    line = GOOD if "ТЕРР" in header.upper() else GOOD.replace("г. Белгород|Белгородская область;", "")
    (row,) = read(written(line + (";да" if header.endswith("Антифрод") else ""), header=header)).rows
    assert (row.first, row.region) == (9102200000, "Белгородская обл.")
    assert bool(row.territory) is ("ТЕРР" in header.upper())


@pytest.mark.parametrize(
    ("operator", "read_as"),
    [
        ('"Связь" ООО', '"Связь" ООО'),  # the site quotes nothing
        ('"ООО ""Связь"""', 'ООО "Связь"'),  # a spreadsheet has saved it
        ("ООО  Связь ", "ООО Связь"),
    ],
)
def test_quotes_of_the_site_and_of_a_spreadsheet(written: Written, operator: str, read_as: str) -> None:
    assert read(written(GOOD.replace('ПАО "Связь"', operator))).rows[0].operator == read_as


def test_zeros_that_a_spreadsheet_took_are_no_loss(written: Written) -> None:
    (row,) = read(written("900;0;61999;62000;ООО;Тверская обл.;Тверская область;", encoding="cp1251")).rows
    assert (row.first, row.last) == (9000000000, 9000061999)


def test_each_way_a_row_can_be_wrong(written: Written) -> None:
    wrong = {
        "91;0000000;0000099;100;О;Р;Т;1": "«91» — нужны три цифры, первая — 3, 4, 8 или 9",
        "511;0000000;0000099;100;О;Р;Т;1": "первая — 3, 4, 8 или 9",
        "911;0000000;0000099;100;О;Р;Т": "ячеек 7, а столбцов 8: строка пришла не целиком",
        "911;0000000;0000099;100;О;Р;Т;1;2": "ячеек 9",
        "911;00000x0;0000099;100;О;Р;Т;1": "«От»: «00000x0» — нужны цифры",
        "911;0000000;;100;О;Р;Т;1": "«До»: «» — нужны цифры",
        "911;0000099;0000000;100;О;Р;Т;1": "меньше «От»",
        "911;9999900;10000000;101;О;Р;Т;1": "не больше семи цифр",
        "911;0000000;0000099;99;О;Р;Т;1": "«Емкость» 99, а от 0000000 до 0000099 номеров 100: скачайте файл заново",
        "911;0000000;0000099;100;;Р;Т;1": "«Оператор» не заполнено",
        f"911;0000000;0000099;100;{'О' * 301};Р;Т;1": "«Оператор» длиннее 300",
        "911;0000000;0000099;100;О\x00О;Р;Т;1": "управляющий символ",
        "495;0000000;0000099;100;О;Р;Т;1": "код 495 в таблице кодов на 9: разделите файл",
        "910;2299999;2300000;2;О;Р;Т;1": "номера с 910 2299999 есть уже в строке 2",
    }
    told = refused(written(GOOD, *wrong))
    assert told.splitlines()[0] == f"DEF-9xx.csv: ошибок в строках: {len(wrong)}. Ничего не загружено."
    for line, (number, reason) in zip(told.splitlines()[1:], enumerate(wrong.values(), start=3), strict=True):
        assert line.startswith(f"  строка {number}: ")
        assert reason in line


def test_what_is_no_table_is_refused(written: Written, tmp_path: Path) -> None:
    assert "страница сайта с ошибкой. Скачайте файл заново" in refused(written(header="<!DOCTYPE html><html>"))
    assert "нет столбцов «АВС/ DEF», «Емкость»" in refused(written(GOOD, header="Код;От;До;Оператор;Регион"))
    assert "ни одной строки" in refused(written())
    assert "нет столбцов" in refused(written(header=""))
    assert "книга Excel или архив" in refused(written(header="PK\x03\x04", encoding="latin-1"))
    assert "UTF-16" in refused(written(GOOD, encoding="utf-16"))
    assert "не читается" in refused(tmp_path / "none.csv")


def test_a_row_that_broke_off_is_found(written: Written) -> None:
    file = written(GOOD, GOOD.replace("910", "911"))
    file.write_bytes(file.read_bytes()[:-40])
    assert "строка 3: ячеек 7, а столбцов 8: строка пришла не целиком" in refused(file)


def test_the_generator_makes_tables_that_are_taken(tmp_path: Path) -> None:
    files = write(tmp_path, {"ABC-4xx": 500, "DEF-9xx": 300})
    assert [len(read(file).rows) for file in files] == [500, 300]


@pytest.mark.parametrize(
    ("region", "territory", "found"),
    [
        ("Курская обл.", "г. Курск|Курская область", "Курская область"),
        ("-", "с. Ивановка|м.р-н Курский|Курская область", "Курская область"),
        ("г. Москва", "Город Москва", "Москва"),
        ("г. Курск|Курская обл.", "", "Курская обл."),
        ("Российская Федерация", "-", "Российская Федерация"),
        ("-", "", ""),
    ],
)
def test_the_region_of_a_row(region: str, territory: str, found: str) -> None:
    assert region_of(region, territory) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Белгородская обл.", "Белгородская область"),
        ("Карелия Респ.", "Республика Карелия"),
        ("Город Москва", "г. Москва"),
        ("Ханты - Мансийский АО", "Ханты-Мансийский автономный округ"),
        ("КЕМЕРОВСКАЯ область", "Кемеровская обл"),
    ],
)
def test_regions_are_compared_however_they_are_written(one: str, other: str) -> None:
    assert regions.key(one) == regions.key(other) != ""


def test_regions_that_differ_are_not_one() -> None:
    names = ("Курская область", "Курганская область", "Москва", "Московская область", "Республика Алтай", "")
    assert len({regions.key(name) for name in names}) == len(names)
    assert regions.key("Алтайский край") != regions.key("Республика Алтай")


def test_a_number_is_found_in_its_range_alone() -> None:
    tver, kursk = Origin("А", "Тверская область"), Origin("Б", "Курская область")
    ranges = Ranges({1: tver, 2: kursk})
    for first, last, origin in ((9000000000, 9000061999, 1), (9000062000, 9000062999, 2), (9990000000, 9999999999, 1)):
        ranges.add(first, last, origin)
    assert [ranges.find(one) for one in ("+79000000000", "+79000061999", "+79000062000", "+79000062999")] == [
        *(tver, tver, kursk, kursk)
    ]
    assert ranges.find("+79999999999") == tver
    for nobody in (
        None,
        "",
        "+78999999999",
        "+79000063000",
        "+7900000000",
        "+790000000000",
        "+380900000000",
        "9000000000",
    ):
        assert ranges.find(nobody) is None


@pytest.mark.parametrize(
    ("region", "keys"),
    [
        ("Курская область", {"Курская область"}),
        ("Москва * Московская область", {"Москва", "Московская область"}),
        ("Российская Федерация", set()),
        ("", set()),
    ],
)
def test_the_regions_of_an_origin(region: str, keys: set[str]) -> None:
    assert Origin("А", region).region_keys == {regions.key(key) for key in keys}
