"""What is believed of a call that comes to a controller: the dialplan's words, and its own kept ones if sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ivr.reception.arrival import Arrival
from ivr.telephony.seal import Seal, SealedFacts
from ivr.telephony.wire import parse_environment

SEAL, CHANNEL = Seal("ours"), "node1-1790000000.7"
NOTHING = SealedFacts()
KEPT = SealedFacts("c" * 32, "main", "1", "1", "1")


def environment(company: str, kept: SealedFacts = NOTHING, seal: str = "", **more: str) -> Mapping[str, str]:
    of_call = (kept.call, kept.place, kept.notice, seal, kept.danger, kept.trust)
    said = "/".join(("call", company, "78005009494", *of_call))
    return {"network_script": said, "uniqueid": CHANNEL, "callerid": "79130000001", **more}


def test_a_new_call_has_nothing_behind_it() -> None:
    arrival = Arrival.of(environment("skek"), SEAL)
    assert arrival == Arrival("skek", "78005009494", SealedFacts(), CHANNEL, "79130000001")


def test_what_we_sealed_is_believed() -> None:
    assert Arrival.of(environment("skek", KEPT, SEAL.of(CHANNEL, KEPT)), SEAL).kept == KEPT


@pytest.mark.parametrize(
    ("kept", "seal"),
    [
        (KEPT, ""),
        (KEPT, "0" * 32),
        (KEPT, "печать"),
        (KEPT, Seal("theirs").of(CHANNEL, KEPT)),
        (KEPT, SEAL.of("node1-1790000000.8", KEPT)),
        (replace(KEPT, place="danger"), SEAL.of(CHANNEL, KEPT)),
        (replace(KEPT, notice=""), SEAL.of(CHANNEL, KEPT)),
        (replace(KEPT, call="d" * 32), SEAL.of(CHANNEL, KEPT)),
        (replace(KEPT, danger=""), SEAL.of(CHANNEL, KEPT)),
        (replace(KEPT, trust=""), SEAL.of(CHANNEL, KEPT)),
        (SealedFacts(notice="1"), ""),
    ],
    ids=[
        "none",
        "guessed",
        "not-ascii",
        "another-key",
        "another-channel",
        "place",
        "notice",
        "call",
        "danger",
        "trust",
        "notice-alone",
    ],
)
def test_what_we_did_not_seal_is_a_new_call(kept: SealedFacts, seal: str) -> None:
    assert Arrival.of(environment("skek", kept, seal), SEAL).kept == SealedFacts()


@pytest.mark.parametrize("unsaid", ["/", "//"], ids=["trust", "danger-and-trust"])
def test_a_dialplan_that_says_nothing_of_it_is_understood(unsaid: str) -> None:
    """An Asterisk that was not reloaded yet after Gridline was changed."""
    kept = replace(KEPT, danger="", trust="")
    said = environment("skek", kept, SEAL.of(CHANNEL, kept))
    before = {**said, "network_script": said["network_script"].removesuffix(unsaid)}
    assert Arrival.of(before, SEAL).kept == kept


def test_whoever_may_not_be_known_stays_so_sealed_or_not() -> None:
    """A trust line's dialplan says so before any controller has sealed anything; a broken seal must not undo it."""
    alone = SealedFacts(trust="1")
    for kept, seal in ((KEPT, SEAL.of(CHANNEL, KEPT)), (KEPT, "0" * 32), (alone, "")):
        assert Arrival.of(environment("skek", kept, seal), SEAL).nameless
    assert Arrival.of(environment("skek", alone), SEAL).kept == alone
    assert not Arrival.of(environment("skek"), SEAL).nameless


def test_a_telephone_adds_nothing_to_what_the_dialplan_said() -> None:
    """Attack K9: line breaks in Diversion made lines of the environment, and its end, before the true arguments."""
    said = b"agi_network: yes\nagi_network_script: call/skek/78005009494////\nagi_uniqueid: " + CHANNEL.encode()
    put_in = b"\nagi_rdnis: x\nagi_network_script: call/mrsk-centra/7/c/main/1/0\nagi_uniqueid: 1.1\nagi_callerid: 101"
    environment = parse_environment(said + b"\nagi_callerid: 79130000001" + put_in)
    assert Arrival.of(environment, SEAL) == Arrival("skek", "78005009494", SealedFacts(), CHANNEL, "79130000001")


@pytest.mark.parametrize("script", ["", "call", "call/skek", "call/skek/7/a/b/c/d/e/f/g", "resume/skek/7/c/../1"])
def test_words_that_are_not_the_dialplans_name_no_company(script: str) -> None:
    assert Arrival.of({"network_script": script}, SEAL).company_id == ""
