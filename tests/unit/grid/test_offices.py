"""Offices as data: what a wrong file is told, whose office is whose, and when it is open by the production calendar."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from grid.offices import offices, opening
from grid.offices.book import OfficeBook
from grid.offices.serving import meant, served_places
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Companies
from gridline.errors import Misconfigured
from gridline.settings import HOUSE

COMPANIES = Companies.load(HOUSE / "dialplan" / "companies")
FOLDER = HOUSE / "dialplan" / "offices"
PSKOV = COMPANIES.by_id("pskovenergo")
SKEK = COMPANIES.by_id("skek")
CALENDAR = ProductionCalendar()
NAMES = ("г. Псков", "д. Михайлово (Опочецкий р-н)")


@pytest.mark.parametrize("company", [company.id for company in COMPANIES])
def test_every_company_has_offices(company: str) -> None:
    told = offices.load(FOLDER / f"{company}.yaml", COMPANIES.by_id(company))
    assert told.offices
    assert all(told.schedule(office).days for office in told.offices)


WRONG = {
    "no hours": ("    hours: town\n", "", "У офиса «pskov» нет часов работы. Назовите в hours одно из schedules: town"),
    "hours nobody knows": ("hours: town", "hours: night", "У офиса «pskov» нет расписания «night»."),
    "a schedule of no office": (
        "schedules:\n",
        "schedules:\n  night: {spoken: ночью, days: {mon: 00:00-06:00}}\n",
        "По расписанию «night» не работает ни один офис.",
    ),
    "a category of its own": ("category: 1", "category: 4", "«4» не подходит. Возможны: '1', '2', '3'."),
    "a topic of no company": ("services: [connection,", "services: [dancing,", "У компании нет темы «dancing»."),
    "a branch of no company": ("category: 1", "category: 1\n    branch: north", "У компании нет филиала «north»."),
    "digits to be read aloud": ("дом сорок семь а", "дом 47а", "вслух не прочесть. Напишите словами"),
    "a telephone that is none": ("phone: +7 (8112) 69-79-99", "phone: 5", "«5» — не российский телефон."),
    "two of one id": ("id: opochka", "id: pskov", "Офис «pskov» назван дважды."),
    "a settlement twice": ("г. Печоры,", "г. Псков,", "Населённый пункт «г. Псков» назван дважды."),
    "a settlement of two districts": (
        "д. Михайлово (Опочецкий р-н)",
        "д. Михайлово",
        "«д. Михайлово» есть в нескольких районах. Допишите район: «д. Михайлово (… р-н)».",
    ),
    "a word that is not one": ("windows: 3", "windos: 3", "такого поля нет"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_told_where_and_how_to_cure_it(name: str, tmp_path: Path) -> None:
    old, new, told = WRONG[name]
    text = (FOLDER / "pskovenergo.yaml").read_text("utf-8")
    assert old in text
    file = tmp_path / "pskovenergo.yaml"
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(Misconfigured) as refused:
        offices.load(file, PSKOV)
    assert told in refused.value.message
    assert refused.value.message.startswith(f"{file}:")


@pytest.mark.parametrize(
    ("written", "whose"),
    [
        ("г. Псков", ["pskov"]),
        ("Псков", ["pskov"]),
        ("г. Печоры (Печорский р-н)", ["pskov"]),  # the file names no district: there is one of that name
        ("пгт Бежаницы", ["bezhanitsy"]),  # a working settlement is the same kind
        ("Бежаницы", ["bezhanitsy"]),
        ("д. Михайлово (Куньинский р-н)", ["velikie-luki"]),
        ("д. Михайлово (Опочецкий р-н)", ["opochka"]),
        ("д. Михайлово", ["opochka", "velikie-luki"]),  # they say which
        ("д. Михайлово (Гдовский р-н)", []),  # a third one, which nobody has named
        ("с. Псков", []),
    ],
)
def test_a_settlement_has_its_office_and_two_of_a_name_stay_two(written: str, whose: list[str]) -> None:
    served = served_places(offices.load(FOLDER / "pskovenergo.yaml", PSKOV).offices)
    assert sorted(office.id for place in meant(served, written) for office in place.offices) == whose


def test_a_town_of_two_offices_has_both() -> None:
    moesk = offices.load(FOLDER / "moesk.yaml", COMPANIES.by_id("moesk"))
    (moscow,) = meant(served_places(moesk.offices), "г. Москва")
    assert [office.id for office in moscow.offices] == ["moscow-south", "moscow-north"]


def test_a_branch_has_its_own_offices() -> None:
    mrsk = offices.load(FOLDER / "mrsk-centra.yaml", COMPANIES.by_id("mrsk-centra"))
    assert [office.id for office in mrsk.of_branch("yaroslavl")] == ["yaroslavl", "rybinsk"]
    assert mrsk.of_branch("belgorod") == ()
    assert len(mrsk.of_branch("")) == 4


def at(local: str) -> datetime:
    """By Kemerovo's clocks, in UTC."""
    return datetime.fromisoformat(local).replace(tzinfo=SKEK.zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "shuts", "opens"),
    [
        ("2026-11-30 07:00", "18:00", "2026-11-30 08:00"),  # before it opens
        ("2026-11-30 17:59", "18:00", "2026-12-01 08:00"),
        ("2026-11-30 18:00", None, "2026-12-01 08:00"),
        ("2026-12-04 12:00", "17:00", "2026-12-07 08:00"),  # a Friday
        ("2026-12-05 12:00", None, "2026-12-07 08:00"),
        ("2026-12-31 12:00", None, "2027-01-11 08:00"),  # a day off, then the holidays
        ("2027-02-20 12:00", "17:00", "2027-02-24 08:00"),  # a Saturday that is worked for Monday the 22nd: as a Friday
        ("2027-02-22 12:00", None, "2027-02-24 08:00"),
    ],
)
def test_hours_are_those_of_the_day_by_the_calendar(now: str, shuts: str | None, opens: str) -> None:
    told = offices.load(FOLDER / "skek.yaml", SKEK)
    schedule = told.schedule(told.offices[0])
    today = opening.still_today(schedule, at(now), SKEK.zone, CALENDAR)
    assert (f"{today[-1].shuts:%H:%M}" if today else None) == shuts
    following = schedule.opens_after(at(now).astimezone(SKEK.zone), CALENDAR)
    assert following == at(opens)


def test_a_break_divides_the_day() -> None:
    told = offices.load(FOLDER / "pskovenergo.yaml", PSKOV)
    schedule = told.schedule(told.by_id["pskov"])
    day = opening.spans(schedule, date(2026, 12, 1), PSKOV.zone, CALENDAR)
    assert [f"{one.opens:%H:%M}-{one.shuts:%H:%M}" for one in day] == ["08:00-12:00", "13:00-17:00"]


async def test_a_file_that_changes_serves_and_a_broken_one_leaves_the_old(tmp_path: Path) -> None:
    file, text = tmp_path / "skek.yaml", (FOLDER / "skek.yaml").read_text("utf-8")
    book = OfficeBook(tmp_path, COMPANIES)
    assert book.of("skek").offices == ()
    file.write_text(text, "utf-8")
    await book.look()
    assert [office.id for office in book.of("skek").offices] == ["kemerovo"]
    file.write_text(text.replace("windows: 4", "windows: 2"), "utf-8")
    os.utime(file, ns=(1, 1))
    await book.look()
    assert book.of("skek").offices[0].windows == 2
    file.write_text("offices: [", "utf-8")
    await book.look()
    assert book.of("skek").offices[0].windows == 2
    file.unlink()
    await book.look()
    assert book.of("skek").offices[0].windows == 2
