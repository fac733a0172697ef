"""Phones, codes, addresses and other people's texts: nothing unspeakable is left, and nothing is lost."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gridline.numbers.phones import parse
from ivr.voice import spoken
from ivr.voice.spoken.codes import LETTERS

UNSPEAKABLE = re.compile(r"[0-9A-Za-z<>&+\\`$|{}\[\]@#*_^~=\x00-\x1f]")
DIGITS = {spoken.cardinal(n): str(n) for n in range(1000)}


def digits_of(groups: str) -> str:
    """The digits a listener writes down: each comma-separated group is one number after its zeros."""
    written = ""
    for group in groups.split(", "):
        words = group.split()
        zeros = 0
        while words and words[0] == "ноль":
            zeros, words = zeros + 1, words[1:]
        written += "0" * zeros + (DIGITS[" ".join(words)] if words else "")
    return written


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 9_999_999_999))
def test_a_russian_number_can_be_written_down_from_what_is_said(n: int) -> None:
    national = f"{n:010d}"
    assume(not (known := parse(national)) or not known.abroad)
    for written in ("+7" + national, "8" + national, national):
        assert digits_of(spoken.phone(written)) == "8" + national


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=string.digits, min_size=1, max_size=20))
def test_a_code_is_said_digit_by_digit(code: str) -> None:
    said = spoken.digit_by_digit(code)
    assert "".join(DIGITS[word] for word in said.replace(",", "").split()) == code
    assert all(len(group.split()) <= 3 for group in said.split(", "))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (spoken.phone("+78005009494"), "восемь, восемьсот, пятьсот, девяносто четыре, девяносто четыре"),
        (
            spoken.phone("8 (8112) 69-79-07"),
            "восемь, восемьсот одиннадцать, двести шестьдесят девять, семьдесят девять, ноль семь",
        ),
        (spoken.phone("+84912345678").split(", ")[0], "плюс"),
        (spoken.phone("+77012345678").split(", ")[0], "плюс"),
        (spoken.phone("87012345678").split(", ")[0], "плюс"),
        (spoken.phone("112"), "сто двенадцать"),
        (spoken.phone("697999"), "шестьдесят девять, семьдесят девять, девяносто девять"),
        (
            spoken.phone("+48221234567"),
            "плюс, четыреста восемьдесят два, двадцать один, двадцать три, сорок пять, шестьдесят семь",
        ),
        (spoken.digit_by_digit("26-000123-7"), "два шесть, ноль ноль ноль, один два три, семь"),
        (spoken.digit_by_digit("ТП-4Z"), "тэ пэ, четыре зет"),
    ],
)
def test_golden_phones_and_codes(said: str, wanted: str) -> None:
    assert said == wanted


def test_every_letter_has_a_name() -> None:
    assert set(LETTERS) == set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя" + string.ascii_lowercase)


ADDRESSES = {
    "ул. Ленина, д. 5, корп. 2": "улица Ленина, дом пять, корпус два",
    "г. Кемерово, ул. Весенняя, д. 5, корп. 2, кв. 10": (
        "город Кемерово, улица Весенняя, дом пять, корпус два, квартира десять"
    ),
    "650000, Кемеровская обл., г. Мыски, ш. Нефтяников, д. 12б/3, стр. 1": (
        "Кемеровская область, город Мыски, шоссе Нефтяников, дом двенадцать бэ дробь три, строение один"
    ),
    "пр-т Советский, 12а": "проспект Советский, дом двенадцать а",
    "пр. Ленина, д.10с1": "проспект Ленина, дом десять, строение один",
    "пер. Садовый, д. 5/2": "переулок Садовый, дом пять дробь два",
    "ул. Ленина, д. 5-7": "улица Ленина, дом пять тире семь",
    "д. Ивановка, д. 7": "деревня Ивановка, дом семь",
    "дер. Ивановка, д. 7": "деревня Ивановка, дом семь",
    "с. Красное, ул. 8 Марта, 15": "село Красное, улица восьмого Марта, дом пятнадцать",
    "пос. Мир, ул. 40 лет Октября, д. 3, кв. 1": "посёлок Мир, улица сорока лет Октября, дом три, квартира один",
    "п. Новый, ул. 60-летия Октября, д. 1": "посёлок Новый, улица шестидесятилетия Октября, дом один",
    "пгт Яшкино, б-р Строителей, д. 21, пом. 101": (
        "посёлок городского типа Яшкино, бульвар Строителей, дом двадцать один, помещение сто один"
    ),
    "мкр. 5, д. 12, лит. А": "микрорайон пять, дом двенадцать, литера а",
    "м-н Южный, д. 1": "микрорайон Южный, дом один",
    "кв-л 7, уч. 12": "квартал семь, участок двенадцать",
    "1-я Парковая ул., д. 2к3": "первая Парковая улица, дом два, корпус три",
    "2-й пер. Горького, д. 4, к. 1": "второй переулок Горького, дом четыре, корпус один",
    "ул. XXII Партсъезда, д. 8": "улица двадцать второго Партсъезда, дом восемь",
    "ул. 26 Бакинских Комиссаров, д. 9": "улица двадцати шести Бакинских Комиссаров, дом девять",
    "ул. 1905 года, 4": "улица тысяча девятьсот пятого года, дом четыре",
    "наб. реки Фонтанки, д. 100, лит. Б": "набережная реки Фонтанки, дом сто, литера бэ",
    "пл. Победы, 3": "площадь Победы, дом три",
    "ул. А. С. Пушкина, д. 5 А": "улица а эс Пушкина, дом пять а",
    "г. Тверь, ул. Ленина 5": "город Тверь, улица Ленина, дом пять",
    "р-н Топкинский, ст. Литвиново": "район Топкинский, станция Литвиново",
}


@pytest.mark.parametrize("written", ADDRESSES)
def test_golden_addresses(written: str) -> None:
    assert spoken.address(written) == ADDRESSES[written]


STREETS = ["ул. Весенняя", "пр-т Ленина", "пер. Малый", "ш. Южное", "наб. Томи", "пл. Мира", "мкр. Северный"]
WORDS = {"ул": "улица", "пр-т": "проспект", "пер": "переулок", "ш": "шоссе", "наб": "набережная", "пл": "площадь"}
WORDS["мкр"] = "микрорайон"


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(STREETS),
    st.integers(1, 999),
    st.sampled_from(["", "а", "б", "/2", "/15"]),
    st.one_of(st.none(), st.integers(1, 20)),
    st.one_of(st.none(), st.integers(1, 999)),
    st.booleans(),
)
def test_addresses_lose_no_part(
    street: str, house: int, more: str, block: int | None, flat: int | None, spaced: bool
) -> None:
    space = " " if spaced else ""
    written = f"{street}, д.{space}{house}{more}"
    written += f", корп.{space}{block}" if block else ""
    written += f", кв.{space}{flat}" if flat else ""
    said = spoken.address(written)
    assert not UNSPEAKABLE.search(said)
    parts = said.split(", ")
    short, name = street.split(". ") if ". " in street else street.split(" ")
    assert parts[0] == f"{WORDS[short]} {name}"
    assert parts[1].startswith(f"дом {spoken.cardinal(house)}")
    assert ("дробь" in parts[1]) == more.startswith("/")
    assert (f"корпус {spoken.cardinal(block)}" in parts) if block else "корпус" not in said
    assert (f"квартира {spoken.cardinal(flat)}" in parts) if flat else "квартира" not in said


@settings(max_examples=400, deadline=None)
@example("f.")
@example("ф .")
@given(st.one_of(st.text(max_size=80), st.text(alphabet="ул.дкп 0123456789-/,АбвXVIabz<&\n'\"", max_size=60)))
def test_whatever_is_written_comes_out_speakable_and_stays_so(text: str) -> None:
    for said in (spoken.speakable(text), spoken.address(text)):
        assert not UNSPEAKABLE.search(said)
        assert spoken.speakable(said) == said


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("обрыв провода ВЛ-10 кВ ф. 7", "обрыв провода воздушной линии десять киловольт фидер семь"),
        ("ВЛ-10: обрыв провода", "воздушная линия десять: обрыв провода"),
        ("работы на РП 5", "работы на распределительном пункте пять"),
        ("повреждение КЛ 0,4 кВ", "повреждение кабельной линии ноль целых четыре десятых киловольта"),
        (
            "до 23.11.2026 18:05",
            "до двадцать третьего ноября две тысячи двадцать шестого года восемнадцать ноль пять",
        ),
        ("ждать 21 мин.", "ждать двадцать одну минуту"),
        ("СНТ «Мечта» № 4", "эс эн тэ «Мечта» номер четыре"),
        ("<speak><break/>свет</speak>", "свет"),
        ("е́ж\u200b\x00 и ёлка", "еж и ёлка"),
        ("ABB Siemens", "а бэ бэ сиеменс"),
        ("$(rm) `x` | свет", "(рм) кс свет"),
        ("31.02.2026", "тридцать один. ноль два. две тысячи двадцать шесть"),
        ("два шесть, ноль ноль семь", "два шесть, ноль ноль семь"),
    ],
)
def test_golden_texts(written: str, wanted: str) -> None:
    assert spoken.speakable(written) == wanted
