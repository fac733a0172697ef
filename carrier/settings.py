"""The carrier's settings: folders and ports, where our Asterisk is, which agents' phones it runs."""

from __future__ import annotations

import fcntl
import functools
import os
import random
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_OURS: set[int] = set()


@dataclass(frozen=True)
class Account:
    """What a company registers with at the carrier (name: letters and digits)."""

    name: str
    secret: str


@dataclass(frozen=True)
class CarrierSettings:
    """One carrier Asterisk. The defaults do not clash with Gridline's own default ports."""

    base: Path
    """Folder of its rendered files, log and secrets."""
    our_port: int = 5060
    """SIP port of the Asterisk that is called."""
    our_host: str = "127.0.0.1"
    agents: Mapping[str, str] = field(default_factory=dict)
    """Secret by agent number: the SIP phones that register at our Asterisk."""
    node: str = "carrier"
    host: str = "127.0.0.2"
    phones_host: str = "127.0.0.1"
    """Where the agents' telephones are: never at the trunk's address."""
    account: Account | None = None
    """The one that may register here; calls to it go to the contact it gave."""
    sip_port: int = 5070
    ami_port: int = 5048
    rtp_first_port: int = 14000
    rtp_last_port: int = 15999
    max_files: int = 4096


def free_port() -> int:
    """A loopback port that is free at this moment, for TCP and UDP, and that no process but this one is given here.

    Below those that Linux gives to outgoing connections (32768 and up): one of them could take it before it is bound.
    """
    ports = range(22_000, 32_000)
    return next(
        port
        for port in random.sample(ports, len(ports))
        if all(is_free(port, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)) and _kept(port)
    )


@functools.cache
def _keeper() -> int:
    """A file with one byte for each port, of all processes on this machine; what a process locks ends with it."""
    file = Path(tempfile.gettempdir()) / f"gridline-ports-{os.getuid()}"
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _kept(port: int) -> bool:
    """Whether this port is ours from now on: between the choice and the bind another could choose it too."""
    if port in _OURS:
        return False
    try:
        fcntl.lockf(_keeper(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except BlockingIOError:
        return False
    _OURS.add(port)
    return True


def is_free(port: int, kind: socket.SocketKind) -> bool:
    """Whether this loopback port is free at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT counts as free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
