"""A whole Gridline of its own for a demo or a test: `gridline serve` as it is, on free ports, and its carrier."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from asterisk_conf.secrets import secret
from carrier.carrier import Carrier
from carrier.settings import Account, CarrierSettings, free_port, is_free
from gridline import settings
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Unavailable
from gridline.settings import HOUSE, Settings
from ivr.voice.voice import Voice

START_LIMIT_S = 60.0
STOP_LIMIT_S = 90.0


def share_prompts(var: Path) -> None:
    """What was ever said need not be synthesised anew; the names the dialplan plays by are this installation's own."""
    (var / "prompts").mkdir(parents=True)
    for made in ("clips", "joined"):
        (HOUSE / "var/prompts" / made).mkdir(parents=True, exist_ok=True)
        (var / "prompts" / made).symlink_to(HOUSE / "var/prompts" / made)


@dataclass
class Installation:
    """One running product under `var`; `own` are settings that differ from the defaults."""

    var: Path
    own: Mapping[str, object] = field(default_factory=dict)
    usual_ports: bool = False
    """Take the product's default ports where they are free, instead of any free ones."""

    def __post_init__(self) -> None:
        """Choose ports, write the settings file, open what tests and demos inspect."""
        ports: dict[str, object] = {
            "agi_port": self._port("agi_port", socket.SOCK_STREAM),
            "http_port": self._port("http_port", socket.SOCK_STREAM),
            "ami_port": self._port("ami_port", socket.SOCK_STREAM),
            "asterisk_http_port": self._port("asterisk_http_port", socket.SOCK_STREAM),
            "sip_port": self._port("sip_port", socket.SOCK_DGRAM),
            "trunk_port": free_port(),
        }
        self.var.mkdir(parents=True, exist_ok=True)
        self.file = self.var / "gridline.toml"
        usual = {"rtp_last_port": 11999, "ring_desk_phones": True}  # the carrier's agents answer without signing on
        values = {"var": str(self.var.absolute()), **usual, **ports, **self.own}
        self.file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
        self.settings: Settings = settings.load(**values)
        self.db = Database(self.settings.db_url)
        self.companies = Companies.load(self.settings.dialplan / "companies")
        self.voice = Voice.of(self.settings)
        self.carrier = Carrier(self._carrier_settings(), asterisk.find(self._packages))
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the product and the carrier; back when calls are taken. Raises Unavailable with the log's end."""
        await self.serve()
        await asyncio.gather(self.healthy(START_LIMIT_S), self.carrier.start())  # neither waits for the other

    async def serve(self) -> None:
        """Start the product alone, or anew after its end."""
        with (self.var / "serve.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", "from service.cli import main; main()", "serve"),
                env=os.environ | {"GRIDLINE_SETTINGS": str(self.file)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def stop(self) -> int:
        """Stop the carrier, then the product with SIGTERM; returns the product's exit code."""
        await self.carrier.stop()
        await self.db.close()
        await self.voice.close()
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                return await self._process.wait()
        except TimeoutError:
            for child in self._children():
                child.kill()
            self._process.kill()
            raise Unavailable(f"Gridline не остановился за {STOP_LIMIT_S:.0f} с:\n{self.log()[-2000:]}") from None

    @property
    def pid(self) -> int:
        """The supervisor's process id. Raises Unavailable before it was started."""
        if self._process is None:
            raise Unavailable("Gridline не запущен")
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The product's exit code; None while it runs."""
        return None if self._process is None else self._process.returncode

    async def healthy(self, within_s: float) -> None:
        """Wait until every part reports that it works."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        while loop.time() < until:
            if self._process is not None and self._process.returncode is not None:
                break
            if (await self.http("/healthz"))[0] == 200:
                return
            await asyncio.sleep(0.1)
        raise Unavailable(f"Gridline не поднялся за {within_s:.0f} с:\n{self.log()[-3000:]}")

    @property
    def base(self) -> str:
        """The console's address, without a slash at its end."""
        scheme = "http" if self.settings.http_tls_cert is None else "https"
        return f"{scheme}://{self.settings.http_host}:{self.settings.http_port}"

    async def http(self, path: str) -> tuple[int, str]:
        """Status and body of a GET; status 0 when nobody answers."""
        return await asyncio.to_thread(self._get, path)

    def log(self) -> str:
        """What `gridline serve` has said so far."""
        return (self.var / "serve.log").read_text(errors="replace")

    @property
    def controller(self) -> psutil.Process:
        """The controller's process. Raises Unavailable while there is none."""
        return self._child("service.controller")

    def controllers(self) -> list[psutil.Process]:
        """Every running controller: none during a restart, two during a takeover."""
        return self._marked("service.controller")

    @property
    def asterisk(self) -> psutil.Process:
        """The product's Asterisk."""
        return self._child("asterisk.conf")

    def asterisk_log(self) -> str:
        """Asterisk's own log."""
        return (self.var / "asterisk/var/log/messages.log").read_text(errors="replace")

    def _child(self, mark: str) -> psutil.Process:
        for child in self._marked(mark):
            return child
        raise Unavailable(f"Процесс {mark} не запущен")

    def _marked(self, mark: str) -> list[psutil.Process]:
        marked = []
        for child in self._children():
            with contextlib.suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
                if any(mark in part for part in child.cmdline()):
                    marked.append(child)
        return marked

    def _children(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        return [child for child in psutil.Process(self._process.pid).children() if child.is_running()]

    def _get(self, path: str) -> tuple[int, str]:
        own = self.settings.http_tls_cert  # its own authority, as far as this caller is concerned
        try:
            trust = None if own is None else ssl.create_default_context(cafile=own)
            with urllib.request.urlopen(f"{self.base}{path}", timeout=5, context=trust) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def _port(self, setting: str, kind: socket.SocketKind) -> int:
        usual = int(Settings.model_fields[setting].default)
        return usual if self.usual_ports and is_free(usual, kind) else free_port()

    @property
    def _packages(self) -> PackageRoot:
        return PackageRoot(self.settings.package_root.absolute())

    def _carrier_settings(self) -> CarrierSettings:
        own = self.settings
        return CarrierSettings(
            base=self.var / "carrier",
            our_port=own.sip_port,
            our_host=own.sip_host,
            agents={name: secret(own.var / "secrets", f"agent-{name}") for name in own.agents},
            host=own.trunk_host,
            account=Account(own.trunk_user, own.trunk_secret.get_secret_value()) if own.trunk_user else None,
            sip_port=own.trunk_port,
            ami_port=free_port(),
        )
