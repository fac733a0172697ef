"""Names spelled on the keys of a telephone: by any of their words, in any kind, ё as е; and not by their kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.actions.power.keypad import begins, keyed

RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("г. Кемерово", "кем"),
        ("ул. Карла Маркса", "кар"),
        ("ул. Карла Маркса", "маркса"),
        ("ул. Карла Маркса", "карламарк"),
        ("пр-кт Ленина", "лен"),
        ("ул. им. Ёлкина", "елк"),
        ("п. Берёзовский", "берез"),
        ("ул. 8 Марта", "8м"),
        ("ул. 8 Марта", "мар"),
        ("пгт Крапивинский", "кра"),
        ("с. Верх-Чебула", "чеб"),
    ],
)
def test_a_name_is_found_by_the_beginning_of_any_word_that_tells(name: str, word: str) -> None:
    assert begins(name, keyed(word))


@pytest.mark.parametrize(("name", "word"), [("ул. Ленина", "ули"), ("г. Кемерово", "гор"), ("ул. Мира", "лен")])
def test_a_kind_or_another_name_finds_nothing(name: str, word: str) -> None:
    assert not begins(name, keyed(word))


@given(st.text(RUSSIAN, min_size=1, max_size=20), st.integers(1, 20))
def test_every_letter_is_on_one_key_and_every_beginning_finds_its_name(word: str, letters: int) -> None:
    assert len(keyed(word)) == len(word)
    assert begins(f"дер. {word}", keyed(word[:letters]))
