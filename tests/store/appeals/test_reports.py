"""Reports over a register with a history: golden forms, past moments, and the appeals behind a figure."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer
from typer.testing import CliRunner

from appeals import history, numbering
from appeals.history import Happening
from appeals.intake.repeats import FurtherContact
from appeals.models import Appeal, Promise
from appeals.register import Register
from appeals.reports import form49, promises, source, tally
from appeals.reports.form41 import Form41
from appeals.reports.intime import InTime
from appeals.reports.repeats import Repeats
from appeals.reports.tally import save
from appeals.taxonomy import shipped
from gridline.clock import SetClock
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import InvalidInput, NotFound
from service.cli import report
from tests.store.appeals.made import intake

GOLDEN = Path(__file__).parent / "golden"
YEAR_END = datetime(2027, 3, 1, tzinfo=UTC)


class Past:
    """Writes a company's past: appeals and their later events, each at its moment."""

    def __init__(self, db: Database, register: Register, clock: SetClock) -> None:
        self._db, self._register, self._clock = db, register, clock
        self.ids: list[str] = []

    async def appeal(self, when: str, **changes: Any) -> str:
        """Register an appeal at `when` (Novokuznetsk time, UTC+7); returns its id."""
        self._clock.set(_at(when))
        registered = await self._register.register(intake(branch=None, **changes))
        self.ids.append(registered.appeal_id)
        return registered.appeal_id

    async def happens(self, when: str, appeal_id: str, kind: str, /, **body: Any) -> None:
        """A further event of an appeal."""
        async with self._db.write() as session:
            appeal = await session.get_one(Appeal, appeal_id, with_for_update=True)
            await history.append(session, appeal, _at(when), "clerk", Happening(kind, body))

    async def answered(self, when: str, appeal_id: str) -> None:
        """The answer was sent at `when`."""
        sent = history.moment(_at(when))
        await self.happens(
            when, appeal_id, "answered", answer_id="a", way="email", sent_at=sent, on_call=False, digest="", proof=""
        )


def _at(when: str) -> datetime:
    return datetime.fromisoformat(f"{when}+07:00")


@pytest.fixture
def skek(companies: Companies) -> Company:
    return companies.by_id("skek")


@pytest.fixture
async def past(db: Database, register: Register, clock: SetClock) -> Past:
    """Two appeals of 2025 and eight of 2026, each with a different outcome."""
    past = Past(db, register, clock)
    old = await past.appeal(
        "2025-03-01T10:00", channel="post", kind="appeal", topic="connection", post_address="Кемерово, Ленина, 1"
    )
    await past.answered("2025-03-20T12:00", old)
    await past.appeal("2025-12-31T23:59", channel="phone", kind="complaint", topic="quality")

    fixed = await past.appeal("2026-01-01T00:00", channel="phone", kind="complaint", topic="quality")
    await past.happens(
        "2026-01-10T10:00",
        fixed,
        "measure_planned",
        measure_id="1",
        planned_on="2026-01-20",
        text='=HYPERLINK("http://x")',
    )
    await past.happens(
        "2026-01-10T10:01",
        fixed,
        "measure_planned",
        measure_id="2",
        planned_on="2026-02-15",
        text="Замена провода; пролёт 3–4",
    )
    await past.happens("2026-01-19T10:00", fixed, "measure_done", measure_id="1", done_on="2026-01-19")
    await past.answered("2026-01-31T23:59", fixed)  # 31.01 is a Saturday, moved to 02.02: in time

    late = await past.appeal(
        "2026-02-01T09:05",
        channel="post",
        kind="appeal",
        topic="transmission",
        disposition="planned-outage",
        post_address="Кемерово, Ленина, 2",
    )
    await past.answered("2026-03-04T00:00", late)  # the last day was 03.03
    await past.happens(
        "2026-03-05T10:00",
        late,
        "deadline_changed",
        reason="задним числом",
        deadline={"day": "2026-04-01", "rule_id": "x", "sentence": "", "basis": {}},
    )

    await past.appeal("2026-03-10T09:00", channel="web_form", kind="request", topic="connection", email="a@b.ru")
    joined = await past.appeal("2026-01-05T09:00", channel="office", kind="complaint", topic="quality")
    await past.happens("2026-01-06T09:00", joined, "joined", to=_number(1))
    moved = await past.appeal("2026-04-01T09:00", channel="email", kind="complaint", topic="service", email="a@b.ru")
    await past.happens("2026-04-02T09:00", moved, "reclassified", kind="appeal", topic="metering", disposition=None)
    await past.answered("2026-04-03T09:00", moved)
    extended = await past.appeal(
        "2026-05-01T09:00", channel="post", kind="appeal", topic="maintenance", post_address="Кемерово, Ленина, 3"
    )
    await past.happens(
        "2026-05-20T09:00",
        extended,
        "deadline_changed",
        reason="запрос в МЧС",
        deadline={"day": "2026-06-30", "rule_id": "x", "sentence": "", "basis": {}},
    )
    await past.answered("2026-06-30T23:59", extended)
    gone = await past.appeal(
        "2026-06-01T09:00", kind="theft", topic="other", channel="other", details={"type": "theft", "place": "ТП-12"}
    )
    await past.happens("2026-06-02T09:00", gone, "withdrawn", reason="")
    again = await past.appeal("2026-12-20T09:00", topic="quality", repeat_of=_number(1))
    assert again
    return past


def _number(sequence: int) -> str:
    return numbering.number(2026, sequence)


@pytest.fixture
async def reports(db: Database, past: Past, skek: Company) -> AsyncIterator[source.Source]:
    async with source.opened(db, skek, YEAR_END) as opened:
        yield opened


def _golden(name: str) -> list[list[str]]:
    with (GOLDEN / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def _as_text(value: object, number_format: str) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.strftime("%d.%m.%Y")
        case time():
            return value.strftime("%H:%M")
        case int() | float() if number_format == "0.0":
            return f"{value:.1f}".replace(".", ",")
        case _:
            return str(value)


def _sheet(file: Path) -> list[list[str]]:
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    return [[_as_text(cell.value, cell.number_format) for cell in row] for row in sheet.iter_rows()]


def _trimmed(rows: list[list[str]]) -> list[list[str]]:
    """Without empty cells at the end, and without the apostrophe that only CSV needs."""
    trimmed = []
    for row in rows:
        cells = [cell.removeprefix("'") for cell in row]
        while cells and cells[-1] == "":
            cells.pop()
        trimmed.append(cells)
    return trimmed


async def test_form_49_is_the_golden_file_in_both_kinds(reports: source.Source, tmp_path: Path) -> None:
    csv_file, xlsx_file = tmp_path / "f.csv", tmp_path / "f.xlsx"
    assert await form49.write(reports, 2026, csv_file) == 8
    await form49.write(reports, 2026, xlsx_file)
    assert csv_file.read_bytes() == (GOLDEN / "form49.csv").read_bytes()
    assert _trimmed(_sheet(xlsx_file)) == _trimmed(_golden("form49.csv"))


async def test_a_large_form_49_is_the_same_file(
    reports: source.Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("f.csv", "f.xlsx"):
        await form49.write(reports, 2026, tmp_path / name)
        with monkeypatch.context() as large:
            large.setattr(form49, "APART", 0)
            await form49.write(reports, 2026, tmp_path / f"apart-{name}")
        assert (tmp_path / f"apart-{name}").read_bytes() == (tmp_path / name).read_bytes()


async def test_form_41_is_the_golden_file_in_both_kinds(reports: source.Source, skek: Company, tmp_path: Path) -> None:
    counts = await tally.count(Form41(), [reports], 2026)
    for name in ("f.csv", "f.xlsx"):
        save(Form41().table(counts, [skek], 2026), tmp_path / name, sheet="4.1")
    assert (tmp_path / "f.csv").read_bytes() == (GOLDEN / "form41.csv").read_bytes()
    assert _trimmed(_sheet(tmp_path / "f.xlsx")) == _trimmed(_golden("form41.csv"))


async def test_both_forms_count_the_same_appeals(reports: source.Source) -> None:
    counts = await tally.count(Form41(), [reports], 2026)
    whole = sum(n for (row, column), n in counts.items() if row in ("1", "2", "3") and column.endswith(":N"))
    assert whole == 8


async def test_the_reply_follows_from_answer_and_deadline_alone(reports: source.Source, past: Past) -> None:
    facts = [fact async for chunk in reports.facts(2026) for fact in chunk]
    replies = [fact.reply(reports.company.zone, reports.today) for fact in facts]
    assert replies == ["in-time", "late", "none", "in-time", "in-time", "in-time", "none", "none"]


async def test_a_report_for_a_past_moment_stays_the_same(
    db: Database, past: Past, skek: Company, tmp_path: Path
) -> None:
    as_of = datetime(2026, 1, 15, tzinfo=UTC)

    async def made(name: str) -> bytes:
        async with source.opened(db, skek, as_of) as opened:
            await form49.write(opened, 2026, tmp_path / name)
        return (tmp_path / name).read_bytes()

    before = await made("before.csv")
    assert before.count(b"26-00") == 1  # the appeal of 1 January, not answered yet
    assert "выполнено" not in before.decode()
    await past.happens("2027-01-10T10:00", past.ids[2], "measure_done", measure_id="2", done_on="2027-01-10")
    await past.appeal("2027-01-11T10:00")
    assert await made("after.csv") == before
    assert (await made("one.xlsx")) == (await made("two.xlsx"))


async def test_every_cell_of_form_49_names_its_events(reports: source.Source, past: Past) -> None:
    form = form49.Form49(reports.company.zone, reports.today, shipped())
    fixed, moved = await reports.one(_number(1)), await reports.one(_number(5))
    assert fixed is not None
    assert moved is not None
    assert form.evidence(fixed) == {2: [1], 3: [1], 4: [1], 6: [1], 17: [1], 27: [1, 5], 30: [2, 3, 4], 31: [2, 3, 4]}
    assert form.evidence(moved) == {2: [1], 3: [1], 4: [1], 7: [1], 12: [2], 27: [1, 3]}
    assert await reports.one("260000990") is None


async def test_each_figure_lists_the_appeals_behind_it(reports: source.Source) -> None:
    for each in (Form41(), InTime("topic"), Repeats("channel")):
        counts = await tally.count(each, [reports], 2026)
        for cell, n in counts.items():
            assert len(await tally.behind(each, [reports], 2026, cell)) == n
    assert await tally.behind(InTime("topic"), [reports], 2026, ("transmission", "late:N")) == ["26-000002-4"]
    with pytest.raises(InvalidInput, match="transmission/late:N"):
        await tally.behind(InTime("topic"), [reports], 2026, ("x", "y"))


async def test_in_time_and_late_by_every_dimension(reports: source.Source, skek: Company) -> None:
    for by in ("company", "branch", "topic", "channel", "kind"):
        counts = await tally.count(InTime(by), [reports], 2026)
        table = InTime(by).table(counts, [skek], 2026)
        total = table.rows[-1]
        assert total[:8] == ["total", "Всего", 1, 4, 300.0, 0, 1, None]
        assert total[8:] == [1, 3, 200.0, 0, 0, None, 50.0, 50.0]
        assert sum(int(str(row[3])) for row in table.rows[:-1]) == 4


async def test_repeats(db: Database, past: Past, skek: Company, register: Register, clock: SetClock) -> None:
    clock.set(datetime(2026, 12, 25, tzinfo=UTC))
    for _ in range(2):
        contact = FurtherContact(channel="phone", actor="clerk")
        await register.add_contact("skek", _number(8), contact)
    async with source.opened(db, skek, YEAR_END) as opened:
        counts = await tally.count(Repeats("topic"), [opened], 2026)
        assert (counts["quality", "all"], counts["quality", "repeated"]) == (3, 1)
        assert (counts["quality", "contacts"], counts["quality", "chased"]) == (2, 1)
        assert await tally.behind(Repeats("topic"), [opened], 2026, ("quality", "contacts")) == ["26-000008-1"]
        table = Repeats("topic").table(counts, [skek], 2026)
        assert table.rows[-1] == ["total", "Всего", 8, 1, 12.5, 1, 2]


async def test_promises_as_they_stood(db: Database, skek: Company, tmp_path: Path) -> None:
    made = datetime(2026, 6, 1, tzinfo=UTC)
    due = made + timedelta(hours=4)
    async with db.write() as session:
        for outcome, settled in (("kept", 3), ("kept", 5), ("broken", 4), (None, None), ("void", 1)):
            at = None if settled is None else made + timedelta(hours=settled)
            session.add(
                Promise(
                    company_id="skek",
                    kind="callback",
                    owner="x",
                    made_at=made,
                    due_at=due,
                    escalated=0,
                    outcome=outcome,
                    settled_at=at,
                )
            )
        session.add(
            Promise(
                company_id="skek", kind="visit", owner="x", made_at=made - timedelta(days=400), due_at=due, escalated=0
            )
        )
    async with source.opened(db, skek, made + timedelta(hours=2)) as opened:
        early = await promises.count(opened, 2026)
        assert (early["callback", "open"], early["callback", "void"]) == (4, 1)
    async with source.opened(db, skek, YEAR_END) as opened:
        late = await promises.count(opened, 2026)
        assert promises.table(late, skek, 2026).rows == [
            ["callback", "Перезвонить по обращению", 1, 2, 1, 0, 1, 25.0],
            ["total", "Всего", 1, 2, 1, 0, 1, 25.0],
        ]
        assert len(await promises.behind(opened, 2026, ("total", "broken"))) == 2
        with pytest.raises(InvalidInput, match="kept"):
            await promises.behind(opened, 2026, ("visit", "kept"))


async def test_the_journal_head_says_what_the_report_was_made_of(
    db: Database, past: Past, skek: Company, reports: source.Source
) -> None:
    head = await reports.head(2026)
    assert head is not None
    async with source.opened(db, skek, datetime(2026, 1, 15, tzinfo=UTC)) as opened:
        early = await opened.head(2026)
        assert await opened.head(2024) is None
    assert early is not None
    assert early.journal_no < head.journal_no


async def test_a_naive_moment_is_refused(db: Database, skek: Company) -> None:
    with pytest.raises(ValueError, match="aware"):
        async with source.opened(db, skek, datetime(2026, 1, 1)):  # noqa: DTZ001
            pass


def test_the_golden_form_is_the_official_one() -> None:
    rows = _golden("form49.csv")
    assert rows[0][0].startswith("Приложение N 7 к Единым стандартам")
    assert rows[2][0] == "4.9. Информация по обращениям потребителей"
    assert rows[5] == [str(n) for n in range(1, 32)]
    assert date(2026, 1, 1).strftime("%d.%m.%Y") in rows[6]


async def test_the_commands_make_files_and_name_what_is_behind(
    db_url: str, past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDLINE_DATABASE_URL", db_url)
    app = typer.Typer()
    report.add_to(app)

    async def said(*arguments: str) -> str:
        at = ["--company", "skek", "--year", "2026", "--as-of", "2027-02-28"]
        result = await asyncio.to_thread(CliRunner().invoke, app, ["report", *arguments, *at])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    for name in ("form41", "form49"):
        assert "на 28.02.2027 23:59:59, журнал до записи" in await said(name, "--out", str(tmp_path / f"{name}.csv"))
        assert (tmp_path / f"{name}.csv").read_bytes() == (GOLDEN / f"{name}.csv").read_bytes()
    for name in ("intime", "repeats", "promises"):
        assert "Отчёт" in await said(name, "--out", str(tmp_path / f"{name}.xlsx"))
        assert len(_sheet(tmp_path / f"{name}.xlsx")) > 3
    assert await said("form41", "--behind", "2.1.2/phone:N") == "26-000001-9\n26-000008-1\n"
    assert await said("intime", "--by", "channel", "--behind", "post/late:N") == "26-000002-4\n"
    assert "12 Коммерческий учет электрической энергии: события 2" in await said("form49", "--evidence", "26-000005-6")
    with pytest.raises(NotFound):
        await said("form49", "--evidence", numbering.written(_number(99)))
    for wrong in (["--behind", "2.1"], [], ["--out", "f.pdf"]):
        with pytest.raises(InvalidInput):
            await said("form41", *wrong)
