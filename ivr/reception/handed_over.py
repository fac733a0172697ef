"""Records a caller anew once they were handed over, so that whoever talks with them now is on the recording too.

Debian's Asterisk 22 drops sound whose RTP sequence numbers are behind those it has seen (its patch 2016_opus_plc to
`ast_translate`), and a recorder keeps what it has seen for as long as it lasts: in every second transfer the new
agent's voice would be silence, for up to eleven minutes. Only a recorder that begins after the old one is altogether
gone hears them. The dialplan does the same where a caller comes through it (`[recorded]` in dialplan/agents.conf.j2);
here are the transfers that a telephone does by itself, after asking (SIP REFER with Replaces).
"""

from __future__ import annotations

import asyncio
import re
from contextlib import closing
from typing import Final

import structlog

from asterisk_conf.render import RECORDER_USER
from asterisk_conf.secrets import RECORDER_SECRET, secret
from gridline.errors import Unavailable
from gridline.settings import Settings
from ivr.telephony import variables
from ivr.telephony.ami import Ami, AmiActionFailed
from ivr.telephony.ami_session import Session
from ivr.telephony.events import Event, HandedOver

FORGOTTEN_S: Final = 0.2
"""Ten packets of sound: Asterisk lets go of a stopped recorder with the next one, and says so nowhere."""
_AMI_S: Final = 5.0
_ID = re.compile(r"[0-9a-f]{32}")

log = structlog.get_logger(__name__)


class HandedOverRecordings:
    """One node's. `on_event` takes the transfers in, `run` records anew; one caller after another."""

    def __init__(self, config: Settings, ami: Ami) -> None:
        self._config = config
        self._ami = ami
        self._folder = (config.var / "recordings/incoming").absolute()
        self._channels: asyncio.Queue[str] = asyncio.Queue()

    def on_event(self, event: Event) -> None:
        """Take an event of Asterisk in; quick."""
        if isinstance(event, HandedOver) and event.channel:
            self._channels.put_nowait(event.channel)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            channel = await self._channels.get()
            try:
                await self._anew(channel)
            except AmiActionFailed as error:  # hung up meanwhile, or nothing was recorded
                log.info("handed-over-not-recorded", channel=channel, reason=error.message)
            except Unavailable as error:
                log.error("handed-over-not-recorded", channel=channel, reason=error.message)

    async def _anew(self, channel: str) -> None:
        if await self._variable(channel, variables.NOTICE) != "1":  # rule R5
            return
        call, part = await self._variable(channel, variables.CALL), await self._variable(channel, variables.PART)
        uniqueid = await self._variable(channel, "UNIQUEID")
        number = int(part) + 1 if part.isdecimal() else 1
        known = call if _ID.fullmatch(call) else ""
        file = self._folder / f"without-{known}_{uniqueid}~{number}.raw"
        with closing(await self._recorder()) as recorder:  # first: where it is refused, the old recorder goes on
            await self._ami.action("StopMixMonitor", Channel=channel)
            await asyncio.sleep(FORGOTTEN_S)
            await self._ami.action("Setvar", Channel=channel, Variable=variables.PART, Value=number)
            await recorder.ask("MixMonitor", {"Channel": channel, "File": str(file), "Options": "bD"}, _AMI_S)
        log.info("handed-over-recorded", call=known, part=number)

    async def _recorder(self) -> Session:
        own = self._config
        password = own.recorder_secret.get_secret_value() or secret(own.var / "secrets", RECORDER_SECRET)
        return await Session.open(own.ami_host, own.ami_port, RECORDER_USER, password, lambda _events: None, _AMI_S)

    async def _variable(self, channel: str, name: str) -> str:
        answer, *_ = await self._ami.action("Getvar", Channel=channel, Variable=name)
        return answer.get("Value", "")
