"""Tells app_queue who answers which queue; the whole truth of one shift each time, so that twice is harmless."""

from __future__ import annotations

import contextlib

from ivr.desk import devices
from ivr.desk.shift import Shift
from ivr.telephony.ami import Ami, AmiActionFailed

NOT_ON_SHIFT = "не на смене"


async def tell(ami: Ami, shift: Shift) -> None:
    """Make him a member of his queues, paused or not. Raises Unavailable when Asterisk cannot be told."""
    reason = "" if shift.takes_calls else shift.reason or shift.state.value
    for queue in shift.queues:
        with contextlib.suppress(AmiActionFailed):  # there already: a phone named in queues.conf, or told before
            await ami.action("QueueAdd", Queue=queue, Interface=shift.interface, MemberName=shift.agent, Paused="true")
        paused = "false" if shift.takes_calls else "true"
        await ami.action("QueuePause", Queue=queue, Interface=shift.interface, Paused=paused, Reason=reason)


async def leave(ami: Ami, agent: str, queues: set[str]) -> None:
    """Take him out of these queues. Raises Unavailable when Asterisk cannot be told."""
    interface = devices.browser(agent)
    for queue in sorted(queues):
        try:
            await ami.action("QueueRemove", Queue=queue, Interface=interface)
        except AmiActionFailed:  # named in queues.conf: he cannot be removed, only left alone
            await ami.action("QueuePause", Queue=queue, Interface=interface, Paused="true", Reason=NOT_ON_SHIFT)
