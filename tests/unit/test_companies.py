"""Companies as data: who answers on a number, at which hours, for which branch; and what a wrong file is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gridline.calendar.hours import Schedule
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Companies, Company
from gridline.errors import Misconfigured, NotFound
from gridline.settings import HOUSE
from ivr.outbound import duty

COMPANIES = Companies.load(HOUSE / "dialplan" / "companies")
SKEK, MRSK = COMPANIES.by_id("skek"), COMPANIES.by_id("mrsk-centra")
CALENDAR = ProductionCalendar()
TAXONOMY = HOUSE / "appeals" / "data" / "taxonomy.yaml"


def test_a_company_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotFound, match="Компании «x» нет"):
        COMPANIES.by_id("x")


def test_the_founding_companies_answer_on_their_numbers() -> None:
    """domain.md, section 5; Архэнерго's number is not known, and the sample is one that cannot be anybody's."""
    assert {company.id: company.dids for company in COMPANIES} == {
        "arhenergo": ("78182000000",),
        "moesk": ("78007004070",),
        "mrsk-centra": ("78005050115",),
        "pskovenergo": ("78112697999",),
        "skek": ("78005009494",),
    }


@pytest.mark.parametrize(
    ("local", "open_"), [("2026-11-30 08:59", False), ("2026-11-30 09:00", True), ("2026-11-30 17:00", False)]
)
def test_offices_of_moesk_are_open_from_nine_to_five(local: str, open_: bool) -> None:
    moesk = COMPANIES.by_id("moesk")
    assert moesk.is_open("connection", at(local, moesk), CALENDAR) is open_
    assert moesk.survey


def at(local: str, company: Company = SKEK) -> datetime:
    """A moment told by the company's wall clock, in UTC as the store has it."""
    return datetime.fromisoformat(local).replace(tzinfo=company.zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("local", "open_"),
    [
        ("2026-11-23 07:59", False),  # Monday
        ("2026-11-23 08:00", True),
        ("2026-11-26 17:59", True),  # Thursday
        ("2026-11-26 18:00", False),
        ("2026-11-27 16:59", True),  # Friday
        ("2026-11-27 17:00", False),
        ("2026-11-28 12:00", False),  # Saturday
        ("2026-11-29 12:00", False),
        ("2026-11-04 12:00", False),  # Wednesday, a holiday
        ("2025-11-01 12:00", True),  # Saturday worked for Monday the 3rd
        ("2025-11-01 17:00", False),  # ... with a Friday's hours
        ("2025-11-03 12:00", False),
    ],
)
def test_water_is_answered_in_office_hours_of_kemerovo(local: str, open_: bool) -> None:
    assert SKEK.is_open("water", at(local), CALENDAR) is open_


def test_hours_are_those_of_the_companys_zone_not_of_utc() -> None:
    monday_eight_in_kemerovo = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert SKEK.is_open("water", monday_eight_in_kemerovo, CALENDAR)
    assert ZoneInfo("Asia/Novokuznetsk") == SKEK.zone
    moscow = monday_eight_in_kemerovo.astimezone(ZoneInfo("Europe/Moscow"))
    assert SKEK.is_open("water", moscow, CALENDAR), "any aware time will do"


@settings(max_examples=60, deadline=None)
@given(moment=st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_power_is_answered_at_any_moment(moment: datetime) -> None:
    assert SKEK.is_open("outages", moment, CALENDAR)
    assert all(MRSK.is_open(topic, moment, CALENDAR) for topic in MRSK.topics)


def test_hours_are_told_in_words() -> None:
    assert SKEK.hours_spoken("outages") == "круглосуточно, без выходных"
    assert SKEK.hours_spoken("water").startswith("с понедельника по четверг с восьми до восемнадцати часов, в пятницу")


def test_a_topic_that_is_not_kept_is_refused() -> None:
    with pytest.raises(NotFound, match="нет темы «water»"):
        MRSK.is_open("water", at("2026-11-23 12:00"), CALENDAR)


def test_topics_are_those_of_the_register() -> None:
    known = yaml.safe_load(TAXONOMY.read_text("utf-8"))["topics"].keys()
    for company in COMPANIES:
        assert company.topics.keys() <= known


def test_every_queue_of_every_company_is_named() -> None:
    assert SKEK.queues == {"skek-hotline", "skek-office", "skek-water"}
    assert COMPANIES.queues >= SKEK.queues | MRSK.queues
    assert len(COMPANIES.queues) == sum(len(company.queues) for company in COMPANIES), "no queue is two companies'"
    assert SKEK.topic("water").queue == "skek-water"


REGIONS = {
    "472": "belgorod",
    "483": "bryansk",
    "473": "voronezh",
    "494": "kostroma",
    "471": "kursk",
    "474": "lipetsk",
    "486": "orel",
    "481": "smolensk",
    "475": "tambov",
    "482": "tver",
    "485": "yaroslavl",
}


@pytest.mark.parametrize("code", REGIONS)
def test_a_branch_is_guessed_by_the_callers_area_code(code: str) -> None:
    branch = MRSK.branch_for(f"+7{code}2301234")
    assert branch is not None
    assert branch.id == REGIONS[code]
    assert MRSK.branch(branch.id) is branch


def test_the_eleven_branches_are_there_with_names_for_the_ear() -> None:
    assert {branch.id for branch in MRSK.branches} == set(REGIONS.values())
    for branch in MRSK.branches:
        assert branch.spoken_name.endswith(" область")
        assert branch.spoken_in.startswith("в ")
        assert branch.spoken_in.endswith("ой области")


@pytest.mark.parametrize("caller", [None, "", "+79161234567", "+4722301234", "+747223012345", "+380472230123"])
def test_a_caller_of_no_known_range_is_asked(caller: str | None) -> None:
    assert MRSK.branch_for(caller) is None


def test_a_company_without_branches_guesses_none() -> None:
    assert SKEK.branch_for("+73842301234") is None
    with pytest.raises(NotFound, match="нет филиала «kursk»"):
        SKEK.branch("kursk")


SMALL: dict[str, Any] = {
    "id": "small",
    "name": "Малая",
    "spoken_name": "Малая сетевая компания",
    "time_zone": "Europe/Moscow",
    "dids": ["78112697999"],
    "menu": "small.yaml",
    "hotline": "small-hotline",
    "rule_profile": "186",
    "further_appeal": [{"name": "ФАС", "contact": "fas.gov.ru"}],
    "schedules": {"day": {"spoken": "днём", "days": {"mon": "08:00-12:00, 13:00-24:00", "fri": "09:00-10:00"}}},
    "topics": {"outages": {"name": "Перерывы", "queue": "small-hotline", "schedule": "day"}},
    "branches": [
        {"id": "pskov", "name": "П", "spoken_name": "П", "spoken_in": "в П", "numbers": ["811", "911350-911359"]},
        {"id": "luki", "name": "Л", "spoken_name": "Л", "spoken_in": "в Л", "numbers": ["81153", "9113555"]},
    ],
}


def small(folder: Path, **changes: Any) -> Company:
    """The small company with fields changed; None takes a field away."""
    body = {key: value for key, value in {**SMALL, **changes}.items() if value is not None}
    (folder / "small.yaml").write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False), "utf-8")
    return Companies.load(folder).by_id("small")


def test_a_branch_has_its_own_duty_telephones_or_the_companys(tmp_path: Path) -> None:
    own = {**SMALL["branches"][0], "duty_phones": ["8 (8112) 69-79-99"]}
    company = small(tmp_path, branches=[own, SMALL["branches"][1]], duty_phones=["89131234567", "+7 913 123-45-68"])
    assert company.duty_phones_of("pskov") == ("+78112697999",)
    assert company.duty_phones_of("luki") == company.duty_phones_of("") == ("+79131234567", "+79131234568")
    duty.check(Companies.load(tmp_path), ("8", "9"))
    with pytest.raises(Misconfigured, match=r"Дежурный телефон компании small: .*\+78112697999 не разрешён"):
        duty.check(Companies.load(tmp_path), ("9",))


def test_the_longest_range_wins(tmp_path: Path) -> None:
    company = small(tmp_path)
    found = {
        number: company.branch_for(f"+7{number}") for number in ("8112697999", "8115312345", "9113500000", "9113555111")
    }
    assert [branch.id if branch else None for branch in found.values()] == ["pskov", "luki", "pskov", "luki"]
    assert company.branch_for("+79113600000") is None


def test_a_break_closes_and_midnight_ends_the_day(tmp_path: Path) -> None:
    company = small(tmp_path)
    for local, open_ in [("11:59", True), ("12:00", False), ("13:00", True), ("23:59", True)]:
        assert company.is_open("outages", at(f"2026-11-23 {local}", company), CALENDAR) is open_, local
    assert not company.is_open("outages", at("2026-11-24 00:00", company), CALENDAR)


class EverySaturdayWorked:
    """A calendar in which Saturdays are worked and Mondays are holidays."""

    def is_working(self, day: date) -> bool:
        return day.weekday() not in (0, 6)

    def is_shortened(self, day: date) -> bool:
        return day.weekday() == 3

    def is_before_holiday(self, day: date) -> bool:
        return day.weekday() == 2


def test_a_short_day_ends_an_hour_earlier_where_the_calendar_or_the_schedule_says_so(tmp_path: Path) -> None:
    """Wednesday is the day before a holiday, Thursday short for everybody."""

    def shuts(local: str, **more: Any) -> bool:
        week = dict.fromkeys(("tue", "wed", "thu"), "08:00-12:00, 13:00-24:00")
        company = small(tmp_path, schedules={"day": {"spoken": "днём", "days": week, **more}})
        assert company.is_open("outages", at(f"{local} 22:59", company), EverySaturdayWorked())
        open_, shorter = (
            asked("outages", at(f"{local} 23:00", company), EverySaturdayWorked())
            for asked in (company.is_open, company.is_shorter)
        )
        assert open_ is not shorter
        return shorter

    tuesday, wednesday, thursday = "2026-11-24", "2026-11-25", "2026-11-26"
    assert not shuts(tuesday, before_holiday="shorter")
    assert not shuts(wednesday)
    assert shuts(wednesday, before_holiday="shorter")
    assert shuts(thursday)
    assert not shuts(thursday, holidays="as-usual")


@pytest.mark.parametrize(
    ("hours", "left"),
    [
        ("08:00-17:00", ((480, 960),)),
        ("13:00-17:00, 08:00-12:00", ((480, 720), (780, 960))),
        ("08:00-12:00, 13:00-13:30", ((480, 690),)),  # half of the hour is before the break
        ("09:00-09:40", ()),
    ],
)
def test_the_last_hour_is_cut_off_whatever_breaks_there_are(hours: str, left: tuple[tuple[int, int], ...]) -> None:
    schedule = Schedule.model_validate({"spoken": "с восьми", "days": {"thu": hours}})
    assert schedule.spans(date(2026, 11, 26), EverySaturdayWorked()) == left


def test_moved_days_and_holidays_go_by_the_schedule_that_names_them(tmp_path: Path) -> None:
    def open_at(local: str, **more: Any) -> bool:
        company = small(tmp_path, schedules={"day": {**SMALL["schedules"]["day"], **more}})
        return company.is_open("outages", at(local, company), EverySaturdayWorked())

    monday, saturday_fridays, saturday_own = "2026-11-23 09:30", "2026-11-28 09:30", "2026-11-28 11:30"
    assert not open_at(monday)
    assert open_at(monday, holidays="as-usual")
    assert open_at(saturday_fridays)
    assert not open_at(saturday_own)
    assert open_at(saturday_own, moved_day="11:00-12:00")
    assert not open_at(saturday_fridays, moved_day="11:00-12:00")
    assert not open_at(saturday_fridays, holidays="as-usual")


def test_weekend_hours_of_a_schedule_hold_on_days_off(tmp_path: Path) -> None:
    company = small(tmp_path, schedules={"day": {"spoken": "в субботу", "days": {"sat": "10:00-14:00"}}})
    assert company.is_open("outages", at("2026-11-28 10:00", company), CALENDAR)


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "missing": ({"name": None}, "1", "name: нет обязательного поля. Добавьте его."),
    "unknown": ({"colour": "red"}, "39", "colour: такого поля нет. Исправьте имя или уберите строку."),
    "empty": ({"name": ""}, "2", "name: пусто. Впишите значение."),
    "too long": ({"name": "я" * 301}, "2", "name: слишком длинно. Сократите."),
    "zone": (
        {"time_zone": "Europe/Pskov"},
        "4",
        "Часовой пояс «Europe/Pskov» неизвестен. Пишите как Asia/Novokuznetsk.",
    ),
    "zone path": ({"time_zone": "../../etc/passwd"}, "4", "Часовой пояс «../../etc/passwd» неизвестен."),
    "DID in another form": ({"dids": ["88112697999"]}, "6", "dids.0: «88112697999» не подходит. Одиннадцать цифр с"),
    "no DID": ({"dids": []}, "5", "dids: пусто. Впишите хотя бы одно значение."),
    "DID alone": ({"dids": "78112697999"}, "5", "dids: нужен список. Каждое значение — с новой строки"),
    "queue to quote": ({"hotline": "a,b&c"}, "8", "hotline: «a,b&c» не подходит. Строчные латинские буквы"),
    "menu path": ({"menu": "../skek.yaml"}, "7", "menu: «../skek.yaml» не подходит. Имя файла из dialplan/menus"),
    "rule profile": ({"rule_profile": "44-fz"}, "9", "rule_profile: «44-fz» не подходит. Возможны: '186', '59-fz'."),
    "schedule": (
        {"topics": {"outages": {"name": "П", "queue": "q", "schedule": "night"}}},
        "23",
        "У темы «outages» нет расписания «night». Возможны: always, day.",
    ),
    "hours": (
        {"schedules": {"day": {"spoken": "днём", "days": {"mon": "8-18"}}}},
        "17",
        "schedules.day.days.mon: Часы «8-18» не разобраны. Пишите так: 08:00-18:00.",
    ),
    "hours over midnight": (
        {"schedules": {"day": {"spoken": "ночью", "days": {"mon": "20:00-08:00"}}}},
        "17",
        "Часы «20:00-08:00» кончаются раньше начала. Делите их по полуночи: до 24:00.",
    ),
    "weekday": ({"schedules": {"day": {"spoken": "днём", "days": {"mo": "08:00-18:00"}}}}, "17", "«mo» не подходит."),
    "range": (
        {"branches": [{**SMALL["branches"][0], "numbers": ["8112-811"]}]},
        "30",
        "branches.0.numbers.0: Диапазон «8112-811» неверен. Начало и конец — одной длины и по возрастанию.",
    ),
    "range in words": (
        {"branches": [{**SMALL["branches"][0], "numbers": ["Псков"]}]},
        "30",
        "«Псков» не разобран. Пишите",
    ),
    "branches alike": (
        {"branches": [SMALL["branches"][0], {**SMALL["branches"][1], "id": "pskov"}]},
        "32",
        "Филиал «pskov» повторён. Дайте каждому свой id.",
    ),
    "members of another's queue": (
        {"members": {"other-hotline": ["101"]}},
        "40",
        "Очереди «other-hotline» у компании нет. Есть: small-hotline.",
    ),
    "an agent by name": (
        {"members": {"small-hotline": ["anna"]}},
        "41",
        "«anna» не подходит. Добавочный номер агента из настроек",
    ),
    "a duty telephone that is none": (
        {"duty_phones": ["+79131234567", "дежурный"]},
        "41",
        "duty_phones.1: «дежурный» — не российский телефон. Пишите так: +79131234567.",
    ),
    "a duty telephone abroad": (
        {"duty_phones": ["+45 12 34 56 78"]},
        "40",
        "«+45 12 34 56 78» — не российский телефон",
    ),
    "a duty telephone twice": (
        {"duty_phones": ["+79131234567", "8 913 123-45-67"]},
        "41",
        "Дежурный телефон +79131234567 назван дважды. Оставьте его один раз.",
    ),
    "a branch's duty telephone with a line break": (
        {"branches": [{**SMALL["branches"][0], "duty_phones": ["+79131234567\nAction: Originate"]}]},
        "33",
        "— не российский телефон",
    ),
    "id unlike the file": ({"id": "other"}, "1", "id «other» не совпадает с именем файла. Пишите id: small."),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_told_with_file_line_and_cure(case: str, tmp_path: Path) -> None:
    changes, line, message = WRONG[case]
    with pytest.raises(Misconfigured) as caught:
        small(tmp_path, **changes)
    (told,) = caught.value.message.splitlines()
    assert told.startswith(f"{tmp_path / 'small.yaml'}:{line}: ")
    assert message in told


def test_all_wrong_fields_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        small(tmp_path, menu="x", hotline="A B", rule_profile="1")
    assert [line.split(":")[1] for line in caught.value.message.splitlines()] == ["7", "8", "9"]


def test_a_number_has_one_company(tmp_path: Path) -> None:
    small(tmp_path)
    other = (tmp_path / "small.yaml").read_text("utf-8").replace("id: small\n", "id: twin\n")
    (tmp_path / "twin.yaml").write_text(other, "utf-8")
    with pytest.raises(Misconfigured, match=r"twin\.yaml:6: Номер 78112697999 уже отдан компании «small»"):
        Companies.load(tmp_path)


def test_a_queue_has_one_company(tmp_path: Path) -> None:
    small(tmp_path)
    other = (tmp_path / "small.yaml").read_text("utf-8").replace("id: small\n", "id: twin\n")
    (tmp_path / "twin.yaml").write_text(other.replace("78112697999", "78112697998"), "utf-8")
    with pytest.raises(Misconfigured, match=r"twin\.yaml:8: Очередь «[a-z-]+» уже есть у компании «small»"):
        Companies.load(tmp_path)


def test_a_folder_without_companies_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="Нет ни одной компании"):
        Companies.load(tmp_path)


def test_doubled_fields_are_told(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text("id: small\nid: small\n", "utf-8")
    with pytest.raises(Misconfigured, match=r"small\.yaml:2: Ключ «id» повторён"):
        Companies.load(tmp_path)
