"""Which houses of a street an outage names: as dispatchers write them, and as every house is asked."""

from __future__ import annotations

import string
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grid.places import houses
from gridline.errors import InvalidInput


@pytest.mark.parametrize(
    ("spec", "inside", "outside"),
    [
        ("", ["1", "5а", "б/н", ""], []),
        (
            "5",
            ["5", "д. 5", "дом 5", "05", "5 корп. 2", "5к2", "5 стр. 1", "вл. 5"],
            ["5а", "5/2", "6", "50", "", "б/н"],
        ),
        ("5а", ["5а", "5А", "5 а", "5-а", "5/а", "5a", "5 лит. А"], ["5", "5б", "5/1"]),
        ("5/2", ["5/2", "5 / 2", "д.5/2"], ["5", "5/3", "5а", "2"]),
        ("1-15", ["1", "2", "15", "7а", "7/2", "15а", "3 корп. 4"], ["16", "20", "уч. 3"]),
        ("1–15 нечётные", ["1", "7", "15", "7а"], ["2", "8", "17"]),
        ("нечетные 1 - 15", ["1", "15"], ["2"]),
        ("2-20 (чётные)", ["2", "20", "20б"], ["3", "22"]),
        ("чётные", ["2", "100", "4а"], ["1", "3"]),
        ("НЕЧЁТНАЯ сторона", ["1", "33"], ["2"]),
        ("с 1 по 9", ["1", "9", "9а"], ["10"]),
        ("от 20 до конца", ["20", "999"], ["19"]),
        ("5а-5г", ["5а", "5б", "5г"], ["5", "5д", "6"]),
        ("5/1-5/4", ["5/1", "5/4"], ["5", "5/5", "5/10"]),
        ("вл. 3", ["вл. 3", "владение 3", "3"], ["4", "уч. 3"]),
        ("уч. 3", ["уч. 3", "участок 3"], ["3", "вл. 3"]),
        ("7 корп. 2", ["7 корп. 2", "7к2", "7 корпус 2"], ["7", "7 корп. 3", "7а"]),
        ("7 корп. 2, корп. 3", ["7к2", "7к3"], ["7", "7к4"]),
        ("7, корп. 2", ["7к2"], ["7", "7к3"]),
        ("7 стр. 1", ["7 стр. 1", "7с1"], ["7", "7 стр. 2"]),
        ("7к2с1", ["7 корп. 2 стр. 1"], ["7к2", "7к2с2"]),
        ("7к, 7с", ["7к", "7с"], ["7", "7к2"]),
        ("корп. 4", ["корп. 4"], ["4"]),
        ("1, 3 и 5; 10-12", ["1", "3", "5", "11"], ["2", "9"]),
        ("дома 2, 4, № 6", ["2", "4", "6"], ["3"]),
        ("б/н", ["б/н", "без номера"], ["1"]),
        ("все", ["1", "77а"], []),
    ],
)
def test_what_a_dispatcher_writes_names_these_houses_and_no_other(
    spec: str, inside: list[str], outside: list[str]
) -> None:
    assert [house for house in inside if not houses.covers(spec, house)] == []
    assert [house for house in outside if houses.covers(spec, house)] == []


def test_a_building_kept_apart_is_the_same_house() -> None:
    assert houses.covers("7 корп. 2", "7", "2")
    assert houses.covers("7 корп. 2", "7", "корп. 2")
    assert houses.covers("7", "7", "2")
    assert not houses.covers("7 корп. 2", "7", "3")
    assert not houses.covers("7 корп. 2", "7", "левый подъезд")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("15-1", "наоборот"),
        ("5-2", "5/2"),
        ("5 7 9", "«5 7 9»"),
        ("1-15 кроме 7", "не разобран"),
        ("5 нечётные", "один"),
        ("2-2 нечётные", "таких домов нет"),
        ("1-15, корп. 2", "какого дома"),
        ("ферма", "«ферма»"),
        ("0", "«0»"),
        ("7 корп. 1-7 корп. 4", "Перечислите корпуса"),
        ("корп. а", "нет номера"),
        ("1, " * 150, "300 знаков"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_part_that_is_wrong(spec: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        houses.parse(spec)


def test_a_stored_text_that_nobody_can_read_leaves_no_street_untold() -> None:
    assert houses.covers("от колодца до фермы", "12")


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("д. 5а", "5 А", True),
        ("5к2", "5 корп. 2", True),
        ("5", "5а", False),
        ("ферма", "Ферма ", True),
        ("б/н", "5", False),
    ],
)
def test_ways_of_writing_one_house(one: str, other: str, are_same: bool) -> None:
    assert houses.same(one, other) is are_same


NUMBERS = st.integers(1, 400)
LETTERS = st.sampled_from(["", *"абвгде"])


@given(
    first=NUMBERS,
    more=st.integers(0, 100),
    asked=NUMBERS,
    letter=LETTERS,
    side=st.sampled_from(["", "чётные", "нечётные"]),
)
def test_a_range_names_what_is_numbered_within_it(first: int, more: int, asked: int, letter: str, side: str) -> None:
    last = first + more + 1
    on_side = {"": True, "чётные": asked % 2 == 0, "нечётные": asked % 2 == 1}[side]
    assert houses.covers(f"{first}-{last} {side}", f"{asked}{letter}") is (first <= asked <= last and on_side)


@given(
    number=NUMBERS,
    letter=LETTERS,
    fraction=st.integers(0, 30),
    building=st.integers(0, 9),
    listed=st.sets(NUMBERS, max_size=20),
)
def test_every_house_is_named_by_its_own_writing(
    number: int, letter: str, fraction: int, building: int, listed: set[int]
) -> None:
    written = f"{number}{letter}{f'/{fraction}' if fraction else ''}{f' корп. {building}' if building else ''}"
    assert houses.covers(written, written)
    among = ", ".join(str(one) for one in listed - {number})
    assert not among or not houses.covers(among, written)
    assert houses.covers(f"{among}, {written}", written)


@given(st.text(alphabet=string.digits + "абкснч-/,;.() еётыйиорп", max_size=40), st.text(max_size=12))
@example("1--5", "3")
def test_whatever_is_written_is_read_or_refused(spec: str, house: str) -> None:
    houses.covers(spec, house)
    houses.read(house, spec)
    with suppress(InvalidInput):
        assert len(houses.parse(spec)) <= len(spec)


@pytest.mark.parametrize(
    ("written", "apart"),
    [
        ("д. 7А корп. 2", ("7а", "2")),
        ("5к2", ("5", "2")),
        ("5-а", ("5а", "")),
        ("вл. 5/2", ("5/2", "")),
        ("уч.12", ("уч. 12", "")),
        ("7 корп. 2 стр. 1", ("7 корп. 2 стр. 1", "")),
        ("б/н", ("б/н", "")),
        ("гараж", ("гараж", "")),
    ],
)
def test_a_house_and_its_building_are_taken_apart_as_premises_keep_them(written: str, apart: tuple[str, str]) -> None:
    assert houses.split(written) == apart
