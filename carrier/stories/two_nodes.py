"""Two whole Gridlines behind a Kamailio, on one database, with one carrier: for tests and benchmarks."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil

from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from carrier.carrier import Carrier
from carrier.settings import CarrierSettings, free_port
from carrier.stories.installation import Installation
from carrier.stories.store import until
from kamailio_conf.render import render
from kamailio_conf.runtime import KamailioProcess

KAMAILIO: Final = "127.0.0.9"
CARRIER: Final = "127.0.0.2"
NAMES: Final = ("node1", "node2")
CALM: Final = """limits:
  - {of: company, on: 1000000, off: 1, calm_min: 1, window_s: 60, hand_min: 60}
  - {of: branch, on: 1000000, off: 1, calm_min: 1, window_s: 60, hand_min: 60}
"""
"""Ten callers a second are no storm here: they hear the whole menu."""


class TwoNodes:
    """The nodes by name, what stands before them, and who calls; start it, stop it."""

    def __init__(self, folder: Path, database_url: str, dialplan: Path, own: Mapping[str, object]) -> None:
        """`dialplan`: each node gets a copy of its own. `own`: settings that all nodes share."""
        sip = {name: free_port() for name in NAMES}
        carrier_port, front_port = free_port(), free_port()
        shared = {
            **own,
            "database_url": database_url,
            "trunk_host": KAMAILIO,
            "trunk_port": front_port,
            "kamailio_nodes": [f"{name}=127.0.0.1:{port}" for name, port in sip.items()],
            "kamailio_carriers": [f"{CARRIER}:{carrier_port}"],
            "seal_secret": "sealed by both nodes alike",
        }
        self.nodes = {}
        for series, name in enumerate(NAMES, 1):
            copy = shutil.copytree(dialplan, folder / name / "dialplan")
            (copy / "storm.yaml").write_text(CALM, "utf-8")
            itself = {"node": name, "node_series": series, "sip_port": sip[name], "dialplan": str(copy)}
            # Both have one address here: whoever talked to a node that died would still be heard by the other one.
            ports = {"rtp_first_port": 9000 + series * 1000, "rtp_last_port": 9999 + series * 1000}
            self.nodes[name] = Installation(folder / name, {**shared, **itself, **ports})
        settings = self.nodes[NAMES[0]].settings
        self.kamailio = KamailioProcess(render(settings.model_copy(update={"var": folder / "front"})))
        self.carrier = Carrier(
            CarrierSettings(
                base=folder / "carrier",
                our_host=KAMAILIO,
                our_port=front_port,
                host=CARRIER,
                sip_port=carrier_port,
                ami_port=free_port(),
            ),
            asterisk.find(PackageRoot(settings.package_root.absolute())),
        )
        for node in self.nodes.values():
            node.carrier = self.carrier

    def address(self, name: str) -> str:
        """`host:port` of a node's SIP, as Kamailio knows it."""
        return f"127.0.0.1:{self.nodes[name].settings.sip_port}"

    async def gives_calls_to(self, *names: str) -> None:
        """Wait until Kamailio gives calls to these nodes alone. Raises StoryBroken when it does not."""
        wanted = {self.address(name) for name in names}

        async def look() -> bool | None:
            return await self.kamailio.active(1) == wanted or None

        await until(look, f"звонки узлам {', '.join(names) or '—'}", within_s=30)

    async def start(self) -> None:
        """Start everything; back when calls are taken by every node."""
        first, *others = self.nodes.values()
        await first.serve()
        await first.healthy(60)  # it makes the database, once
        for node in others:
            await node.serve()
        await asyncio.gather(*(node.healthy(60) for node in others), self.kamailio.start(), self.carrier.start())

    async def stop(self) -> None:
        """Stop whatever still runs."""
        await self.carrier.stop()
        await self.kamailio.stop()
        for node in self.nodes.values():
            await node.stop()

    def kill(self, name: str) -> None:
        """End every process of a node at once, as a machine that loses its power does."""
        node = self.nodes[name]
        there = psutil.Process(node.pid)
        for process in [there, *there.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
