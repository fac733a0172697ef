"""Quoting is proved by a round trip through Asterisk's own splitting; limits and refusals; replies."""

from __future__ import annotations

import contextlib
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridline.errors import InvalidInput
from ivr.telephony import wire
from tests.unit.telephony.fake_asterisk import parse_args

printable = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60)
nasty = st.lists(st.sampled_from(['"', "\\", " ", "${X}", "$[1]", "{", "}", "'", ",", "я"]), max_size=30).map("".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(printable | nasty, max_size=8))
def test_every_argument_reaches_asterisk_as_it_was(arguments: list[str]) -> None:
    line = wire.command_line("SET VARIABLE", *arguments)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert parse_args(line[:-1].decode()) == ["SET", "VARIABLE", *arguments]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_cleaned_text_always_passes_the_wire(text: str) -> None:
    cleaned = wire.clean(text)
    assert wire.clean(cleaned) == cleaned
    assert len(cleaned) <= 200
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in cleaned)
    assert parse_args(wire.command_line("VERBOSE", cleaned)[:-1].decode()) == ["VERBOSE", cleaned]


def test_clean_keeps_words_apart_and_letters_whole() -> None:
    assert (
        wire.clean("Иванов\r\nAction: Originate\x00\u2028ул.\tЛенина \u202eabc")
        == "Иванов Action: Originate ул. Ленина abc"
    )


@pytest.mark.parametrize("char", ["\n", "\r", "\0", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
def test_a_control_character_in_an_argument_is_refused(char: str) -> None:
    with pytest.raises(InvalidInput):
        wire.command_line("EXEC", "Playback", f"a{char}EXEC System reboot")


@pytest.mark.parametrize("name", ["", "exec", "SET VARIABLE\nEXEC", "SET  VARIABLE", 'EXEC "x"', "NOOP "])
def test_a_command_name_is_capital_words_only(name: str) -> None:
    with pytest.raises(InvalidInput):
        wire.command_line(name)


def test_a_long_line_is_refused_and_the_limit_itself_passes() -> None:
    frame = len(b'VERBOSE ""\n')
    assert len(wire.command_line("VERBOSE", "a" * (wire.LINE_LIMIT - frame))) == wire.LINE_LIMIT
    for text in ("a" * (wire.LINE_LIMIT - frame + 1), "я" * 4500, "a" * 9000, '"' * 4000):
        with pytest.raises(InvalidInput):
            wire.command_line("VERBOSE", text)


def test_two_hundred_pairs_of_quotes_are_one_argument() -> None:
    assert parse_args(wire.command_line("VERBOSE", '""' * 200)[:-1].decode()) == ["VERBOSE", '""' * 200]


def test_too_many_arguments_are_refused() -> None:
    wire.command_line("EXEC", *["x"] * 99)
    with pytest.raises(InvalidInput):
        wire.command_line("EXEC", *["x"] * 100)


@pytest.mark.parametrize(
    "value", ["${SHELL(id)}", "$[1+1]", "a,b", "a&b", "a|b", "a;b", "a(b)", 'a"b', "a\\b", "a\nb", "a%b"]
)
def test_a_dialplan_argument_is_by_allow_list(value: str) -> None:
    with pytest.raises(InvalidInput):
        wire.app_argument(value)


@pytest.mark.parametrize("value", ["", "hotline", "/var/lib/gridline/ab12.wav", "PJSIP/101", "очередь 1", "a@b"])
def test_a_plain_dialplan_argument_passes(value: str) -> None:
    assert wire.app_argument(value) == value


def test_variables_are_set_in_one_command_and_none_brings_another() -> None:
    command = wire.set_variables({"GRIDLINE_PLACE": "main", "QUEUESTATUS": "", "TIMEOUT(absolute)": "7"})
    assert wire.command_line(*command) == (
        b'SET VARIABLE "ARRAY(GRIDLINE_PLACE,QUEUESTATUS,TIMEOUT(absolute))" "main,,7"\n'
    )
    for evil in ("a,b", "${SHELL(id)}", 'a"', "a\nb"):
        with pytest.raises(InvalidInput):
            wire.set_variables({"GRIDLINE_PLACE": evil})


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("200 result=0", wire.AgiReply(200, "0", "")),
        ("200 result=1 (78005009494)", wire.AgiReply(200, "1", "78005009494")),
        ("200 result=1 ()", wire.AgiReply(200, "1", "")),
        ("200 result=1 (a) (b)", wire.AgiReply(200, "1", "a) (b")),
        ("200 result=1 (a) endpos=5)", wire.AgiReply(200, "1", "a) endpos=5")),
        ("200 result=1 (two\nlines)", wire.AgiReply(200, "1", "two\nlines")),
        ("200 result=123 (timeout)", wire.AgiReply(200, "123", "timeout")),
        ("200 result= (timeout)", wire.AgiReply(200, "", "timeout")),
        ("200 result=50 endpos=16000", wire.AgiReply(200, "50", "", 16000)),
        ("200 result=35 (dtmf) endpos=8000", wire.AgiReply(200, "35", "dtmf", 8000)),
        ("510 Invalid or unknown command", wire.AgiReply(510, "", "Invalid or unknown command")),
        ("520-Usage:\nx\n520 End", wire.AgiReply(520, "", "Usage:\nx\n520 End")),
    ],
)
def test_replies_are_read(line: str, reply: wire.AgiReply) -> None:
    assert wire.parse_reply(line) == reply


def test_a_reply_knows_its_key_and_its_failure() -> None:
    assert wire.parse_reply("200 result=50 endpos=1").key == "2"
    assert wire.parse_reply("200 result=35").key == "#"
    assert wire.parse_reply("200 result=0").key == ""
    assert wire.parse_reply("200 result=-1").failed
    assert wire.parse_reply("200 result=-2").failed
    assert not wire.parse_reply("200 result=0").failed


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80) | st.from_regex(re.compile(r"[0-9]{3}[ -]result=.{0,20}"), fullmatch=True))
def test_no_line_breaks_the_parser(line: str) -> None:
    with contextlib.suppress(wire.AgiProtocolError):
        assert wire.parse_reply(line).code == int(line[:3])


def test_the_environment_is_read_and_cleaned() -> None:
    env = wire.parse_environment(
        "agi_callerid: +7921\nagi_calleridname: Пётр\r \x00\u2028!\nagi_enhanced: 0.0".encode()
    )
    assert env == {"callerid": "+7921", "calleridname": "Пётр !", "enhanced": "0.0"}


@pytest.mark.parametrize(
    "block", [b"GET / HTTP/1.1\nHost: x", b"", b"agi_x: 1\n" * 201, b"agi_x: " + b"1" * 70_000, b"\x16\x03\x01"]
)
def test_what_is_no_environment_is_refused(block: bytes) -> None:
    with pytest.raises(wire.AgiProtocolError):
        wire.parse_environment(block)
