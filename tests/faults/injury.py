"""What is done to a running Gridline, and what Asterisk is asked meanwhile: the other side of every fault test."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import psutil

from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from asterisk_conf.secrets import secret
from carrier.settings import free_port
from carrier.stories.installation import Installation

T = TypeVar("T")
_EXECUTED = re.compile(
    r"\[(?P<at>[^]]+)\] VERBOSE.*Executing \[(?P<exten>[^@]+)@(?P<context>[^:]+):(?P<priority>\d+)\] "
    r'(?P<app>\w+)\("(?P<channel>[^"]*)", "(?P<arguments>.*)"\)'
)
EXECUTED_LOG = "executed.log"
LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Executed:
    """One step of the dialplan as Asterisk's log tells it; `at` in seconds, local, good to a millisecond."""

    at: float
    context: str
    exten: str
    app: str
    channel: str
    arguments: str


async def until(look: Callable[[], T | None], what: str, within_s: float = 15) -> T:
    """Look until it is there; AssertionError names what did not come."""

    async def looked() -> T | None:
        return look()

    return await until_known(looked, what, within_s)


async def until_known(ask: Callable[[], Awaitable[T | None]], what: str, within_s: float = 15) -> T:
    """Ask until there is an answer; AssertionError names what did not come."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while not (found := await ask()):
        if loop.time() > end:
            raise AssertionError(f"did not come within {within_s:g} s: {what}")
        await asyncio.sleep(LOOK_EVERY_S)
    return found


async def asterisk_says(house: Installation, command: str) -> str:
    """The answer of one command of our Asterisk's console."""
    program = asterisk.find(PackageRoot(house.settings.package_root.absolute()))
    process = await asyncio.create_subprocess_exec(
        *program.argv,
        *("-C", str(house.var.absolute() / "asterisk/etc/asterisk.conf"), "-r", "-x", command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(10):
        out, _ = await process.communicate()
    return out.decode(errors="replace")


async def tell_executions(house: Installation) -> None:
    """Let Asterisk write every step of the dialplan to a log of its own."""
    await asterisk_says(house, f"logger add channel {EXECUTED_LOG} verbose(3)")


def executions(house: Installation, *, after: float = 0.0, channel: str = "") -> list[Executed]:
    """The steps executed so far, of one channel or of all."""
    log = house.var / "asterisk/var/log" / EXECUTED_LOG
    text = log.read_text(errors="replace") if log.exists() else ""
    found = [
        Executed(
            datetime.fromisoformat(line["at"]).timestamp(),
            *(line[name] for name in ("context", "exten", "app", "channel", "arguments")),
        )
        for line in map(_EXECUTED.match, text.splitlines())
        if line is not None
    ]
    return [one for one in found if one.at >= after and (not channel or one.channel == channel)]


async def executed(
    house: Installation, app: str, *, context: str, after: float, channel: str = "", within_s: float = 15
) -> Executed:
    """The first such step after a moment."""

    def look() -> Executed | None:
        steps = executions(house, after=after, channel=channel)
        return next((one for one in steps if one.app == app and one.context == context), None)

    return await until(look, f"{app} in [{context}]", within_s)


def supervisor(house: Installation) -> psutil.Process:
    """The `gridline serve` process."""
    return house.controller.parent() or _no_parent()


def _no_parent() -> psutil.Process:
    raise AssertionError("the controller has no parent")


@contextmanager
def frozen(process: psutil.Process) -> Iterator[None]:
    """SIGSTOP while the block lasts."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        if process.is_running():
            process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def without_controller(house: Installation) -> AsyncIterator[None]:
    """The controller is killed and does not come back before the block ends (its supervisor is frozen)."""
    old = house.controller
    try:
        with frozen(supervisor(house)):
            old.kill()
            # A dead process may hold its port a moment longer than its name: its other threads end after it.
            await until(lambda: not _listens(house.settings.agi_port), "the controller's end")
            yield
    finally:
        await new_controller(house, old.pid)


async def new_controller(house: Installation, old_pid: int, within_s: float = 30) -> None:
    """Wait until another controller than `old_pid` serves."""

    async def look() -> bool:
        pids = [child.pid for child in house.controllers()]
        return bool(pids) and old_pid not in pids and (await house.http("/healthz"))[0] == 200

    await until_known(look, "a new controller", within_s)


@contextmanager
def black_hole(port: int) -> Iterator[None]:
    """A port that neither accepts nor refuses: its listener's queue is full, the kernel drops every further SYN."""
    full: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", port), backlog=0) as listener:
        try:
            for _ in range(3):
                knock = socket.socket()
                knock.setblocking(False)
                knock.connect_ex(listener.getsockname())
                full.append(knock)
            yield
        finally:
            for knock in full:
                knock.close()


@asynccontextmanager
async def second_controller(house: Installation, folder: Path, agi_port: int) -> AsyncIterator[psutil.Process]:
    """Another controller of the same company, with folders and a receipt series of its own, for the same Asterisk."""
    own = house.settings
    (folder / "prompts").symlink_to((house.var / "prompts").resolve())
    http_port = free_port()
    values: dict[str, object] = {
        "var": str(folder),
        "node": "node2",
        "node_series": 2,
        "dialplan": str(own.dialplan),
        "package_root": str(own.package_root),
        "database_url": f"sqlite+aiosqlite:///{(house.var / 'gridline.db').absolute()}",
        "agi_port": agi_port,
        "http_port": http_port,
        "ami_port": own.ami_port,
        "ami_secret": secret(house.var / "secrets", "ami"),
        "seal_secret": secret(house.var / "secrets", "seal"),
        "least_free_mb": own.least_free_mb,
    }
    file = folder / "gridline.toml"
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    with (folder / "serve.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "service.controller"),
            env=os.environ | {"GRIDLINE_SETTINGS": str(file)},
            stdout=log,
            stderr=log,
        )
    try:
        await until(lambda: _listens(http_port) and _listens(agi_port), "the second controller", 30)
        yield psutil.Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(30):
            await process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def rows_of_log(house: Installation, word: str) -> list[str]:
    """Lines of the product's own log that hold `word`."""
    return [line for line in house.log().splitlines() if word in line]


def files(folder: Path, pattern: str) -> list[Path]:
    """Files of a folder, by name."""
    return sorted(folder.glob(pattern))


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program writes and does not end."""
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()
