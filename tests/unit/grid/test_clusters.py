"""What open reports say together: the node or the place that explains them, and nothing of pranks and single fuses."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from grid.outages import thresholds
from grid.outages.clusters import Cluster, OpenReport, clusters
from grid.outages.feeding import Feeding, drawn
from grid.outages.models import Service
from grid.outages.scopes import in_words

NOW = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)
RULES = thresholds.of_installation(Path("/nowhere")).of("skek")
MINUTE = timedelta(minutes=1)

TRANSFORMERS = {f"ТП-{feeder}{number}": f"Ф-{feeder}" for feeder in range(1, 5) for number in range(6)}
FEEDING = drawn([(code, feeder, "ПС Южная", 40) for code, feeder in TRANSFORMERS.items()])
"""One substation, four feeders, six transformers each, forty premises each."""


def report(number: int, transformer: str = "", **facts: object) -> OpenReport:
    usual: dict[str, object] = {
        "id": f"r{number}",
        "service": Service.ELECTRICITY,
        "branch": "",
        "at": NOW - 10 * MINUTE,
        "last_at": NOW - 10 * MINUTE,
        "contacts": 1,
        "phone": f"+7900{number:07}",
        "premise_id": f"p{number}" if transformer else None,
        "settlement_key": "кемерово",
        "street_key": "весенняя",
        "house": str(number),
        "settlement": "г. Кемерово",
        "street": "ул. Весенняя",
        "line": TRANSFORMERS.get(transformer, ""),
        "transformer": transformer,
    }
    return OpenReport(**(usual | facts))  # type: ignore[arg-type]


def found(*reports: OpenReport, feeding: Feeding = FEEDING) -> list[Cluster]:
    return clusters(reports, feeding, RULES, NOW)


def keys(*reports: OpenReport, feeding: Feeding = FEEDING) -> list[str]:
    return [one.key for one in found(*reports, feeding=feeding)]


def test_three_premises_of_one_transformer_are_that_transformer() -> None:
    (one,) = found(*(report(number, "ТП-10") for number in range(3)))
    assert one.key == "transformer:ТП-10"
    assert in_words(one.scope) == "ТП-10"
    assert one.reports == ("r0", "r1", "r2")


def test_two_of_forty_are_not_yet_an_outage_but_two_of_six_are() -> None:
    two = [report(number, "ТП-10") for number in range(2)]
    assert keys(*two) == []
    assert keys(*two, feeding=drawn([("ТП-10", "Ф-1", "", 6), ("ТП-11", "Ф-1", "", 6)])) == ["transformer:ТП-10"]


def test_ten_thousand_reports_of_one_premise_are_one_voice() -> None:
    assert keys(report(1, "ТП-10", contacts=10_000)) == []
    assert keys(*(report(number, "ТП-10", premise_id="p1") for number in range(10_000))) == []


def test_three_transformers_of_one_feeder_are_the_feeder_and_not_three_outages() -> None:
    many = [report(number, f"ТП-1{number % 3}") for number in range(9)]
    (one,) = found(*many)
    assert one.key == "feeder:Ф-1"
    assert one.voices == 9
    assert set(one.reports) == {each.id for each in many}


def test_most_feeders_of_a_substation_that_failed_together_are_the_substation() -> None:
    many = [report(number, f"ТП-{1 + number % 3}{number % 5}") for number in range(60)]
    assert keys(*many) == ["substation:ПС Южная"]


def test_feeders_that_failed_an_hour_apart_stay_apart() -> None:
    many = [
        replace(report(number, f"ТП-{1 + number % 3}{number % 5}"), at=NOW - (number % 3) * 50 * MINUTE)
        for number in range(60)
    ]
    assert sorted(keys(*many)) == ["feeder:Ф-1", "feeder:Ф-2", "feeder:Ф-3"]


def test_a_feeder_without_known_transformers_is_weighed_by_its_premises() -> None:
    feeding = drawn([("", "Ф-9", "", 200)])
    assert keys(*(report(n, line="Ф-9", premise_id=f"p{n}") for n in range(3)), feeding=feeding) == ["feeder:Ф-9"]


def test_a_transformer_that_the_premises_do_not_name_yet_is_not_taken_for_its_feeder() -> None:
    new = [report(number, line="Ф-9", transformer="ТП-99", premise_id=f"p{number}") for number in range(3)]
    assert keys(*new) == ["transformer:ТП-99"]


def test_what_is_off_already_counts_for_the_node_above_it() -> None:
    dark = {(Service.ELECTRICITY, "ТП-10"): NOW - 20 * MINUTE, (Service.ELECTRICITY, "ТП-11"): NOW - 15 * MINUTE}
    two = [report(number, "ТП-12") for number in range(2)]
    assert [one.key for one in clusters(two, FEEDING, RULES, NOW, dark=dark)] == ["feeder:Ф-1"]
    assert clusters([], FEEDING, RULES, NOW, dark=dark) == []


def test_water_and_electricity_are_two_outages() -> None:
    mixed = [report(n, "ТП-10", service=Service.WATER if n % 2 else Service.ELECTRICITY) for n in range(4)]
    assert keys(*mixed) == []


def test_where_the_net_is_not_known_three_houses_are_the_street_and_three_streets_the_settlement() -> None:
    street = [report(number) for number in range(3)]
    assert keys(*street) == ["street:кемерово:весенняя"]
    streets = [report(number, street_key=f"улица {number % 3}") for number in range(6)]
    assert keys(*streets) == ["settlement:кемерово"]


def test_villages_of_one_name_in_two_branches_are_two_places() -> None:
    north = [report(number, branch="north") for number in range(2)]
    south = [report(number, branch="south") for number in range(2, 4)]
    unknown = [report(4)]
    assert keys(*north, *south, *unknown) == []
    (one,) = found(*north, *unknown)
    assert (one.key, one.branch) == ("street:кемерово:весенняя@north", "north")
    both = found(*north, *south, report(5, branch="north"), report(6, branch="south"))
    assert sorted((one.key, one.branch) for one in both) == [
        ("street:кемерово:весенняя@north", "north"),
        ("street:кемерово:весенняя@south", "south"),
    ]


def test_a_node_that_feeds_two_branches_is_one_cluster_with_the_part_of_each() -> None:
    shared = drawn([("ТП-10", "Ф-1", "", 20, "north"), ("ТП-10", "Ф-1", "", 20, "south")])
    told = [report(n, "ТП-10", branch="north" if n < 3 else "") for n in range(4)]
    (one,) = found(*told, feeding=shared)
    assert (one.key, one.branch, one.voices) == ("transformer:ТП-10", "", 4)
    assert [(each.branch, each.reports, each.contacts) for each in one.shares] == [
        ("north", 3, 3),
        ("south", 0, 0),
        ("", 1, 1),
    ]
    assert [each.first_at for each in one.shares] == [told[0].at, None, told[3].at]
    (own,) = found(*told, feeding=drawn([("ТП-10", "Ф-1", "", 40, "north")]))
    assert (own.branch, own.shares) == ("north", ()), "a report of no branch is of the only one there is"


def test_a_place_that_only_a_recording_says_is_gathered_by_nobody() -> None:
    assert keys(*(report(n, settlement_key="", street_key="", house="") for n in range(5))) == []


def test_one_number_that_reports_many_places_is_one_voice_at_most() -> None:
    assert keys(*(report(number, "ТП-10", phone="+79000000000") for number in range(30))) == []
    assert keys(*(report(number, phone="+79000000000") for number in range(30))) == []


def test_reports_without_a_number_weigh_half() -> None:
    nameless = [report(number, phone=None) for number in range(6)]
    assert keys(*nameless[:5]) == []
    assert keys(*nameless) == ["street:кемерово:весенняя"]


def test_what_nobody_repeats_is_forgotten() -> None:
    old = [replace(report(n, "ТП-10"), at=NOW - 5 * RULES.window, last_at=NOW - 2 * RULES.window) for n in range(5)]
    assert keys(*old) == []
    assert keys(*(replace(one, last_at=NOW) for one in old)) == ["transformer:ТП-10"]


@given(st.lists(st.tuples(st.integers(0, 23), st.integers(0, 39)), max_size=80), st.integers(0, 999))
def test_every_report_is_in_one_cluster_at_most_whatever_their_order(told: list[tuple[int, int]], order: int) -> None:
    codes = sorted(TRANSFORMERS)
    reports = [
        report(n, codes[transformer], premise_id=f"{transformer}:{premise}")
        for n, (transformer, premise) in enumerate(told)
    ]
    first = found(*reports)
    gathered = [id for one in first for id in one.reports]
    assert len(gathered) == len(set(gathered))
    random.Random(order).shuffle(reports)
    assert [(one.key, one.voices, one.contacts) for one in found(*reports)] == [
        (one.key, one.voices, one.contacts) for one in first
    ]


def test_a_seeded_night_proposes_what_failed_and_nothing_else() -> None:
    """A feeder and a transformer elsewhere are dark, a tenth of their premises call; fuses and a prank between them."""
    draw = random.Random(8)
    number = 0
    reports = []

    def call(transformer: str, premise: int, **facts: object) -> None:
        nonlocal number
        number += 1
        reports.append(report(number, transformer, premise_id=f"{transformer}:{premise}", **facts))

    for transformer in [code for code, feeder in TRANSFORMERS.items() if feeder == "Ф-2"] + ["ТП-40"]:
        for premise in draw.sample(range(40), 4):
            call(transformer, premise)
    for transformer in ("ТП-10", "ТП-33"):  # fuses
        call(transformer, 7)
    for transformer in draw.sample(sorted(TRANSFORMERS), 12):  # one number, many accounts
        call(transformer, 39, phone="+79990000000")
    assert sorted(keys(*reports)) == ["feeder:Ф-2", "transformer:ТП-40"]


def test_ten_thousand_reports_are_gathered_in_well_under_a_second() -> None:
    draw = random.Random(1)
    reports = [report(number, draw.choice(sorted(TRANSFORMERS))) for number in range(10_000)]
    began = datetime.now(UTC)
    assert keys(*reports) == ["substation:ПС Южная"]
    assert (datetime.now(UTC) - began).total_seconds() < 1
