"""Nouns that follow a number: «21 минута», «2 рабочих дня», «около пяти часов»."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.voice.spoken.numbers import Case, Gender, agreed, cardinal

Six = tuple[str, str, str, str, str, str]


@dataclass(frozen=True)
class Noun:
    """A noun, with its adjective if it has one, in all cases."""

    gender: Gender
    singular: Six
    plural: Six
    few: str = ""
    """After 2-4 where it is not the genitive singular: an adjective goes plural there («два рабочих дня»)."""
    animate: bool = False


def form(n: int, noun: Noun, case: Case = "nom") -> str:
    """The noun alone, as it stands after `n`: form(21, MINUTE) is «минута»."""
    if noun.animate and case == "acc" and _shows_animacy(n):
        case = "gen"
    last, teens = n % 10, 11 <= n % 100 <= 14
    if noun.few and case in ("nom", "acc") and 2 <= last <= 4 and not teens:
        return noun.few
    return agreed(n, case, noun.singular, noun.plural)


def counted(n: int, noun: Noun, case: Case = "nom") -> str:
    """Number and noun: counted(2, WORKING_DAY, "gen") is «двух рабочих дней»."""
    if noun.animate and case == "acc" and _shows_animacy(n):
        tens = [cardinal(n - n % 10, "acc")] if n > 10 else []  # «двадцать одного»: only the last word shows it
        return " ".join([*tens, cardinal(n % 10, "gen", noun.gender), form(n, noun, case)])
    return f"{cardinal(n, case, noun.gender)} {form(n, noun, case)}"


def _shows_animacy(n: int) -> bool:
    """«Жду одного человека, двух человек», but «двадцать два человека»."""
    return (n % 10 == 1 and n % 100 != 11) or n in (2, 3, 4)


SECOND = Noun(
    "f", ("секунда", "секунды", "секунде", "секунду", "секундой", "секунде"),
    ("секунды", "секунд", "секундам", "секунды", "секундами", "секундах"),
)  # fmt: skip
MINUTE = Noun(
    "f", ("минута", "минуты", "минуте", "минуту", "минутой", "минуте"),
    ("минуты", "минут", "минутам", "минуты", "минутами", "минутах"),
)  # fmt: skip
HOUR = Noun("m", ("час", "часа", "часу", "час", "часом", "часе"), ("часы", "часов", "часам", "часы", "часами", "часах"))
DAY = Noun("m", ("день", "дня", "дню", "день", "днём", "дне"), ("дни", "дней", "дням", "дни", "днями", "днях"))
WORKING_DAY = Noun(
    "m", ("рабочий день", "рабочего дня", "рабочему дню", "рабочий день", "рабочим днём", "рабочем дне"),
    ("рабочие дни", "рабочих дней", "рабочим дням", "рабочие дни", "рабочими днями", "рабочих днях"),
    few="рабочих дня",
)  # fmt: skip
WEEK = Noun(
    "f", ("неделя", "недели", "неделе", "неделю", "неделей", "неделе"),
    ("недели", "недель", "неделям", "недели", "неделями", "неделях"),
)  # fmt: skip
MONTH = Noun(
    "m", ("месяц", "месяца", "месяцу", "месяц", "месяцем", "месяце"),
    ("месяцы", "месяцев", "месяцам", "месяцы", "месяцами", "месяцах"),
)  # fmt: skip
YEAR = Noun("m", ("год", "года", "году", "год", "годом", "годе"), ("годы", "лет", "годам", "годы", "годами", "годах"))
PERSON = Noun(
    "m", ("человек", "человека", "человеку", "человека", "человеком", "человеке"),
    ("люди", "человек", "людям", "людей", "людьми", "людях"), animate=True,
)  # fmt: skip
DIGIT = Noun(
    "f", ("цифра", "цифры", "цифре", "цифру", "цифрой", "цифре"),
    ("цифры", "цифр", "цифрам", "цифры", "цифрами", "цифрах"),
)  # fmt: skip
STAGE = Noun(
    "m", ("этап", "этапа", "этапу", "этап", "этапом", "этапе"),
    ("этапы", "этапов", "этапам", "этапы", "этапами", "этапах"),
)  # fmt: skip
ADDRESS = Noun(
    "m", ("адрес", "адреса", "адресу", "адрес", "адресом", "адресе"),
    ("адреса", "адресов", "адресам", "адреса", "адресами", "адресах"),
)  # fmt: skip
APPEAL = Noun(
    "n", ("обращение", "обращения", "обращению", "обращение", "обращением", "обращении"),
    ("обращения", "обращений", "обращениям", "обращения", "обращениями", "обращениях"),
)  # fmt: skip
RUBLE = Noun(
    "m", ("рубль", "рубля", "рублю", "рубль", "рублём", "рубле"),
    ("рубли", "рублей", "рублям", "рубли", "рублями", "рублях"),
)  # fmt: skip
METRE = Noun(
    "m", ("метр", "метра", "метру", "метр", "метром", "метре"),
    ("метры", "метров", "метрам", "метры", "метрами", "метрах"),
)  # fmt: skip
NOUNS = (SECOND, MINUTE, HOUR, DAY, WORKING_DAY, WEEK, MONTH, YEAR, PERSON, DIGIT, STAGE, ADDRESS, APPEAL, RUBLE, METRE)
