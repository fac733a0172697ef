"""Takes a call from Asterisk's first line to its last: who, whom, which menu; the one place where hanging up ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from gridline import metrics
from gridline.errors import NotFound
from gridline.numbers.phones import e164
from ivr import actions
from ivr.call import Call
from ivr.journal.entries import CallBegun
from ivr.journal.models import call_id
from ivr.line import DONE, SLACK_S, Line
from ivr.menus.flows import Flows
from ivr.menus.walk import walk
from ivr.outbound.dialer import CONTEXT, Dialer
from ivr.reception import called_out
from ivr.reception.arrival import Arrival
from ivr.reception.called_out import CalledOut
from ivr.reception.steps import Steps
from ivr.services import Services
from ivr.telephony import variables
from ivr.telephony.agi import AgiChannel, CallerHungUp
from ivr.telephony.seal import Seal
from ivr.telephony.wire import set_variables
from ivr.voice.hearing.menu_words import ask_aloud
from ivr.voice.voice import Voice

log = structlog.get_logger(__name__)


class Reception:
    """Serves calls with the services, the voice and the menus in force; `boot` names this run of Asterisk."""

    def __init__(
        self,
        services: Services,
        voice: Voice,
        flows: Flows,
        dialer: Dialer,
        called_out: CalledOut,
        *,
        node: str,
        boot: Callable[[], str],
        seal: Seal,
    ) -> None:
        self._dialer = dialer
        self._called_out = called_out
        self._services = services
        self._voice = voice
        self._flows = flows
        self._node = node
        self._boot = boot
        self._seal = seal
        self._acts = actions.bound(services)

    async def take(self, channel: AgiChannel) -> None:
        """Run one call to its end, whether it came in, we have placed it, or an agent has."""
        if channel.env.get("network_script", "").startswith(f"{CONTEXT}/"):
            await self._dialer.take(channel)
            return
        if channel.env.get("network_script", "").startswith(f"{called_out.CONTEXT}/"):
            await self._called_out.take(channel)
            return
        arrival = Arrival.of(channel.env, self._seal)
        try:
            company = self._services.companies.by_id(arrival.company_id)
        except NotFound:
            await self._nobodys(channel, arrival)
            return
        # On its own number the dialplan has taken the caller's off the channel already.
        anonymous = arrival.nameless or company.is_trust_line(arrival.dialled)
        caller = None if anonymous else e164(arrival.caller_raw)
        call = Call(
            id=arrival.kept.call or call_id(self._node, self._boot(), arrival.channel),
            channel=arrival.channel,
            company=company,
            dialled=arrival.dialled,
            caller=caller,
            caller_raw="" if anonymous else arrival.caller_raw,
            started_at=self._services.clock.now(),
            anonymous=anonymous,
            notice_heard=arrival.kept.notice == "1",
            in_danger=arrival.kept.danger == "1",
            of_range=self._services.numbering.branch_of(company, caller),
        )
        structlog.contextvars.bind_contextvars(call=call.id)
        with metrics.CALLS_NOW.track_inprogress():
            await self._serve(channel, call, arrival)

    async def _serve(self, channel: AgiChannel, call: Call, arrival: Arrival) -> None:
        services = self._services
        if call.company.is_trust_line(call.dialled):
            flow = self._flows.of_trust_line(call.company)
        else:
            services.storm.came(call)
            flow = self._flows.of(call.company, storm=services.storm.is_on(call))
        services.journal.begin(self._begun(call, flow.version))
        steps = Steps(services.journal, call.id, flow.version)
        line = Line(channel, call, self._voice, services.clock, steps.spoken, self._seal)
        line.mark(variables.CALL, call.id)
        at = arrival.kept.place
        log.info("call-begins", company=call.company.id, dialled=call.dialled, at=at)
        outcome = "failed"
        try:
            aloud = partial(ask_aloud, services.hearing) if call.company.menus_by_voice else None
            await walk(flow, line, self._acts, steps.stepped, services.clock, at, aloud)
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
            trust=call.anonymous,
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
