"""The ports we listen on: which they are, whether each is free, and which program holds one that is not."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from gridline.settings import Settings


@dataclass(frozen=True)
class Port:
    """One address of ours; `setting` is what it is set by."""

    name: str
    setting: str
    host: str
    number: int
    kind: socket.SocketKind = socket.SOCK_STREAM

    def problem(self) -> OSError | None:
        """Why we could not listen there now; None when we could."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, self.kind) as probe:
            if self.kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
            try:
                probe.bind((self.host, self.number))
            except OSError as error:
                return error
        return None

    def holder(self) -> psutil.Process | None:
        """Who listens there; None when nobody does, or we have no right to see who."""
        for each in psutil.net_connections("tcp" if self.kind == socket.SOCK_STREAM else "udp"):
            listens = self.kind == socket.SOCK_DGRAM or each.status == psutil.CONN_LISTEN
            if listens and each.laddr and each.laddr.port == self.number and each.pid is not None:
                return psutil.Process(each.pid)
        return None


def of_controller(config: Settings) -> list[Port]:
    """What the controller listens on."""
    return [
        Port("FastAGI", "agi_port", config.agi_host, config.agi_port),
        Port("HTTP", "http_port", config.http_host, config.http_port),
    ]


def of_asterisk(config: Settings) -> list[Port]:
    """What Asterisk listens on; nothing where it is a service of its own, perhaps on another machine."""
    if config.asterisk == "external":
        return []
    ports = [
        Port("AMI", "ami_port", config.ami_host, config.ami_port),
        Port("SIP", "sip_port", config.sip_host, config.sip_port, socket.SOCK_DGRAM),
        Port("WebSocket", "asterisk_http_port", config.asterisk_http_host, config.asterisk_http_port),
    ]
    if config.sip_tls_port:
        ports.append(Port("SIP TLS", "sip_tls_port", config.sip_host, config.sip_tls_port))
    return ports


def taken(ports: Iterable[Port]) -> list[str]:
    """A sentence for each that we cannot listen on now, which names the program that holds it."""
    return [_said(port, problem) for port in ports if (problem := port.problem()) is not None]


def who(process: psutil.Process | None) -> str:
    """A program as a person finds it."""
    if process is None:
        return "чужая программа (кто — видно от root)"
    try:
        return f"{process.name()}, процесс {process.pid}"
    except psutil.Error:  # gone meanwhile
        return f"процесс {process.pid}"


def _said(port: Port, problem: OSError) -> str:
    at = f"{port.name}: {port.host}:{port.number} ({port.setting})"
    if problem.errno != errno.EADDRINUSE:
        return f"{at} — {problem.strerror}"
    return f"{at} занят: {who(port.holder())}"
