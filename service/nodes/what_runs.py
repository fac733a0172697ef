"""What this node runs, for the others to compare: its release, the fingerprint of its menus and words, its store."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

import migrations
from asterisk_conf.secrets import secret
from gridline.processes.nodes import NodeSelf
from gridline.settings import Settings

LOOK_S: Final = 10.0
"""Between two readings of the files: a second one costs some milliseconds of a thread."""


def this_node(config: Settings) -> NodeSelf:
    """This node, as its settings have it."""
    seal = config.seal_secret.get_secret_value() or secret(config.var / "secrets", "seal")
    return NodeSelf(
        name=config.node,
        series=config.node_series,
        place=f"{socket.gethostname()}:{config.var.absolute()}"[:300],
        address=f"{config.sip_host}:{config.sip_port}",
        release=f"{version('gridline')}+{migrations.newest()}",
        seal=hashlib.sha256(f"node {seal}".encode()).hexdigest(),
        store=f"{config.s3_endpoint}/{config.s3_bucket}" if config.recordings_store == "s3" else "",
    )


class WordsRun:
    """The fingerprint of everything in the dialplan's folder: menus, words, companies, offices, Asterisk's dialplan."""

    def __init__(self, dialplan: Path) -> None:
        self._dialplan = dialplan
        self._found = ""
        self._read_at = 0.0

    async def fingerprint(self) -> str:
        """As of the last LOOK_S. Raises OSError."""
        if not self._found or time.monotonic() > self._read_at + LOOK_S:
            self._found = await asyncio.to_thread(_of_folder, self._dialplan)
            self._read_at = time.monotonic()
        return self._found


def _of_folder(folder: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix in (".yaml", ".j2", ".wav"):
            found.update(f"{file.relative_to(folder)}\n".encode())
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()
