"""What Asterisk wrote of a call while nobody listened (CEL), as the events that it would have told over AMI."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime

from asterisk_conf import records
from asterisk_conf.logs import Logs
from ivr.telephony.events import (
    AgentConnected,
    BridgeEntered,
    BridgeLeft,
    Channel,
    ChannelHungUp,
    ChannelSeen,
    Event,
)


def of_call(logs: Logs, linkedid: str, since: datetime) -> list[Event]:
    """Who was in the call from `since` on, with whom and till when; nothing where CEL is off. Raises OSError.

    Holds are not among them. The same linked id of an earlier Asterisk (fault F16) is left out by `since`.
    """
    told = _Told()
    for kind, local, caller, _exten, name, uniqueid, call, extra in records.channel_events(logs, linkedid):
        try:
            at, more = datetime.fromisoformat(local).astimezone(UTC), json.loads(extra or "{}")
            if at >= since:
                told.take(kind, at, Channel(uniqueid, call, name, caller), more)
        except (ValueError, TypeError, AttributeError):  # a line that a crash has torn, or that is none of Asterisk's
            continue
    return told.events


class _Told:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self._there: defaultdict[str, list[Channel]] = defaultdict(list)
        self._waiting: set[str] = set()

    def take(self, kind: str, at: datetime, channel: Channel, more: dict[str, str]) -> None:
        bridge = str(more.get("bridge_id", ""))
        match kind:
            case "CHAN_START":
                self.events.append(ChannelSeen(at, channel))
            case "APP_START":  # of app_queue, the only one that cel.conf asks for
                self._waiting.add(channel.uniqueid)
            case "APP_END":
                self._waiting.discard(channel.uniqueid)
            case "BRIDGE_ENTER":
                self.events.append(BridgeEntered(at, channel, bridge))
                self._there[bridge].append(channel)
                self._answered(at, self._there[bridge])
            case "BRIDGE_EXIT":
                self.events.append(BridgeLeft(at, channel, bridge))
                self._there[bridge] = [one for one in self._there[bridge] if one.uniqueid != channel.uniqueid]
            case "HANGUP":
                self.events.append(ChannelHungUp(at, channel, int(more.get("hangupcause", 0))))

    def _answered(self, at: datetime, there: list[Channel]) -> None:
        """A caller who is still in app_queue, and no more alone, was answered from it."""
        for caller in there:
            for other in there:
                if caller.uniqueid in self._waiting and other.uniqueid != caller.uniqueid:
                    self._waiting.discard(caller.uniqueid)
                    self.events.append(AgentConnected(at, caller, "", other.device, 0, 0))
