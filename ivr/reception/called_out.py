"""Whoever an agent calls hears that the talk is recorded before they hear the agent (rule R5); then it is recorded.

The dialplan asks here on the called person's own channel (`[called]` of dialplan/agents.conf.j2), so that the recording
goes with them through transfers. Who hangs up meanwhile has cost nothing: nobody was joined, nothing was recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from gridline import metrics
from gridline.companies import Company
from gridline.errors import NotFound
from gridline.numbers.phones import e164
from ivr.call import Call
from ivr.journal.entries import CallBegun
from ivr.journal.models import call_id
from ivr.line import CallerHungUp, Line
from ivr.reception.steps import OUT_NOTICE, Steps
from ivr.services import Services
from ivr.telephony import variables
from ivr.telephony.agi import AgiChannel
from ivr.telephony.events import ChannelHungUp, Event
from ivr.telephony.seal import Seal
from ivr.telephony.state import Snapshot
from ivr.telephony.wire import clean
from ivr.voice.clips import PromptUnavailable
from ivr.voice.voice import Voice

CONTEXT = "called"
TALKED, HUNG_UP = "talked", "hung-up"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the dialplan says: `agi://HOST/called/COMPANY/SHOWN/NUMBER/AGENT/CALL`, each of our own values or digits."""

    company: Company
    shown: str
    number: str
    agent: str
    linkedid: str
    """The agent's own channel: the call is named by it, as `ivr.outbound.agents_calls` does."""


class CalledOut:
    """One node's. `take` is given the answered telephones; `on_event` tells of their ends, after the board."""

    def __init__(self, services: Services, voice: Voice, *, node: str, boot: Callable[[], str], seal: Seal) -> None:
        self._services = services
        self._voice = voice
        self._node = node
        self._boot = boot
        self._seal = seal
        self._calls: dict[str, Call] = {}
        """By the called person's channel."""
        self._gone: dict[str, datetime | None] = {}
        """By the channel of whoever still hears the notice, when they were seen to hang up."""

    async def take(self, channel: AgiChannel) -> None:
        """Say the notice, begin the recording, and give the line back to the dialplan, which joins the agent."""
        asked = self._asked(channel)
        if asked is None:
            log.error("call-out-not-recorded", asked=clean(channel.env.get("network_script", ""))[:120])
            return
        call = self._begin(channel, asked)
        structlog.contextvars.bind_contextvars(call=call.id)
        log.info("agent-calls", company=call.company.id, agent=asked.agent, phone=call.caller_raw)
        steps = Steps(self._services.journal, call.id, "")
        line = Line(channel, call, self._voice, self._services.clock, steps.spoken, self._seal)
        line.mark(variables.CALL, call.id)
        outcome = TALKED
        try:
            await self._tell(line)
            label = await self._services.begin_recording(call, "talk")
            await line.goes_on(self._services.incoming.samples(label) if label else None)
        except CallerHungUp:
            outcome = HUNG_UP
        finally:
            steps.flush()
            gone_at = self._gone.pop(call.channel)
            if gone_at is not None or outcome == HUNG_UP:
                self._end(call.channel, HUNG_UP, gone_at)

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in; quick."""
        if isinstance(event, ChannelHungUp):
            if event.channel.uniqueid in self._gone:
                self._gone[event.channel.uniqueid] = event.at
            else:
                self._end(event.channel.uniqueid, TALKED, event.at)

    def rebuild(self, snapshot: Snapshot) -> None:
        """Take Asterisk's state: what is not there any more has ended unseen."""
        live = {one.channel.uniqueid for one in snapshot.channels}
        for channel in self._calls.keys() - live - self._gone.keys():
            self._end(channel, TALKED, snapshot.at)

    def close(self) -> None:
        """This process goes: what it will not see the end of ends now; the recordings' rest tells the next one."""
        for channel, call in self._calls.items():
            self._services.journal.end(call.id, TALKED)
            log.info("agents-call-left", channel=channel, call=call.id)
        self._calls.clear()

    async def _tell(self, line: Line) -> None:
        """Where there is nothing to play the talk goes on unrecorded: `begin_recording` says so."""
        try:
            await line.say(OUT_NOTICE, interruptible=False)
        except PromptUnavailable as error:
            log.error("call-out-without-notice", reason=error.message)
            return
        line.call.notice_heard = True
        line.mark(variables.NOTICE, "1")

    def _asked(self, channel: AgiChannel) -> _Asked | None:
        said = channel.env.get("network_script", "").split("/")[1:]
        if len(said) != 5 or not all(said):
            return None
        company, shown, number, agent, linkedid = said
        try:
            owner = self._services.companies.by_id(company)
        except NotFound:
            return None
        return _Asked(owner, clean(shown)[:32], clean(number)[:32], clean(agent)[:15], clean(linkedid)[:64])

    def _begin(self, channel: AgiChannel, asked: _Asked) -> Call:
        now, phone = self._services.clock.now(), e164(asked.number)
        call = Call(
            id=call_id(self._node, self._boot(), asked.linkedid),
            channel=clean(channel.env.get("uniqueid", "")),
            company=asked.company,
            dialled=asked.shown,
            caller=phone,
            caller_raw=phone or asked.number,
            started_at=now,
            place=CONTEXT,
        )
        self._calls[call.channel], self._gone[call.channel] = call, None
        begun = CallBegun(
            id=call.id,
            node=self._node,
            boot=self._boot(),
            linkedid=asked.linkedid,
            dialled=call.dialled,
            caller_raw=call.caller_raw,
            caller=call.caller,
            started_at=now,
            company_id=asked.company.id,
            answered_at=now,
            called_by=asked.agent,
        )
        self._services.journal.begin(begun)
        return call

    def _end(self, channel: str, outcome: str, at: datetime | None = None) -> None:
        call = self._calls.pop(channel, None)
        if call is None:
            return
        self._services.journal.end(call.id, outcome, at=at)
        self._services.end_recordings(call)
        metrics.CALLS.labels(call.company.id, f"called-{outcome}").inc()
