"""Our Asterisk with a test dialplan instead of the product's, to test the carrier alone."""

from __future__ import annotations

from asterisk_conf.asterisk import Asterisk
from asterisk_conf.render import render
from asterisk_conf.runtime import AsteriskProcess
from gridline.settings import HOUSE, Settings

DIALPLAN = HOUSE / "tests/calls/plain_line"
MODULES = ("app_echo", "app_read", "app_record", "func_env")
"""What this dialplan needs beyond the product's own list of modules."""


class PlainLine:
    """The product's own trunk, agents and RTP settings, with `extensions.conf.j2` of this folder."""

    def __init__(self, settings: Settings, asterisk: Asterisk) -> None:
        rendered = render(settings, asterisk, [])
        self.process = AsteriskProcess(rendered)
        self.clips = rendered.var / "clips"
        """Sound files the dialplan plays."""
        self.notes = rendered.var / "notes"
        """What the line heard: keys, callers, a recorded message."""
        for folder in (self.clips, self.notes):
            folder.mkdir(exist_ok=True)

    async def start(self) -> None:
        """Start it with its own set of modules."""
        await self.process.start()
        for module in MODULES:
            await self.process.rx(f"module load {module}.so")
