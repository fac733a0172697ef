"""Whether sound comes from a telephone: Asterisk counts the packets it has received on each leg."""

from __future__ import annotations

import contextlib

from ivr.live.board import Board
from ivr.telephony.ami import Ami, AmiActionFailed

_RECEIVED = "CHANNEL(rtcp,rxcount,audio)"


async def packets_from(ami: Ami, board: Board, interface: str) -> int:
    """How many packets of sound have come from this telephone in the calls it is in. Raises Unavailable."""
    received = 0
    for channel in board.channels_of(interface):
        with contextlib.suppress(AmiActionFailed):  # hung up in this very moment
            answer, *_ = await ami.action("Getvar", Channel=channel, Variable=_RECEIVED)
            value = answer.get("Value", "")
            received += int(value) if value.isdecimal() else 0
    return received
