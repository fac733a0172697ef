"""Nouns that follow a number: «21 минута», «2 рабочих дня», «около пяти часов»."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.voice.spoken.numbers import Gender, GrammarCase, agreed, cardinal

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


def form(n: int, noun: Noun, case: GrammarCase = GrammarCase.NOM) -> str:
    """The noun alone, as it stands after `n`: form(21, MINUTE) is «минута»."""
    if noun.animate and case == GrammarCase.ACC and _shows_animacy(n):
        case = GrammarCase.GEN
    last, teens = n % 10, 11 <= n % 100 <= 14
    if noun.few and case in (GrammarCase.NOM, GrammarCase.ACC) and 2 <= last <= 4 and not teens:
        return noun.few
    return agreed(n, case, noun.singular, noun.plural)


def counted(n: int, noun: Noun, case: GrammarCase = GrammarCase.NOM) -> str:
    """Number and noun: counted(2, WORKING_DAY, GrammarCase.GEN) is «двух рабочих дней»."""
    if noun.animate and case == GrammarCase.ACC and _shows_animacy(n):
        tens = (
            [cardinal(n - n % 10, GrammarCase.ACC)] if n > 10 else []
        )  # «двадцать одного»: only the last word shows it
        return " ".join([*tens, cardinal(n % 10, GrammarCase.GEN, noun.gender), form(n, noun, case)])
    return f"{cardinal(n, case, noun.gender)} {form(n, noun, case)}"


def _shows_animacy(n: int) -> bool:
    """«Жду одного человека, двух человек», but «двадцать два человека»."""
    return (n % 10 == 1 and n % 100 != 11) or n in (2, 3, 4)


def _six(written: str) -> Six:
    nom, gen, dat, acc, ins, prep = written.split(", ")
    return nom, gen, dat, acc, ins, prep


def _masculine(stem: str, many: str = "ов") -> Noun:
    """Hard stem: «метр», «метра», ..., «метры», «метров»; `many` is "" for «вольт»."""
    return Noun(
        Gender.M,
        (stem, f"{stem}а", f"{stem}у", stem, f"{stem}ом", f"{stem}е"),
        (f"{stem}ы", f"{stem}{many}", f"{stem}ам", f"{stem}ы", f"{stem}ами", f"{stem}ах"),
    )


def _feminine(stem: str, *, several: str = "ы") -> Noun:
    """Hard stem: «минута», «минуты», ..., «минут»; `several` is «и» after к, г, х."""
    return Noun(
        Gender.F,
        (f"{stem}а", f"{stem}{several}", f"{stem}е", f"{stem}у", f"{stem}ой", f"{stem}е"),
        (f"{stem}{several}", stem, f"{stem}ам", f"{stem}{several}", f"{stem}ами", f"{stem}ах"),
    )


SECOND = _feminine("секунд")
MINUTE = _feminine("минут")
HOUR = _masculine("час")
DAY = Noun(Gender.M, _six("день, дня, дню, день, днём, дне"), _six("дни, дней, дням, дни, днями, днях"))
WORKING_DAY = Noun(
    Gender.M,
    _six("рабочий день, рабочего дня, рабочему дню, рабочий день, рабочим днём, рабочем дне"),
    _six("рабочие дни, рабочих дней, рабочим дням, рабочие дни, рабочими днями, рабочих днях"),
    few="рабочих дня",
)
WEEK = Noun(
    Gender.F,
    _six("неделя, недели, неделе, неделю, неделей, неделе"),
    _six("недели, недель, неделям, недели, неделями, неделях"),
)
MONTH = Noun(
    Gender.M,
    _six("месяц, месяца, месяцу, месяц, месяцем, месяце"),
    _six("месяцы, месяцев, месяцам, месяцы, месяцами, месяцах"),
)
YEAR = Noun(Gender.M, _six("год, года, году, год, годом, годе"), _six("годы, лет, годам, годы, годами, годах"))
PERSON = Noun(
    Gender.M,
    _six("человек, человека, человеку, человека, человеком, человеке"),
    _six("люди, человек, людям, людей, людьми, людях"),
    animate=True,
)
DIGIT = _feminine("цифр")
STAGE = _masculine("этап")
ADDRESS = Noun(
    Gender.M,
    _six("адрес, адреса, адресу, адрес, адресом, адресе"),
    _six("адреса, адресов, адресам, адреса, адресами, адресах"),
)
APPEAL = Noun(
    Gender.N,
    _six("обращение, обращения, обращению, обращение, обращением, обращении"),
    _six("обращения, обращений, обращениям, обращения, обращениями, обращениях"),
)
MESSAGE = Noun(
    Gender.N,
    _six("сообщение, сообщения, сообщению, сообщение, сообщением, сообщении"),
    _six("сообщения, сообщений, сообщениям, сообщения, сообщениями, сообщениях"),
)
RUBLE = Noun(
    Gender.M,
    _six("рубль, рубля, рублю, рубль, рублём, рубле"),
    _six("рубли, рублей, рублям, рубли, рублями, рублях"),
)
KOPECK = Noun(
    Gender.F,
    _six("копейка, копейки, копейке, копейку, копейкой, копейке"),
    _six("копейки, копеек, копейкам, копейки, копейками, копейках"),
)
METRE = _masculine("метр")
KILOMETRE = _masculine("километр")
CENTIMETRE = _masculine("сантиметр")
MILLIMETRE = _masculine("миллиметр")
PER_CENT = _masculine("процент")
VOLT = _masculine("вольт", many="")
KILOVOLT = _masculine("киловольт", many="")
KILOVOLT_AMPERE = _masculine("киловольт-ампер", many="")
KILOWATT = _masculine("киловатт", many="")
MEGAWATT = _masculine("мегаватт", many="")
PIECE = _feminine("штук", several="и")
NOUNS = (
    *(SECOND, MINUTE, HOUR, DAY, WORKING_DAY, WEEK, MONTH, YEAR, PERSON, DIGIT, STAGE, ADDRESS, APPEAL, MESSAGE),
    *(RUBLE, KOPECK, METRE, KILOMETRE, CENTIMETRE, MILLIMETRE, PER_CENT),
    *(VOLT, KILOVOLT, KILOVOLT_AMPERE, KILOWATT, MEGAWATT, PIECE),
)
