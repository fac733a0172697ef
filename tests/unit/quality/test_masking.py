"""Personal data in spoken words is hidden, and what is nobody's is left."""

from __future__ import annotations

import pytest

from appeals import numbering
from gridline.settings import HOUSE
from ivr.voice.prompts import PromptBook
from ivr.voice.spoken.numbers import cardinal
from quality.masking.masking import masked_words, spans
from quality.masking.masks import Mask
from quality.masking.numerals import digits
from quality.transcripts.transcripts import SpokenWord

LINES = {
    "здравствуйте у нас нет света с утра": "здравствуйте у нас нет света с утра",
    "меня зовут петрова анна сергеевна": "меня зовут [имя]",
    "меня зовут вера я звоню по поводу счётчика": "меня зовут [имя] я звоню по поводу счётчика",
    "фамилия правдолюбов мастер требует деньги": "фамилия [имя] мастер требует деньги",
    "мастер кузнецов приедет в семнадцать часов": "мастер [имя] приедет в семнадцать часов",
    "это роман сергеевич из двенадцатой": "это [имя] из двенадцатой",
    "мой телефон восемь девятьсот двадцать три пятьсот пятьдесят пять ноль один ноль один": "мой телефон [телефон]",
    "плюс семь девятьсот тринадцать дальше пятьсот пятьдесят пять сорок четыре двадцать два": "плюс [телефон]",
    "89235550101 это мой номер": "[телефон] это мой номер",
    "перезвоните марине ивановне на сотовый девять ноль пять": "перезвоните [имя] на сотовый [телефон]",
    "улица весенняя дом пять квартира двенадцать": "[адрес]",
    "живу на тёплой улице четырнадцать": "живу на [адрес]",
    "проспект ленина сорок шесть": "[адрес]",
    "улица сорок лет октября дом три а": "[адрес]",
    "проспект шахтёров дом восемь корпус два квартира сто один": "[адрес]",
    "на улице упал столб у дома пять": "на улице упал столб у [адрес]",
    "на улице темно и холодно": "на улице темно и холодно",
    "напротив нашего дома искрит": "напротив нашего дома искрит",
    "в многоквартирном доме двенадцать квартир без света": "в многоквартирном доме двенадцать квартир без света",
    "мороз на улице тридцать градусов": "мороз на улице тридцать градусов",
    "лицевой счёт сорок два шестнадцать ноль ноль семь": "лицевой счёт [счёт]",
    "договор номер сто двадцать три сорок пять от пятого мая": "договор номер [счёт] от пятого мая",
    "паспорт тридцать два ноль четыре пятьсот шестьдесят семь восемьсот девяносто": "паспорт [документ]",
    "снилс сто двенадцать двести тридцать три четыреста сорок пять девяносто пять": "снилс [документ]",
    "родилась двенадцатого января восьмидесятого года в кемерово": "родилась [дата рождения] в кемерово",
    "почта иванов собака яндекс точка ру": "[почта]",
    "собака лает под столбом никого нет": "собака лает под столбом никого нет",
    "напряжение сто восемьдесят вольт третью неделю": "напряжение сто восемьдесят вольт третью неделю",
    "заплатила тысячу двести тридцать четыре рубля": "заплатила тысячу двести тридцать четыре рубля",
    "тридцать дней с пятого мая две тысячи двадцать шестого года": (
        "тридцать дней с пятого мая две тысячи двадцать шестого года"
    ),
}


def shown(said: str) -> str:
    return " ".join(word.text for word in masked_words([SpokenWord(text, 0.0, 0.0) for text in said.split()]))


@pytest.mark.parametrize("said", LINES)
def test_what_is_personal_is_hidden_and_nothing_else(said: str) -> None:
    assert shown(said) == LINES[said]


def test_an_appeals_number_is_nobodys_secret_and_one_that_does_not_check_may_be_somebodys() -> None:
    number = numbering.number(2026, 123)
    words = " ".join(cardinal(int(digit)) for digit in number)
    assert shown(f"номер вашего обращения {words}") == f"номер вашего обращения {words}"
    wrong = words.replace("ноль", "девять", 1)
    assert shown(f"номер вашего обращения {wrong}") == "номер вашего обращения [номер]"


def test_a_mark_lasts_as_long_as_what_it_hides() -> None:
    said = [SpokenWord(text, at, at + 0.4) for at, text in enumerate(["телефон", "девять", "ноль", "ноль", "пять"])]
    assert masked_words(said) == [said[0], SpokenWord(Mask.PHONE, 1, 4.4)]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("восемь девятьсот двадцать три пятьсот ноль один", "892350001"),
        ("двадцать шесть ноль ноль ноль сто двадцать три", "26000123"),
        ("две тысячи двадцать шестого", "2026"),
        ("пять пять двадцать двадцать", "552020"),
        ("сорок 5 шестьдесят", "40560"),
        ("", ""),
    ],
)
def test_spoken_numbers_are_written(said: str, written: str) -> None:
    assert digits(said.split()) == written


def test_nothing_personal_is_found_in_what_the_robot_says() -> None:
    """Its prompts name nobody: what is found there would be found wrongly in every call."""
    book = PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml")
    wrong = {}
    for id, prompt in book.items():
        words = "".join(sign if sign.isalnum() else " " for sign in prompt.text).split()
        found = [" ".join(words[span.first : span.behind]) for span in spans(words)]
        if found and "{" not in prompt.text and not id.startswith("place-how"):  # «улицу — два» is a key, not a house
            wrong[id] = found
    assert wrong == {}
