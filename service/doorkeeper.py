"""Keeps out whoever guesses SIP passwords, and counts what was turned away at the door."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import structlog

from asterisk_conf.agents_file import AgentsFile
from gridline import metrics
from gridline.clock import Clock
from gridline.errors import Unavailable
from gridline.settings import Settings
from ivr.telephony.events import CallTurnedAway, Event, SipSignInRefused

WITHIN_S = 60.0
MOST_ADDRESSES = 10_000
"""Remembered at once; beyond that everybody begins anew."""
OURSELVES = (ip_network("127.0.0.1"), ip_network("::1"))

log = structlog.get_logger(__name__)


class Doorkeeper:
    """Fed with Asterisk's events. A ban is written where Asterisk itself looks, so it holds and ends without us."""

    def __init__(
        self,
        file: AgentsFile,
        clock: Clock,
        *,
        tries: int,
        ban: timedelta,
        spared: Iterable[IPv4Network | IPv6Network] = (),
    ) -> None:
        """`tries` wrong sign-ins within WITHIN_S seconds shut an address out; those of `spared` never."""
        self._file = file
        self._clock = clock
        self._tries = tries
        self._ban = ban
        self._spared = (*OURSELVES, *spared)
        self._wrong: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=tries))
        self._writing: set[asyncio.Task[None]] = set()

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> Doorkeeper:
        """As the settings say: never the carrier, nor a proxy through which every agent's browser comes."""
        addresses = map(_address, (settings.trunk_host, *settings.http_proxies))
        return cls(
            AgentsFile.of(settings),
            clock,
            tries=settings.sign_in_tries,
            ban=timedelta(minutes=settings.sign_in_ban_min),
            spared=(*settings.trunk_networks, *(ip_network(one) for one in addresses if one is not None)),
        )

    def on_event(self, event: Event) -> None:
        """Quick; what has to be written is written in a thread."""
        if isinstance(event, CallTurnedAway):
            metrics.CALLS_TURNED_AWAY.labels(event.reason).inc()
            log.warning("call-turned-away", reason=event.reason)
        elif isinstance(event, SipSignInRefused):
            metrics.SIGN_INS_REFUSED.inc()
            self._refused(event)

    async def forgive(self) -> None:
        """Lift the bans of those who are spared by now: a carrier's address that was missing in the settings."""
        await asyncio.to_thread(self._file.ensure)
        for address in await asyncio.to_thread(self._file.banned):
            if self._is_spared(address):
                await asyncio.to_thread(self._file.lift, address)

    def _refused(self, event: SipSignInRefused) -> None:
        if self._is_spared(event.address):
            return
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.clear()
        now, tries = self._clock.monotonic(), self._wrong[event.address]
        tries.append(now)
        if len(tries) == self._tries and now - tries[0] <= WITHIN_S:
            del self._wrong[event.address]
            task = asyncio.get_running_loop().create_task(self._shut_out(event.address))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    async def _shut_out(self, address: str) -> None:
        until = self._clock.now() + self._ban
        try:
            await asyncio.to_thread(self._file.ban, address, until)
        except Unavailable as error:
            log.error("sip-ban-not-written", address=address, reason=error.message)
            return
        metrics.BANS.inc()
        log.warning("sip-address-banned", address=address, until=until)

    def _is_spared(self, address: str) -> bool:
        peer = _address(address)
        return peer is None or any(peer in network for network in self._spared if network.version == peer.version)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
