"""The dialplan's own voice mailbox: run by Asterisk itself when no controller answers; keeps a message, says a receipt.

A process of its own on pyst2's `agi` (sync, main thread, fixed literals only: it does not escape quotes). It starts
while a caller waits, so it imports next to nothing: 0.15 s against 0.9 s with the controller's modules. What it says
are the prompts' fixed files: Asterisk's own digits need a language folder that an unpacked package has not.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asterisk.agi import AGI, AGIException

from gridline.clock import SystemClock
from gridline.errors import Unavailable
from gridline.numbers.phones import e164, parse, printable
from ivr.promised.spool import CallFacts, Spool
from ivr.telephony import variables
from recordings.incoming import Incoming, raw_seconds, unmet_call

LIMIT_S = 120
SILENCE_S = 4
SHORTEST_S = 1.0
"""Less than this is a hang-up or a breath, not a message."""
CONTACT_TRIES = 2
CONTACT_WAIT_S = 7
TIMES_SAID = 2
DIGITS = (
    *("digit-zero", "digit-one", "digit-two", "digit-three", "digit-four"),
    *("digit-five", "digit-six", "digit-seven", "digit-eight", "digit-nine"),
)

_GONE = (AGIException, ValueError)
"""pyst2 says a hang-up in each of these ways (a HANGUP line and the end of the stream are ValueError)."""


@dataclass(frozen=True)
class Node:
    """What the rendered script tells of this installation."""

    var: Path
    name: str
    series: int


def main(node: Node) -> None:
    """Record the caller, keep the message in the spool, say the receipt digit by digit."""
    with Path(os.devnull).open("w") as nowhere:  # pyst2 writes all it is told, callers' numbers too
        agi = AGI(stderr=nowhere)
        _serve(agi, node, node.var / "prompts/by-id")


def _serve(agi: AGI, node: Node, prompts: Path) -> None:
    # Asked for one by one: what is told at the beginning may hold lines of a telephone's own (attack K9).
    channel = str(agi.get_variable("UNIQUEID"))
    dialled = str(agi.get_variable(variables.DIALLED))
    company = str(agi.get_variable(variables.COMPANY))
    words = prompts / company
    call = str(agi.get_variable(variables.CALL)) or unmet_call(channel)
    raw = printable(str(agi.get_variable("CALLERID(num)")))
    incoming = Incoming(node.var / "recordings/incoming", SystemClock(), least_free=0)
    phone = e164(raw)
    message = incoming.announce(call, "message", company_id=company, caller=phone)
    file = incoming.samples(message)
    received_at = datetime.now(UTC)
    gone = False
    try:
        _say(agi, words / "beep")
        arguments = (f'"{file.with_suffix("")}"', "sln", '"#"', LIMIT_S * 1000, f"s={SILENCE_S}")
        agi.execute("RECORD FILE", *arguments)
        phone = phone or _contact(agi, words)
    except _GONE:
        gone = True
    if raw_seconds(file) < SHORTEST_S:
        incoming.ended(message.id)
        return
    intake: dict[str, object] = {
        "company_id": company,
        "channel": "phone",
        "kind": "appeal",
        "topic": "outages",
        "phone": phone,
        "call_id": call,
        "recording_id": message.id,
        "received_at": received_at.isoformat(),
        "idempotency_key": f"emergency:{message.id}",
    }
    facts = CallFacts(node.name, channel, dialled, raw, received_at.isoformat(), datetime.now(UTC).isoformat())
    kept = Spool(node.var / "spool", node.series).keep(intake, facts)
    incoming.ended(message.id)  # only now: words that nothing rests on become a draft
    if not gone:
        _tell(agi, words, kept.receipt if phone else "")


def _contact(agi: AGI, words: Path) -> str | None:
    """The number a withheld caller keys: without one an appeal cannot be registered, and no receipt is promised."""
    for _ in range(CONTACT_TRIES):
        keyed = agi.execute("GET DATA", f'"{words / "contact-enter"}"', CONTACT_WAIT_S * 1000, 11)["result"][0]
        if (number := parse(keyed)) and not number.abroad:
            return number.e164
    return None


def _tell(agi: AGI, words: Path, receipt: str) -> None:
    try:
        if not receipt:
            _say(agi, words / "message-kept")
            return
        for time in range(TIMES_SAID):
            _say(agi, words / ("emergency-again" if time else "emergency-receipt"))
            for digit in receipt:
                _say(agi, words / DIGITS[int(digit)])
    except _GONE:  # he has hung up: the message is kept all the same
        return


def _say(agi: AGI, file: Path) -> None:
    agi.execute("STREAM FILE", f'"{file}"', '""')  # our own paths, proved plain when the files were rendered


if __name__ == "__main__":
    try:
        main(Node(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
    except Unavailable as error:  # nothing was promised; the dialplan ends the call politely
        sys.exit(error.message)
