"""The dialer: calls somebody, says that it is a robot, runs a script on the answered line, stores what came of it.

Asterisk is asked to call by a user of its own, who may do nothing else (`manager.conf.j2`); what becomes of the call
the controller's own AMI connection tells. The answered leg comes to `agi://…/out/ID`, and is known by that id.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog

from asterisk_conf import trunk
from gridline import metrics
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import GridlineError, Unavailable
from gridline.log import incident
from gridline.settings import Settings
from ivr.call import Call
from ivr.line import CallerHungUp, Line
from ivr.outbound import calls_out, numbers
from ivr.outbound.models import CallOutRecord
from ivr.outbound.originating import originate
from ivr.outbound.pace import Pace
from ivr.outbound.placed import CallOut, CallOutResult, Check, NoLongerWanted, PlacedCall, Script
from ivr.telephony import events as ev
from ivr.telephony.agi import AgiChannel
from ivr.telephony.ami import Ami
from ivr.telephony.ami_session import AmiActionFailed
from ivr.telephony.events import Event
from ivr.telephony.seal import Seal
from ivr.telephony.state import Snapshot
from ivr.voice.voice import Voice
from worklist.codes import AttemptResult

CONTEXT = "out"
ROBOT = "out-robot"
"""The first words of every call we place (R34)."""
MACHINE = "MACHINE"
NOTHING_SAID = "INITIALSILENCE"
"""app_amd takes whoever says nothing for a machine; they may be listening."""
LATE_S = 15.0
"""How much longer than it may ring a call is waited for when Asterisk tells nothing of it."""
UNSERVED_S = 30.0
"""How long an answered call is waited for to come to our AGI: app_amd listens for some seconds first."""
CLOSE_LEFT_S = 30.0
"""Between two looks for calls that were left open."""

log = structlog.get_logger(__name__)


class Dialer:
    """One node's. `on_event` is to be told of Asterisk's events, `take` is given the answered legs."""

    def __init__(
        self, config: Settings, db: Database, clock: Clock, companies: Companies, ami: Ami, voice: Voice, seal: Seal
    ) -> None:
        self._config = config
        self._db = db
        self._clock = clock
        self._companies = companies
        self._ami = ami
        self._voice = voice
        self._seal = seal
        self._pace = Pace(config.calls_out_at_once)
        self._placed: dict[str, PlacedCall] = {}
        self._in_hand: set[str] = set()
        """Ids of rows that end in this process: from before they are stored until their end is."""
        self._unstored: list[CallOutRecord] = []
        """Calls that are over, while the database was away."""

    async def call(self, out: CallOut, script: Script, still: Check | None = None) -> CallOutResult:
        """Wait for a turn, call, run `script` if a person answers, and tell what it came to.

        Cancelled, it hangs up. Raises NotToBeCalled; NoLongerWanted when `still` says no in its turn; Conflict while
        another process calls this number; Unavailable when the database or Asterisk is away: then nobody was called.
        """
        digits = numbers.dialled(out.phone, self._config.outbound_prefixes)
        async with self._pace.turn(out.phone, out.purpose.urgency):
            if still is not None and not await still():
                raise NoLongerWanted(f"Звонок на {out.phone} уже не нужен.")
            return await self._call(out, script, digits)

    async def _call(self, out: CallOut, script: Script, digits: str) -> CallOutResult:
        id, now = new_id(), self._clock.now()
        record = _begun(id, self._config.node, out, now)
        self._in_hand.add(id)
        try:
            await calls_out.begin(self._db, record)
        except BaseException:  # whether it was stored may be open: then it is closed as any that was left
            self._in_hand.discard(id)
            raise
        placed = self._placed[id] = PlacedCall(out, script, asyncio.get_running_loop().create_future())
        structlog.contextvars.bind_contextvars(call_out=id)
        log.info("calls-out", company=out.company_id, phone=out.phone, purpose=out.purpose, subject=out.subject_id)
        result: AttemptResult | None = None
        try:
            await self._originate(id, out, digits)
            result = await self._outcome(id, placed)
        finally:
            del self._placed[id]
            await asyncio.shield(self._end(record, placed, result))
        assert record.ended_at is not None
        return CallOutResult(result, placed.key, id, placed.answered_at, record.ended_at, placed.cause)

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in."""
        match event:
            case ev.ChannelRings() if placed := self._of(event.channel.uniqueid):
                placed.rang_at = placed.rang_at or event.at
            case ev.ChannelAnswered() if placed := self._of(event.channel.uniqueid):
                placed.answered_at = placed.answered_at or event.at
            case ev.ChannelHungUp() if placed := self._of(event.channel.uniqueid):
                placed.hung_up(event.cause)
            case ev.CallPlaced(answered=False) if placed := self._placed.get(event.exten):
                placed.failed()

    async def take(self, channel: AgiChannel) -> None:
        """An answered leg: say that we are a robot, then run its script. One that nobody waits for is hung up."""
        id, verdict, why = (*channel.env.get("network_script", "").split("/")[1:], "", "", "")[:3]
        placed = self._placed.get(id)
        if placed is None:
            log.warning("call-out-unknown", call_out=id[:40])
            return
        structlog.contextvars.bind_contextvars(call_out=id)
        placed.served = True
        placed.answered_at = placed.answered_at or self._clock.now()
        if verdict == MACHINE and why != NOTHING_SAID:
            placed.came_to(AttemptResult.MACHINE)
            return
        result = AttemptResult.FAILED
        try:
            await self._speak(self._line(id, placed, channel), placed)
            result = AttemptResult.TALKED if placed.key else AttemptResult.SILENT
        except CallerHungUp:
            result = AttemptResult.TALKED if placed.key else AttemptResult.SILENT
        except GridlineError as error:
            log.error("call-out-failed", reason=error.message)
        except Exception:  # as with a call that comes in: its failure ends here
            metrics.CALL_CRASHES.inc()
            log.exception("call-out-crashed", incident=incident())
        finally:
            placed.came_to(result)

    async def stop(self) -> None:
        """Place no more calls, and end those that still ring: soon nobody is left to speak to whoever answers."""
        self._pace.close()
        for id in [id for id, placed in self._placed.items() if placed.answered_at is None]:
            await self._hang_up(id)

    def rebuild(self, snapshot: Snapshot) -> None:
        """Take Asterisk's state: what had rung and is no channel any more has ended unseen."""
        live = {one.channel.uniqueid for one in snapshot.channels}
        for id, placed in self._placed.items():
            heard_at = placed.rang_at or placed.answered_at
            if heard_at is not None and not placed.served and f"{ev.PLACED}{id}" not in live:
                placed.hung_up(0)

    async def close_left(self) -> None:
        """Store the ends that were not; end what a node had placed when it was killed: nobody is left to speak to them.

        Raises Unavailable: then it is to be tried again.
        """
        while self._unstored:
            await calls_out.end(self._db, self._unstored[0])
            self._in_hand.discard(self._unstored.pop(0).id)
        open_now = await calls_out.left_open(self._db, self._config.node, self._clock.now())
        if left := [id for id in open_now if id not in self._in_hand]:
            for id in left:
                await self._hung_up(id)
            await calls_out.close(self._db, left, self._clock.now())
            log.warning("calls-out-unknown", calls=len(left))

    def _of(self, uniqueid: str) -> PlacedCall | None:
        return self._placed.get(uniqueid.removeprefix(ev.PLACED))

    async def _speak(self, line: Line, placed: PlacedCall) -> None:
        await line.say(ROBOT, interruptible=False)
        placed.key = await placed.script(line)
        await line.hang_up()

    def _line(self, id: str, placed: PlacedCall, channel: AgiChannel) -> Line:
        company = self._companies.by_id(placed.out.company_id)
        call = Call(
            id=id,
            channel=channel.env.get("uniqueid", ""),
            company=company,
            dialled=placed.out.phone,
            caller=placed.out.phone,
            caller_raw=placed.out.phone,
            started_at=self._clock.now(),
            place=CONTEXT,
        )
        return Line(channel, call, self._voice, self._clock, placed.spoken, self._seal)

    async def _originate(self, id: str, out: CallOut, digits: str) -> None:
        headers = {
            "Channel": trunk.channel(self._config, digits),
            "ChannelId": f"{ev.PLACED}{id}",
            "Context": CONTEXT,
            "Exten": id,
            "Timeout": str(out.ring_s * 1000),
            "CallerID": f"<{self._companies.by_id(out.company_id).dids[0]}>",
        }
        await originate(self._config, headers)

    async def _outcome(self, id: str, placed: PlacedCall) -> AttemptResult:
        """What it came to. A call that nothing is heard of, because our AMI link was away, has failed."""
        try:
            async with asyncio.timeout(placed.out.ring_s + LATE_S):
                while placed.answered_at is None and not placed.over.done():
                    await asyncio.wait([placed.over], timeout=1)
            async with asyncio.timeout(UNSERVED_S):
                while not placed.served and not placed.over.done():
                    await asyncio.wait([placed.over], timeout=1)
        except TimeoutError:
            log.error("call-out-not-heard-of")
            await self._hang_up(id)
            return AttemptResult.FAILED
        return await placed.over

    async def _end(self, record: CallOutRecord, placed: PlacedCall, result: AttemptResult | None) -> None:
        if result is None:  # given up, or never placed
            await self._hang_up(record.id)
        await self._store(record, placed, result)

    async def _hang_up(self, id: str) -> None:
        try:
            await self._hung_up(id)
        except Unavailable as error:
            log.error("call-out-not-hung-up", reason=error.message)

    async def _hung_up(self, id: str) -> None:
        try:
            await self._ami.action("Hangup", Channel=f"{ev.PLACED}{id}", Cause="16")
        except AmiActionFailed:  # it is over already, or never began
            return

    async def _store(self, record: CallOutRecord, placed: PlacedCall, result: AttemptResult | None) -> None:
        record.rang_at, record.answered_at, record.ended_at = placed.rang_at, placed.answered_at, self._clock.now()
        record.result, record.cause, record.key, record.heard = result, placed.cause, placed.key[:64], placed.heard
        metrics.CALLS_OUT.labels(record.company_id, record.purpose, result or "unknown").inc()
        log.info("call-out-ends", result=result, cause=placed.cause, key=placed.key)
        try:
            await calls_out.end(self._db, record)
        except Unavailable as error:
            log.error("call-out-not-stored", reason=error.message)
            self._unstored.append(record)
        else:
            self._in_hand.discard(record.id)


def _begun(id: str, node: str, out: CallOut, now: datetime) -> CallOutRecord:
    return CallOutRecord(
        id=id,
        node=node,
        company_id=out.company_id,
        phone=out.phone,
        purpose=out.purpose,
        subject_id=out.subject_id,
        placed_at=now,
        rang_at=None,
        answered_at=None,
        ended_at=None,
        result=None,
        cause=0,
        key="",
        heard=[],
    )
