"""Phone numbers: every way of writing one number is that number; what is none is None, or refused with words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridline.numbers.phones import Abroad, NotAPhone, PhoneNumber, e164, parse, printable, read, read_all, read_home

MOBILE, CITY = "+79132345678", "+73842456789"


@pytest.mark.parametrize(
    "raw",
    [
        *("89132345678", "+79132345678", "79132345678", "9132345678", "8 (913) 234-56-78", "+7 913 234 56 78"),
        *("8-913-234-56-78", " 8.913.234.56.78 ", "sip:+79132345678@10.0.0.1", "tel:+7-913-234-56-78"),
        *("SIP:89132345678@trunk;user=phone", "+7\u00a0913\u00a0234\u201356\u201378", "(913) 234-56-78"),
        *("8/913/234-56-78", "8-(913)-234-56-78", "8\u2011913\u2011234\u201156\u201178", "(913)2345678"),
    ],
)
def test_forms_of_one_number(raw: str) -> None:
    assert e164(raw) == MOBILE
    assert read(raw).e164 == MOBILE


@pytest.mark.parametrize(
    ("raw", "number", "country"),
    [
        ("83842680008", "+73842680008", "RU"),
        ("8 800 500 94 94", "+78005009494", "RU"),
        ("+375291234567", "+375291234567", "BY"),
        ("375291234567", "+375291234567", "BY"),
        ("810375291234567", "+375291234567", "BY"),
        ("+77012345678", "+77012345678", "KZ"),
        ("8 701 234-56-78", "+77012345678", "KZ"),
        ("+45 12 34 56 78", "+4512345678", "DK"),
        ("+49 30 123456", "+4930123456", "DE"),
        ("+1 (212) 555-01-99", "+12125550199", "US"),
        ("+374 97 123456", "+37497123456", "AM"),
    ],
)
def test_numbers_of_every_country(raw: str, number: str, country: str) -> None:
    assert parse(raw) == PhoneNumber(number, country)
    assert read(raw) == PhoneNumber(number, country)


@pytest.mark.parametrize(
    "raw",
    [
        *("", " ", "anonymous", "Anonymous", "unknown", "Restricted", "<unknown>", "sip:anonymous@anonymous.invalid"),
        *("112", "101", "1234", "6001", "ivanov", "ivanov-101", "8913234567", "891323456789", "+7913234567"),
        *("+7 913 234-56-78 доб. 5", "80000000000", "00000000000", "1" * 10_000, "8(913)2345678;rm -rf", "${EVIL}"),
        *(
            "8913\r\n2345678",
            "8913\x002345678",
            "８９１３２３４５６７８",
            "٨٩١٣٢٣٤٥٦٧٨",
            "++79132345678",
            "-79132345678",
        ),
        *("(495) 123-45-67/8", "4512345678", "+8 913 234 56 78", "+999123456789", "+491234567890123456"),
    ],
)
def test_what_a_line_gives_that_is_no_number(raw: str) -> None:
    assert e164(raw) is None


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("(3842) 45-67-89", [CITY]),
        ("8(3842)456789", [CITY]),
        ("(384-2) 45-67-89", [CITY]),
        ("т. 8-3842-45-67-89", [CITY]),
        ("8 (3842) 45-67-89 доб. 12", [CITY]),
        ("8 (3842) 45-67-89, вн. 12", [CITY]),
        ("раб. (3842) 45-67-89 (доб. 12)", [CITY]),
        ("89132345678 (жена)", [MOBILE]),
        ("Иванова Мария 8 913 234-56-78 после 18:00", [MOBILE]),
        ("89132345678 мама / 83842456789 дом", [MOBILE, CITY]),
        ("моб.+79132345678дом.83842456789", [MOBILE, CITY]),
        ("8 (3842) 45-67-89 / 36-10-01", [CITY, "+73842361001"]),
        ("8(3842)45-67-89,36-10-01", [CITY, "+73842361001"]),
        ("89132345678 83842456789", [MOBILE, CITY]),
        ("8 913 234 56 78\n8 3842 45 67 89", [MOBILE, CITY]),
        ("+7 913 234-56-78 +7 3842 45-67-89", [MOBILE, CITY]),
        ("89132345678;83842456789;", [MOBILE, CITY]),
        ("89132345678, 8-913-234-56-78", [MOBILE]),
        ("Минск +375 29 123-45-67, дом (3842) 45-67-89", ["+375291234567", CITY]),
    ],
)
def test_numbers_as_clerks_write_them(written: str, numbers: list[str]) -> None:
    assert [phone.e164 for phone in read_all(written)] == numbers


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("45-67-89", "«45-67-89» — нет кода города: нужно (3842) 45-67-89."),
        ("дом. 45-67-89, моб. 89132345678", "«45-67-89» — нет кода города"),
        ("89132345678, 112", "«112» — не телефонный номер"),
        ("(495) 123-45-67/68", "«68» — не телефонный номер"),
        ("8 913 23О 56 78", "не телефонный номер"),
        ("8913234567, 89132345678", "«8913234567» — не телефонный номер"),
        ("нет", "«нет» — не телефонный номер"),
        ("=cmd()", "не телефонный номер"),
        ("8 913 234-56-78, 22.11.2026", "«22.11.2026» — не телефонный номер"),
        ("8" * 1000, "не телефонный номер"),
    ],
)
def test_garbled_numbers_are_refused_with_words(written: str, told: str) -> None:
    with pytest.raises(NotAPhone, match=re.escape(told)):
        read_all(written)


def test_one_number_is_one() -> None:
    with pytest.raises(NotAPhone, match="телефонов больше, чем 1"):
        read("89132345678, 83842456789")


@pytest.mark.parametrize(
    "written", ["+45 12 34 56 78", "8 701 234-56-78", "+1 212 555 0199", "810375291234567", "т. +49 30 123456"]
)
def test_a_number_abroad_is_refused_where_ours_is_needed(written: str) -> None:
    with pytest.raises(Abroad, match="номер другой страны"):
        read_home(written)


@pytest.mark.parametrize("written", ["8 800 500 94 94", "(3842) 45-67-89", "моб. +7 913 234-56-78"])
def test_a_number_of_ours_is_taken(written: str) -> None:
    assert not read_home(written).abroad


def test_a_number_is_shown_as_its_country_groups_it() -> None:
    assert [read(e).shown for e in ("+4532123456", "89132345678")] == ["+45 32 12 34 56", "+7 913 234-56-78"]


@given(st.integers(min_value=9000000000, max_value=9999999999))
@settings(max_examples=200, deadline=None)
def test_all_ways_of_writing_agree(ten: int) -> None:
    ways = {e164(way) for way in (f"8{ten}", f"+7{ten}", f"7{ten}", str(ten), f"+7 ({str(ten)[:3]}) {str(ten)[3:]}")}
    assert len(ways) == 1
    assert ways <= {f"+7{ten}", None}


@given(st.text(max_size=60) | st.text(alphabet="0123456789+-() ,;/доб.", max_size=80))
@settings(max_examples=500, deadline=None)
def test_any_text_gives_numbers_or_words(raw: str) -> None:
    number = e164(raw)
    assert number is None or (number.startswith("+") and number[1:].isdigit() and len(number) <= 16)
    if number is not None:
        assert e164(number) == number
    try:
        phones = read_all(raw)
    except NotAPhone:
        phones = []
    assert all(parse(phone.e164) == phone for phone in phones)
    assert number is None or number in {phone.e164 for phone in phones}


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_printable_keeps_one_line(raw: str) -> None:
    kept = printable(raw)
    assert len(kept) <= 64
    assert kept.splitlines() in ([], [kept])
    assert printable(kept) == kept


def test_printable_strips_what_could_forge_a_header_or_a_log_line() -> None:
    assert printable("Иван\r\nAction: Originate\x00\u2028x\u202e") == "ИванAction: Originatex"
