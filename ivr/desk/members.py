"""Keeps the members of app_queue's queues in step with the shifts: who is rung, with which telephone, and who is not.

Everything about one agent is told each time, so that telling it twice is harmless. Members that `queues.conf` names
(desk phones, with the setting `ring_desk_phones`) cannot be removed, only paused.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import structlog

from gridline.errors import Unavailable
from ivr.desk import devices
from ivr.desk.shift import Shift
from ivr.live.board import Board
from ivr.telephony.ami import Ami, AmiActionFailed, Value

NOT_ON_SHIFT = "не на смене"
ELSEWHERE = "отвечает с другого телефона"
OTHER_PHONE = "говорит по другому телефону"

log = structlog.get_logger(__name__)


class Members:
    """`shifts` are the desk's own, by agent: they are read at the moment of telling."""

    def __init__(
        self,
        ami: Ami,
        board: Board,
        shifts: Mapping[str, Shift],
        *,
        is_parked: Callable[[str], bool],
        ring_desk_phones: bool,
    ) -> None:
        self._ami = ami
        self._board = board
        self._shifts = shifts
        self._is_parked = is_parked
        self._ring_desk_phones = ring_desk_phones
        self._told: dict[str, Shift] = {}
        """Agent -> the shift that app_queue was told of last."""
        self._due: set[str] = set()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def changed(self, agent: str) -> None:
        """What app_queue knows of this agent is out of date."""
        self._due.add(agent)

    def forgotten(self) -> None:
        """Asterisk was restarted: it knows of no shift."""
        self._told.clear()
        self._due |= set(self._shifts)

    def repeat(self, *, strangers: bool) -> None:
        """Tell of everybody once more; `strangers`: and put out whoever is a member without a shift."""
        self._due |= set(self._shifts)
        if strangers:
            self._due |= self._strangers()

    async def tell_due(self) -> None:
        """Tell of all who have changed; what cannot be told stays due."""
        for agent in sorted(self._due):
            try:
                await self.tell(agent)
            except Unavailable as error:
                log.warning("queue-not-told", agent=agent, reason=error.message)
                return

    async def tell(self, agent: str) -> None:
        """Tell of this agent now. Raises Unavailable when Asterisk cannot be told; then it stays due."""
        async with self._turns[agent]:  # what was true first must not be told last
            shift, before = self._shifts.get(agent), self._told.get(agent)
            if shift is not None and self._is_parked(agent):  # their own caller comes first; told when that is over
                return
            self._due.discard(agent)
            try:
                if shift is None:
                    await self._put_out(agent, before)
                    self._told.pop(agent, None)
                else:
                    await self._put_in(shift, before)
                    self._told[agent] = shift
            except Unavailable:
                self._due.add(agent)
                raise

    async def _put_in(self, shift: Shift, before: Shift | None) -> None:
        other = devices.interface(shift.agent, devices.other(shift.phone))
        await self._leave(other, self._queues_of(other, before), ELSEWHERE)
        await self._leave(shift.interface, self._queues_of(shift.interface, before) - {*shift.queues}, NOT_ON_SHIFT)
        reason = "" if shift.takes_calls else shift.reason or shift.state.value
        if not reason and self._board.channels_of(other):
            reason = OTHER_PHONE
        for queue in shift.queues:
            with contextlib.suppress(AmiActionFailed):  # a member already
                await self._ami.action(
                    "QueueAdd", Queue=queue, Interface=shift.interface, MemberName=shift.agent, Paused="true"
                )
            await self._pause(shift.interface, queue, reason)

    async def _put_out(self, agent: str, before: Shift | None) -> None:
        """Nobody is on shift under this number: only a desk phone that rings without any shift goes on doing so."""
        for phone in devices.DeviceKind:
            interface = devices.interface(agent, phone)
            await self._leave(interface, self._queues_of(interface, before), NOT_ON_SHIFT)
        if self._ring_desk_phones:
            with contextlib.suppress(AmiActionFailed):  # a member of no queue
                await self._pause(devices.desk_phone(agent), "", "")

    def _queues_of(self, interface: str, before: Shift | None) -> set[str]:
        """By the board, and by what was told a moment ago, which the board may not know yet."""
        member = self._board.agent(interface)
        known = set(member.queues) if member is not None else set()
        return known | set(before.queues if before is not None and before.interface == interface else ())

    def _strangers(self) -> set[str]:
        """Numbers that are members without a shift: it ended while Asterisk, or this process, was away."""
        members = {member.agent for member in self._board.snapshot().agents}
        ours = {one for one in members if not self._ring_desk_phones or devices.is_browser(one)}
        return {devices.agent_of(interface) for interface in ours} - set(self._shifts)

    async def _leave(self, interface: str, queues: Iterable[str], reason: str) -> None:
        for queue in sorted(queues):
            try:
                await self._ami.action("QueueRemove", Queue=queue, Interface=interface)
            except AmiActionFailed:  # named in queues.conf, so not to be removed
                with contextlib.suppress(AmiActionFailed):  # or no member at all
                    await self._pause(interface, queue, reason)

    async def _pause(self, interface: str, queue: str, reason: str) -> None:
        """Pause for this reason, or lift the pause where there is none; in one queue, or in all for ""."""
        headers: dict[str, Value] = {"Interface": interface, "Paused": str(bool(reason)).lower(), "Reason": reason}
        if queue:
            headers["Queue"] = queue
        await self._ami.action("QueuePause", None, **headers)
