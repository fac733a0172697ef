"""An agent calls who is owed a call: expected from their click, seen in Asterisk's events, ended by their word.

What the events say of the end (busy, nobody answered, talked) is only offered: the agent says what came of it. That
such a talk is recorded, and announced first, is `ivr.reception.called_out`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gridline.clock import Clock
from gridline.errors import Conflict
from ivr.desk import devices
from ivr.telephony import events as ev
from ivr.telephony.events import Channel, Event
from ivr.telephony.state import Snapshot
from worklist.codes import AttemptResult, ItemKind

EXPECTED = timedelta(minutes=2)
"""How long after the click the agent's call is taken for the one about the item: they may have to dial by hand."""
_BUSY, _NOBODY = 17, frozenset({0, 16, 18, 19, 127})
"""Q.850; 0 and 16 of a call that was not answered are the agent's own giving up."""


class AgentCallState(StrEnum):
    """How far the call is."""

    EXPECTED = "expected"
    """The agent has said that they call; nobody outside is rung yet."""
    CALLING = "calling"
    TALKING = "talking"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class CallOwed:
    """The item a call is about, as it was when the agent took it."""

    item_id: str
    company_id: str
    kind: ItemKind
    phone: str
    """E.164."""
    place: str
    due_at: datetime
    attempts: int
    tries: int
    """Attempts after which it may end as unreached."""
    may_decline: bool
    where: str
    """The page of that person: their card, their appeal, the item."""


@dataclass(frozen=True, slots=True)
class AgentCall:
    """One agent's call, from the click until they have said what came of it."""

    owed: CallOwed
    since: datetime
    state: AgentCallState = AgentCallState.EXPECTED
    channel: str = ""
    """Asterisk's id of the agent's leg, and so of the whole call; "" until it is seen."""
    call_id: str | None = None
    """Ours, once it is seen."""
    result: AttemptResult | None = None
    """What the events say it came to, once it is over."""

    @property
    def last_try(self) -> bool:
        """Whether an attempt in vain is the last one of the rule."""
        return self.owed.attempts + 1 >= self.owed.tries


class AgentsCalls:
    """By agent. To be told of every event; `on_change(agent)` must be quick, `id_of(uniqueid)` is our id of a call."""

    def __init__(self, clock: Clock, id_of: Callable[[str], str], on_change: Callable[[str], None]) -> None:
        self._clock = clock
        self._id_of = id_of
        self._on_change = on_change
        self._calls: dict[str, AgentCall] = {}
        self._causes: dict[str, int] = {}
        """By agent, the cause with which the other leg ended."""

    def of(self, agent: str) -> AgentCall | None:
        """The call of this agent that has not been told the end of."""
        return self._calls.get(agent)

    def must_be_free(self, agent: str, item_id: str) -> None:
        """Raises Conflict while the end of an earlier call has not been told."""
        known = self._calls.get(agent)
        if known is not None and known.owed.item_id != item_id:
            raise Conflict("Сначала скажите, чем кончился прошлый звонок.")
        if known is not None and known.state is AgentCallState.OVER:
            raise Conflict("Сначала скажите, чем кончился этот звонок.")
        if known is not None and known.channel:
            raise Conflict("Этот звонок уже идёт.")

    def expect(self, agent: str, owed: CallOwed) -> None:
        """This agent calls about this item now; said again while nothing rings yet. Raises Conflict."""
        self.must_be_free(agent, owed.item_id)
        self._keep(agent, AgentCall(owed, self._clock.now()))

    def told(self, agent: str, item_id: str) -> AgentCall | None:
        """The agent has said what came of it, or gives the item back: forgotten here. None when it was not theirs."""
        known = self._calls.get(agent)
        if known is None or known.owed.item_id != item_id:
            return None
        del self._calls[agent]
        self._causes.pop(agent, None)
        self._on_change(agent)
        return known

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in; quick."""
        match event:
            case ev.ChannelSeen(channel=channel) if devices.is_agents(channel.device):
                self._begins(channel)
            case ev.ChannelSeen(channel=channel):
                agent = self._agent_of(channel)
                if agent is not None and self._calls[agent].state is AgentCallState.EXPECTED:
                    self._keep(agent, replace(self._calls[agent], state=AgentCallState.CALLING))
            case ev.BridgeEntered(channel=channel):
                agent = self._agent_of(channel)
                if agent is not None and channel.uniqueid != channel.linkedid:
                    self._keep(agent, replace(self._calls[agent], state=AgentCallState.TALKING))
            case ev.ChannelHungUp(channel=channel):
                agent = self._agent_of(channel)
                if agent is None:
                    return
                if channel.uniqueid != channel.linkedid:
                    self._causes[agent] = event.cause
                else:
                    self._ends(agent, event.cause)

    def rebuild(self, snapshot: Snapshot) -> None:
        """Take Asterisk's state: calls whose end was not seen are over, how is not known."""
        live = {one.channel.uniqueid for one in snapshot.channels}
        for agent, call in list(self._calls.items()):
            if call.channel and call.channel not in live and call.state is not AgentCallState.OVER:
                self._keep(agent, replace(call, state=AgentCallState.OVER))

    def _begins(self, channel: Channel) -> None:
        agent = devices.agent_of(channel.device)
        call = self._calls.get(agent)
        if call is None or call.channel or channel.uniqueid != channel.linkedid:
            return
        if self._clock.now() - call.since <= EXPECTED:
            self._causes.pop(agent, None)
            id = channel.uniqueid
            self._keep(agent, replace(call, channel=id, call_id=self._id_of(id)))

    def _ends(self, agent: str, own_cause: int) -> None:
        call, cause = self._calls[agent], self._causes.pop(agent, own_cause)
        if call.state is AgentCallState.TALKING:
            result = AttemptResult.TALKED
        elif cause == _BUSY:
            result = AttemptResult.BUSY
        else:
            result = AttemptResult.NO_ANSWER if cause in _NOBODY else AttemptResult.FAILED
        self._keep(agent, replace(call, state=AgentCallState.OVER, result=result))

    def _agent_of(self, channel: Channel) -> str | None:
        """Whose call this leg is of."""
        return next((agent for agent, call in self._calls.items() if call.channel == channel.linkedid), None)

    def _keep(self, agent: str, call: AgentCall) -> None:
        if self._calls.get(agent) != call:
            self._calls[agent] = call
            self._on_change(agent)
