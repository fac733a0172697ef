"""Workbooks that are broken, huge or hostile: refused with words, and little memory is taken."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from gridline.errors import InvalidInput
from gridline.tables import workbook
from gridline.tables.tabular import Problems, rows

SHEET = "xl/worksheets/sheet1.xml"
MIB = 2**20


def book(folder: Path, **cells: str) -> Path:
    """A workbook with these cells and a header `счёт`, `имя`."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for place, value in ({"A1": "счёт", "B1": "имя"} | cells).items():
        sheet[place] = value
    made.save(folder / "book.xlsx")
    return folder / "book.xlsx"


def rewritten(file: Path, part: str, content: bytes, *, claimed: int | None = None) -> Path:
    """The workbook with one part exchanged; `claimed` is the size that its directory then lies about."""
    made = file.with_name("rewritten.xlsx")
    with zipfile.ZipFile(file) as was, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for info in was.infolist():
            archive.writestr(info.filename, content if info.filename == part else was.read(info.filename))
        if claimed is not None:
            archive.getinfo(part).file_size = claimed
    return made


def refused(file: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        list(rows(file, required=("счёт", "имя"), optional=(), problems=Problems()))
    assert caught.value.message.startswith(file.name)
    return caught.value.message


def sheet_of(row: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData>{row}</sheetData></worksheet>'.encode()


def test_a_cell_in_the_last_corner_of_a_sheet_takes_no_memory(tmp_path: Path) -> None:
    """In a process of its own, whose memory is counted."""
    file = book(tmp_path, A2="1", B2="а", XFD1048576="x")
    alone = rewritten(file, SHEET, sheet_of('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))
    for given, told in ((file, "ячеек больше, чем столбцов"), (alone, "шире 256 столбцов")):
        script = (
            "import sys; from pathlib import Path; from gridline.tables.tabular import *\n"
            "problems = Problems()\n"
            "try:\n"
            "    print(len(list(rows(Path(sys.argv[1]), required=('счёт', 'имя'), optional=(), problems=problems))))\n"
            "except InvalidInput as error: print(error.message)\n"
            "peak = Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]\n"
            "print(problems.found, peak)"
        )
        ran = subprocess.run([sys.executable, "-c", script, given], capture_output=True, text=True, check=True)
        assert told in ran.stdout
        assert int(ran.stdout.split()[-1]) < 200 * 1024  # KiB


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("<row>" + "<c/>" * (workbook.MOST_ROW // 4) + "</row>", "строка листа длиннее 4 МБ"),
        (f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * workbook.MOST_ROW}</t></is></c></row>', "длиннее 4 МБ"),
        ('<row r="1000000000000"><c><v>1</v></c></row>', "строк больше, чем бывает"),
        ('<row r="1"><c r="ABCDE1"><v>1</v></c></row>', "не читается"),
        ('<row r="1"><c r="A1" t="s"><v>999999</v></c></row>', "не читается"),
        ('<row r="1"><c r="A1"><v>1</v></row>', "не читается"),
    ],
)
def test_sheets_that_no_spreadsheet_writes(tmp_path: Path, row: str, told: str) -> None:
    assert told in refused(rewritten(book(tmp_path), SHEET, sheet_of(row)))


def test_a_bomb_of_entities(tmp_path: Path) -> None:
    entities = '<!ENTITY a "x">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 20}">' for before, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    text = sheet_of('<row r="1"><c r="A1" t="inlineStr"><is><t>&h;</t></is></c></row>').decode()
    bomb = text.replace("<worksheet", f"<!DOCTYPE worksheet [{entities}]><worksheet").encode()
    assert "не читается" in refused(rewritten(book(tmp_path), SHEET, bomb))


@pytest.mark.parametrize(
    ("part", "size", "told"),
    [
        (SHEET, workbook.MOST_SHEETS, "распаковки"),
        ("xl/sharedStrings.xml", workbook.MOST_STRINGS, "распаковки"),
        ("xl/styles.xml", workbook.MOST_OTHER, "оформление"),
        ("xl/workbook.xml", workbook.MOST_OTHER, "оформление"),
    ],
)
def test_parts_that_unpack_to_too_much(tmp_path: Path, part: str, size: int, told: str) -> None:
    file = book(tmp_path)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(file) as was, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for info in was.infolist():
            if info.filename != part:
                archive.writestr(info.filename, was.read(info.filename))
        with archive.open(part, "w", force_zip64=True) as stream:
            for _ in range(size // (16 * MIB) + 1):
                stream.write(bytes(16 * MIB))
    assert told in refused(bomb)


def test_a_part_larger_than_its_directory_says(tmp_path: Path) -> None:
    """No more than what was said is unpacked, and then its checksum is wrong."""
    content = sheet_of('<row r="1"><c r="A1"><v>1</v></c></row>' * 200_000)
    assert "не читается" in refused(rewritten(book(tmp_path), SHEET, content, claimed=1000))


@pytest.mark.parametrize("name", ["[Content_Types].xml", "xl/workbook.xml", SHEET])
def test_a_workbook_without_one_of_its_parts(tmp_path: Path, name: str) -> None:
    torn = tmp_path / "torn.xlsx"
    with zipfile.ZipFile(book(tmp_path)) as was, zipfile.ZipFile(torn, "w") as archive:
        for info in was.infolist():
            if info.filename != name:
                archive.writestr(info.filename, was.read(info.filename))
    assert "не читается" in refused(torn)


def test_a_dimension_that_lies_hides_no_row(tmp_path: Path) -> None:
    file = book(tmp_path, A2="1", B2="а", A3="2", B3="б")
    with zipfile.ZipFile(file) as archive:
        sheet = archive.read(SHEET)
    assert b'ref="A1:B3"' in sheet
    lying = rewritten(file, SHEET, sheet.replace(b'ref="A1:B3"', b'ref="A1"'))
    assert len(list(rows(lying, required=("счёт", "имя"), optional=(), problems=Problems()))) == 2
