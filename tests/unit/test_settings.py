"""Settings: what is taken and what is refused, each with a sentence that says which field."""

from __future__ import annotations

import pytest

from agent_console.people.users import AGENT
from gridline import settings
from gridline.errors import Misconfigured

NOT_ASCII = ("١٠١", "１０１", "१०१", "໑໐໑", "𝟏𝟎𝟏", "10¹")
"""101 as other scripts write it; `str.isdigit` takes every one of them."""


@pytest.mark.parametrize("number", [*NOT_ASCII, "1", "10 1", "101\n", "101,102", "12345678901", "PJSIP/101"])
def test_an_agents_number_is_written_in_ascii_digits(number: str) -> None:
    with pytest.raises(Misconfigured, match="agents"):
        settings.load(agents=(number,))
    assert AGENT.fullmatch(number) is None, "and a person of the console is given no other"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trunk_networks", ["198.51.100.1/24"]),
        ("trunk_networks", ["carrier.example"]),
        ("trunk_networks", ["198.51.100.0/24\nmatch=0.0.0.0/0"]),
        ("external_address", "203.0.113.7:5060"),
        ("local_networks", ["10.0.0.0/33"]),
        ("trunk_did", "+78005009494"),
        ("trunk_did", "78005009494,1"),
        ("calls_per_caller", 0),
        ("sign_in_tries", 1),
        ("rtp_wait_timeout_s", 0),
        ("trunk_qualify_s", -1),
    ],
)
def test_what_asterisk_could_not_be_told_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(Misconfigured, match=field):
        settings.load(**{field: value})


def test_an_address_alone_is_a_network_of_one() -> None:
    assert [str(one) for one in settings.load(trunk_networks=["198.51.100.7"]).trunk_networks] == ["198.51.100.7/32"]


def test_calls_we_place_leave_room_for_callers() -> None:
    assert settings.load(trunk_calls=3, calls_out_at_once=2).calls_out_at_once == 2
    assert settings.load(calls_out_at_once=50).trunk_calls == 0
    with pytest.raises(Misconfigured, match="calls_out_at_once = 2 при trunk_calls = 2"):
        settings.load(trunk_calls=2)
