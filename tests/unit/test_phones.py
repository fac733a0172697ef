"""Phone numbers: every way of writing one number is that number; what is none is None."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridline.phones import e164, printable


@pytest.mark.parametrize(
    "raw",
    [
        "89132345678", "+79132345678", "79132345678", "9132345678", "8 (913) 234-56-78", "+7 913 234 56 78",
        "8-913-234-56-78", " 8.913.234.56.78 ", "sip:+79132345678@10.0.0.1", "tel:+7-913-234-56-78",
        "SIP:89132345678@trunk;user=phone", "+7\u00a0913\u00a0234\u201356\u201378",
    ],
)  # fmt: skip
def test_forms_of_one_number(raw: str) -> None:
    assert e164(raw) == "+79132345678"


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("83842680008", "+73842680008"),
        ("8 800 500 94 94", "+78005009494"),
        ("+375291234567", "+375291234567"),
        ("375291234567", "+375291234567"),
        ("810375291234567", "+375291234567"),
        ("+77012345678", "+77012345678"),
    ],
)
def test_other_numbers(raw: str, number: str) -> None:
    assert e164(raw) == number


@pytest.mark.parametrize(
    "raw",
    [
        "", " ", "anonymous", "Anonymous", "unknown", "Restricted", "<unknown>", "sip:anonymous@anonymous.invalid",
        "112", "101", "1234", "6001", "ivanov", "ivanov-101", "8913234567", "891323456789", "+7913234567",
        "+7 913 234-56-78 доб. 5", "80000000000", "00000000000", "1" * 10_000, "8(913)2345678;rm -rf", "${EVIL}",
        "8913\r\n2345678", "8913\x002345678", "８９１３２３４５６７８", "٨٩١٣٢٣٤٥٦٧٨", "++79132345678", "-79132345678",
    ],
)  # fmt: skip
def test_what_is_no_number(raw: str) -> None:
    assert e164(raw) is None


@given(st.integers(min_value=9000000000, max_value=9999999999))
@settings(max_examples=200, deadline=None)
def test_all_ways_of_writing_agree(ten: int) -> None:
    ways = {e164(way) for way in (f"8{ten}", f"+7{ten}", f"7{ten}", str(ten), f"+7 ({str(ten)[:3]}) {str(ten)[3:]}")}
    assert len(ways) == 1
    assert ways <= {f"+7{ten}", None}


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_number_or_none(raw: str) -> None:
    number = e164(raw)
    assert number is None or (number.startswith("+") and number[1:].isdigit() and len(number) <= 16)
    if number is not None:
        assert e164(number) == number


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_printable_keeps_one_line(raw: str) -> None:
    kept = printable(raw)
    assert len(kept) <= 64
    assert kept.splitlines() in ([], [kept])
    assert printable(kept) == kept


def test_printable_strips_what_could_forge_a_header_or_a_log_line() -> None:
    assert printable("Иван\r\nAction: Originate\x00\u2028x\u202e") == "ИванAction: Originatex"
