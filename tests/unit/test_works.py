"""Planned works of a settlement: the day that is keyed, and what is said of a long list."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from grid import places
from grid.outages.models import Service
from grid.outages.published import PublicOutage, PublicPlace, PublicState
from gridline.companies import Companies
from gridline.settings import HOUSE
from ivr.actions.power.works import PlannedHere, nearest, next_of
from ivr.voice.prompts import Prompt

COMPANY = Companies.load(HOUSE / "dialplan/companies").by_id("skek")
NOW = datetime(2026, 12, 31, 13, 0, tzinfo=UTC)
"""20:00 in Kemerovo, 16:00 in Moscow."""
TODAY = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("keyed", "day"),
    [
        ((31, 12), date(2026, 12, 31)),
        ((5, 1), date(2027, 1, 5)),
        ((30, 12), date(2027, 12, 30)),
        ((29, 2), None),
        ((31, 11), None),
        ((0, 5), None),
        ((1, 13), None),
    ],
)
def test_a_day_is_the_next_one_of_its_name(keyed: tuple[int, int], day: date | None) -> None:
    assert next_of(*keyed, TODAY) == day


def works(number: int, *affected: PublicPlace, hours: float = 4) -> PublicOutage:
    starts = NOW + timedelta(hours=hours + 24 * number)
    return PublicOutage(
        str(number), 1, Service.ELECTRICITY, True, PublicState.AHEAD, "", starts, starts + timedelta(hours=3), affected
    )


def ahead(*found: PublicOutage) -> PlannedHere:
    return PlannedHere("посёлок Барзас", found, places.key("п. Барзас"), COMPANY, NOW, None)


def test_the_nearest_three_are_told_and_the_rest_counted() -> None:
    streets = [PublicPlace("п. Барзас", f"ул. {street}") for street in ("Дачная", "Лесная", "Мира", "Новая", "Озёрная")]
    told = nearest(ahead(*(works(number, *streets) for number in range(5))))
    assert [one.id if isinstance(one, Prompt) else one for one in told] == [
        "planned-found",
        *["planned-works"] * 3,
        "planned-later",
    ]
    assert dict(told[1].values)["places"].endswith("; и другие улицы")  # type: ignore[union-attr]
    assert dict(told[-1].values) == {"later": "два"}  # type: ignore[union-attr]


def test_a_place_without_a_street_is_the_whole_settlement() -> None:
    told = nearest(ahead(works(0, PublicPlace("п. Барзас"), PublicPlace("п. Барзас", "ул. Мира", "1, 3"))))
    assert dict(told[1].values)["places"] == "весь населённый пункт"  # type: ignore[union-attr]


def test_works_are_found_on_every_day_they_touch_by_the_clock_of_the_company() -> None:
    over_midnight = works(0, PublicPlace("п. Барзас"), hours=2)  # 22:00 to 01:00 in Kemerovo
    found = ahead(over_midnight)
    assert [bool(found.on(TODAY + timedelta(days=days))) for days in (-1, 0, 1, 2)] == [False, True, True, False]
    until_midnight = works(0, PublicPlace("п. Барзас"), hours=1)
    assert not ahead(until_midnight).on(TODAY + timedelta(days=1))
