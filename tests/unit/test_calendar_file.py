"""The upload of a company's own days: what is taken, what is refused whole, and what the commands print."""

from datetime import date
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gridline.calendar.calendar_file import import_days, kept_days, load_calendar
from gridline.errors import InvalidInput
from service.cli.company import calendar as commands


def upload(tmp_path: Path, text: str) -> Path:
    """A file as an accountant saves it."""
    file = tmp_path / "upload.csv"
    file.write_text(text, encoding="utf-8-sig")
    return file


def test_a_later_upload_is_laid_over_the_earlier_one(tmp_path: Path) -> None:
    var = tmp_path / "var"
    import_days(
        upload(tmp_path, "дата;день;основание\n01.07.2026;выходной;приказ 1\n2026-07-04;рабочий;приказ 1\n"), var
    )
    import_days(
        upload(tmp_path, "дата,день,основание\n2026-07-01,рабочий,приказ 2\n2026-07-04,обычный,приказ 2\n"), var
    )
    assert [(row.day, row.working, row.why) for row in kept_days(var)] == [(date(2026, 7, 1), True, "приказ 2")]
    assert load_calendar(var).is_working(date(2026, 7, 1))
    assert not load_calendar(var).is_working(date(2026, 7, 4))


def test_a_short_day_is_kept_as_one(tmp_path: Path) -> None:
    var = tmp_path / "var"
    import_days(upload(tmp_path, "дата;день;основание\n30.12.2026;сокращенный;приказ 9\n"), var)
    calendar, eve = load_calendar(var), date(2026, 12, 30)
    assert calendar.is_working(eve)
    assert calendar.is_shortened(eve)
    assert kept_days(var)[0].word == "сокращённый"


def test_one_wrong_line_refuses_the_whole_upload_and_names_each(tmp_path: Path) -> None:
    var = tmp_path / "var"
    text = (
        "дата;день;основание\n"
        "2026-07-01;выходной;приказ\n31.02.2026;выходной;приказ\n2026-07-02;да;приказ\n2026-07-03;рабочий;\n"
        "1980-01-01;рабочий;приказ\n2026-07-01;рабочий;приказ\nслово\n"
    )
    with pytest.raises(InvalidInput) as refused:
        import_days(upload(tmp_path, text), var)
    for line in (
        "строка 3: «дата»: «31.02.2026»",
        "строка 4: «день»: «да»",
        "строка 5: «основание» не заполнено",
        "строка 6: «дата»: «1980-01-01»",
        "строка 7: 01.07.2026 указан дважды",
        "строка 8: «дата»",
    ):
        assert line in refused.value.message
    assert kept_days(var) == []


def test_what_is_no_calendar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "other").write_text("месяц;дней\n1;31\n")
    for name in ("binary", "other", "absent"):
        with pytest.raises(InvalidInput, match=name):
            import_days(tmp_path / name, tmp_path)


def test_the_commands_take_and_show_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    app = typer.Typer()
    commands.add_to(app)
    run = CliRunner().invoke(
        app, ["calendar", "import", str(upload(tmp_path, "дата;день;основание\n2028-07-03;выходной;приказ 7\n"))]
    )
    assert run.exit_code == 0
    assert "03.07.2028 выходной: приказ 7" in run.output
    short = upload(tmp_path, "дата;день;основание\n2028-07-04;сокращённый;приказ 8\n")
    assert "04.07.2028 сокращённый: приказ 8" in CliRunner().invoke(app, ["calendar", "import", str(short)]).output
    shown = CliRunner().invoke(app, ["calendar", "show", "2028"]).output
    assert "04.07.2028 вт сокращённый приказ 8" in shown
    assert "03.11.2028 пт предпраздничный" in shown
    assert "03.07.2028 пн выходной приказ 7" in shown
    assert "Переносы на 2028 год не загружены" in shown
    assert "20.02.2027 сб рабочий предпраздничный" in CliRunner().invoke(app, ["calendar", "show", "2027"]).output
