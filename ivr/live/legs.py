"""The legs of the calls on the line, found by id, by bridge and by device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ivr.telephony.events import Channel


@dataclass(frozen=True, slots=True)
class ChannelLeg:
    """An Asterisk channel and what the board knows about it."""

    channel: Channel
    since: datetime
    bridge: str = ""
    recording: bool = False


class Legs:
    """Every leg by its uniqueid, with the two indexes the board needs."""

    def __init__(self, legs: Iterable[ChannelLeg] = ()) -> None:
        self._legs: dict[str, ChannelLeg] = {}
        self._bridges: dict[str, set[str]] = defaultdict(set)
        self._devices: dict[str, set[str]] = defaultdict(set)
        for leg in legs:
            self.put(leg)

    def __iter__(self) -> Iterator[ChannelLeg]:
        return iter(self._legs.values())

    def get(self, uniqueid: str) -> ChannelLeg | None:
        """The leg of this id."""
        return self._legs.get(uniqueid)

    def put(self, leg: ChannelLeg) -> None:
        """Store this leg, replacing its earlier state."""
        uniqueid = leg.channel.uniqueid
        self.drop(uniqueid)
        self._legs[uniqueid] = leg
        self._devices[leg.channel.device].add(uniqueid)
        if leg.bridge:
            self._bridges[leg.bridge].add(uniqueid)

    def drop(self, uniqueid: str) -> None:
        """Forget a leg; an unknown one is ignored."""
        leg = self._legs.pop(uniqueid, None)
        if leg is None:
            return
        for index, key in ((self._devices, leg.channel.device), (self._bridges, leg.bridge)):
            if key in index:
                index[key].discard(uniqueid)
                if not index[key]:
                    del index[key]

    def mates(self, leg: ChannelLeg) -> list[ChannelLeg]:
        """The other legs of its bridge, in a stable order."""
        return [
            self._legs[uniqueid]
            for uniqueid in sorted(self._bridges.get(leg.bridge, ()))
            if uniqueid != leg.channel.uniqueid
        ]

    def of_device(self, device: str) -> list[ChannelLeg]:
        """The legs to or from one device, in a stable order."""
        return [self._legs[uniqueid] for uniqueid in sorted(self._devices.get(device, ()))]
