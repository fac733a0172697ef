"""Deadlines over several years as a table, the sentence shown with each, and the choice of rule."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeals.deadlines import deadlines, rules
from appeals.deadlines.deadlines import Deadline
from appeals.taxonomy import shipped as taxonomy
from gridline.calendar.workdays import ProductionCalendar
from gridline.errors import Misconfigured

CALENDAR = ProductionCalendar()
NOVOKUZNETSK = ZoneInfo("Asia/Novokuznetsk")


@dataclass(frozen=True)
class Tenant:
    id: str = "skek"
    rule_profile: str = "186"
    zone: ZoneInfo = NOVOKUZNETSK


def deadline(
    received: str,
    channel: str = "post",
    *,
    kind: str = "appeal",
    tenant: Tenant = Tenant(),
    book: rules.RuleBook | None = None,
    on_call: bool = False,
) -> Deadline:
    """The deadline of an appeal received at noon of `received` in the tenant's zone."""
    noon = datetime.fromisoformat(f"{received}T12:00").replace(tzinfo=tenant.zone)
    return deadlines.for_intake(
        company=tenant,
        channel=channel,
        kind=kind,
        received_at=noon,
        calendar=CALENDAR,
        rules=book or rules.shipped(),
        answered_on_call=on_call,
    )


@pytest.mark.parametrize(
    ("received", "channel", "last_day"),
    [
        # 30 days by post; the last day worked out by hand from the published calendars
        ("2023-12-02", "post", "2024-01-09"),  # Mon 01.01, New Year holidays to 08.01
        ("2024-01-25", "post", "2024-02-26"),  # Sat 24.02 in a long weekend
        ("2024-01-24", "post", "2024-02-26"),  # Fri 23.02, a holiday
        ("2024-03-28", "post", "2024-04-27"),  # a worked Saturday: no shift
        ("2024-03-30", "post", "2024-05-02"),  # Mon 29.04 moved off, 30.04 too, 01.05
        ("2024-10-03", "post", "2024-11-02"),  # a worked Saturday
        ("2024-10-04", "post", "2024-11-05"),  # Sun 03.11, Mon 04.11
        ("2024-11-28", "post", "2024-12-28"),  # a worked Saturday
        ("2024-11-29", "post", "2025-01-09"),  # Sun 29.12, 30 and 31.12 moved off
        ("2025-04-02", "post", "2025-05-05"),  # Fri 02.05 moved off
        ("2025-04-08", "post", "2025-05-12"),  # Thu 08.05 moved off
        ("2025-05-14", "post", "2025-06-16"),  # Fri 13.06 moved off
        ("2025-10-02", "post", "2025-11-01"),  # a worked Saturday
        ("2025-10-04", "post", "2025-11-05"),  # Mon 03.11 moved off
        ("2025-12-01", "post", "2026-01-12"),  # Wed 31.12 moved off, to Sun 11.01
        ("2026-02-06", "post", "2026-03-10"),  # Sun 08.03, Mon 09.03
        ("2026-12-01", "post", "2027-01-11"),  # Thu 31.12 moved off
        ("2026-12-03", "post", "2027-01-11"),  # the sentence of the issue
        ("2027-01-21", "post", "2027-02-20"),  # a worked Saturday
        ("2027-01-22", "post", "2027-02-24"),  # Sun 21.02, 22.02 moved off, 23.02
        ("2024-01-30", "post", "2024-02-29"),  # a leap year
        ("2025-01-30", "post", "2025-03-03"),  # and not: Sat 01.03
        # 15 days by the form on the site
        ("2024-12-16", "web_form", "2025-01-09"),
        ("2025-10-17", "web_form", "2025-11-01"),
        ("2025-10-18", "web_form", "2025-11-05"),
        ("2026-04-24", "web_form", "2026-05-12"),  # Sat 09.05, Mon 11.05
        ("2026-06-01", "web_form", "2026-06-16"),
        ("2026-06-01", "account", "2026-06-16"),
        # the defaults
        ("2026-06-01", "phone", "2026-07-01"),
        ("2026-06-01", "office", "2026-07-01"),
        ("2026-06-01", "email", "2026-07-01"),
    ],
)
def test_last_day(received: str, channel: str, last_day: str) -> None:
    assert deadline(received, channel).day == date.fromisoformat(last_day)


def test_the_sentence_names_rule_and_shift() -> None:
    found = deadline("2026-12-03", tenant=Tenant(rule_profile="59-fz"))
    assert found.sentence == (
        "30 дней, 59-ФЗ от 02.05.2006, ст. 12 ч. 1, с 03.12.2026; последний день — 02.01.2027, нерабочий, "
        "перенос на 11.01.2027 (ст. 193 ГК РФ)"
    )
    assert found.basis["shifted_to"] == "2027-01-11"
    assert found.basis["last_day"] == "2027-01-02"


def test_a_default_is_never_shown_as_law() -> None:
    found = deadline("2026-06-01", "phone", kind="complaint")
    assert "не норма права" in found.sentence
    assert "186" not in found.sentence
    assert all(rule.act == rule.clause == "" for rule in rules.shipped().rules if rule.standing == "default")


def test_answered_on_the_call_is_due_the_same_day() -> None:
    found = deadline("2026-01-02", "phone", on_call=True)
    assert found.day == date(2026, 1, 2)
    assert found.sentence.startswith("во время обращения")


def test_the_day_of_receipt_is_the_companys_not_utc() -> None:
    late = datetime(2026, 5, 31, 18, 0, tzinfo=UTC)  # already 1 June, 01:00 in Novokuznetsk
    found = deadlines.for_intake(
        company=Tenant(), channel="post", kind="appeal", received_at=late, calendar=CALENDAR, rules=rules.shipped()
    )
    assert found.basis["start"] == "2026-06-01"
    with pytest.raises(ValueError, match="aware"):
        deadlines.for_intake(
            company=Tenant(),
            channel="post",
            kind="appeal",
            received_at=late.replace(tzinfo=None),
            calendar=CALENDAR,
            rules=rules.shipped(),
        )


@pytest.mark.parametrize("profile", ["186", "59-fz"])
@pytest.mark.parametrize("day", ["2014-08-17", "2020-02-29", "2026-11-22"])
def test_every_appeal_of_the_taxonomy_has_exactly_one_rule(profile: str, day: str) -> None:
    for channel in taxonomy().channels:
        for kind in taxonomy().kinds:
            assert deadline(day, channel, kind=kind, tenant=Tenant(rule_profile=profile)).rule_id
            assert deadline(day, channel, kind=kind, tenant=Tenant(rule_profile=profile), on_call=True).rule_id


def row(**changes: object) -> rules.Rule:
    """A rule row of the tenant, in working days."""
    return rules.Rule.model_validate(
        {
            "id": "own",
            "standing": "default",
            "act": "",
            "since": "2020-01-01",
            "profiles": ["186"],
            "company": "skek",
            "value": 10,
            "unit": "working-days",
        }
        | changes
    )


def test_the_companys_own_row_wins_and_only_for_it() -> None:
    book = rules.shipped().with_rows([row()])
    assert deadline("2025-10-30", book=book).day == date(2025, 11, 14)  # Sat 01.11 worked, 03 and 04.11 off
    assert deadline("2025-10-30", book=book).sentence.startswith("10 рабочих дней,")
    assert deadline("2025-10-30", book=book, tenant=Tenant(id="pskov")).rule_id == "186.written"


def test_a_new_edition_takes_over_on_its_day() -> None:
    old = row(id="own.1", until="2026-06-30")
    new = row(id="own.2", since="2026-07-01", value=5)
    book = rules.shipped().with_rows([old, new])
    assert deadline("2026-06-30", book=book).rule_id == "own.1"
    assert deadline("2026-07-01", book=book).rule_id == "own.2"


def test_two_rows_that_fit_equally_are_refused() -> None:
    book = rules.shipped().with_rows([row(id="own.1"), row(id="own.2")])
    with pytest.raises(Misconfigured, match=r"own\.1, own\.2"):
        deadline("2026-06-30", book=book)


def test_no_row_is_an_error_that_says_for_what() -> None:
    with pytest.raises(Misconfigured, match="канал post"):
        deadline("2026-06-30", book=rules.RuleBook([]))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"act": "приказ"}, "a default is not law"),
        ({"standing": "rule"}, "names its act"),
        ({"until": "2019-01-01"}, "before `since`"),
        ({"shift": True}, "only calendar days"),
        ({"value": -1}, "greater than or equal"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(changes: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        row(**changes)


def test_a_wrong_file_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n  - id: x\n    standing: law\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"rules\.yaml:3: rules\.0\.standing"):
        rules.read_rows(file)


def test_the_installation_replaces_a_shipped_row_by_its_id(tmp_path: Path) -> None:
    assert rules.of_installation(tmp_path) is rules.shipped()
    (tmp_path / "rules.yaml").write_text(
        "rules:\n  - {id: 186.written, standing: rule, act: приказ Минэнерго № 186, clause: п. 1, since: 2014-08-17,\n"
        '     profiles: ["186"], channels: [post], value: 30, unit: calendar-days, shift: true}\n',
        encoding="utf-8",
    )
    found = deadline("2026-12-03", book=rules.of_installation(tmp_path))
    assert found.sentence == (
        "30 дней, приказ Минэнерго № 186, п. 1, с 03.12.2026; последний день — 02.01.2027, нерабочий, "
        "перенос на 11.01.2027"
    )


@settings(max_examples=60, deadline=None)
@given(start=st.dates(date(2015, 1, 1), date(2027, 10, 1)))
def test_a_shifted_day_is_worked_and_nothing_worked_is_skipped(start: date) -> None:
    written = rules.shipped().by_id("186.written")
    assert written is not None
    found = deadlines.reckon(written, start, CALENDAR)
    assert CALENDAR.is_working(found.day)
    between = start + timedelta(days=30)
    while between < found.day:
        assert not CALENDAR.is_working(between)
        between += timedelta(days=1)
    assert found == deadlines.reckon(written, start, CALENDAR)


@pytest.mark.parametrize(
    ("number", "calendar", "working"),
    [
        (1, "1 день", "1 рабочий день"),
        (2, "2 дня", "2 рабочих дня"),
        (5, "5 дней", "5 рабочих дней"),
        (11, "11 дней", "11 рабочих дней"),
        (21, "21 день", "21 рабочий день"),
        (112, "112 дней", "112 рабочих дней"),
    ],
)
def test_days_in_words(number: int, calendar: str, working: str) -> None:
    assert deadlines.days_in_words(number, working=False) == calendar
    assert deadlines.days_in_words(number, working=True) == working
