"""Takes a call from Asterisk's first line to its last: who, whom, which menu; the one place where hanging up ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from gridline import metrics
from gridline.errors import NotFound
from gridline.phones import e164
from ivr import actions
from ivr.call import Call
from ivr.journal.entries import CallBegun
from ivr.journal.models import call_id
from ivr.line import DONE, SLACK_S, Line
from ivr.menus.flows import Flows
from ivr.menus.walk import walk
from ivr.reception.steps import Steps
from ivr.services import Services
from ivr.telephony import variables
from ivr.telephony.agi import AgiChannel, CallerHungUp
from ivr.telephony.wire import clean, set_variables
from ivr.voice.voice import Voice

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Arrival:
    """What the dialplan says of a call (its arguments, in this order) and Asterisk of its channel."""

    company_id: str
    dialled: str
    call_id: str
    place: str
    notice_heard: bool
    channel: str
    caller_raw: str

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Arrival:
        """Read the AGI environment; anything the dialplan did not say is empty."""
        company, dialled, call, place, notice = (env.get(f"arg_{number}", "") for number in range(1, 6))
        caller = clean(env.get("callerid", ""))
        return cls(
            company,
            clean(dialled)[:32],
            call,
            place,
            notice == "1",
            clean(env.get("uniqueid", "")),
            "" if caller == "unknown" else caller[:64],
        )


class Reception:
    """Serves calls with the services, the voice and the menus in force; `boot` names this run of Asterisk."""

    def __init__(self, services: Services, voice: Voice, flows: Flows, *, node: str, boot: Callable[[], str]) -> None:
        self._services = services
        self._voice = voice
        self._flows = flows
        self._node = node
        self._boot = boot
        self._acts = actions.bound(services)

    async def take(self, channel: AgiChannel) -> None:
        """Run one call to its end."""
        arrival = Arrival.of(channel.env)
        try:
            company = self._services.companies.by_id(arrival.company_id)
        except NotFound:
            await self._nobodys(channel, arrival)
            return
        call = Call(
            id=arrival.call_id or call_id(self._node, self._boot(), arrival.channel),
            channel=arrival.channel,
            company=company,
            dialled=arrival.dialled,
            caller=e164(arrival.caller_raw),
            caller_raw=arrival.caller_raw,
            started_at=self._services.clock.now(),
            notice_heard=arrival.notice_heard,
        )
        structlog.contextvars.bind_contextvars(call=call.id)
        with metrics.CALLS_NOW.track_inprogress():
            await self._serve(channel, call, arrival)

    async def _serve(self, channel: AgiChannel, call: Call, arrival: Arrival) -> None:
        flow = self._flows.of(call.company)
        services = self._services
        services.journal.begin(self._begun(call, flow.version))
        steps = Steps(services.journal, call.id, flow.version)
        line = Line(channel, call, self._voice, services.clock, steps.spoken)
        line.mark(variables.CALL, call.id)
        log.info("call-begins", company=call.company.id, caller=call.caller, dialled=call.dialled, at=arrival.place)
        outcome = "failed"
        try:
            await walk(flow, line, self._acts, steps.stepped, services.clock, arrival.place)
            outcome = "finished"
        except CallerHungUp:
            outcome = "talked" if services.visits.talked(call.channel) else "hung-up"
        except asyncio.CancelledError:
            outcome = "stopped"
            raise
        finally:
            steps.flush()
            branch = call.branch.id if call.branch else ""
            if outcome == "talked":
                services.ends.left(call.channel, call.id, outcome, branch)
            else:
                services.journal.end(call.id, outcome, branch=branch)
            services.end_recordings(call)
            metrics.CALLS.labels(call.company.id, outcome).inc()
            log.info("call-ends", outcome=outcome, place=call.place)

    def _begun(self, call: Call, flow_version: str) -> CallBegun:
        return CallBegun(
            id=call.id,
            node=self._node,
            boot=self._boot(),
            linkedid=call.channel,
            company_id=call.company.id,
            dialled=call.dialled,
            caller_raw=call.caller_raw,
            caller=call.caller,
            flow_version=flow_version,
            started_at=call.started_at,
            answered_at=call.started_at,
        )

    async def _nobodys(self, channel: AgiChannel, arrival: Arrival) -> None:
        """A number that is no company's: say so, and end."""
        log.warning("unknown-number", dialled=arrival.dialled, caller=arrival.caller_raw)
        metrics.CALLS.labels("", "unknown-number").inc()
        journal, now = self._services.journal, self._services.clock.now()
        id = call_id(self._node, self._boot(), arrival.channel)
        caller = e164(arrival.caller_raw)
        journal.begin(
            CallBegun(id, self._node, self._boot(), arrival.channel, arrival.dialled, arrival.caller_raw, caller, now)
        )
        try:
            utterance = await self._voice.render(["unknown-number"])
            guard = {variables.ABSOLUTE_TIMEOUT: str(int(utterance.seconds) + 5), variables.END: DONE}
            play = ("STREAM FILE", str(utterance.file), "")
            await channel.command(*play, timeout_s=utterance.seconds + SLACK_S, first=set_variables(guard))
            await channel.command("HANGUP")
        except CallerHungUp:
            log.info("unknown-number-hung-up", dialled=arrival.dialled)
        finally:
            journal.end(id, "unknown-number")
