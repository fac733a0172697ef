"""Our FastAGI server: one task per call, limits that refuse instead of letting a caller wait in silence.

Not panoramisk's: there one connect-and-close freezes the event loop and a HANGUP line shifts every later reply.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import structlog

from gridline.clock import happens
from gridline.errors import GridlineError
from gridline.log import incident
from ivr.telephony.channel import COMMAND_TIMEOUT_S, AgiChannel, AgiTimeout, CallerHungUp
from ivr.telephony.wire import AgiProtocolError, AgiReply

__all__ = [
    "COMMAND_TIMEOUT_S",
    "AgiChannel",
    "AgiCounts",
    "AgiProtocolError",
    "AgiReply",
    "AgiServer",
    "AgiTimeout",
    "CallerHungUp",
]

_BACKLOG = 512
_ACCEPTS_AT_ONCE = 64
_NO_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PEERS_KNOWN = 64
"""Addresses whose permission is not looked up again: there is one Asterisk, or a few."""
_RETRY_S = 1.0
"""After the machine ran out of descriptors or memory: when to look again."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class AgiCounts:
    """What the server has seen since it started, for the metrics page."""

    served: int = 0
    crashed: int = 0
    not_permitted: int = 0
    bad_opening: int = 0
    """Connections that did not open like Asterisk: slow, too big, garbled, or a channel AMI does not know."""
    pauses: int = 0
    """Times the door was shut because of max_calls or missing descriptors."""


class AgiServer:
    """Listens for Asterisk and runs `on_call(channel)` for each call.

    At `max_calls`, and while the machine has no descriptors left, new connections are refused by the kernel, so that
    the dialplan falls back at once (fault F1's way) instead of hanging in a backlog. `permitted` are addresses or
    networks. `verify(env)` may check an announced channel against AMI; False closes the connection. An exception
    out of `on_call` ends that call only: it is logged with the call's id, counted, and told to `on_crash`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        on_call: Callable[[AgiChannel], Awaitable[None]],
        *,
        permitted: Iterable[str],
        max_calls: int = 1000,
        header_timeout_s: float = 5.0,
        verify: Callable[[Mapping[str, str]], Awaitable[bool]] | None = None,
        on_crash: Callable[[str, Exception], None] | None = None,
    ) -> None:
        self.counts = AgiCounts()
        self._host, self._asked_port = host, port
        self._on_call = on_call
        self._permitted = [ipaddress.ip_network(address) for address in permitted]
        self._is_permitted = lru_cache(_PEERS_KNOWN)(self._looked_up)
        self._max_calls = max_calls
        self._header_timeout_s = header_timeout_s
        self._verify = verify
        self._on_crash = on_crash
        self._listener: socket.socket | None = None
        self._open = False
        self._calls: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._retry: asyncio.TimerHandle | None = None

    @property
    def port(self) -> int:
        """The port listened on (the system's choice when 0 was asked for)."""
        if self._listener is None:
            raise RuntimeError("the server is not started")
        return int(self._listener.getsockname()[1])

    @property
    def active(self) -> int:
        """Connections being served now."""
        return len(self._calls)

    async def start(self) -> None:
        """Begin to listen. Raises OSError when the address is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        port = self._asked_port or _free_port(self._host, family)
        listener = socket.create_server((self._host, port), family=family, backlog=_BACKLOG)
        listener.setblocking(False)
        self._listener = listener
        self._open = True
        asyncio.get_running_loop().add_reader(listener, self._accept)

    def stop_accepting(self) -> None:
        """Refuse new calls for good; those that run go on."""
        if self._listener is not None:
            self._shut_door()
            self._listener.close()
            self._listener = None

    async def drain(self, timeout_s: float) -> bool:
        """Wait until the running calls have ended; False when some still run after `timeout_s` seconds."""
        return await happens(self._idle, within_s=timeout_s)

    async def close(self) -> None:
        """Stop at once: calls that still run are cancelled and go on in the dialplan."""
        self.stop_accepting()
        for task in self._calls:
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await asyncio.sleep(0)  # the transports close in the loop's next round

    def _accept(self) -> None:
        assert self._listener is not None
        for _ in range(_ACCEPTS_AT_ONCE):
            if len(self._calls) >= self._max_calls:
                self._pause()
                return
            try:
                connection, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_RESOURCES:
                    raise
                log.error("agi-no-resources", reason=error.strerror)
                self._pause()
                self._retry = asyncio.get_running_loop().call_later(_RETRY_S, self._resume)
                return
            if not self._is_permitted(address[0]):
                self.counts.not_permitted += 1
                log.warning("agi-not-permitted", address=address[0])
                connection.close()
                continue
            connection.setblocking(False)
            task = asyncio.get_running_loop().create_task(self._serve(connection))
            self._calls.add(task)
            self._idle.clear()
            task.add_done_callback(self._ended)

    def _looked_up(self, address: str) -> bool:
        peer = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped is not None:
            peer = peer.ipv4_mapped
        return any(peer in network for network in self._permitted)

    async def _serve(self, connection: socket.socket) -> None:
        channel: AgiChannel | None = None
        try:
            _, channel = await asyncio.get_running_loop().connect_accepted_socket(AgiChannel, connection)
            if not await self._opens_well(channel):
                return
            structlog.contextvars.bind_contextvars(call=channel.env.get("uniqueid", ""))
            self.counts.served += 1
            await self._on_call(channel)
        except CallerHungUp:
            log.debug("caller-hung-up")
        except Exception as error:  # the one place a call's failure ends: the dialplan serves the caller
            call = channel.env.get("uniqueid", "") if channel else ""
            self.counts.crashed += 1
            log.exception("call-crashed", call=call, incident=incident())
            if self._on_crash is not None:
                self._on_crash(call, error)
        finally:
            if channel is None:
                connection.close()
            else:
                channel.close()

    async def _opens_well(self, channel: AgiChannel) -> bool:
        try:
            await channel.opened(self._header_timeout_s)
        except (GridlineError, CallerHungUp) as error:
            self.counts.bad_opening += 1
            log.warning("agi-bad-opening", reason=str(error) or "closed")
            return False
        if self._verify is not None and not await self._verify(channel.env):
            self.counts.bad_opening += 1
            log.warning("agi-unknown-channel", channel=channel.env.get("channel", ""))
            return False
        return True

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        if not self._calls:
            self._idle.set()
        if self._retry is None:
            self._resume()

    def _pause(self) -> None:
        self.counts.pauses += 1
        self._shut_door()

    def _shut_door(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._open and self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            # On Linux this makes the kernel refuse connections while the port stays ours; listen() opens it again
            # without a new descriptor (HAProxy suspends its listeners the same way).
            self._listener.shutdown(socket.SHUT_RD)
            self._open = False

    def _resume(self) -> None:
        self._retry = None
        if self._listener is not None and not self._open and len(self._calls) < self._max_calls:
            self._listener.listen(_BACKLOG)
            asyncio.get_running_loop().add_reader(self._listener, self._accept)
            self._open = True


def _free_port(host: str, family: socket.AddressFamily) -> int:
    # A port the kernel chose itself would be another one after the door was shut; one asked for by number stays.
    with socket.create_server((host, 0), family=family) as probe:
        return int(probe.getsockname()[1])
