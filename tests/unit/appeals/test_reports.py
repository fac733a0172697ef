"""Facts folded from events, and files of rows that no spreadsheet can be tricked by."""

from __future__ import annotations

import csv
import json
import multiprocessing
from datetime import date, time
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeals.reports.apart import RowsApart
from appeals.reports.facts import EventRow, fold
from appeals.reports.form49 import COLUMNS, GROUPS, REPLY_COLUMN
from appeals.reports.rows import LONGEST_CELL, open_rows
from appeals.reports.tally import change_percent, share_percent
from appeals.taxonomy import shipped
from gridline.errors import InvalidInput, Unavailable

NASTY = ["=1+1", "+7 913", "-5", "@SUM(A1)", "\t=1", "http://x.ru", "Напряжение 🙂", "01.02", "", 'a;b\n"c"']


def test_every_text_comes_back_as_a_text(tmp_path: Path) -> None:
    with open_rows(tmp_path / "f.xlsx", sheet="x") as rows:
        rows.row(NASTY)
    sheet = openpyxl.load_workbook(tmp_path / "f.xlsx").active
    assert sheet is not None
    for cell, text in zip(sheet[1], NASTY, strict=True):
        assert cell.value == text
        assert cell.data_type != "f"
        assert cell.hyperlink is None
    with open_rows(tmp_path / "f.csv", sheet="x") as rows:
        rows.row(NASTY)
    with (tmp_path / "f.csv").open(encoding="utf-8-sig", newline="") as file:
        (found,) = csv.reader(file, delimiter=";")
    assert found == [f"'{text}" if text[:1] in "=+-@\t" and text else text for text in NASTY]


def test_values_have_their_kinds(tmp_path: Path) -> None:
    with open_rows(tmp_path / "f.xlsx", sheet="x") as rows:
        rows.row([1, 2.5, date(2026, 12, 3), time(9, 5), None, "x" * 40_000])
    sheet = openpyxl.load_workbook(tmp_path / "f.xlsx").active
    assert sheet is not None
    values = [cell.value for cell in sheet[1]]
    assert values[:2] == [1, 2.5]
    assert sheet["C1"].is_date
    assert str(values[2]) == "2026-12-03 00:00:00"
    assert values[3:5] == [time(9, 5), None]
    assert len(str(values[5])) == LONGEST_CELL + 1


def test_a_report_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def fail(file: Path) -> None:
        with open_rows(file, sheet="x") as rows:
            rows.row([1])
            raise ZeroDivisionError

    for name in ("f.xlsx", "f.csv"):
        with pytest.raises(ZeroDivisionError):
            fail(tmp_path / name)
        assert not (tmp_path / name).exists()


def test_what_goes_wrong_at_the_writer_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="нет такой папки"), RowsApart(tmp_path / "no" / "f.csv", sheet="x") as rows:
        rows.row([1])
    rows = RowsApart(tmp_path / "f.csv", sheet="x")
    (writer,) = multiprocessing.active_children()
    writer.kill()
    writer.join()
    with pytest.raises(Unavailable, match="прервалась"):
        rows.close()


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"\.xlsx"):
        open_rows(tmp_path / "f.pdf", sheet="x")
    with pytest.raises(InvalidInput, match="нет такой папки"):
        open_rows(tmp_path / "no" / "f.csv", sheet="x")


def test_the_form_has_31_columns_in_their_groups() -> None:
    assert len(COLUMNS) == 31
    assert [(first, last) for first, last, _ in GROUPS] == [(5, 9), (10, 15), (16, 22), (23, 26), (27, 29), (30, 31)]
    assert sorted(column for column in REPLY_COLUMN.values() if column) == [27, 28, 29]
    for kind in shipped().kinds:
        for topic in shipped().topics:
            assert 10 <= shipped().form49_column(kind, topic) <= 26


def test_an_appeal_whose_registration_was_not_known_yet_is_passed_over() -> None:
    assert fold([EventRow("a", 2, "closed", "{}")]) == []


def test_kinds_reports_do_not_know_are_passed_over() -> None:
    assert fold([EventRow("a", 2, "assigned", "{}")]) == []


@settings(max_examples=40, deadline=None)
@given(at=st.integers(0, 4), after=st.booleans())
def test_closing_does_not_hide_how_an_appeal_ended(at: int, after: bool) -> None:
    deadline = {"day": "2026-01-01", "rule_id": "", "sentence": "", "basis": {}}
    body = {
        "number": "260000019",
        "received_at": "2026-01-01T00:00:00+00:00",
        "channel": "phone",
        "kind": "appeal",
        "topic": "other",
        "disposition": None,
        "branch": None,
        "deadline": deadline,
        "repeat_of": None,
    }
    kind, end = [
        ("withdrawn", "withdrawn"),
        ("refused", "refused"),
        ("joined", "joined"),
        ("closed", "closed"),
        ("contact_added", None),
    ][at]
    events = [EventRow("a", 1, "registered", json.dumps(body)), EventRow("a", 2, kind, '{"to": "b"}')]
    if after:
        events.append(EventRow("a", 3, "closed", "{}"))
    (fact,) = fold(events)
    assert fact.end == (end or ("closed" if after else None))


def test_percents() -> None:
    assert change_percent(33_536, 46_480) == 38.6  # МОЭСК's applications, 2011 and 2012
    assert change_percent(1_265, 1_213) == -4.1
    assert change_percent(0, 5) is None
    assert share_percent(486_246, 486_246 + 1_213) == 99.8
    assert share_percent(0, 0) is None
