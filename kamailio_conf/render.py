"""Renders the files of the Kamailio that stands before several nodes, from the same settings as theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gridline.errors import Misconfigured
from gridline.settings import Settings
from gridline.synced import write_private

TEMPLATES: Final = Path(__file__).parent / "templates"
CHILDREN: Final = 4
"""Processes that read a UDP socket: a call takes some tenths of a millisecond of one."""
SILENCE_MS: Final = 1000
"""How long a node may say nothing to a new call before another one gets it; Asterisk answers in milliseconds."""
CALLS: Final = 10_000
"""At once, for a node whose entry names no number."""
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9/._+-]+")


@dataclass(frozen=True, slots=True)
class KamailioNode:
    """One node as Kamailio knows it."""

    name: str
    address: str
    """`host:port` of its SIP over UDP."""
    calls: int
    """At once, at most."""

    @classmethod
    def read(cls, entry: str) -> KamailioNode:
        """An entry of `kamailio_nodes`, which the settings have found to be well formed."""
        name, _, rest = entry.partition("=")
        address, _, calls = rest.partition("/")
        return cls(name, address, int(calls) if calls else CALLS)


@dataclass(frozen=True, slots=True)
class RenderedKamailio:
    """Where its files lie."""

    etc: Path
    run: Path

    @property
    def config(self) -> Path:
        """The file Kamailio is started with."""
        return self.etc / "kamailio.cfg"

    @property
    def argv(self) -> list[str]:
        """How to start it in the foreground."""
        return ["kamailio", "-f", str(self.config), "-DD", "-E", "-Y", str(self.run), "-P", str(self.run / "pid")]


def render(settings: Settings) -> RenderedKamailio:
    """Write Kamailio's files under `var/kamailio` and say where.

    Raises Misconfigured for settings that name no node or no carrier, or contradict each other.
    """
    nodes = [KamailioNode.read(entry) for entry in settings.kamailio_nodes]
    _examine(settings, nodes)
    etc = settings.var.absolute() / "kamailio"
    if not _PLAIN_PATH.fullmatch(str(etc)):
        raise Misconfigured(f"В пути {etc} есть знаки, опасные для Kamailio: оставьте буквы, цифры и / . _ + -")
    run = etc / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    first = settings.kamailio_carriers[0]
    values = {
        "etc": etc,
        "run": run,
        "children": CHILDREN,
        "silence_ms": SILENCE_MS,
        "host": settings.trunk_host,
        "port": settings.trunk_port,
        "tls_port": settings.kamailio_tls_port,
        "tls_cert": settings.sip_tls_cert,
        "tls_key": settings.sip_tls_key,
        "transport": settings.kamailio_transport,
        "nodes": nodes,
        "carriers": [carrier.partition(":")[0] for carrier in settings.kamailio_carriers],
        "calls_out_to": first if ":" in first else "",
        "calls_per_s": settings.kamailio_calls_per_s,
        "calls_per_caller": settings.kamailio_calls_per_caller,
    }
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # these are Kamailio's files, not HTML
    )
    for name in environment.list_templates(extensions=["j2"]):
        write_private(etc / name.removesuffix(".j2"), environment.get_template(name).render(values))
    return RenderedKamailio(etc, run)


def _examine(settings: Settings, nodes: list[KamailioNode]) -> None:
    if not nodes or not settings.kamailio_carriers:
        raise Misconfigured("Kamailio нужны узлы (kamailio_nodes) и операторы связи (kamailio_carriers).")
    for what in ("name", "address"):
        named = [getattr(node, what) for node in nodes]
        if doubled := sorted({one for one in named if named.count(one) > 1}):
            raise Misconfigured(f"kamailio_nodes: дважды названо {', '.join(doubled)}.")
    if settings.trunk_mode == "registration":
        raise Misconfigured('За Kamailio узлы у оператора связи не регистрируются: trunk_mode = "address".')
    if settings.trunk_transport != "udp":
        raise Misconfigured("С Kamailio узлы говорят по UDP (trunk_transport); TLS с оператором — kamailio_transport.")
    if settings.kamailio_transport == "tls" and not settings.kamailio_tls_port:
        raise Misconfigured("kamailio_transport = tls: задайте kamailio_tls_port.")
    if settings.kamailio_tls_port and not (settings.sip_tls_cert and settings.sip_tls_key):
        raise Misconfigured("Для TLS (kamailio_tls_port) нужны sip_tls_cert и sip_tls_key.")
