"""Numbers and what follows them: thousands of values against invariants, another library and a golden list."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from ivr.voice.spoken import WORKING_DAY, Gender, GrammarCase, Noun, cardinal, counted, form, ordinal
from ivr.voice.spoken.agreement import DAY, HOUR, MINUTE, NOUNS, PERSON, RUBLE, YEAR
from ivr.voice.spoken.numbers import CASES, LARGEST

_CASES = dict(zip(GrammarCase, "ngdaip", strict=True))
RUSSIAN = re.compile(r"^[а-яё]+([ -][а-яё]+)*$")


def other_opinion(n: int, case: GrammarCase, gender: str, kind: str = "cardinal") -> str:
    """num2words, with its «одна тысяча» said as people say it."""
    words = num2words(n, lang="ru", to=kind, case=_CASES[case], gender=gender, animate=False)
    return re.sub(r"^(одна|одной|одну) (тысяч)", r"\2", words.replace("ё", "е"))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("gender", [Gender.M, Gender.F, Gender.N])
def test_cardinals_are_those_of_another_library(case: GrammarCase, gender: Gender) -> None:
    # below a million: num2words 0.5.14 says «две миллиона две» for a feminine noun
    numbers = [*range(0, 1100), 1999, 2000, 2026, 5000, 11_011, 21_021, 40_040, 100_100, 999_999]
    differing = [
        (n, cardinal(n, case, gender), other_opinion(n, case, gender))
        for n in numbers
        if cardinal(n, case, gender).replace("ё", "е") != other_opinion(n, case, gender)
    ]
    assert differing == []


def test_no_two_numbers_sound_alike() -> None:
    for case in CASES:
        assert len({cardinal(n, case) for n in range(12_000)}) == 12_000


def value_of(words: str) -> int:
    """The number read back from its nominative words, by an independent grammar."""
    small = {cardinal(n): n for n in (*range(20), *range(20, 100, 10), *range(100, 1000, 100))} | {"одна": 1, "две": 2}
    scales = (("тысяч", 10**3), ("миллион", 10**6), ("миллиард", 10**9))
    total = part = 0
    for word in words.split():
        scale = next((size for stem, size in reversed(scales) if word.startswith(stem)), 0)
        if scale:
            total, part = total + (part or 1) * scale, 0
        else:
            part += small[word]
    return total + part


@settings(max_examples=300, deadline=None)
@given(st.integers(0, LARGEST))
def test_words_lead_back_to_the_number(n: int) -> None:
    assert value_of(cardinal(n)) == n


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 999_999), st.sampled_from(CASES), st.sampled_from(list(Gender)))
def test_ordinals_are_plain_russian_words_of_one_ending(n: int, case: GrammarCase, gender: Gender) -> None:
    words = ordinal(n, case, gender)
    assert RUSSIAN.match(words)
    *before, last = words.split()
    if n % 1000 and n > 20 and before:
        assert cardinal(n - value_of_tail(n)) == " ".join(before)
    assert last.endswith(("й", "го", "му", "м", "я", "ю", "е", "х", "и", "ми"))


def value_of_tail(n: int) -> int:
    """The value of an ordinal's last word."""
    tail = n % 100
    return tail if 0 < tail <= 20 else n % 10 or tail or n % 1000


@pytest.mark.parametrize("n", [*range(1, 200), 365, 1000, 1100, 1905, 1999, 2000, 2001, 2026, 2100, 3000])
def test_ordinals_in_the_cases_of_dates_and_years_are_those_of_another_library(n: int) -> None:
    for case in (GrammarCase.NOM, GrammarCase.GEN, GrammarCase.DAT, GrammarCase.INS, GrammarCase.PREP):
        assert ordinal(n, case).replace("ё", "е") == other_opinion(n, case, Gender.M, "ordinal")


def test_what_cannot_be_said_is_refused() -> None:
    for wrong in (-1, LARGEST + 1):
        with pytest.raises(ValueError, match="no words"):
            cardinal(wrong)
    with pytest.raises(ValueError, match="no ordinal"):
        ordinal(1_000_000)


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_agrees_by_the_last_digits(noun: Noun) -> None:
    assert len(noun.singular) == len(noun.plural) == len(CASES)
    one, few, many = noun.singular[0], noun.few or noun.singular[1], noun.plural[1]
    for n in range(3000):
        teens = 11 <= n % 100 <= 14
        wanted = many if teens or n % 10 in (0, 5, 6, 7, 8, 9) else one if n % 10 == 1 else few
        assert form(n, noun) == wanted, n
        for at, case in enumerate(CASES):
            if case not in (GrammarCase.NOM, GrammarCase.ACC):
                assert form(n, noun, case) == (noun.singular if n % 10 == 1 and not teens else noun.plural)[at]
        assert RUSSIAN.match(counted(n, noun))


def test_the_feminine_reaches_the_number() -> None:
    for n in range(1, 1000):
        first = counted(n, MINUTE).split()
        assert ("одна" in first) == (n % 10 == 1 and n % 100 != 11)
        assert ("две" in first) == (n % 10 == 2 and n % 100 != 12)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (counted(21, MINUTE), "двадцать одна минута"),
        (counted(2, WORKING_DAY), "два рабочих дня"),
        (counted(1, WORKING_DAY), "один рабочий день"),
        (counted(5, WORKING_DAY), "пять рабочих дней"),
        (counted(30, WORKING_DAY, GrammarCase.GEN), "тридцати рабочих дней"),
        (counted(2, WORKING_DAY, GrammarCase.INS), "двумя рабочими днями"),
        (counted(11, MINUTE), "одиннадцать минут"),
        (counted(112, HOUR), "сто двенадцать часов"),
        (counted(101, DAY, GrammarCase.GEN), "ста одного дня"),
        (counted(4, YEAR), "четыре года"),
        (counted(5, YEAR), "пять лет"),
        (counted(21, YEAR, GrammarCase.DAT), "двадцати одному году"),
        (counted(1, PERSON), "один человек"),
        (counted(3, PERSON), "три человека"),
        (counted(7, PERSON), "семь человек"),
        (counted(2, PERSON, GrammarCase.ACC), "двух человек"),
        (counted(1, PERSON, GrammarCase.ACC), "одного человека"),
        (counted(21, PERSON, GrammarCase.ACC), "двадцать одного человека"),
        (counted(22, PERSON, GrammarCase.ACC), "двадцать два человека"),
        (counted(1234, RUBLE), "тысяча двести тридцать четыре рубля"),
        (counted(1, MINUTE, GrammarCase.ACC), "одну минуту"),
        (cardinal(40, GrammarCase.INS), "сорока"),
        (cardinal(888, GrammarCase.INS), "восемьюстами восемьюдесятью восемью"),
        (cardinal(1_000_000), "один миллион"),
        (cardinal(2_001_000, GrammarCase.GEN), "двух миллионов тысячи"),
        (ordinal(3, GrammarCase.GEN), "третьего"),
        (ordinal(3, GrammarCase.NOM, Gender.F), "третья"),
        (ordinal(40, GrammarCase.PREP), "сороковом"),
        (ordinal(2026, GrammarCase.GEN), "две тысячи двадцать шестого"),
        (ordinal(2000, GrammarCase.GEN), "двухтысячного"),
        (ordinal(21_000), "двадцатиоднотысячный"),
        (ordinal(8, GrammarCase.NOM, Gender.N), "восьмое"),
        (ordinal(7), "седьмой"),
        (ordinal(1, GrammarCase.ACC, Gender.F), "первую"),
        (ordinal(12, GrammarCase.NOM, Gender.PL), "двенадцатые"),
    ],
)
def test_golden(said: str, wanted: str) -> None:
    assert said == wanted
