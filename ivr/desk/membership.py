"""Tells app_queue who answers which queue; the whole truth of one shift each time, so that twice is harmless."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from ivr.desk import devices
from ivr.desk.shift import Shift
from ivr.telephony.ami import Ami, AmiActionFailed, Value

NOT_ON_SHIFT = "не на смене"
ELSEWHERE = "отвечает с другого телефона"


async def tell(ami: Ami, shift: Shift, named: Iterable[str] = ()) -> None:
    """Make him a member of his queues, paused or not, with the telephone he has chosen and no other.

    `named` are queues that know this telephone from queues.conf, whether he has chosen them or not. Raises
    Unavailable when Asterisk cannot be told.
    """
    reason = "" if shift.takes_calls else shift.reason or shift.state.value
    for queue in shift.queues:
        with contextlib.suppress(AmiActionFailed):  # there already: a phone named in queues.conf, or told before
            await ami.action("QueueAdd", Queue=queue, Interface=shift.interface, MemberName=shift.agent, Paused="true")
        await _pause(ami, shift.interface, queue, not shift.takes_calls, reason)
    for queue in sorted(set(named) - set(shift.queues)):
        with contextlib.suppress(AmiActionFailed):
            await _pause(ami, shift.interface, queue, True, NOT_ON_SHIFT)
    with contextlib.suppress(AmiActionFailed):  # a member of no queue
        other = devices.interface(shift.agent, devices.other(shift.phone))
        await _pause(ami, other, "", True, ELSEWHERE)


async def leave(ami: Ami, interface: str, queues: Iterable[str]) -> None:
    """Take his telephone out of these queues. Raises Unavailable when Asterisk cannot be told."""
    for queue in sorted(queues):
        try:
            await ami.action("QueueRemove", Queue=queue, Interface=interface)
        except AmiActionFailed:  # named in queues.conf: he cannot be removed, only left alone
            with contextlib.suppress(AmiActionFailed):  # or he is no member at all
                await _pause(ami, interface, queue, True, NOT_ON_SHIFT)


async def _pause(ami: Ami, interface: str, queue: str, paused: bool, reason: str) -> None:
    """In one queue, or in all of his where it is ""."""
    headers: dict[str, Value] = {"Interface": interface, "Paused": str(paused).lower(), "Reason": reason}
    if queue:
        headers["Queue"] = queue
    await ami.action("QueuePause", None, **headers)
