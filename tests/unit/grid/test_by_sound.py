"""Names written down by ear find the place that was meant, and what is no name of the list finds none."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid.places import districts
from grid.places.by_sound import MOST, alike, sound, telling
from ivr.voice import spoken

SETTLEMENTS = (
    *("г. Кемерово", "г. Берёзовский", "г. Топки", "г. Полысаево", "п. Барзас", "п. Звёздный", "п. Разведчик"),
    *("с. Елыкаево", "с. Верхотомское", "с. Ягуново", "с. Мазурово", "д. Старочервово", "д. Пугачи", "пгт Яшкино"),
    *("с. Ивановка (Топкинский р-н)", "с. Ивановка (Яшкинский р-н)", "д. Новоивановка", "рзд Буреничево"),
)
STREETS = (
    *("ул. Ленина", "пр-кт Ленина", "ул. Лермонтова", "ул. Мира", "ул. Набережная", "ул. Городская", "ул. 8 Марта"),
    *("ул. 50 лет Октября", "пр-кт Октябрьский", "ул. Карла Маркса", "пер. 1-й Заречный", "ул. Первого Мая"),
    *("ул. Тухачевского", "ул. Весенняя", "б-р Строителей", "ул. Ноградская", "ул. Совхозная", "ул. Солнечная"),
)


def names(written: str) -> tuple[str, ...]:
    return spoken.address(written), spoken.address(districts.apart(written)[0])


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("илыкаево", "с. Елыкаево"),
        ("я живу в селе иликаева", "с. Елыкаево"),
        ("барзаз", "п. Барзас"),
        ("посёлок барсас", "п. Барзас"),
        ("звездной", "п. Звёздный"),
        ("это верха томское", "с. Верхотомское"),
        ("полы саева", "г. Полысаево"),
        ("березовский город", "г. Берёзовский"),
        ("пугачи", "д. Пугачи"),
        ("эгунова", "с. Ягуново"),
    ],
)
def test_a_settlement_is_known_by_its_sound(heard: str, meant: str) -> None:
    found = alike(heard, SETTLEMENTS, names)
    assert found.things[0] == meant
    assert found.clear


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("на набережной", "ул. Набережная"),
        ("улица восьмого марта", "ул. 8 Марта"),
        ("пятьдесят лет октября", "ул. 50 лет Октября"),
        ("карло марса", "ул. Карла Маркса"),
        ("улица тухачевскова", "ул. Тухачевского"),
        ("первава мая", "ул. Первого Мая"),
        ("первый заречный переулок", "пер. 1-й Заречный"),
        ("весеней", "ул. Весенняя"),
        ("сонечная", "ул. Солнечная"),
        ("улица горотская", "ул. Городская"),
    ],
)
def test_a_street_is_known_by_its_sound(heard: str, meant: str) -> None:
    assert alike(heard, STREETS, names).things[0] == meant


def test_two_of_one_name_are_both_offered_and_the_district_tells_them_apart() -> None:
    both = alike("ивановка", SETTLEMENTS, names)
    assert not both.clear
    assert set(both.things[:2]) == {"с. Ивановка (Топкинский р-н)", "с. Ивановка (Яшкинский р-н)"}
    assert alike("ивановка топкинский район", SETTLEMENTS, names).things[0] == "с. Ивановка (Топкинский р-н)"


def test_a_street_and_an_avenue_of_one_name_are_never_taken_for_each_other() -> None:
    found = alike("ленина", STREETS, names)
    assert not found.clear
    assert set(found.things[:2]) == {"ул. Ленина", "пр-кт Ленина"}


@pytest.mark.parametrize("heard", ["", "э", "щука", "какая хорошая погода", "улица", "... !", "ы"])
def test_what_is_no_name_of_the_list_finds_none(heard: str) -> None:
    assert alike(heard, (*SETTLEMENTS, *STREETS), names).things == ()


def test_nothing_is_found_in_no_list() -> None:
    assert alike("барзас", (), names).things == ()
    assert alike("барзас", ("",), names).things == ()


@settings(deadline=None)
@given(st.text(max_size=400))
def test_whatever_is_heard_a_few_are_offered_at_most(heard: str) -> None:
    found = alike(heard, SETTLEMENTS, names)
    assert len(found.things) <= MOST
    assert len(set(found.things)) == len(found.things)
    assert not found.clear or found.things


@settings(deadline=None)
@given(st.sampled_from(SETTLEMENTS + STREETS), st.randoms(use_true_random=False))
def test_a_name_is_found_by_itself_whatever_the_order_of_the_list(name: str, chance: random.Random) -> None:
    things = [*SETTLEMENTS, *STREETS]
    chance.shuffle(things)
    assert name in alike(names(name)[0].upper(), things, names).things


@given(st.text("абвгдежзийклмнопрстуфхцчшщъыьэюяё", min_size=1, max_size=30))
def test_a_sound_is_never_longer_than_its_word(word: str) -> None:
    assert len(sound(word)) <= len(word)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("елыкаево", "иликаева"),
        ("барзас", "парсас"),
        ("первого", "первава"),
        ("съезд", "сезт"),
    ],
)
def test_what_one_hears_alike_sounds_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


def test_kinds_are_no_names_unless_there_is_nothing_else() -> None:
    assert telling("Живём в селе Елыкаево") == ("елыкаево",)
    assert telling("улица Набережная") == ("набережная",)
    assert telling("в посёлке") == ("поселке",)
    assert telling("") == ()
